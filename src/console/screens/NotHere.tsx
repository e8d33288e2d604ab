import { words } from '../lib/i18n.ts'
import { pathTo } from '../lib/place.ts'
import { useModeOfPage } from '../parts/Frame.tsx'

/** A path that leads nowhere. */
export function NotHere() {
  const { frame } = words()
  useModeOfPage(frame.noSuchScreen)
  return (
    <div class="stack">
      <h1>{frame.noSuchScreen}</h1>
      <a class="button start" href={pathTo('situation')}>
        {frame.toSituation}
      </a>
    </div>
  )
}
