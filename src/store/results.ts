/**
 * What carriers answered, written in batches.
 *
 * Message ids are facts and are written without a fence: their receipts will come whoever owns the range.
 * State and counters move only where the claim's fence still holds.
 */
import { sql, type SQL } from 'drizzle-orm'
import { FIRST_SUBMITTED, LATEST_MS, RECORD, WHOLE, type Block } from './block.ts'
import { lockBlocks, writeBlocks } from './blocks.ts'
import { arrayLiteral, numberArray, startsOf, transact, type Database } from './database.ts'
import { blockPhones } from './consents.ts'
import {
  answerFromRow,
  isAmong,
  markStatement,
  type Lease,
  type MarkAnswer,
  type MarkColumns,
  type MarkRequest,
} from './intents.ts'
import { slot } from './progress.ts'
import { createRetryRange, type Retry } from './ranges.ts'
import { insertSubmissions, readBatch, storedIds, type Submissions } from './submissions.ts'

/** The ends of one alert's submissions on one carrier since the last batch, by the claim that they were sent under. */
export interface ResultBatch {
  /** A UUIDv7; the same when the batch is written again, for nobody heard of its commit. */
  readonly id: string
  readonly alertId: string
  readonly carrierId: string
  readonly ranges: readonly RangeResults[]
}

export interface RangeResults {
  readonly lease: Lease
  readonly blockNo: number
  readonly generation: number
  /** Of the text on this carrier; undefined: as it was approved. */
  readonly segments?: number | undefined
  /** Taken by the carrier. */
  readonly taken: readonly number[]
  /** Segments of those of them that the carrier has counted otherwise, by recipient. */
  readonly counted?: ReadonlyMap<number, number>
  /** Ids that the carrier gave, those of messages that failed in part included. */
  readonly messageIds: MessageIds
  readonly ended: readonly EndedDelivery[]
  readonly retries: readonly RetriedDelivery[]
  /** Phones whose opt-outs the carrier holds, as it has said. */
  readonly blocked?: readonly string[]
  /** Nothing is left to do in the range once this is written. */
  readonly finished: boolean
}

/** One entry a segment, those of one message side by side. */
export interface MessageIds {
  readonly seqs: readonly number[]
  /** Which of its message's segments, from 0, or `WHOLE`. */
  readonly parts: readonly number[]
  readonly ids: readonly string[]
}

interface EndedDelivery {
  readonly seq: number
  readonly state: 'failed' | 'unknown'
  readonly reason: string
  /** False where nothing was handed over: the recipient opted out. */
  readonly handedOver: boolean
}

export interface RetriedDelivery {
  readonly seq: number
  readonly reason: string
  /** It may have left: counted before it goes again. */
  readonly uncertain: boolean
  /** Whether the try counts against the recipient's attempts. */
  readonly spendsAttempt: boolean
  readonly avoidCarrier: boolean
  readonly delaySeconds: number
}

/** @returns the message ids as they were written, for receipts to be matched */
export async function recordResults(db: Database, batch: ResultBatch): Promise<Submissions[]> {
  return (await recordAndMark(db, batch, undefined)).written
}

/**
 * Records results, and in the same commit marks what the room is for that they make: where all of them are written in
 * one statement, and else nothing is marked.
 *
 * @returns `marks`: undefined where none were tried
 */
export async function recordAndMark(
  db: Database,
  batch: ResultBatch,
  next: MarkRequest | undefined,
): Promise<{ written: Submissions[]; marks: MarkAnswer | undefined }> {
  const plain = plainOf(batch.ranges)
  const along = plain.length === batch.ranges.length ? next : undefined
  const { written, marks } =
    plain.length > 0
      ? await recordPlain(db, batch, plain, along)
      : { written: [], marks: undefined }
  const done = new Set(written.map(({ blockNo }) => blockNo))
  const rest = batch.ranges.filter(range => !done.has(range.blockNo))
  if (rest.length === 0) return { written, marks }
  const all = await recordInFull(db, { ...batch, ranges: rest })
  // What the batch has written before is found again there.
  const others = all.filter(({ blockNo }) => !done.has(blockNo))
  return { written: [...written, ...others], marks: undefined }
}

/** Offsets in a block: `from … to − 1`. */
interface Run {
  readonly from: number
  readonly to: number
}

/** A range of which, in this batch, every message was one segment, taken at its first try, with an id. */
interface PlainResults extends RangeResults {
  readonly runs: readonly Run[]
}

const MOST_RUNS = 50

