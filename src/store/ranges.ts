/**
 * Leases of work. A range is claimed, marked as it goes (`intents.ts`), and done when each of its recipients
 * has an end or has moved to another range. Its fence rises at every claim: whatever an earlier owner still
 * writes meets no row.
 */
import { sql, type SQL } from 'drizzle-orm'
import { nextGeneration, type Block } from './block.ts'
import { findBlocks, lockBlocks, phoneAt, readBlocks, writeBlocks } from './blocks.ts'
import { arrayLiteral, numberArray, type Database } from './database.ts'
import { IS_RELEASED } from './holds.ts'
import { isAmong, LEASE_SECONDS, type Lease } from './intents.ts'
import { OPTED_OUT_SINCE } from './opt-outs.ts'

/** A retry first goes to other carriers; after this long the one that failed may try again. */
const AVOID_SECONDS = 2

/** Where a range's recipients stand: in a block, those of one generation, all or the `seqs` of a retry. */
export interface RangePlace {
  readonly blockNo: number
  readonly generation: number
  readonly fromSeq: number
  readonly toSeq: number
  readonly seqs: readonly number[] | null
  /** Recipients up to this seq may have left. */
  readonly hwm: number
}

/** The columns of a `RangePlace`, of `ranges r`. */
export const PLACE = sql.raw(`r.block_no as "blockNo", r.generation, r.from_seq as "fromSeq",
  r.to_seq as "toSeq", r.seqs, r.hwm`)

export interface ClaimedRange extends Lease, RangePlace {
  readonly routeClass: string
}

/** A class that a lane may claim from. */
export interface ClaimableClass {
  readonly routeClass: string
  /** Carriers that stand before this one: without them a range is claimed only where all of them have failed it. */
  readonly after: readonly string[]
  /** For how long a range must have been due. */
  readonly waitSeconds: number
}

/** Who of a range still waits, in order. */
export interface QueuedRecipients {
  readonly textNo: number
  /** Of their block: `phoneAt(phones, seq - blockNo)`. */
  readonly phones: Buffer
  readonly recipients: readonly QueuedRecipient[]
}

export interface QueuedRecipient {
  readonly seq: number
  readonly attempts: number
  /** Opted out since the alert was planned, as far as the alert must heed it. */
  readonly optedOut: boolean
}

/** Ranges looked at beyond those that are claimed: others may be claiming the first of them just now. */
const SPARE_RANGES = 64
/** How far an alert may lag behind its equals, in ranges: one that joins them starts here, and overtakes nobody. */
const MOST_LAG = 2
/** Below every priority. */
export const LEAST_URGENT = 32_767

/**
 * Claims ranges of the classes that a lane may take, of alerts that may be sent: the most urgent first, and equals in
 * turn, so that each gets as many recipients as the other, whatever their sizes and whenever they began. What an
 * owner that died may have sent is marked a possible duplicate before anyone sends it again, or ends as `unknown`
 * where the alert is at-most-once. Run inside a transaction.
 *
 * @param claim `limit`: ranges at the most; `before`: only of alerts more urgent than this priority
 */
