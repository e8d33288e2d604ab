/**
 * Counters of recipients, moved in the same transaction as the rows that they count.
 *
 * The counts are exclusive, and `queued` is what is left of the alert's recipients, so that they add up at
 * every moment. A row a writer's slot: writers of different slots don't queue behind each other, and a slot
 * may fall below zero while the sum stays exact.
 */
import { sql, type SQL } from 'drizzle-orm'
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

const COUNTS = [
  'submitted',
  'delivered',
  'failed',
  'expired',
  'cancelled',
  'unknown',
  'possibleDuplicates',
  'segments',
] as const satisfies readonly (keyof ProgressCounts)[]

const added = sql.raw(`on conflict (alert_id, carrier_id, slot) do update set
  submitted = p.submitted + excluded.submitted, delivered = p.delivered + excluded.delivered,
  failed = p.failed + excluded.failed, expired = p.expired + excluded.expired,
  cancelled = p.cancelled + excluded.cancelled, unknown = p.unknown + excluded.unknown,
  possible_duplicates = p.possible_duplicates + excluded.possible_duplicates,
  segments = p.segments + excluded.segments`)

const columns =
  sql.raw(`submitted, delivered, failed, expired, cancelled, unknown, possible_duplicates,
  segments`)

const deltasOf = (moves: readonly ProgressMove[]) =>
  sql.join(
    COUNTS.map(name => sql`${numberArray(moves.map(({ delta }) => delta[name] ?? 0))}::int[]`),
    sql`, `,
  )

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
  await tx.execute(sql`
    insert into progress as p (alert_id, carrier_id, slot, ${columns})
    select alert_id, carrier_id, ${slot}, ${columns}
    from unnest(
        ${arrayLiteral(some.map(move => move.alertId))}::uuid[],
        ${arrayLiteral(some.map(move => move.carrierId))}::uuid[],
        ${deltasOf(some)}
      ) as m(alert_id, carrier_id, ${columns})
    ${added}
  `)
}

/** One alert's moves of blocks, as a part of the statement whose `written` names those that were written. */
export function addMoved(
  moves: readonly (ProgressMove & { readonly blockNo: number })[],
  alertId: string,
): SQL {
  return sql`
    insert into progress as p (alert_id, carrier_id, slot, ${columns})
    select ${alertId}::uuid, carrier_id, ${slot}::smallint, sum(submitted), sum(delivered), sum(failed),
      sum(expired), sum(cancelled), sum(unknown), sum(possible_duplicates), sum(segments)
    from unnest(
        ${numberArray(moves.map(move => move.blockNo))}::int[],
        ${arrayLiteral(moves.map(move => move.carrierId))}::uuid[],
        ${deltasOf(moves)}
      ) as m(block_no, carrier_id, ${columns})
    join written using (block_no)
    group by carrier_id order by carrier_id
    ${added}`
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
