/**
 * Leases of work. A range is claimed, marked as it goes (`intents.ts`), and done when each of its recipients
 * has an end or has moved to another range. Its fence rises at every claim: whatever an earlier owner still
 * writes meets no row.
 */
import { sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'
import { LEASE_SECONDS, type Lease } from './intents.ts'
import { bumpProgress } from './progress.ts'

/** A retry first goes to other carriers; after this long the one that failed may try again. */
const AVOID_SECONDS = 2

export interface ClaimedRange extends Lease {
  readonly fromSeq: number
  readonly toSeq: number
  readonly seqs: readonly number[] | undefined
  /** Recipients up to this seq may have left under an earlier owner that died. */
  readonly hwm: number
  readonly expires: Date
}

export interface QueuedDelivery {
  readonly seq: number
  readonly phone: string
  readonly textNo: number
  readonly attempts: number
  /** Opted out since the alert was planned, as far as the alert must heed it. */
  readonly optedOut: boolean
}

/**
 * Claims ranges of the classes that a lane serves: of alerts that may be sent, the most urgent and least
 * served first. What an owner that died may have sent is marked a possible duplicate before anyone sends it
 * again, or ends as `unknown` where the alert is at-most-once. Run inside a transaction.
 *
 * @param limit ranges at the most
 */
export async function claimRanges(
  tx: Database,
  claim: {
    dispatcherId: string
    carrierId: string
    routeClasses: readonly string[]
    limit: number
  },
): Promise<ClaimedRange[]> {
  const rows = await tx.execute<{
    alert_id: string
    range_no: number
    fence: number
    from_seq: number
    to_seq: number
    seqs: number[] | null
    hwm: number
    expires_ms: number
  }>(sql`
    with due as (
      select r.alert_id, r.range_no, r.to_seq - r.from_seq + 1 as size
      from ranges r join alerts a on a.id = r.alert_id
      where a.state = 'sending' and r.state <> 'done'
        and r.route_class = any(${arrayLiteral(claim.routeClasses)}::text[])
        and r.due_at <= now() and r.expires > now()
        and (r.state = 'ready' or r.lease_until < now())
        and (not ${claim.carrierId}::uuid = any(r.not_carriers)
          or r.due_at < now() - make_interval(secs => ${AVOID_SECONDS}::int))
      order by a.priority, a.served_share, r.alert_id, r.range_no
      limit ${claim.limit} for update of r skip locked
    ),
    served as (
      update alerts a set served_share = a.served_share + d.size::float8 / greatest(a.recipients, 1)
      from (select alert_id, sum(size) as size from due group by alert_id) d where a.id = d.alert_id
    )
    update ranges r
    set state = 'leased', fence = r.fence + 1, owner = ${claim.dispatcherId}::uuid,
        carrier_id = ${claim.carrierId}::uuid,
        lease_until = now() + make_interval(secs => ${LEASE_SECONDS}::int)
    from due d where r.alert_id = d.alert_id and r.range_no = d.range_no
    returning r.alert_id, r.range_no, r.fence, r.from_seq, r.to_seq, r.seqs, r.hwm,
      (extract(epoch from r.expires) * 1000)::float8 as expires_ms
  `)
  const claimed = rows.map(row => ({
    alertId: row.alert_id,
    rangeNo: row.range_no,
    fence: row.fence,
    fromSeq: row.from_seq,
    toSeq: row.to_seq,
    seqs: row.seqs ?? undefined,
    hwm: row.hwm,
    expires: new Date(row.expires_ms),
  }))
  for (const range of claimed) if (range.hwm > 0) await settleSuspects(tx, range)
  return claimed
}

/** What lies under a dead owner's mark without a result: to be sent again and counted, or `unknown`. */
async function settleSuspects(tx: Database, range: ClaimedRange): Promise<void> {
  const changed = await tx.execute<{ unknown: number; duplicates: number }>(sql`
    with suspects as (
      update deliveries d
      set possible_duplicate = a.delivery = 'at-least-once',
          state = case a.delivery when 'at-least-once' then d.state else 'unknown' end,
          final_at = case a.delivery when 'at-least-once' then null else now() end,
          reason = case a.delivery when 'at-least-once' then d.reason else 'dispatcher_died' end
      from alerts a
      where a.id = ${range.alertId}::uuid and d.alert_id = a.id
        and d.seq between ${range.fromSeq} and ${range.hwm}
        and d.range_no = ${range.rangeNo} and d.state = 'queued'
        and (a.delivery = 'at-most-once' or not d.possible_duplicate)
      returning d.state
    )
    select count(*) filter (where state = 'unknown')::int as unknown,
           count(*) filter (where state = 'queued')::int as duplicates
    from suspects
  `)
  const { unknown = 0, duplicates = 0 } = changed[0] ?? {}
  await bumpProgress(tx, range.alertId, undefined, { unknown, possibleDuplicates: duplicates })
}

/** The recipients of a claimed range that still wait in it, in order. */
export async function loadRange(db: Database, range: ClaimedRange): Promise<QueuedDelivery[]> {
  const mine =
    range.seqs === undefined
      ? sql`d.seq between ${range.fromSeq} and ${range.toSeq}`
      : sql`d.seq = any(${arrayLiteral(range.seqs)}::int[])`
  const rows = await db.execute<{
    seq: number
    phone: string
    text_no: number
    attempts: number
    opted_out: boolean
  }>(sql`
    select d.seq, d.phone, d.text_no, d.attempts,
      -- Those who had opted out before were never planned: only the few since then are looked through.
      d.phone in (
        select o.phone from opt_outs o join alerts a on a.id = ${range.alertId}::uuid
        where o.at >= a.dispatched_at and (o.scope = 'all' or (not a.emergency and o.scope = 'nonEmergency'))
      ) as opted_out
    from deliveries d
    where d.alert_id = ${range.alertId}::uuid and ${mine}
      and d.range_no = ${range.rangeNo} and d.state = 'queued'
    order by d.seq
  `)
  return rows.map(row => ({
    seq: row.seq,
    phone: row.phone,
    textNo: row.text_no,
    attempts: row.attempts,
    optedOut: row.opted_out,
  }))
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
    where r.alert_id = l.alert_id and r.range_no = l.range_no and r.fence = l.fence
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
    where r.alert_id = l.alert_id and r.range_no = l.range_no and r.fence = l.fence
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

/** Moves recipients of a live claim into a new small range. Run with the results, in their transaction. */
export async function createRetryRange(tx: Database, retry: Retry, from: Lease): Promise<void> {
  const seqs = retry.seqs.toSorted((a, b) => a - b)
  await tx.execute(sql`
    with old as (
      select r.route_class, r.expires, r.not_carriers from ranges r
      where r.alert_id = ${retry.alertId}::uuid and r.range_no = ${from.rangeNo}
        and r.fence = ${from.fence}
    ),
    fresh as (
      update alerts set next_range_no = next_range_no + 1
      where id = ${retry.alertId}::uuid and exists (select from old)
      returning next_range_no - 1 as range_no
    ),
    moved as (
      update deliveries d set range_no = f.range_no from fresh f
      where d.alert_id = ${retry.alertId}::uuid and d.seq = any(${arrayLiteral(seqs)}::int[])
        and d.range_no = ${from.rangeNo} and d.state = 'queued'
      returning d.seq
    )
    insert into ranges (alert_id, range_no, route_class, from_seq, to_seq, seqs, not_carriers, due_at, expires)
    select ${retry.alertId}::uuid, f.range_no, o.route_class, ${seqs[0] ?? 0}, ${seqs.at(-1) ?? 0},
      ${arrayLiteral(seqs)}::int[],
      case when ${retry.notCarrier ?? null}::uuid is null then o.not_carriers
           else array_append(array_remove(o.not_carriers, ${retry.notCarrier ?? null}::uuid), ${retry.notCarrier ?? null}::uuid) end,
      now() + make_interval(secs => ${retry.delaySeconds}::float8), o.expires
    from fresh f, old o
    where exists (select from moved)
  `)
}

/** Recipients a range of a retry by hand. */
const RETRY_RANGE = 1_000

/**
 * Queues everybody again whom an ended alert failed to reach or never tried, in new ranges of the route classes
 * and expiries that they had. Run inside a transaction that holds the alert's row.
 *
 * @returns how many
 */
export async function requeueFailed(tx: Database, alertId: string): Promise<number> {
  const rows = await tx.execute<{
    state: 'failed' | 'cancelled'
    carrier_id: string | null
    count: number
  }>(sql`
    with lost as (
      select d.seq, d.state, d.carrier_id, r.route_class, r.expires,
        (row_number() over (partition by r.route_class, r.expires order by d.seq) - 1)
          / ${RETRY_RANGE}::int as block
      from deliveries d join ranges r on r.alert_id = d.alert_id and r.range_no = d.range_no
      where d.alert_id = ${alertId}::uuid and d.state in ('failed', 'cancelled')
    ),
    numbered as materialized (
      select l.*, (a.next_range_no - 1 + dense_rank() over (order by l.route_class, l.expires, l.block))::int as range_no
      from lost l join alerts a on a.id = ${alertId}::uuid
    ),
    fresh as (
      insert into ranges (alert_id, range_no, route_class, from_seq, to_seq, seqs, expires)
      select ${alertId}::uuid, range_no, route_class, min(seq), max(seq), array_agg(seq order by seq), min(expires)
      from numbered group by range_no, route_class
    ),
    counted as (
      update alerts set next_range_no = greatest(next_range_no, (select max(range_no) + 1 from numbered))
      where id = ${alertId}::uuid
    ),
    moved as (
      update deliveries d
      set state = 'queued', range_no = n.range_no, attempts = 0, reason = null, final_at = null,
          carrier_id = null
      from numbered n where d.alert_id = ${alertId}::uuid and d.seq = n.seq
    )
    select state, carrier_id, count(*)::int as count from numbered group by 1, 2
  `)
  for (const { state, carrier_id: carrierId, count } of rows) {
    await bumpProgress(tx, alertId, carrierId ?? undefined, { [state]: -count })
  }
  return rows.reduce((sum, row) => sum + row.count, 0)
}