export async function claimRanges(
  tx: Database,
  claim: {
    dispatcherId: string
    carrierId: string
    classes: readonly ClaimableClass[]
    /** After so many seconds a range may be claimed whoever stands before. */
    patienceSeconds: number
    limit: number
    before?: number | undefined
  },
): Promise<ClaimedRange[]> {
  // Each by an index of its own, whose first rows are enough.
  const isReady = sql.raw(`r.state = 'ready'`)
  const isLost = sql.raw(`r.state = 'leased' and r.lease_until < now()`)
  const free = (which: SQL) => sql`
    select r.range_no, coalesce(cardinality(r.seqs), r.to_seq - r.from_seq + 1) as size
    from ranges r
    where r.alert_id = s.id and r.route_class = m.route_class and ${which}
      and r.due_at <= m.due_by and r.expires > now()
      and (m.after <@ r.not_carriers
        or r.due_at < now() - make_interval(secs => ${claim.patienceSeconds}::float8))
      and (not ${claim.carrierId}::uuid = any(r.not_carriers)
        or r.due_at < now() - make_interval(secs => ${AVOID_SECONDS}::int))
    order by r.range_no limit ${claim.limit + SPARE_RANGES}`
  const claimed = await tx.execute<ClaimedRange & Record<string, unknown>>(sql`
    with mine as materialized (
      select c.route_class, string_to_array(c.after, ' ')::uuid[] as after,
        now() - make_interval(secs => c.wait) as due_by
      from unnest(
        ${arrayLiteral(claim.classes.map(one => one.routeClass))}::text[],
        ${arrayLiteral(claim.classes.map(one => one.after.join(' ')))}::text[],
        ${numberArray(claim.classes.map(one => one.waitSeconds))}::float8[]
      ) as c(route_class, after, wait)
    ),
    sending as (
      select id, priority, served_share from alerts
      where state = 'sending' and ${IS_RELEASED} and priority < ${claim.before ?? LEAST_URGENT}
    ),
    open as materialized (
      select s.id as alert_id, s.priority, r.range_no, r.size
      from sending s cross join lateral (
        select r.range_no, r.size
        from mine m cross join lateral ((${free(isReady)}) union all (${free(isLost)})) r
        order by r.range_no limit ${claim.limit + SPARE_RANGES}
      ) r
    ),
    standing as materialized (
      select id, greatest(served_share, max(served_share) over (partition by priority)
        - ${MOST_LAG}::int * (select max(size) from open)) as served
      from sending
    ),
    in_turn as (
      select o.*, s.served + sum(o.size) over (partition by o.alert_id order by o.range_no) as turn
      from open o join standing s on s.id = o.alert_id
    ),
    -- Once more, for others may have claimed them; told so that no index of the state alone seems to do.
    due as materialized (
      select r.alert_id, r.range_no, t.size
      from in_turn t join ranges r on r.alert_id = t.alert_id and r.range_no = t.range_no
      where case r.state when 'ready' then true when 'leased' then r.lease_until < now() else false end
      order by t.priority, t.turn, r.alert_id, r.range_no
      limit ${claim.limit} for update of r skip locked
    ),
    -- In one order, for several lanes serve several alerts at a time.
    locked as materialized (
      select a.id from alerts a where a.id in (select alert_id from due) order by a.id for no key update
    ),
    served as (
      update alerts a set served_share = greatest(a.served_share, s.served) + d.size
      from locked l, standing s, (select alert_id, sum(size) as size from due group by alert_id) d
      where a.id = l.id and s.id = l.id and d.alert_id = l.id
    )
    update ranges r
    set state = 'leased', fence = r.fence + 1, owner = ${claim.dispatcherId}::uuid,
        carrier_id = ${claim.carrierId}::uuid,
        lease_until = now() + make_interval(secs => ${LEASE_SECONDS}::int)
    from due d where r.alert_id = d.alert_id and r.range_no = d.range_no
    returning r.alert_id as "alertId", r.range_no as "rangeNo", r.fence,
      r.route_class as "routeClass", ${PLACE}
  `)
  for (const range of claimed.toSorted(byBlock)) {
    if (range.hwm > 0) await settleSuspects(tx, range)
  }
  return claimed.toSorted((a, b) => a.rangeNo - b.rangeNo)
}

const byBlock = (a: ClaimedRange, b: ClaimedRange) =>
  a.alertId === b.alertId ? a.blockNo - b.blockNo : a.alertId < b.alertId ? -1 : 1

/** The offsets of a range's recipients in its block, ascending. */
export function offsetsOf({ blockNo, fromSeq, toSeq, seqs }: RangePlace): number[] {
  if (seqs !== null) return seqs.map(seq => seq - blockNo)
  return Array.from({ length: toSeq - fromSeq + 1 }, (_, i) => fromSeq - blockNo + i)
}

/** What lies under a dead owner's mark without a result: to be sent again and counted, or `unknown`. */
async function settleSuspects(tx: Database, range: ClaimedRange): Promise<void> {
  const { alertId, blockNo, generation, hwm } = range
  const block = (await lockBlocks(tx, alertId, [blockNo])).get(blockNo)
  const [alert] = await tx.execute<{ delivery: string }>(sql`
    select delivery from alerts where id = ${alertId}::uuid
  `)
  if (block === undefined || alert === undefined) return
  for (const offset of offsetsOf(range)) {
    if (blockNo + offset > hwm || !block.waitsIn(generation, offset)) continue
    if (alert.delivery === 'at-least-once') block.suspect(offset)
    else block.ended(offset, 'unknown', 'dispatcher_died')
  }
  await writeBlocks(tx, [block])
}

