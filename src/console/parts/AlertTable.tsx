import { clockShort, count, percent, words } from '../lib/i18n.ts'
import { pathTo } from '../lib/place.ts'
import { useFigures } from '../lib/stream.ts'
import type { AlertSummary } from '../lib/types.ts'
import { titleOf } from '../lib/title.ts'
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

/** With the time that is its own: of the request, of the start, of the end. */
function standing(alert: AlertSummary, state?: string): string {
  const { alerts, approve } = words()
  const { sent, dispatchedAt, finishedAt } = alert
  switch (alert.state) {
    case 'submitted':
      return sent === null
        ? alerts.state.submitted
        : alerts.since(alerts.state.submitted, clockShort(sent))
    case 'approved':
      return alert.brokeGlass ? approve.aloneTitle : alerts.state.approved
    case 'sending': {
      const text = state ?? alerts.state.sending
      return dispatchedAt === null ? text : alerts.since(text, clockShort(dispatchedAt))
    }
    case 'sent':
    case 'stopped':
    case 'expired': {
      const text = alerts.state[alert.state]
      return finishedAt === null ? text : alerts.at(text, clockShort(finishedAt))
    }
    default:
      return alerts.state[alert.state]
  }
}

const WATCHED = ['sending', 'paused', 'sent']

function Row({ alert }: { alert: AlertSummary }) {
  const { alerts } = words()
  const figures = useFigures(WATCHED.includes(alert.state) ? alert.id : undefined).value
  const taken = figures && figures.progress.recipients - figures.progress.queued
  return (
    <tr>
      <th scope="row">
        <a href={pathTo('alerts', alert.id)}>{titleOf(alert)}</a>
        {alert.byRuleOf !== null && alert.state === 'submitted' && <ByRuleLine alert={alert} />}
        {alert.brokeGlass && <BrokeGlassLine />}
      </th>
      <td>
        <Severity of={alert.severity} />
      </td>
      <td data-label={alerts.stateHead}>
        {figures && alert.state === 'sending'
          ? standing(alert, alerts.sendingShare(percent(taken ?? 0, figures.progress.recipients)))
          : standing(alert)}
      </td>
      <td class="number" data-label={alerts.needHelp}>
        {figures ? <strong>{count(figures.tally.requests.open)}</strong> : '–'}
      </td>
    </tr>
  )
}
