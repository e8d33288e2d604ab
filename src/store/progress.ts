/**
 * Counters of recipients, moved in the same transaction as the rows that they count.
 *
 * The counts are exclusive, and `queued` is what is left of the alert's recipients, so that they add up at
 * every moment. A row a writer's slot: writers of different slots don't queue behind each other, and a slot
 * may fall below zero while the sum stays exact.
 */
import { sql } from 'drizzle-orm'
import { arrayLiteral, numberArray, type Database } from './database.ts'

/** Slots an alert and carrier: enough that the writers of one machine seldom meet. */
const SLOTS = 8
/** This process's slot; processes spread by chance. */
export const slot = process.pid % SLOTS

/** Stands for "no carrier" in a counter's key. */
export const NO_CARRIER = '00000000-0000-0000-0000-000000000000'

export type ProgressCounts = {
  readonly submitted: number
  readonly delivered: number
  readonly failed: number
  readonly expired: number
  readonly cancelled: number
  readonly unknown: number
  readonly possibleDuplicates: number
  readonly segments: number
}

/** What is counted one by one; segments are not. */
export type RecipientCounts = Omit<ProgressCounts, 'segments'>

export const NOBODY: RecipientCounts = {
  submitted: 0,
  delivered: 0,
  failed: 0,
  expired: 0,
  cancelled: 0,
  unknown: 0,
  possibleDuplicates: 0,
}

export type ProgressDelta = Partial<ProgressCounts>

export interface ProgressMove {
  readonly alertId: string
  /** `NO_CARRIER`: of recipients that no carrier has. */
  readonly carrierId: string
  readonly delta: ProgressDelta
}

/** Adds to counters, in the order of their keys, so that two writers lock alike. */
export async function moveProgress(tx: Database, moves: readonly ProgressMove[]): Promise<void> {
  const some = moves
    .filter(({ delta }) => Object.values(delta).some(by => by !== 0))
    .toSorted((a, b) =>
      a.alertId === b.alertId
        ? a.carrierId.localeCompare(b.carrierId)
        : a.alertId.localeCompare(b.alertId),
    )
  if (some.length === 0) return
  const by = (name: keyof ProgressDelta) =>
    sql`${numberArray(some.map(({ delta }) => delta[name] ?? 0))}::int[]`
  await tx.execute(sql`
    insert into progress as p (alert_id, carrier_id, slot, submitted, delivered, failed, expired,
      cancelled, unknown, possible_duplicates, segments)
    select alert_id, carrier_id, ${slot}, submitted, delivered, failed, expired, cancelled, unknown,
      possible_duplicates, segments
    from unnest(
        ${arrayLiteral(some.map(move => move.alertId))}::uuid[],
        ${arrayLiteral(some.map(move => move.carrierId))}::uuid[],
        ${by('submitted')}, ${by('delivered')}, ${by('failed')}, ${by('expired')}, ${by('cancelled')},
        ${by('unknown')}, ${by('possibleDuplicates')}, ${by('segments')}
      ) as m(alert_id, carrier_id, submitted, delivered, failed, expired, cancelled, unknown,
        possible_duplicates, segments)
    on conflict (alert_id, carrier_id, slot) do update set
      submitted = p.submitted + excluded.submitted, delivered = p.delivered + excluded.delivered,
      failed = p.failed + excluded.failed, expired = p.expired + excluded.expired,
      cancelled = p.cancelled + excluded.cancelled, unknown = p.unknown + excluded.unknown,
      possible_duplicates = p.possible_duplicates + excluded.possible_duplicates,
      segments = p.segments + excluded.segments
  `)
}

/** The columns of `ProgressCounts`, summed over the slots. */
export const SUMS = sql.raw(`sum(submitted)::int as submitted,
  sum(delivered)::int as delivered, sum(failed)::int as failed, sum(expired)::int as expired,
  sum(cancelled)::int as cancelled, sum(unknown)::int as unknown,
  sum(possible_duplicates)::int as "possibleDuplicates", sum(segments)::int as segments`)

/** An alert's counters by carrier; `NO_CARRIER` holds those of recipients that no carrier has. */
export async function readProgress(
  db: Database,
  alertId: string,
): Promise<ReadonlyMap<string, ProgressCounts>> {
  const rows = await db.execute<ProgressCounts & { carrierId: string }>(sql`
    select carrier_id as "carrierId", ${SUMS}
    from progress where alert_id = ${alertId}::uuid group by carrier_id
  `)
  return new Map(rows.map(({ carrierId, ...counts }) => [carrierId, counts]))
}

/** Recipients whose message has been handed to a carrier: what can't be taken back. */
export function leftOf(counts: ReadonlyMap<string, ProgressCounts>): number {
  let left = 0
  for (const [carrierId, count] of counts) {
    if (carrierId !== NO_CARRIER) left += count.submitted + count.delivered + count.failed
    left += count.unknown
  }
  return left
}
