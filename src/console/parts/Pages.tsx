import type { ComponentChildren } from 'preact'
import { words } from '../lib/i18n.ts'
import type { Pages } from '../lib/pages.ts'
import { ProblemNotice } from './Notice.tsx'
import { Waiting } from './Waiting.tsx'

/** What has come of a list, and the button for more. */
export function PageList<T>({
  of: pages,
  what,
  empty,
  children,
}: {
  of: Pages<T>
  /** What is awaited. */
  what: string
  empty: ComponentChildren
  children: (items: readonly T[]) => ComponentChildren
}) {
  const { everywhere } = words()
  const items = pages.items.value
  const problem = pages.problem.value
  const again = problem && <ProblemNotice problem={problem} retry={() => void pages.refresh()} />
  if (items === undefined) return again ?? <Waiting lines={5} what={what} />
  return (
    <div class="stack">
      {again}
      {items.length === 0 ? empty : children(items)}
      {pages.hasMore.value && (
        <button
          type="button"
          class="button quiet start"
          aria-disabled={pages.isBusy.value}
          onClick={() => void pages.more()}
        >
          {pages.isBusy.value ? everywhere.loading : everywhere.showMore}
        </button>
      )}
    </div>
  )
}
