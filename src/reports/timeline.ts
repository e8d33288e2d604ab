import { findAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { listHistory } from '../store/history.ts'

export interface Moment {
  /** RFC 3339. */
  readonly at: string
  /** What was done to the alert, as its history names it, or `firstSubmitted`, `lastSubmitted`. */
  readonly event: string
  /** Null: the system itself. */
  readonly operatorId: string | null
  readonly detail: string | null
}

/** What happened to an alert, in order. */
export async function timelineOf(db: Database, alertId: string): Promise<Moment[]> {
  const alert = await findAlert(db, alertId)
  const history = await listHistory(db, alertId)
  const moments = history.map(({ at, action, operatorId, detail }) => ({
    at,
    event: action,
    operatorId,
    detail,
  }))
  const byItself = { operatorId: null, detail: null }
  if (alert?.firstSubmittedAt) {
    moments.push({ at: alert.firstSubmittedAt, event: 'firstSubmitted', ...byItself })
  }
  if (alert?.lastSubmittedAt) {
    moments.push({ at: alert.lastSubmittedAt, event: 'lastSubmitted', ...byItself })
  }
  return moments
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .map(moment => ({ ...moment, at: moment.at.toISOString() }))
}
