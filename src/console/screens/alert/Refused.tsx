import { clock, words } from '../../lib/i18n.ts'
import { usePeople } from '../../lib/people.ts'
import { pathTo } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import { useSigned } from '../../lib/signed.ts'
import type { Alert } from '../../lib/types.ts'
import { Notice } from '../../parts/Notice.tsx'
import { Severity } from '../../parts/Severity.tsx'
import { AreaCard } from './AreaCard.tsx'
import { Texts } from './Texts.tsx'
import { titleOf } from '../../lib/title.ts'

/** Rejected for good, or given back to be changed: by whom, and why. */
export function Refused({ alert }: { alert: Alert }) {
  const { approve } = words()
  const nameOf = usePeople()
  const isRejected = alert.state === 'rejected'
  const said = alert.history.findLast(
    ({ action }) => action === (isRejected ? 'rejected' : 'returned'),
  )
  const { read } = useSigned(
    isRejected ? `/v1/alerts/${alert.id}/content` : undefined,
    alert.contentDigest ?? '',
  )
  const name = nameOf(said?.operatorId) ?? approve.somebody
  const time = clock(said?.at ?? alert.updatedAt)
  return (
    <div class="stack">
      <div class="screen-head-text">
        <h1>{isRejected ? approve.rejectedTitle : approve.returnedTitle}</h1>
        <p class="row">
          <Severity of={alert.severity} /> <strong>{titleOf(alert)}</strong>
        </p>
      </div>
      {said && (
        <Notice kind="warn">
          <p>{isRejected ? approve.rejectedBy(name, time) : approve.returnedBy(name, time)}</p>
          <blockquote>{said.detail}</blockquote>
        </Notice>
      )}
      {!isRejected && isIn('author') && (
        <p>
          <a class="button primary" href={pathTo('alerts', alert.id, 'edit')}>
            {approve.changeIt}
          </a>
        </p>
      )}
      {read && (
        <section class="card">
          <Texts content={read.content} />
          <h2 class="apart-above">{approve.area}</h2>
          <AreaCard content={read.content} />
        </section>
      )}
    </div>
  )
}
