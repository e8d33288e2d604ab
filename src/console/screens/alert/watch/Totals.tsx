import { count, countdown, percent, words } from '../../../lib/i18n.ts'
import { pathTo } from '../../../lib/place.ts'
import type { Figures } from '../../../lib/stream.ts'
import type { Alert } from '../../../lib/types.ts'
import { Figure } from '../../../parts/Figure.tsx'
import { sentOf } from './useLive.ts'

/** Eight numbers that stand where they stand, and never move on their own. */
export function Totals({
  alert,
  figures: { progress, tally },
  rate,
  isOld,
}: {
  alert: Alert
  figures: Figures
  rate: number | undefined
  isOld: boolean
}) {
  const { watching } = words()
  const { recipients, delivered, submitted, failed } = progress
  const safe = alert.replies.options.find(({ urgent }) => !urgent)
  const asksForHelp = alert.replies.options.some(({ urgent }) => urgent)
  const needHelp = tally.requests.open + tally.requests.taken
  return (
    <section class="figures totals" aria-label={watching.totals} data-old={isOld || undefined}>
      <Figure value={count(recipients)}>{watching.targeted(recipients)}</Figure>
      <Figure value={count(sentOf(progress))}>{watching.sent}</Figure>
      <Figure kind="delivered" value={count(delivered)}>
        {watching.delivered(percent(delivered, recipients))}
      </Figure>
      <Figure value={count(submitted)}>{watching.noReport}</Figure>
      <Figure kind="failed" value={count(failed)}>
        {watching.failed}
      </Figure>
      {safe === undefined ? (
        <Figure value={count(tally.replied)}>{watching.repliedAny}</Figure>
      ) : (
        <Figure kind="delivered" value={count(countOf(tally, safe.code))}>
          {watching.replied(safe.code, safe.label)}
        </Figure>
      )}
      {asksForHelp || needHelp > 0 ? (
        <Figure kind="help" value={count(needHelp)}>
          <a href={pathTo('alerts', alert.id, 'replies')}>{watching.needHelp(needHelp)}</a>
        </Figure>
      ) : (
        <Figure value={count(tally.optedOut)}>{watching.optedOut}</Figure>
      )}
      <TimeLeft progress={progress} rate={rate} />
    </section>
  )
}

const countOf = (tally: Figures['tally'], code: string): number =>
  tally.byOption.find(option => option.code === code)?.count ?? 0

function TimeLeft({
  progress: { state, etaSeconds, perSecond },
  rate,
}: {
  progress: Figures['progress']
  rate: number | undefined
}) {
  const { alerts, watching } = words()
  if (state === 'paused') return <Figure value="–">{alerts.state.paused}</Figure>
  if (state !== 'sending') return <Figure value={alerts.state[state]}>{watching.stateNow}</Figure>
  if (etaSeconds === null) return <Figure value="–">{watching.leftUnknown}</Figure>
  return (
    <Figure value={countdown(etaSeconds)}>
      {watching.left(count(Math.round(rate ?? perSecond)))}
    </Figure>
  )
}