function plainOf(ranges: readonly RangeResults[]): PlainResults[] {
  const blocks = new Set<number>()
  return ranges.flatMap(range => {
    const { blockNo, generation, segments, taken, counted, messageIds, ended, retries } = range
    const { ids, parts } = messageIds
    const isAlone = !blocks.has(blockNo)
    blocks.add(blockNo)
    if (!isAlone || generation > 0 || ended.length + retries.length > 0) return []
    if ((segments !== undefined && segments > 1) || (counted?.size ?? 0) > 0) return []
    if (taken.length === 0 || ids.length !== taken.length || parts.some(part => part > 0)) return []
    const runs = runsOf(taken, blockNo)
    return runs.length > MOST_RUNS ? [] : [{ ...range, runs }]
  })
}

/** They are sent and mostly answered in order, so a batch is a run or two. */
function runsOf(seqs: readonly number[], blockNo: number): Run[] {
  const runs: { from: number; to: number }[] = []
  let run: (typeof runs)[number] | undefined
  for (const seq of ascending(seqs)) {
    const offset = seq - blockNo
    if (run?.to === offset) run.to++
    else runs.push((run = { from: offset, to: offset + 1 }))
  }
  return runs
}

function ascending(seqs: readonly number[]): readonly number[] | Int32Array {
  for (let i = 1; i < seqs.length; i++) {
    if (seqs[i]! < seqs[i - 1]!) return Int32Array.from(seqs).sort()
  }
  return seqs
}

/**
 * Nearly everything that a carrier answers, in one statement: recipients of whom nothing was known become
 * submitted. Where something is known of one of them (a receipt, a suspicion, another try), or the lease is lost,
 * the block is left alone, and the caller writes it in full.
 *
 * @param next is marked with it, if every block is written
 * @returns of the blocks that were written
 */
async function recordPlain(
  db: Database,
  { id, alertId, carrierId }: ResultBatch,
  ranges: readonly PlainResults[],
  next: MarkRequest | undefined,
): Promise<{ written: Submissions[]; marks: MarkAnswer | undefined }> {
  const refs = ranges.map(({ messageIds, blockNo }) => firstRefs(messageIds, blockNo))
  const among = isAmong(ranges.map(range => range.lease))
  const starts = startsOf(ranges.map(range => range.taken.length))
  const runs = ranges.flatMap(range => range.runs.map(run => ({ ...run, blockNo: range.blockNo })))
  // In octets of `records`: what is taken, and between it and around it what stays as it is.
  const pieces = sql`unnest(
    ${numberArray(runs.map(run => run.blockNo))}::int[],
    ${numberArray(runs.map(run => run.from * RECORD))}::int[],
    ${numberArray(runs.map(run => (run.to - run.from) * RECORD))}::int[]
  ) as p(block_no, start, octets)`
  const records = sql`(select case when b.records = '' then ${zeros(sql`b.size * ${RECORD}::int`)} else b.records end as r) x`
  const given = sql`unnest(
    ${numberArray(ranges.map(range => range.lease.rangeNo))}::int[],
    ${numberArray(ranges.map(range => range.lease.fence))}::int[],
    ${numberArray(ranges.map(range => range.blockNo))}::int[],
    ${numberArray(starts)}::int[],
    ${numberArray(ranges.map(range => range.taken.length))}::int[],
    ${arrayLiteral(ranges.map(range => (range.finished ? 'true' : 'false')))}::boolean[],
    string_to_array(${ranges.map(range => storedIds(range.messageIds.ids)).join('\n\n')}::text, e'\n\n')
  ) as g(range_no, fence, block_no, start, count, finished, ids)`
  const mark =
    next && markStatement(next, sql`and (select count(*) from moved) = ${ranges.length}::int`)
  const [row] = await db.execute<
    MarkColumns & { readonly written: readonly (readonly [number, number])[] | null }
  >(sql`
    with given as materialized (select * from ${given}),
    locked as materialized (
      select b.block_no from blocks b
      where b.alert_id = ${alertId}::uuid
        and b.block_no = any(${numberArray(ranges.map(range => range.blockNo))}::int[])
      order by b.block_no for update
    ),
    moved as (
      update blocks b
      set carriers = array[${carrierId}::uuid],
          records = (
            select s.head || substring(x.r from s.tail + 1)
            from ${records} cross join lateral (
              select max(p.start + p.octets) as tail,
                string_agg(substring(x.r from p.before + 1 for p.start - p.before) || p.taken, '' order by p.start) as head
              from (
                select p.start, p.octets,
                  coalesce(lag(p.start + p.octets) over (order by p.start), 0) as before,
                  decode(repeat(
                    ${FIRST_SUBMITTED} || encode(substring(int8send(
                      least(${LATEST_MS}::bigint, greatest(0, extract(epoch from now() - b.planned_at) * 1000)::bigint) + 1
                    ) from 5), 'hex') || '00000000', p.octets / ${RECORD}::int), 'hex') as taken
                from ${pieces} where p.block_no = b.block_no
              ) p
            ) s
          )
      from locked l
        join given g on g.block_no = l.block_no
        join ranges r on ${among} and r.range_no = g.range_no and r.fence = g.fence
      where b.alert_id = ${alertId}::uuid and b.block_no = l.block_no and b.segments = 1
        and b.extras = ''
        and (b.carriers = '{}' or b.carriers = array[${carrierId}::uuid])
        and (select bool_and(substring(x.r from p.start + 1 for p.octets) = ${zeros(sql`p.octets`)})
             from ${pieces}, ${records} where p.block_no = b.block_no)
      returning b.block_no
    ),
    written as (
      insert into submissions (carrier_id, batch_id, alert_id, block_no, ids, refs)
      select ${carrierId}::uuid, ${id}::uuid, ${alertId}::uuid, g.block_no, g.ids,
        substring(${Buffer.concat(refs)}::bytea from 1 + 4 * g.start for 4 * g.count)
      from given g join moved using (block_no)
      returning block_no, no
    ),
    finished as (
      update ranges r set state = 'done', owner = null, lease_until = null
      from given g join moved using (block_no)
      where g.finished and ${among} and r.range_no = g.range_no and r.fence = g.fence
    ),
    counted as (
      insert into progress as p (alert_id, carrier_id, slot, submitted, segments)
      select ${alertId}::uuid, ${carrierId}::uuid, ${slot}, sum(g.count), sum(g.count)
      from given g join moved using (block_no) having count(*) > 0
      on conflict (alert_id, carrier_id, slot) do update
        set submitted = p.submitted + excluded.submitted, segments = p.segments + excluded.segments
    )
    ${mark === undefined ? sql`` : sql`, ${mark.parts}`}
    select (select json_agg(json_build_array(block_no, no)) from written) as written
      ${mark === undefined ? sql`` : sql`, ${mark.columns}`}
  `)
  const nos = new Map(row?.written)
  const written = ranges.flatMap(({ blockNo, messageIds: { ids } }, i) => {
    const no = nos.get(blockNo)
    if (no === undefined) return []
    return [{ no, carrierId, alertId, blockNo, parts: undefined, ids, refs: refs[i]! }]
  })
  const isTried = mark !== undefined && written.length === ranges.length
  return { written, marks: isTried ? answerFromRow(row) : undefined }
}

