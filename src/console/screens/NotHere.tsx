import { words } from '../lib/i18n.ts'
import { pathTo } from '../lib/place.ts'
import { Empty } from '../parts/Empty.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'

/** A path that leads nowhere. */
export function NotHere() {
  const { frame } = words()
  useModeOfPage(frame.noSuchScreen)
  return (
    <Empty
      action={
        <a class="button" href={pathTo('situation')}>
          {frame.toSituation}
        </a>
      }
    >
      {frame.noSuchScreen}
    </Empty>
  )
}
