/**
 * What recipients have replied: a row for each who has. Counters move with it: whoever changes a reply locks its row
 * first, and moves the tallies in the same transaction.
 */
import { sql } from 'drizzle-orm'
import { arrayLiteral, numberArray, type Database } from './database.ts'

/** A recipient of an alert. */
export interface Replier {
  readonly alertId: string
  readonly seq: number
}

/** Counts who chose an option of which enough are taken. */
export const FULL = 'full'

export interface ReplyState {
  /** An option's code, `full` or `other`; undefined: nothing valid so far. */
  readonly option: string | undefined
  readonly repliedAt: Date | undefined
  readonly optedOut: boolean
}

export const keyOfReplier = ({ alertId, seq }: Replier): string => `${alertId} ${seq}`

const repliersOf = (repliers: readonly Replier[]) => sql`unnest(
  ${arrayLiteral(repliers.map(replier => replier.alertId))}::uuid[],
  ${numberArray(repliers.map(replier => replier.seq))}::int[])`

/**
 * What each has replied so far, locked until the transaction ends, in the order of the keys: who hears the same
 * phone at the same time waits. @returns by `keyOfReplier`
 */
export async function lockReplies(
  tx: Database,
  repliers: readonly Replier[],
): Promise<ReadonlyMap<string, ReplyState>> {
  if (repliers.length === 0) return new Map()
  // Of those who have replied before nothing changes: that locks their rows, and says what they hold.
  const rows = await tx.execute<Row & { alert_id: string }>(sql`
    insert into replies (alert_id, seq)
    select distinct alert_id, seq from ${repliersOf(repliers)} as g(alert_id, seq) order by alert_id, seq
    on conflict (alert_id, seq) do update set seq = excluded.seq
    returning alert_id, seq, option, replied_at, opted_out
  `)
  return new Map(
    rows.map(row => [keyOfReplier({ alertId: row.alert_id, seq: row.seq }), stateOf(row)]),
  )
}

/** Writes what has changed of locked ones. */
export async function writeReplies(
  tx: Database,
  changed: readonly (Replier & ReplyState)[],
): Promise<void> {
  if (changed.length === 0) return
  await tx.execute(sql`
    update replies r set option = w.option, replied_at = w.replied_at, opted_out = w.opted_out
    from unnest(
      ${arrayLiteral(changed.map(one => one.alertId))}::uuid[],
      ${numberArray(changed.map(one => one.seq))}::int[],
      ${arrayLiteral(changed.map(one => one.option ?? null))}::text[],
      ${arrayLiteral(changed.map(one => one.repliedAt?.toISOString() ?? null))}::timestamptz[],
      ${arrayLiteral(changed.map(one => (one.optedOut ? 'true' : 'false')))}::boolean[]
    ) as w(alert_id, seq, option, replied_at, opted_out)
    where r.alert_id = w.alert_id and r.seq = w.seq
  `)
}

/** What an alert's recipients `fromSeq … toSeq` have replied, by their number; of the others nothing. */
export async function readReplies(
  db: Database,
  alertId: string,
  fromSeq: number,
  toSeq: number,
): Promise<ReadonlyMap<number, ReplyState>> {
  const rows = await db.execute<Row>(sql`
    select seq, option, replied_at, opted_out from replies
    where alert_id = ${alertId}::uuid and seq between ${fromSeq}::int and ${toSeq}::int
  `)
  return new Map(rows.map(row => [row.seq, stateOf(row)]))
}

interface Row extends Record<string, unknown> {
  readonly seq: number
  readonly option: string | null
  readonly replied_at: string | null
  readonly opted_out: boolean
}

const stateOf = (row: Row): ReplyState => ({
  option: row.option ?? undefined,
  repliedAt: row.replied_at === null ? undefined : new Date(row.replied_at),
  optedOut: row.opted_out,
})