/** Where each id belongs, of first tries. */
function firstRefs({ seqs }: MessageIds, blockNo: number): Buffer {
  const refs = Buffer.allocUnsafe(seqs.length * 4)
  for (let i = 0; i < seqs.length; i++) refs.writeUInt32BE(((seqs[i]! - blockNo) << 16) | 1, i * 4)
  return refs
}

/** Of this many octets, a number of whole records. */
const zeros = (octets: SQL) =>
  sql`decode(repeat(${'00'.repeat(RECORD)}, ${octets} / ${RECORD}::int), 'hex')`

async function recordInFull(db: Database, batch: ResultBatch): Promise<Submissions[]> {
  const { id, alertId, carrierId } = batch
  return transact(db, async tx => {
    const [blocks, fences, before] = await Promise.all([
      lockBlocks(tx, alertId, [...new Set(batch.ranges.map(range => range.blockNo))]),
      // Behind the lock: whoever claimed the range meanwhile has settled what we had marked, or waits for us.
      readFences(tx, alertId, batch.ranges),
      readBatch(tx, id),
    ])
    const done = new Set(before.map(({ blockNo }) => blockNo))
    const ranges = batch.ranges.filter(({ blockNo }) => blocks.has(blockNo) && !done.has(blockNo))
    const submissions: Omit<Submissions, 'no'>[] = []
    for (const range of ranges) {
      const block = blocks.get(range.blockNo)!
      for (const { parts, messageIds } of byParts(range)) {
        const { ids } = messageIds
        const refs = refsOf(block, messageIds)
        submissions.push({ carrierId, alertId, blockNo: range.blockNo, parts, ids, refs })
      }
      if (fences.get(range.lease.rangeNo) === range.lease.fence) {
        await moveRecipients(tx, block, range, carrierId)
      }
    }
    const finished = ranges.filter(range => range.finished)
    const [written] = await Promise.all([
      insertSubmissions(tx, id, submissions),
      writeBlocks(tx, blocks.values()),
      blockPhones(
        tx,
        carrierId,
        ranges.flatMap(range => range.blocked ?? []),
      ),
      finished.length > 0 && finishRanges(tx, finished),
    ])
    return [...before, ...written]
  })
}

