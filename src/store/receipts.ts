/**
 * Receipts meet the submissions that they speak of.
 *
 * A segment's state only moves up (none < failed < delivered), and a delivery moves by what its segments say:
 * delivered when all segments of one message are, failed when one of them is and nothing better is known.
 * A receipt is a fact whoever holds the lease, so nothing here asks for a fence: also a delivery whose result was
 * lost and that still waits as `queued` becomes delivered.
 *
 * Everything is found by key, whatever PostgreSQL believes about these tables: its figures are as old as the last
 * ANALYZE, when they may have been empty. With a plain join the update of `submissions` read all rows of the
 * carrier, 450 receipts a second with 3,000 rows in it. Hence `= any(…)` on the key, `lateral`, sub-selects that no
 * join can replace, and `useKeys`.
 */
import { sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'
import type { ProgressDelta } from './progress.ts'
import type { DELIVERY_STATES } from './schema.ts'

/** What a receipt says in the end; there is one a message id. */
export interface FinalReceipt {
  readonly messageId: string
  readonly state: 'delivered' | 'failed'
  readonly reason: string
}

export interface CountedMove {
  readonly alertId: string
  /** Undefined: recipients that no carrier has. */
  readonly carrierId: string | undefined
  readonly delta: ProgressDelta
}

/** A segment with a receipt of delivery, of a message with more of them. */
export interface DeliveredPart {
  readonly alertId: string
  readonly seq: number
  readonly firstId: string
}

const ORPHAN_HOURS = 72

/** For this transaction: plans made for the tables as they are now, and joins by index alone. */
export async function useKeys(tx: Database): Promise<void> {
  await tx.execute(sql`
    select set_config('plan_cache_mode', 'force_custom_plan', true),
      set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
      set_config('enable_mergejoin', 'off', true)
  `)
}

/** Deliveries that went the same way: from `was` on one carrier to `state` on the receipt's. */
interface MoveRow extends Record<string, unknown> {
  readonly alert_id: string
  readonly was: (typeof DELIVERY_STATES)[number]
  readonly was_carrier: string | null
  readonly state: 'delivered' | 'failed'
  readonly count: number
  readonly segments: number
}

const moved = sql`
  select alert_id, was, was_carrier, state, count(*)::int as count, sum(segments)::int as segments
  from updated group by alert_id, was, was_carrier, state order by alert_id, was_carrier, was, state`

/** What left one counter and came to another; what was `queued` had been counted nowhere yet. */
function countedMoves(carrierId: string, row: MoveRow): CountedMove[] {
  const { alert_id: alertId, was, was_carrier: wasCarrier, state, count, segments } = row
  const arrival = { alertId, carrierId, delta: { [state]: count } }
  if (was === 'queued') return [{ ...arrival, delta: { [state]: count, segments } }]
  return [{ alertId, carrierId: wasCarrier ?? undefined, delta: { [was]: -count } }, arrival]
}

/**
 * Moves segments and what depends on one receipt alone: messages of one segment, and whatever failed. Parks
 * receipts whose message id nobody has written. The caller adds `moves` to the counters, in this transaction.
 *
 * Deliveries are locked in key order and judged as they are then, so that two processes that hear of the same
 * message count it once.
 */
export async function moveSegments(
  tx: Database,
  carrierId: string,
  receipts: readonly FinalReceipt[],
): Promise<{
  readonly moves: readonly CountedMove[]
  readonly parts: readonly DeliveredPart[]
  readonly orphaned: number
}> {
  // Never empty: of `= any('{}')` PostgreSQL makes a scan of any partial index.
  const ids = (state: FinalReceipt['state']) =>
    arrayLiteral(['', ...receipts.filter(one => one.state === state).map(one => one.messageId)])
  const delivered = ids('delivered')
  const failed = ids('failed')
  const reasons = Object.fromEntries(
    receipts.filter(one => one.state === 'failed').map(one => [one.messageId, one.reason]),
  )
  const [row] = await tx.execute<{
    moves: MoveRow[] | null
    parts: [string, number, string][] | null
    orphaned: number
  }>(sql`
    with reasons as materialized (select ${JSON.stringify(reasons)}::text::jsonb as by_id),
    moved as (
      update submissions s set state = 'delivered'
      where s.carrier_id = ${carrierId}::uuid and s.message_id = any(${delivered}::text[])
        and s.state is distinct from 'delivered'
      returning s.alert_id, s.seq, s.first_id
    ),
    refused as (
      update submissions s set state = 'failed'
      where s.carrier_id = ${carrierId}::uuid and s.message_id = any(${failed}::text[])
        and s.state is null
      returning s.alert_id, s.seq, (select by_id from reasons) ->> s.message_id as reason
    ),
    orphaned as (
      insert into orphan_receipts (carrier_id, message_id, state, reason)
      select ${carrierId}::uuid, r.message_id, r.state, r.reason
      from unnest(
        ${arrayLiteral(receipts.map(receipt => receipt.messageId))}::text[],
        ${arrayLiteral(receipts.map(receipt => receipt.state))}::text[],
        ${arrayLiteral(receipts.map(receipt => receipt.reason))}::text[]
      ) as r(message_id, state, reason)
      where (select count(*) from moved) + (select count(*) from refused) < ${receipts.length}
        and (select true from submissions s
             where s.carrier_id = ${carrierId}::uuid and s.message_id = r.message_id) is null
      on conflict do nothing
      returning 1
    ),
    facts as (
      select alert_id, seq, bool_or(whole) as whole, max(reason) as reason
      from (
        select alert_id, seq, first_id is null as whole, null as reason from moved
        union all
        select alert_id, seq, false, reason from refused
      ) m group by alert_id, seq order by alert_id, seq
    ),
    locked as (
      select f.alert_id, f.seq, d.state as was, d.carrier_id as was_carrier, f.reason,
        -- A lone part of a message that was handed over in part delivers nothing.
        f.whole and d.segments = 1 as delivered
      from facts f cross join lateral (
        select d.state, d.carrier_id, d.segments from deliveries d
        where d.alert_id = f.alert_id and d.seq = f.seq for update
      ) d
    ),
    updated as (
      update deliveries d
      set state = case when l.delivered then 'delivered' else 'failed' end,
          reason = case when l.delivered then null else l.reason end,
          segments_delivered = case when l.delivered then 1 else d.segments_delivered end,
          carrier_id = ${carrierId}::uuid, final_at = now(),
          submitted_at = coalesce(d.submitted_at, now())
      from locked l
      where d.alert_id = l.alert_id and d.seq = l.seq
        and case when l.delivered then l.was <> 'delivered'
                 else l.reason is not null and l.was in ('submitted', 'unknown') end
      returning d.alert_id, l.was, l.was_carrier, d.state, d.segments
    ),
    moves as (${moved})
    select (select json_agg(moves) from moves) as moves,
      (select json_agg(distinct jsonb_build_array(alert_id, seq, first_id)) from moved
         where first_id is not null) as parts,
      (select count(*) from orphaned)::int as orphaned
  `)
  return {
    moves: (row?.moves ?? []).flatMap(move => countedMoves(carrierId, move)),
    parts: (row?.parts ?? []).map(([alertId, seq, firstId]) => ({ alertId, seq, firstId })),
    orphaned: row?.orphaned ?? 0,
  }
}

/**
 * Delivers messages of several segments once all of theirs are. Run after `moveSegments` in its transaction: it
 * holds the deliveries' locks, and this statement sees the segments that others moved before they let go.
 */
export async function joinParts(
  tx: Database,
  carrierId: string,
  parts: readonly DeliveredPart[],
): Promise<readonly CountedMove[]> {
  const rows = await tx.execute<MoveRow>(sql`
    with counted as (
      select p.alert_id, p.seq, max(n.delivered)::smallint as delivered
      from unnest(
          ${arrayLiteral(parts.map(part => part.alertId))}::uuid[],
          ${arrayLiteral(parts.map(part => part.seq))}::int[],
          ${arrayLiteral(parts.map(part => part.firstId))}::text[]
        ) as p(alert_id, seq, first_id)
        cross join lateral (
          select count(*) as delivered from submissions s
          where s.first_id = p.first_id and s.state = 'delivered'
            -- Written so that the primary key's index, all of the carrier, can't be taken for it.
            and s.carrier_id is not distinct from ${carrierId}::uuid
        ) n
      group by p.alert_id, p.seq
    ),
    were as (
      select d.alert_id, d.seq, d.state as was, d.carrier_id as was_carrier, c.delivered,
        c.delivered >= d.segments and d.state <> 'delivered' as whole
      from counted c join deliveries d on d.alert_id = c.alert_id and d.seq = c.seq
    ),
    joined as (
      update deliveries d
      set segments_delivered = greatest(d.segments_delivered, w.delivered),
          state = case when w.whole then 'delivered' else d.state end,
          reason = case when w.whole then null else d.reason end,
          carrier_id = case when w.whole then ${carrierId}::uuid else d.carrier_id end,
          final_at = case when w.whole then now() else d.final_at end,
          submitted_at = case when w.whole then coalesce(d.submitted_at, now()) else d.submitted_at end
      from were w
      where d.alert_id = w.alert_id and d.seq = w.seq
      returning d.alert_id, w.was, w.was_carrier, d.state, d.segments, w.whole
    ),
    updated as (select * from joined where whole)
    ${moved}
  `)
  return rows.flatMap(row => countedMoves(carrierId, row))
}

/** Takes parked receipts whose message id has been written since. */
export async function takeOrphans(tx: Database, carrierId: string): Promise<FinalReceipt[]> {
  return await tx.execute<FinalReceipt & Record<string, unknown>>(sql`
    delete from orphan_receipts o
    where o.carrier_id = ${carrierId}::uuid
      and (select true from submissions s
           where s.carrier_id = o.carrier_id and s.message_id = o.message_id) is not null
    returning o.message_id as "messageId", o.state, o.reason
  `)
}

/** Drops receipts that nobody's message has claimed in 72 hours; answers how many still wait. */
export async function dropOldOrphans(db: Database, carrierId: string): Promise<number> {
  const [row] = await db.execute<{ left: number }>(sql`
    with dropped as (
      delete from orphan_receipts
      where carrier_id = ${carrierId}::uuid and at < now() - make_interval(hours => ${ORPHAN_HOURS}::int)
      returning 1
    )
    select ((select count(*) from orphan_receipts where carrier_id = ${carrierId}::uuid)
      - (select count(*) from dropped))::int as left
  `)
  return row?.left ?? 0
}
