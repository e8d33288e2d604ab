import { openAlerts } from '../lib/desk.ts'
import { words } from '../lib/i18n.ts'
import { pathTo } from '../lib/place.ts'
import { isIn } from '../lib/session.ts'
import { AlertTable } from '../parts/AlertTable.tsx'
import { Empty } from '../parts/Empty.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { Waiting } from '../parts/Waiting.tsx'
import { ActiveAreas } from './situation/ActiveAreas.tsx'
import { useInForce } from './situation/inForce.ts'
import { Readiness } from './situation/Readiness.tsx'

/** S2: what goes on, and whether we could send now. */
export function Situation() {
  const { frame, situation } = words()
  useModeOfPage(situation.title)
  const inForce = useInForce()
  return (
    <>
      <div class="screen-head">
        <h1>{situation.title}</h1>
        {isIn('author') && (
          <a class="button primary large" href={pathTo('new')}>
            {frame.newAlert} <kbd>(N)</kbd>
          </a>
        )}
      </div>
      <div class="columns">
        <section class="card">
          <ActiveAreas inForce={inForce ?? []} />
        </section>
        <div class="stack situation-side">
          <section class="card">
            <h2>{situation.now}</h2>
            <Now />
          </section>
          {inForce !== undefined && inForce.length > 0 && (
            <section class="card">
              <h2>{situation.inForce}</h2>
              <AlertTable of={inForce} />
            </section>
          )}
          <section class="card">
            <h2>{situation.ready}</h2>
            <Readiness />
          </section>
        </div>
      </div>
    </>
  )
}

function Now() {
  const { frame, situation } = words()
  const open = openAlerts.value
  if (open === undefined) return <Waiting what={situation.now} />
  if (open.length > 0) return <AlertTable of={open} />
  const action = isIn('author') && (
    <a class="button" href={pathTo('new')}>
      {frame.newAlert} (N)
    </a>
  )
  return <Empty action={action}>{situation.none}</Empty>
}