/** The recipients of claimed ranges of one alert that still wait in them, in the ranges' order. */
export async function loadRanges(
  db: Database,
  alertId: string,
  ranges: readonly RangePlace[],
): Promise<QueuedRecipients[]> {
  const [blocks, optedOut] = await Promise.all([
    findBlocks(db, alertId, [...new Set(ranges.map(range => range.blockNo))]),
    optedOutSince(db, alertId),
  ])
  return ranges.map(range => {
    const found = blocks.get(range.blockNo)
    if (found === undefined) return { textNo: 0, phones: Buffer.alloc(0), recipients: [] }
    const { block, phones, textNo } = found
    const recipients: QueuedRecipient[] = []
    for (const offset of offsetsOf(range)) {
      if (!block.waitsIn(range.generation, offset)) continue
      recipients.push({
        seq: range.blockNo + offset,
        attempts: block.attempts(offset),
        optedOut: optedOut.size > 0 && optedOut.has(phoneAt(phones, offset)),
      })
    }
    return { textNo, phones, recipients }
  })
}

/** Those who had opted out before were never planned: only the few since then are looked through. */
async function optedOutSince(db: Database, alertId: string): Promise<ReadonlySet<string>> {
  const rows = await db.execute<{ phone: string }>(sql`
    select o.phone from opt_outs o join alerts a on a.id = ${alertId}::uuid
    where ${OPTED_OUT_SINCE}
  `)
  return new Set(rows.map(row => row.phone))
}

const leaseArrays = (leases: readonly Lease[]) => sql`unnest(
  ${arrayLiteral(leases.map(lease => lease.alertId))}::uuid[],
  ${arrayLiteral(leases.map(lease => lease.rangeNo))}::int[],
  ${arrayLiteral(leases.map(lease => lease.fence))}::int[]) as l(alert_id, range_no, fence)`

export interface RenewedLease extends Lease {
  /** The alert is being sent and the range has not expired. */
  readonly maySend: boolean
}

/** Says that the owner lives. Leases that are missing from the answer are lost. */
export async function renewLeases(db: Database, leases: readonly Lease[]): Promise<RenewedLease[]> {
  const rows = await db.execute<{
    alert_id: string
    range_no: number
    fence: number
    may_send: boolean
  }>(sql`
    update ranges r set lease_until = now() + make_interval(secs => ${LEASE_SECONDS}::int)
    from ${leaseArrays(leases)} join alerts a on a.id = l.alert_id
    where ${isAmong(leases)}
      and r.alert_id = l.alert_id and r.range_no = l.range_no and r.fence = l.fence
      and r.state = 'leased' and r.lease_until > now()
    returning r.alert_id, r.range_no, r.fence, a.state = 'sending' and r.expires > now() as may_send
  `)
  return rows.map(row => ({
    alertId: row.alert_id,
    rangeNo: row.range_no,
    fence: row.fence,
    maySend: row.may_send,
  }))
}

/**
 * Gives ranges back whose owner knows the end of everything that it handed over: what is still queued in
 * them was not sent, so the mark falls to nothing.
 */
export async function releaseRanges(db: Database, leases: readonly Lease[]): Promise<void> {
  await db.execute(sql`
    update ranges r set state = 'ready', owner = null, lease_until = null, hwm = 0
    from ${leaseArrays(leases)}
    where ${isAmong(leases)}
      and r.alert_id = l.alert_id and r.range_no = l.range_no and r.fence = l.fence
      and r.state = 'leased'
  `)
}

/** Gives back ranges of which nothing was handed over, for a later time. */
export async function putOffRanges(
  db: Database,
  leases: readonly Lease[],
  seconds: number,
): Promise<void> {
  await db.execute(sql`
    update ranges r
    set state = 'ready', owner = null, lease_until = null, hwm = 0,
        due_at = now() + make_interval(secs => ${seconds}::float8)
    from ${leaseArrays(leases)}
    where ${isAmong(leases)}
      and r.alert_id = l.alert_id and r.range_no = l.range_no and r.fence = l.fence
      and r.state = 'leased'
  `)
}

/** Recipients that must go again, by another carrier where there is one. */
export interface Retry {
  readonly alertId: string
  readonly seqs: readonly number[]
  /** The carrier that failed them. */
  readonly notCarrier: string | undefined
  readonly delaySeconds: number
}

