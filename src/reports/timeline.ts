import type { AlertRow } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { listHistory } from '../store/history.ts'
import { readOperatorNames } from '../store/operators.ts'

export interface Moment {
  /** RFC 3339. */
  readonly at: string
  /** What was done to the alert, as its history names it, or `firstSubmitted`, `lastSubmitted`. */
  readonly event: string
  /** Null: the system itself. */
  readonly operatorId: string | null
  readonly operatorName: string | null
  readonly detail: string | null
  /** Since the one before; null of the first. */
  readonly afterSeconds: number | null
}

/** What happened to an alert, in order. */
export async function timelineOf(
  db: Database,
  alert: Pick<AlertRow, 'id' | 'firstSubmittedAt' | 'lastSubmittedAt'>,
): Promise<Moment[]> {
  const history = await listHistory(db, alert.id)
  const names = await readOperatorNames(
    db,
    history.flatMap(({ operatorId }) => operatorId ?? []),
  )
  const moments = history.map(({ at, action, operatorId, detail }) => ({
    at,
    event: action,
    operatorId,
    operatorName: operatorId === null ? null : (names.get(operatorId) ?? null),
    detail,
  }))
  const byItself = { operatorId: null, operatorName: null, detail: null }
  if (alert.firstSubmittedAt) {
    moments.push({ at: alert.firstSubmittedAt, event: 'firstSubmitted', ...byItself })
  }
  if (alert.lastSubmittedAt) {
    moments.push({ at: alert.lastSubmittedAt, event: 'lastSubmitted', ...byItself })
  }
  const inOrder = moments.toSorted((a, b) => a.at.getTime() - b.at.getTime())
  return inOrder.map((moment, i) => {
    const before = inOrder[i - 1]
    return {
      ...moment,
      at: moment.at.toISOString(),
      afterSeconds:
        before === undefined ? null : (moment.at.getTime() - before.at.getTime()) / 1000,
    }
  })
}
