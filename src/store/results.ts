/**
 * What carriers answered, written in batches.
 *
 * Message ids are facts and are written without a fence: their receipts will come whoever owns the range.
 * State and counters move only where the claim's fence still holds.
 */
import { sql } from 'drizzle-orm'
import { arrayLiteral, numberArray, transact, type Database } from './database.ts'
import type { Lease } from './intents.ts'
import { bumpProgress, slot } from './progress.ts'
import { createRetryRange, type Retry } from './ranges.ts'

/** The ends of one alert's submissions on one carrier since the last batch. */
export interface ResultBatch {
  readonly alertId: string
  readonly carrierId: string
  /** Taken by the carrier, by the claim that they were sent under: thousands a second, of a few claims. */
  readonly taken: readonly (Omit<Lease, 'alertId'> & { readonly seqs: number[] })[]
  /**
   * Ids that the carrier gave, one a segment, those of messages that failed in part included; `firstIds` holds
   * the first id of the segment's message, null where that is one segment.
   */
  readonly messageIds: {
    readonly seqs: number[]
    readonly ids: string[]
    readonly firstIds: (string | null)[]
  }
  readonly ended: readonly EndedDelivery[]
  readonly retries: readonly RetriedDelivery[]
  /** Ranges with nothing left to do once this batch is written. */
  readonly finished: readonly Lease[]
}

export interface EndedDelivery extends Lease {
  readonly seq: number
  readonly state: 'failed' | 'unknown'
  readonly reason: string
  /** False where nothing was handed over: the recipient opted out. */
  readonly handedOver: boolean
}

export interface RetriedDelivery extends Lease {
  readonly seq: number
  readonly reason: string
  /** It may have left: counted before it goes again. */
  readonly uncertain: boolean
  /** Whether the try counts against the recipient's attempts. */
  readonly spendsAttempt: boolean
  readonly avoidCarrier: boolean
  readonly delaySeconds: number
}

export async function recordResults(db: Database, batch: ResultBatch): Promise<void> {
  // The usual batch is one statement, and so its own transaction.
  if (batch.ended.length === 0 && batch.retries.length === 0) return recordTaken(db, batch)
  await transact(db, async tx => {
    if (batch.ended.length > 0) await recordEnds(tx, batch)
    if (batch.retries.length > 0) await recordRetries(tx, batch)
    await recordTaken(tx, batch)
  })
}

async function recordTaken(tx: Database, batch: ResultBatch): Promise<void> {
  const { alertId, carrierId, taken, messageIds, finished } = batch
  const { seqs, ids, firstIds } = messageIds
  const runs = taken.flatMap(runsOf)
  // Most texts are one segment: then no first id goes along.
  const first = firstIds.some(id => id !== null) ? arrayLiteral(firstIds) : '{}'
  await tx.execute(sql`
    with ids as (
      insert into submissions as s (carrier_id, message_id, alert_id, seq, first_id)
      select ${carrierId}::uuid, i.id, ${alertId}::uuid, i.seq, i.first_id
      from unnest(${arrayLiteral(ids)}::text[], ${numberArray(seqs)}::int[], ${first}::text[]) as i(id, seq, first_id)
      -- A carrier that starts its numbering anew means the newest message; a batch that is written again, for
      -- nobody heard of its commit, must not undo the receipts that have come meanwhile.
      on conflict (carrier_id, message_id) do update
        set alert_id = excluded.alert_id, seq = excluded.seq, first_id = excluded.first_id, state = null
        where (s.alert_id, s.seq) <> (excluded.alert_id, excluded.seq)
    ),
    held as (
      select l.range_no, l.from_seq, l.to_seq
      from unnest(${numberArray(runs.map(run => run.rangeNo))}::int[],
          ${numberArray(runs.map(run => run.fence))}::int[],
          ${numberArray(runs.map(run => run.from))}::int[],
          ${numberArray(runs.map(run => run.to))}::int[]) as l(range_no, fence, from_seq, to_seq)
        join ranges r on r.alert_id = ${alertId}::uuid and r.range_no = l.range_no and r.fence = l.fence
    ),
    moved as (
      update deliveries d
      set state = 'submitted', carrier_id = ${carrierId}::uuid, attempts = d.attempts + 1,
          submitted_at = now()
      from held h
      where d.alert_id = ${alertId}::uuid and d.seq between h.from_seq and h.to_seq
        and d.range_no = h.range_no and d.state = 'queued'
      returning d.segments
    ),
    done as (
      update ranges r set state = 'done', owner = null, lease_until = null
      from unnest(${numberArray(finished.map(lease => lease.rangeNo))}::int[],
          ${numberArray(finished.map(lease => lease.fence))}::int[]) as f(range_no, fence)
      where r.alert_id = ${alertId}::uuid and r.range_no = f.range_no and r.fence = f.fence
    )
    insert into progress as p (alert_id, carrier_id, slot, submitted, segments)
    select ${alertId}::uuid, ${carrierId}::uuid, ${slot}, count(*), sum(segments)
    from moved having count(*) > 0
    on conflict (alert_id, carrier_id, slot) do update
      set submitted = p.submitted + excluded.submitted, segments = p.segments + excluded.segments
  `)
}

