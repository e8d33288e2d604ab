import type { ComponentChildren } from 'preact'
import type { Pages } from '../lib/pages.ts'
import { Empty } from './Empty.tsx'
import { PageList } from './Pages.tsx'

/** A screen that is a list: what it is, what adds to it, and all that is there. */
export function TitledList<T>({
  of,
  title,
  add,
  intro,
  none,
  children,
}: {
  of: Pages<T>
  title: string
  /** The buttons beside the title. */
  add?: ComponentChildren
  intro?: string
  /** What is said where there is nothing. */
  none: string
  children: (items: readonly T[]) => ComponentChildren
}) {
  return (
    <>
      <div class="screen-head">
        <h1>{title}</h1>
        {add}
      </div>
      {intro !== undefined && <p class="muted">{intro}</p>}
      <section class="card">
        <PageList of={of} what={title} empty={<Empty>{none}</Empty>}>
          {children}
        </PageList>
      </section>
    </>
  )
}
