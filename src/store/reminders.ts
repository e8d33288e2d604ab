/** Reminders of alerts: when the next is due, and those that have been made. */
import { and, asc, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm'
import { type AlertRow, type AlertsOf, type AlertState, findAlert, isOf } from './alerts.ts'
import type { Database } from './database.ts'
import { alerts } from './schema.ts'

/**
 * Takes the alert whose next reminder has been due for longest, locked until the transaction ends: of several nodes
 * one makes it. An alert that somebody else has locked is left for the next look.
 */
export async function claimDueReminder(tx: Database, now: Date): Promise<AlertRow | undefined> {
  const [due] = await tx
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(isNotNull(alerts.remindAt), lte(alerts.remindAt, now)))
    .orderBy(asc(alerts.remindAt))
    .limit(1)
    .for('update', { skipLocked: true })
  return due && findAlert(tx, due.id)
}

/** Nothing that is signed or that anybody edits: the revision stays. @param at null: there is no other */
export async function setRemindAt(tx: Database, alertId: string, at: Date | null): Promise<void> {
  await tx.update(alerts).set({ remindAt: at }).where(eq(alerts.id, alertId))
}

export interface Reminder {
  readonly id: string
  /** Of those that were approved with the alert; null: made by hand. */
  readonly round: number | null
  readonly state: AlertState
  readonly recipients: number | null
  readonly dispatchedAt: Date
  readonly lastSubmittedAt: Date | null
}

/** What was dispatched to remind of an alert, the oldest first. */
export async function listReminders(db: Database, alertId: string): Promise<Reminder[]> {
  const { id, reminderRound: round, state, recipients, dispatchedAt, lastSubmittedAt } = alerts
  const rows = await db
    .select({ id, round, state, recipients, dispatchedAt, lastSubmittedAt })
    .from(alerts)
    .where(and(eq(alerts.reminderOf, alertId), isNotNull(dispatchedAt)))
    .orderBy(asc(dispatchedAt), asc(id))
  return rows as Reminder[]
}

/** Reminders of these alerts that are going out, or could again with one call, locked in one order. */
export async function lockRunningReminders(
  tx: Database,
  alertIds: readonly string[],
): Promise<AlertRow[]> {
  const rows = await tx
    .select()
    .from(alerts)
    .where(
      and(inArray(alerts.reminderOf, [...alertIds]), inArray(alerts.state, ['sending', 'paused'])),
    )
    .orderBy(alerts.id)
    .for('update')
  return rows as AlertRow[]
}

/** No more of them is due. */
export async function endReminders(tx: Database, alertIds: readonly string[]): Promise<void> {
  await tx
    .update(alerts)
    .set({ remindAt: null })
    .where(and(inArray(alerts.id, [...alertIds]), isNotNull(alerts.remindAt)))
}

/** Alerts of these places of which a reminder is still to come, locked in one order. */
export async function lockReminding(tx: Database, of: AlertsOf): Promise<AlertRow[]> {
  const rows = await tx
    .select()
    .from(alerts)
    .where(and(isNotNull(alerts.remindAt), isOf(of)))
    .orderBy(alerts.id)
    .for('update')
  return rows as AlertRow[]
}

/** Recipients who have answered, by the counters. */
export async function countAnswered(db: Database, alertId: string): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    select coalesce(sum(count), 0)::int as count from tallies
    where alert_id = ${alertId}::uuid and dimension = 'total' and option <> 'optedOut'
  `)
  return row!.count
}