interface Run extends Omit<Lease, 'alertId'> {
  readonly from: number
  readonly to: number
}

/**
 * A claim's recipients as runs without gaps: they are sent and mostly answered in order, so a batch is a run or
 * two, and one walk along the index instead of a search a recipient.
 */
function runsOf({ rangeNo, fence, seqs }: ResultBatch['taken'][number]): Run[] {
  const runs: { rangeNo: number; fence: number; from: number; to: number }[] = []
  let run: (typeof runs)[number] | undefined
  for (const seq of Int32Array.from(seqs).sort()) {
    if (run?.to === seq - 1) run.to = seq
    else if (run?.to !== seq) runs.push((run = { rangeNo, fence, from: seq, to: seq }))
  }
  return runs
}

async function recordEnds(tx: Database, batch: ResultBatch): Promise<void> {
  const { alertId, carrierId, ended } = batch
  const rows = await tx.execute<{
    state: 'failed' | 'unknown'
    with_carrier: boolean
    count: number
  }>(sql`
    with moved as (
      update deliveries d
      set state = e.state, reason = e.reason, final_at = now(),
          carrier_id = case when e.handed_over then ${carrierId}::uuid else d.carrier_id end,
          attempts = d.attempts + e.handed_over::int,
          submitted_at = case when e.handed_over then now() else d.submitted_at end
      from unnest(
          ${arrayLiteral(ended.map(end => end.seq))}::int[],
          ${arrayLiteral(ended.map(end => end.rangeNo))}::int[],
          ${arrayLiteral(ended.map(end => end.fence))}::int[],
          ${arrayLiteral(ended.map(end => end.state))}::text[],
          ${arrayLiteral(ended.map(end => end.reason))}::text[],
          ${arrayLiteral(ended.map(end => (end.handedOver ? 'true' : 'false')))}::boolean[]
        ) as e(seq, range_no, fence, state, reason, handed_over)
        join ranges r on r.alert_id = ${alertId}::uuid and r.range_no = e.range_no and r.fence = e.fence
      where d.alert_id = ${alertId}::uuid and d.seq = e.seq and d.range_no = e.range_no
        and d.state = 'queued'
      returning d.state, d.carrier_id is not null as with_carrier
    )
    select state, with_carrier, count(*)::int as count from moved group by 1, 2
  `)
  for (const row of rows) {
    await bumpProgress(tx, alertId, row.with_carrier ? carrierId : undefined, {
      [row.state]: row.count,
    })
  }
}

async function recordRetries(tx: Database, batch: ResultBatch): Promise<void> {
  const { alertId, carrierId, retries } = batch
  const [row] = await tx.execute<{ duplicates: number }>(sql`
    with again as (
      select t.*, d.possible_duplicate as was
      from unnest(
          ${arrayLiteral(retries.map(retry => retry.seq))}::int[],
          ${arrayLiteral(retries.map(retry => retry.rangeNo))}::int[],
          ${arrayLiteral(retries.map(retry => retry.fence))}::int[],
          ${arrayLiteral(retries.map(retry => retry.reason))}::text[],
          ${arrayLiteral(retries.map(retry => (retry.uncertain ? 'true' : 'false')))}::boolean[],
          ${arrayLiteral(retries.map(retry => (retry.spendsAttempt ? '1' : '0')))}::int[]
        ) as t(seq, range_no, fence, reason, uncertain, spent)
        join ranges r on r.alert_id = ${alertId}::uuid and r.range_no = t.range_no and r.fence = t.fence
        join deliveries d on d.alert_id = ${alertId}::uuid and d.seq = t.seq
      where d.range_no = t.range_no and d.state = 'queued'
    ),
    marked as (
      update deliveries d
      set possible_duplicate = d.possible_duplicate or a.uncertain, reason = a.reason,
          attempts = d.attempts + a.spent
      from again a where d.alert_id = ${alertId}::uuid and d.seq = a.seq
      returning a.uncertain and not a.was as counts
    )
    select count(*) filter (where counts)::int as duplicates from marked
  `)
  await bumpProgress(tx, alertId, undefined, { possibleDuplicates: row?.duplicates ?? 0 })

  // Those of one range that wait equally long and avoid the same carrier go on together.
  const together = new Map<string, { from: Lease; retry: Retry & { seqs: number[] } }>()
  for (const { seq, rangeNo, fence, avoidCarrier, delaySeconds } of retries) {
    const key = `${rangeNo} ${avoidCarrier} ${delaySeconds}`
    const known = together.get(key)
    if (known !== undefined) known.retry.seqs.push(seq)
    else {
      together.set(key, {
        from: { alertId, rangeNo, fence },
        retry: {
          alertId,
          seqs: [seq],
          notCarrier: avoidCarrier ? carrierId : undefined,
          delaySeconds,
        },
      })
    }
  }
  for (const { from, retry } of together.values()) await createRetryRange(tx, retry, from)
}
