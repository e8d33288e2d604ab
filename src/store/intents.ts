import { sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'

/** How long a claimed range stays its owner's without a word from it, in seconds. */
export const LEASE_SECONDS = 10

/** A leased range as its owner knows it: the fence tells this claim from any other. */
export interface Lease {
  readonly alertId: string
  readonly rangeNo: number
  readonly fence: number
}

export interface IntentMark extends Lease {
  /** Recipients of the range up to this seq may leave once the mark is committed. */
  readonly hwm: number
}

export interface PaceReservation {
  /** When the first slot is due, and when the database said so: epoch milliseconds on its clock. */
  readonly startsAt: number
  readonly databaseNow: number
  readonly intervalMs: number
  readonly slots: number
}

/** No further ahead than this is an account's budget reserved, so that a death loses little of it. */
const PACE_HORIZON_SECONDS = 0.3

/**
 * Marks intents and reserves the account's slots for them in one small statement, before any byte of them
 * leaves. A mark holds only where the lease is still ours and the alert is `sending` and unexpired: what is
 * missing from `marked` must not be sent. `reservation` is absent where other dispatchers have reserved as
 * far ahead as anyone may.
 *
 * @param slots segments to reserve @param segmentsPerSecond the pace at which they are spread
 */
export async function markIntents(
  db: Database,
  carrierId: string,
  marks: readonly IntentMark[],
  slots: number,
  segmentsPerSecond: number,
): Promise<{ marked: readonly Lease[]; reservation: PaceReservation | undefined }> {
  const [row] = await db.execute<{
    marked: [string, number, number][] | null
    starts_at: number | null
    database_now: number
    interval_ms: number | null
  }>(sql`
    with want as (
      select * from unnest(
        ${arrayLiteral(marks.map(mark => mark.alertId))}::uuid[],
        ${arrayLiteral(marks.map(mark => mark.rangeNo))}::int[],
        ${arrayLiteral(marks.map(mark => mark.fence))}::int[],
        ${arrayLiteral(marks.map(mark => mark.hwm))}::int[]
      ) as w(alert_id, range_no, fence, hwm)
    ),
    marked as (
      update ranges r
      set lease_until = now() + make_interval(secs => ${LEASE_SECONDS}::int),
          hwm = greatest(r.hwm, w.hwm)
      from want w join alerts a on a.id = w.alert_id
      where r.alert_id = w.alert_id and r.range_no = w.range_no and r.fence = w.fence
        and r.state = 'leased' and r.lease_until > now() and r.expires > now()
        and a.state = 'sending'
      returning r.alert_id, r.range_no, r.fence
    ),
    paced as (
      update carrier_pace p
      set tat = greatest(p.tat, clock_timestamp())
        + make_interval(secs => ${slots}::int / (${segmentsPerSecond}::float8 * p.factor))
      where p.carrier_id = ${carrierId}::uuid
        and p.tat < clock_timestamp() + make_interval(secs => ${PACE_HORIZON_SECONDS}::float8)
        and exists (select from marked)
      returning p.tat, 1 / (${segmentsPerSecond}::float8 * p.factor) as interval
    )
    select
      (select json_agg(json_build_array(alert_id, range_no, fence)) from marked) as marked,
      (select extract(epoch from tat) * 1000 - interval * ${slots}::int * 1000
         from paced)::float8 as starts_at,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as database_now,
      (select interval * 1000 from paced)::float8 as interval_ms
  `)
  const marked = (row?.marked ?? []).map(([alertId, rangeNo, fence]) => ({
    alertId,
    rangeNo,
    fence,
  }))
  if (row?.starts_at == null || row.interval_ms === null) return { marked, reservation: undefined }
  const { starts_at: startsAt, database_now: databaseNow, interval_ms: intervalMs } = row
  return { marked, reservation: { startsAt, databaseNow, intervalMs, slots } }
}

/**
 * Reserves slots for what has no range: answers to people.
 *
 * @returns undefined where the budget is reserved as far ahead as anyone may
 */
export async function reservePace(
  db: Database,
  carrierId: string,
  slots: number,
  segmentsPerSecond: number,
): Promise<PaceReservation | undefined> {
  const [row] = await db.execute<{
    startsAt: number
    databaseNow: number
    intervalMs: number
  }>(sql`
    update carrier_pace p
    set tat = greatest(p.tat, clock_timestamp())
      + make_interval(secs => ${slots}::int / (${segmentsPerSecond}::float8 * p.factor))
    where p.carrier_id = ${carrierId}::uuid
      and p.tat < clock_timestamp() + make_interval(secs => ${PACE_HORIZON_SECONDS}::float8)
    returning
      (extract(epoch from p.tat) * 1000
        - ${slots}::int * 1000 / (${segmentsPerSecond}::float8 * p.factor))::float8 as "startsAt",
      (extract(epoch from clock_timestamp()) * 1000)::float8 as "databaseNow",
      (1000 / (${segmentsPerSecond}::float8 * p.factor))::float8 as "intervalMs"
  `)
  return row === undefined ? undefined : { ...row, slots }
}

/** The carrier asks for fewer a second: the account's pace halves, at most once a second, for all dispatchers. */
export async function halvePace(db: Database, carrierId: string): Promise<void> {
  await db.execute(sql`
    update carrier_pace
    set factor = greatest(factor / 2, 0.02), ceiling = factor, throttled_at = clock_timestamp(),
        tat = greatest(tat, clock_timestamp() + interval '200 ms')
    where carrier_id = ${carrierId}::uuid
      and (throttled_at is null or throttled_at < clock_timestamp() - interval '1 s')
  `)
}

/**
 * Gives a throttled account back a tenth of its rate for each second without a throttled reply, but near the
 * share at which it last throttled a five-hundredth: so it keeps close under what the carrier takes, and seldom
 * asks whether it is more by now.
 *
 * @returns the database's clock, as epoch milliseconds
 */
export async function recoverPace(db: Database, carrierId: string): Promise<number> {
  const [row] = await db.execute<{ now: number }>(sql`
    with recovered as (
      update carrier_pace
      set factor = case
        when factor < ceiling * 0.9 then least(factor + 0.1, ceiling * 0.9)
        when factor < ceiling * 1.05 then least(factor + 0.002, 1)
        else least(factor + 0.1, 1) end
      where carrier_id = ${carrierId}::uuid and factor < 1
        and throttled_at < clock_timestamp() - interval '1 s'
    )
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as now
  `)
  return row!.now
}
