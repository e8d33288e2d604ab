import { sql, type SQL } from 'drizzle-orm'
import { arrayLiteral, numberArray, type Database } from './database.ts'

/** How long a claimed range stays its owner's without a word from it, in seconds. */
export const LEASE_SECONDS = 10

/** A leased range as its owner knows it: the fence tells this claim from any other. */
export interface Lease {
  readonly alertId: string
  readonly rangeNo: number
  readonly fence: number
}

/**
 * Of `ranges r`, those of the leases, by their key and before any join: a plan that was made while the table was
 * small reads all ranges of an alert for a join (measured: 1 ms of the 1.3 that results of a million take).
 */
export const isAmong = (leases: readonly Pick<Lease, 'alertId' | 'rangeNo'>[]) => sql`
  r.alert_id = any(${arrayLiteral([...new Set(leases.map(lease => lease.alertId))])}::uuid[])
  and r.range_no = any(${numberArray(leases.map(lease => lease.rangeNo))}::int[])`

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
 * While another dispatcher has more urgent work, no further ahead than this are slots reserved for less urgent work,
 * and no more than for so long. More urgent work asks well before its slots end, so these are slots that it has left.
 */
const YIELDING = { horizonSeconds: 0.03, mostSeconds: 0.05 }
/** A priority has precedence until its last slot is due, and for so long after: who holds more of it may be late. */
const PRECEDENCE_SECONDS = 0.2

/** What slots are asked for. */
export interface PaceWish {
  /** Segments. */
  readonly slots: number
  /** Of the most urgent alert among them. */
  readonly priority: number
  /** The pace is what it waits for: with its windows full it would let slots pass that it has kept from others. */
  readonly isPressing: boolean
}

/** What is to be marked of one account, and the slots that it asks for. */
export interface MarkRequest {
  readonly carrierId: string
  readonly marks: readonly IntentMark[]
  readonly wish: PaceWish
  /** The pace at which the slots are spread. */
  readonly segmentsPerSecond: number
}

export interface MarkAnswer {
  /** What is missing here must not be sent. */
  readonly marked: readonly Lease[]
  /** Absent where other dispatchers have reserved as far ahead as anyone may. */
  readonly reservation: PaceReservation | undefined
  /** Then more may be had in so many milliseconds. */
  readonly againMs: number
}

/**
 * Marks intents and reserves the account's slots for them in one small statement, before any byte of them
 * leaves. A mark holds only where the lease is still ours and the alert is `sending` and unexpired.
 *
 * The more urgent goes first over all dispatchers: who has none of it left reserves only what it leaves. A holder
 * that dies, or whose windows are full, reserves nothing, and so leaves everything.
 */
export async function markIntents(db: Database, request: MarkRequest): Promise<MarkAnswer> {
  const { parts, columns } = markStatement(request)
  const [row] = await db.execute<MarkColumns>(sql`with ${parts} select ${columns}`)
  return answerFromRow(row)
}

export interface MarkColumns extends Record<string, unknown> {
  readonly marked: [string, number, number][] | null
  readonly starts_at: number | null
  readonly database_now: number
  readonly interval_ms: number | null
  readonly slots: number | null
  readonly again_ms: number | null
}

/**
 * The statement in pieces, for it may be part of another: what stands between `with` and `select`, and the columns.
 *
 * @param onlyIf nothing is marked unless this holds too
 */
export function markStatement(
  { carrierId, marks, wish, segmentsPerSecond }: MarkRequest,
  onlyIf = sql``,
): { readonly parts: SQL; readonly columns: SQL } {
  const { slots, priority, isPressing } = wish
  const parts = sql`
    want as (
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
      where ${isAmong(marks)}
        and r.alert_id = w.alert_id and r.range_no = w.range_no and r.fence = w.fence
        and r.state = 'leased' and r.lease_until > now() and r.expires > now()
        and a.state = 'sending' ${onlyIf}
      returning r.alert_id, r.range_no, r.fence
    ),
    -- One time for all of it, taken when the row is ours.
    pace as materialized (
      select * from carrier_pace
      where carrier_id = ${carrierId}::uuid and exists (select from marked)
      for no key update
    ),
    timed as materialized (
      select *, clock_timestamp() as now, 1 / (${segmentsPerSecond}::float8 * factor) as interval
      from pace
    ),
    standing as materialized (
      select *, coalesce(precedence_until > now and precedence < ${priority}::int, false) as yields
      from timed
    ),
    terms as materialized (
      select *,
        now + make_interval(secs => case when yields then ${YIELDING.horizonSeconds}::float8
          else ${PACE_HORIZON_SECONDS}::float8 end) as horizon,
        case when yields then least(${slots}::int, ceil(${YIELDING.mostSeconds}::float8 / interval))
          else ${slots}::int end as slots,
        ${isPressing}::bool and not yields as takes_precedence
      from standing
    ),
    paced as (
      update carrier_pace p
      set tat = greatest(t.tat, t.now) + make_interval(secs => t.slots * t.interval),
          precedence = case when t.takes_precedence then ${priority}::int else p.precedence end,
          precedence_until = case when t.takes_precedence
            then greatest(t.tat, t.now)
              + make_interval(secs => t.slots * t.interval + ${PRECEDENCE_SECONDS}::float8)
            else p.precedence_until end
      from terms t
      where p.carrier_id = t.carrier_id and t.tat < t.horizon
      returning p.tat, t.interval, t.slots
    )`
  const columns = sql`
      (select json_agg(json_build_array(alert_id, range_no, fence)) from marked) as marked,
      (select extract(epoch from tat) * 1000 - interval * slots * 1000
         from paced)::float8 as starts_at,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as database_now,
      (select interval * 1000 from paced)::float8 as interval_ms,
      (select slots from paced)::int as slots,
      (select extract(epoch from tat - horizon) * 1000 from terms)::float8 as again_ms`
  return { parts, columns }
}