/**
 * A new small range for recipients that have left another of the same block; the caller has moved them to the
 * next generation. Run with the results, in their transaction.
 */
export async function createRetryRange(tx: Database, retry: Retry, from: Lease): Promise<void> {
  const seqs = retry.seqs.toSorted((a, b) => a - b)
  const notCarrier = sql`${retry.notCarrier ?? null}::uuid`
  await tx.execute(sql`
    with fresh as (
      update alerts set next_range_no = next_range_no + 1 where id = ${retry.alertId}::uuid
      returning next_range_no - 1 as range_no
    )
    insert into ranges (alert_id, range_no, block_no, generation, route_class, from_seq, to_seq, seqs,
      not_carriers, due_at, expires)
    select ${retry.alertId}::uuid, f.range_no, o.block_no, (o.generation + 1) & 65535, o.route_class,
      ${seqs[0] ?? 0}, ${seqs.at(-1) ?? 0}, ${numberArray(seqs)}::int[],
      case when ${notCarrier} is null then o.not_carriers
           else array_append(array_remove(o.not_carriers, ${notCarrier}), ${notCarrier}) end,
      now() + make_interval(secs => ${retry.delaySeconds}::float8), o.expires
    from fresh f, ranges o
    where o.alert_id = ${retry.alertId}::uuid and o.range_no = ${from.rangeNo}
  `)
}

/** Blocks read at once. */
const PAGE = 50

/**
 * Queues everybody again whom an ended alert failed to reach or never tried, in new ranges of the route classes
 * and expiries that they had. Run inside a transaction that holds the alert's row.
 *
 * @returns how many
 */
export async function requeueFailed(tx: Database, alertId: string): Promise<number> {
  let count = 0
  for (let from = 1; ;) {
    const page = await readBlocks(tx, alertId, from, PAGE)
    const last = page.at(-1)
    if (last === undefined) return count
    const lost = page.filter(({ block }) => failedIn(block).length > 0)
    const locked = await lockBlocks(
      tx,
      alertId,
      lost.map(({ blockNo }) => blockNo),
    )
    const again = Array.from(locked.values(), (block): Again => {
      const offsets = failedIn(block)
      const generation = nextGeneration(block.latestGeneration())
      for (const offset of offsets) block.requeued(offset, generation)
      return { blockNo: block.blockNo, generation, seqs: offsets.map(at => block.blockNo + at) }
    })
    await createRangesAgain(tx, alertId, again)
    for (const { seqs } of again) count += seqs.length
    await writeBlocks(tx, locked.values())
    from = last.blockNo + last.block.size
  }
}

function failedIn(block: Block): number[] {
  return Array.from({ length: block.size }, (_, offset) => offset).filter(offset =>
    ['failed', 'cancelled'].includes(block.state(offset)),
  )
}

/** A range of those of one block who go again. */
interface Again {
  readonly blockNo: number
  readonly generation: number
  /** Ascending. */
  readonly seqs: readonly number[]
}

/** Their numbers are taken at once: of the alert's row each change leaves a version that the next has to pass. */
async function createRangesAgain(
  tx: Database,
  alertId: string,
  again: readonly Again[],
): Promise<void> {
  const ranges = again.filter(({ seqs }) => seqs.length > 0)
  if (ranges.length === 0) return
  await tx.execute(sql`
    with fresh as (
      update alerts set next_range_no = next_range_no + ${ranges.length}::int where id = ${alertId}::uuid
      returning next_range_no - ${ranges.length}::int as first_no
    )
    insert into ranges (alert_id, range_no, block_no, generation, route_class, from_seq, to_seq, seqs, expires)
    select ${alertId}::uuid, f.first_no + n.no::int - 1, n.block_no, n.generation, o.route_class,
      n.seqs[1], n.seqs[cardinality(n.seqs)], n.seqs, o.expires
    from fresh f, (
      select no, block_no, generation, seqs::int[] as seqs from unnest(
        ${numberArray(ranges.map(({ blockNo }) => blockNo))}::int[],
        ${numberArray(ranges.map(({ generation }) => generation))}::int[],
        ${arrayLiteral(ranges.map(({ seqs }) => numberArray(seqs)))}::text[]
      ) with ordinality as n(block_no, generation, seqs, no)
    ) n
    join ranges o on o.alert_id = ${alertId}::uuid and o.range_no = n.block_no
  `)
}
