/**
 * Whom alerts went to, once nobody needs to know any more (`retention.deliveriesDays`): which alerts these are, and the
 * deleting itself.
 *
 *     over ──marked, with what was counted kept──▶ deleting ──▶ deleted
 *
 * The mark is one transaction: from its commit on nobody is read from the alert's rows, so that no reader meets half of
 * them. The rows then go a chunk a transaction, whoever deletes; whoever dies leaves the rest to be found by
 * `kept_outcomes.is_deleting`. A block holds 500 recipients, so a million are 2,000 rows of it and as many of message
 * ids; their space is vacuum's to give to the next alert. Measured on two busy cores: a million with 200,000 replies and
 * 100,000 letters are counted in 5.6 s, under no lock, and gone in 40 rounds of 0.3 s at the most.
 */
import { and, eq, sql, type SQL } from 'drizzle-orm'
import { findAlert, type AlertRow } from './alerts.ts'
import type { Database } from './database.ts'
import { NEEDS_NO_COUNT } from './ended-alerts.ts'
import { areAtRest } from './follow-ups.ts'
import { ANSWERED_WITHIN_DAYS } from './inbound.ts'
import { alerts, keptOutcomes } from './schema.ts'

/** When an alert was over: nothing of it was left to send, and what was sent had expired. As its index has it. */
const OVER_AT = sql.raw('greatest(coalesce(finished_at, updated_at), expires)')
const IS_OVER = sql.raw(`state in ('sent', 'stopped', 'expired') and recipients_deleted_at is null`)

/** Looked at in one go. */
const ALERTS_AT_ONCE = 1_000

/** Alerts that were over before `until` and still say whom they went to, the oldest first. */
export async function listOver(db: Database, until: Date): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select id from alerts
    where ${IS_OVER} and ${OVER_AT} < ${until.toISOString()}::timestamptz
    order by ${OVER_AT} limit ${ALERTS_AT_ONCE}
  `)
  return rows.map(row => row.id)
}

/**
 * Whether nobody needs the recipients of an alert that is over: nothing of it is awaited, no receipt comes and no text
 * answers it any more, the counting of ended alerts has been there, and no alert that follows it is going out, or may.
 */
export async function areUnneeded(db: Database, alertId: string, now: Date): Promise<boolean> {
  const [found] = await db.execute<{ isFree: boolean }>(sql`
    select ${NEEDS_NO_COUNT}
      and greatest(a.dispatched_at, a.last_submitted_at)
        <= ${now.toISOString()}::timestamptz - make_interval(days => ${ANSWERED_WITHIN_DAYS}::int)
      and not exists (
      select from alerts later
      where later."references" @> array[a.id]
        and (later.state in ('sending', 'paused')
          or later.state = 'stopped' and later.plan_state is distinct from 'done'
          or later.state in ('submitted', 'approved')
            and (later.expires is null or later.expires > ${now.toISOString()}::timestamptz))
    ) as "isFree"
    from alerts a where a.id = ${alertId}::uuid
  `)
  return found?.isFree === true && (await areAtRest(db, [alertId]))
}

/**
 * Locks an alert that is over until the transaction ends. What follows it locks it too before it goes out: so ask
 * `areUnneeded` again.
 *
 * @returns false where somebody else has it, or has marked it
 */
export async function lockOver(tx: Database, alertId: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    select from alerts where id = ${alertId}::uuid and ${IS_OVER} for update skip locked
  `)
  return rows.length > 0
}

/** Marks a locked alert: from now on its rows may go. @param outcomes what was counted of its recipients */
export async function markDeleted(
  tx: Database,
  alertId: string,
  outcomes: unknown,
  now: Date,
): Promise<AlertRow> {
  await tx.insert(keptOutcomes).values({ alertId, outcomes })
  await tx.update(alerts).set({ recipientsDeletedAt: now }).where(eq(alerts.id, alertId))
  return (await findAlert(tx, alertId))!
}

/** What was counted of an alert's recipients before they were deleted. */
export async function readKeptOutcomes(db: Database, alertId: string): Promise<unknown> {
  const [row] = await db
    .select({ outcomes: keptOutcomes.outcomes })
    .from(keptOutcomes)
    .where(eq(keptOutcomes.alertId, alertId))
  return row?.outcomes
}

/** Since when an alert's recipients are deleted; null: they are kept. Undefined: there is no such alert. */
export async function readDeletedAt(
  db: Database,
  alertId: string,
): Promise<Date | null | undefined> {
  const [row] = await db
    .select({ deletedAt: alerts.recipientsDeletedAt })
    .from(alerts)
    .where(eq(alerts.id, alertId))
  return row?.deletedAt
}

/** Marked alerts of which rows may be left. */
export async function listDeleting(db: Database): Promise<string[]> {
  const rows = await db
    .select({ id: keptOutcomes.alertId })
    .from(keptOutcomes)
    .where(sql`is_deleting`)
    .limit(ALERTS_AT_ONCE)
  return rows.map(row => row.id)
}

/** What says whom an alert went to, and what became of each: rows of one key, and how many go at once. */
const ROWS: readonly { readonly table: SQL; readonly key: SQL; readonly atOnce: number }[] = [
  { table: sql.raw('submissions'), key: sql.raw('carrier_id, no'), atOnce: 100 },
  { table: sql.raw('letters'), key: sql.raw('seq'), atOnce: 5_000 },
  { table: sql.raw('replies'), key: sql.raw('seq'), atOnce: 5_000 },
  { table: sql.raw('ranges'), key: sql.raw('range_no'), atOnce: 1_000 },
  { table: sql.raw('blocks'), key: sql.raw('block_no'), atOnce: 100 },
]

/**
 * Deletes a chunk of each kind of a marked alert's rows, each in a transaction of its own. Several may do it at once:
 * what one of them has in hand the others pass over.
 *
 * @returns whether rows may be left
 */
export async function deleteSome(db: Database, alertId: string): Promise<boolean> {
  for (const { table, key, atOnce } of ROWS) {
    await db.execute(sql`
      with chunk as materialized (
        select ${key} from ${table} where alert_id = ${alertId}::uuid limit ${atOnce} for update skip locked
      )
      delete from ${table} where alert_id = ${alertId}::uuid and (${key}) in (select ${key} from chunk)
    `)
  }
  const left = sql.join(
    ROWS.map(({ table }) => sql`exists (select from ${table} where alert_id = ${alertId}::uuid)`),
    sql` or `,
  )
  const done = await db
    .update(keptOutcomes)
    .set({ isDeleting: false })
    .where(and(eq(keptOutcomes.alertId, alertId), sql`not (${left})`))
    .returning({ id: keptOutcomes.alertId })
  return done.length === 0
}