export function answerFromRow(row: MarkColumns | undefined): MarkAnswer {
  const marked = (row?.marked ?? []).map(([alertId, rangeNo, fence]) => ({
    alertId,
    rangeNo,
    fence,
  }))
  const againMs = Math.max(0, row?.again_ms ?? 0)
  if (row?.starts_at == null || row.interval_ms === null || row.slots === null) {
    return { marked, reservation: undefined, againMs }
  }
  const { starts_at: startsAt, database_now: databaseNow, interval_ms: intervalMs } = row
  return { marked, reservation: { startsAt, databaseNow, intervalMs, slots: row.slots }, againMs }
}

/** Nothing beyond these marks has left, nor will: the ranges are withdrawn, and their last messages in flight. */
export async function lowerMarks(db: Database, marks: readonly IntentMark[]): Promise<void> {
  await db.execute(sql`
    update ranges r set hwm = least(r.hwm, w.hwm)
    from unnest(
      ${arrayLiteral(marks.map(mark => mark.alertId))}::uuid[],
      ${arrayLiteral(marks.map(mark => mark.rangeNo))}::int[],
      ${arrayLiteral(marks.map(mark => mark.fence))}::int[],
      ${arrayLiteral(marks.map(mark => mark.hwm))}::int[]
    ) as w(alert_id, range_no, fence, hwm)
    where ${isAmong(marks)}
      and r.alert_id = w.alert_id and r.range_no = w.range_no and r.fence = w.fence
      and r.state = 'leased'
  `)
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

/** What is known of the last time that a carrier asked for fewer; shares of the rate at which slots are spread. */
export interface Throttled {
  /** At which it asked. */
  readonly from: number
  /** That it took in the second before, of all dispatchers that have said so by now. */
  readonly taken: number
}

/** An account's pace as the database has it. */
export interface PaceRow {
  /** Epoch milliseconds on the database's clock. */
  readonly databaseNow: number
  /** Share of the configured rate at which slots are reserved. */
  readonly factor: number
  /** Undefined: its carrier has never throttled. */
  readonly throttled:
    | (Throttled & {
        /** Tells this time from those before. */
        readonly episode: number
        readonly secondsAgo: number
      })
    | undefined
}

interface PaceColumns extends Record<string, unknown> {
  readonly now: number
  readonly factor: number
  readonly from: number
  readonly taken: number
  readonly episode: number
  readonly ago: number | null
}

const PACE_COLUMNS = sql.raw(`(extract(epoch from clock_timestamp()) * 1000)::float8 as now, factor,
  ceiling as "from", taken, episode, extract(epoch from clock_timestamp() - throttled_at)::float8 as ago`)

function paceFromRow({ now, factor, from, taken, episode, ago }: PaceColumns): PaceRow {
  const throttled = ago === null ? undefined : { from, taken, episode, secondsAgo: ago }
  return { databaseNow: now, factor, throttled }
}

export async function readPace(db: Database, carrierId: string): Promise<PaceRow> {
  const [row] = await db.execute<PaceColumns>(sql`
    select ${PACE_COLUMNS} from carrier_pace where carrier_id = ${carrierId}::uuid
  `)
  return paceFromRow(row!)
}

/** Run inside a transaction. */
export async function lockPace(tx: Database, carrierId: string): Promise<PaceRow> {
  const [row] = await tx.execute<PaceColumns>(sql`
    select ${PACE_COLUMNS} from carrier_pace where carrier_id = ${carrierId}::uuid for update
  `)
  return paceFromRow(row!)
}

/** No slot of anybody's begins sooner than this after the carrier asked for fewer. */
const THROTTLE_PAUSE_MS = 200

/**
 * The carrier has just asked for fewer: for all dispatchers, from now on. Run inside a transaction.
 *
 * @returns the episode that has begun
 */
export async function writeThrottled(
  tx: Database,
  carrierId: string,
  { from, taken }: Throttled,
  factor: number,
): Promise<number> {
  const [row] = await tx.execute<{ episode: number }>(sql`
    update carrier_pace
    set factor = ${factor}::float8, ceiling = ${from}::float8, taken = ${taken}::float8,
        episode = episode + 1, throttled_at = clock_timestamp(),
        tat = greatest(tat, clock_timestamp() + ${THROTTLE_PAUSE_MS}::int * interval '1 ms')
    where carrier_id = ${carrierId}::uuid
    returning episode
  `)
  return row!.episode
}

/** A dispatcher adds what the carrier took of it in the second before an episode began. */
export async function addTaken(
  db: Database,
  carrierId: string,
  episode: number,
  mine: number,
): Promise<void> {
  await db.execute(sql`
    update carrier_pace set taken = taken + ${mine}::float8
    where carrier_id = ${carrierId}::uuid and episode = ${episode}::int
  `)
}

/** Sets the share that an account is given, unless the carrier has asked for fewer since. */
export async function setPaceFactor(
  db: Database,
  carrierId: string,
  episode: number,
  factor: number,
): Promise<void> {
  await db.execute(sql`
    update carrier_pace set factor = ${factor}::float8
    where carrier_id = ${carrierId}::uuid and episode = ${episode}::int
  `)
}