/** The ids of messages of as many segments each, for a row of `submissions` says it of all of its ids. */
function byParts({ messageIds, segments, counted }: RangeResults) {
  const { seqs, parts, ids } = messageIds
  if (ids.length === 0) return []
  if (counted === undefined || counted.size === 0) return [{ parts: segments, messageIds }]
  const groups = new Map<
    number | undefined,
    { readonly seqs: number[]; readonly parts: number[]; readonly ids: string[] }
  >()
  for (let i = 0; i < ids.length; i++) {
    const of = counted.get(seqs[i]!) ?? segments
    let group = groups.get(of)
    if (group === undefined) groups.set(of, (group = { seqs: [], parts: [], ids: [] }))
    group.seqs.push(seqs[i]!)
    group.parts.push(parts[i]!)
    group.ids.push(ids[i]!)
  }
  return Array.from(groups, ([of, group]) => ({ parts: of, messageIds: group }))
}

async function readFences(
  tx: Database,
  alertId: string,
  ranges: readonly RangeResults[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await tx.execute<{ range_no: number; fence: number }>(sql`
    select range_no, fence from ranges
    where alert_id = ${alertId}::uuid
      and range_no = any(${numberArray(ranges.map(range => range.lease.rangeNo))}::int[])
  `)
  return new Map(rows.map(row => [row.range_no, row.fence]))
}

/** Numbers the tries that the ids are of, and packs where each id belongs. */
function refsOf(block: Block, { seqs, parts }: MessageIds): Buffer {
  const refs = Buffer.allocUnsafe(seqs.length * 4)
  let tryNo = 0
  let before = -1
  for (let i = 0; i < seqs.length; i++) {
    const offset = seqs[i]! - block.blockNo
    const part = parts[i]!
    if (offset !== before || part === 0 || part === WHOLE) tryNo = block.nextTry(offset)
    before = offset
    refs.writeUInt16BE(offset, i * 4)
    refs[i * 4 + 2] = part
    refs[i * 4 + 3] = tryNo
  }
  return refs
}

async function moveRecipients(
  tx: Database,
  block: Block,
  range: RangeResults,
  carrierId: string,
): Promise<void> {
  const { blockNo, generation } = range
  for (const seq of range.taken) {
    const offset = seq - blockNo
    const segments = range.counted?.get(seq) ?? range.segments
    if (block.waitsIn(generation, offset)) block.submitted(offset, carrierId, segments)
  }
  for (const { seq, state, reason, handedOver } of range.ended) {
    const offset = seq - blockNo
    if (!block.waitsIn(generation, offset)) continue
    block.ended(offset, state, reason, handedOver ? carrierId : undefined)
  }
  const moved = range.retries.filter(retry => block.waitsIn(generation, retry.seq - blockNo))
  for (const retry of moved) block.retried(retry.seq - blockNo, retry.reason, retry)
  for (const retry of together(moved, range.lease, carrierId)) {
    await createRetryRange(tx, retry, range.lease)
  }
}

/** Those that wait equally long and avoid the same carrier go on together. */
function together(
  retries: readonly RetriedDelivery[],
  { alertId }: Lease,
  carrierId: string,
): Retry[] {
  const groups = new Map<string, Retry & { readonly seqs: number[] }>()
  for (const { seq, avoidCarrier, delaySeconds } of retries) {
    const key = `${avoidCarrier} ${delaySeconds}`
    const known = groups.get(key)
    if (known !== undefined) known.seqs.push(seq)
    else {
      const notCarrier = avoidCarrier ? carrierId : undefined
      groups.set(key, { alertId, seqs: [seq], notCarrier, delaySeconds })
    }
  }
  return [...groups.values()]
}

async function finishRanges(tx: Database, ranges: readonly RangeResults[]): Promise<void> {
  const leases = ranges.map(range => range.lease)
  await tx.execute(sql`
    update ranges r set state = 'done', owner = null, lease_until = null
    from unnest(${numberArray(leases.map(lease => lease.rangeNo))}::int[],
        ${numberArray(leases.map(lease => lease.fence))}::int[]) as f(range_no, fence)
    where ${isAmong(leases)} and r.range_no = f.range_no and r.fence = f.fence
  `)
}
