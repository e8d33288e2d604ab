import { clockShort, count, percent, words } from '../lib/i18n.ts'
import { pathTo } from '../lib/place.ts'
import { useFigures } from '../lib/stream.ts'
import type { AlertSummary } from '../lib/types.ts'
import { lazy } from './lazy.tsx'
import { Severity } from './Severity.tsx'

const BrokeGlassLine = lazy(async () => (await import('./BrokeGlass.tsx')).BrokeGlassLine)
const ByRuleLine = lazy(async () => (await import('./ByRule.tsx')).ByRuleLine)

/** Alerts with how they stand; what was sent, or is being sent, counts while one looks. */
export function AlertTable({ of }: { of: readonly AlertSummary[] }) {
  const { alerts } = words()
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{alerts.alert}</th>
          <th scope="col">{alerts.severityHead}</th>
          <th scope="col">{alerts.stateHead}</th>
          <th scope="col" class="number">
            {alerts.needHelp}
          </th>
        </tr>
      </thead>
      <tbody>
        {of.map(alert => (
          <Row key={alert.id} alert={alert} />
        ))}
      </tbody>
    </table>
  )
}

const WATCHED = ['sending', 'paused', 'sent']

function Row({ alert }: { alert: AlertSummary }) {
  const { alerts, approve } = words()
  const figures = useFigures(WATCHED.includes(alert.state) ? alert.id : undefined).value
  const [info] = alert.info
  const taken = figures && figures.progress.recipients - figures.progress.queued
  return (
    <tr>
      <th scope="row">
        <a href={pathTo('alerts', alert.id)}>{info?.headline ?? info?.event ?? alerts.untitled}</a>
        {alert.byRuleOf !== null && alert.state === 'submitted' && <ByRuleLine alert={alert} />}
        {alert.brokeGlass && <BrokeGlassLine />}
      </th>
      <td>
        <Severity of={alert.severity} />
      </td>
      <td data-label={alerts.stateHead}>
        {alert.state === 'sending' && figures
          ? alerts.sendingShare(percent(taken ?? 0, figures.progress.recipients))
          : alert.brokeGlass && alert.state === 'approved'
            ? approve.aloneTitle
            : alerts.state[alert.state]}
        {alert.sent && ` ${clockShort(alert.sent)}`}
      </td>
      <td class="number" data-label={alerts.needHelp}>
        {figures ? <strong>{count(figures.tally.requests.open)}</strong> : '–'}
      </td>
    </tr>
  )
}
