/** Alerts that follow others of ours: updates and corrections, and the rest that these wait for. */
import { sql } from 'drizzle-orm'
import { everyBlockIsAllClear, type AlertState } from './alerts.ts'
import { arrayLiteral, type Database } from './database.ts'
import { IS_MAILING } from './mailings.ts'

/** An alert that was dispatched and references another, but for reminders, which change nothing of it. */
export interface FollowUp {
  readonly id: string
  readonly msgType: 'Update' | 'Cancel'
  /** Every block of it says so. */
  readonly isAllClear: boolean
  readonly state: AlertState
  readonly dispatchedAt: Date
}

/** What has been dispatched that follows one of these alerts, the oldest first. */
export async function listFollowUps(
  db: Database,
  alertIds: readonly string[],
): Promise<FollowUp[]> {
  if (alertIds.length === 0) return []
  const rows = await db.execute<{
    id: string
    msg_type: FollowUp['msgType']
    is_all_clear: boolean
    state: AlertState
    dispatched_at: string
  }>(sql`
    select a.id, a.msg_type, a.state, a.dispatched_at,
      ${everyBlockIsAllClear(sql.raw('a.draft'))} as is_all_clear
    from alerts a
    where a."references" && ${arrayLiteral(alertIds)}::uuid[] and a.dispatched_at is not null
      and a.reminder_of is null
    order by a.dispatched_at, a.id
  `)
  return rows.map(row => ({
    id: row.id,
    msgType: row.msg_type,
    isAllClear: row.is_all_clear,
    state: row.state,
    dispatchedAt: new Date(row.dispatched_at),
  }))
}

/**
 * Whether nothing of these alerts is being sent, planned or awaited any more: from then on who may have had their
 * message is on record, and stays so.
 */
export async function areAtRest(db: Database, alertIds: readonly string[]): Promise<boolean> {
  const [row] = await db.execute<{ rest: boolean }>(sql`
    select not exists (
      select from alerts a
      where a.id = any(${arrayLiteral(alertIds)}::uuid[])
        and (a.state in ('sending', 'paused') or a.plan_state is distinct from 'done'
          or exists (select from ranges r where r.alert_id = a.id and r.state <> 'done')
          or ${IS_MAILING})
    ) as rest
  `)
  return row!.rest
}
