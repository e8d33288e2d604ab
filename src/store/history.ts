import { and, asc, eq, inArray, isNotNull } from 'drizzle-orm'
import type { Database } from './database.ts'
import { alertHistory } from './schema.ts'

export interface HistoryEntry {
  readonly at: Date
  /** Null: the system itself. */
  readonly operatorId: string | null
  readonly action: string
  readonly from: string | null
  readonly to: string | null
  /** A reason that somebody gave, or a number worth keeping. */
  readonly detail: string | null
}

export async function insertHistory(
  db: Database,
  alertId: string,
  entry: HistoryEntry,
): Promise<void> {
  await db.insert(alertHistory).values({ ...entry, alertId })
}

export async function listHistory(db: Database, alertId: string): Promise<HistoryEntry[]> {
  const { at, operatorId, action, from, to, detail } = alertHistory
  return db
    .select({ at, operatorId, action, from, to, detail })
    .from(alertHistory)
    .where(eq(alertHistory.alertId, alertId))
    .orderBy(asc(alertHistory.id))
}

/** Everyone who ever did one of these to the alert. */
export async function operatorsWho(
  db: Database,
  alertId: string,
  actions: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectDistinct({ operatorId: alertHistory.operatorId })
    .from(alertHistory)
    .where(
      and(
        eq(alertHistory.alertId, alertId),
        inArray(alertHistory.action, [...actions]),
        isNotNull(alertHistory.operatorId),
      ),
    )
  return new Set(rows.map(row => row.operatorId as string))
}
