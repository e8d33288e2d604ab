import { sql } from 'drizzle-orm'
import { arrayLiteral, numberArray, type Database } from './database.ts'

/** How a carrier fares. */
export interface Fitness {
  /** How much of its work it may be given, 0 … 1. */
  readonly health: number
  /** The share of its messages that went wrong lately, 0 … 1. */
  readonly trouble: number
}

const UNTROUBLED: Fitness = { health: 1, trouble: 0 }

/** What a lane has done since its dispatcher began: they only rise. */
export interface LaneTotals {
  /** Handed to the carrier, those included that it refused. */
  readonly submittedMessages: number
  readonly submittedSegments: number
  readonly acceptedMessages: number
  readonly acceptedSegments: number
  /** Refused for coming too fast; they wait for their turn and spend no attempt. */
  readonly throttled: number
  /** Refused or lost, to be tried again. */
  readonly retried: number
  readonly failed: number
  /** May have been taken, and nobody heard so: possible duplicates where they go again. */
  readonly uncertain: number
  readonly receipts: number
  /** Receipts that came before the id that they name. */
  readonly orphans: number
  readonly replies: number
  /** Batches of results written, and the time that took. */
  readonly batches: number
  readonly batchSeconds: number
  /** Turns that the database, or something else, did not let come to an end. */
  readonly faults: number
}

/** A lane's totals and how it stands. */
export interface LaneFigures extends LaneTotals {
  /** Segments that may be unanswered at once, and that are; how many more the window takes now. */
  readonly window: number
  readonly inFlight: number
  readonly room: number
  /** Recipients claimed and neither marked nor sent; marked to leave; marked and not recorded. */
  readonly waiting: number
  readonly marked: number
  readonly exposure: number
  /** Ranges held, and how long ago the one that was renewed first of them was renewed, in seconds. */
  readonly ranges: number
  readonly leaseAge: number
  readonly batchSecondsLast: number
  /** By how many seconds the machine's clock is ahead of the database's. */
  readonly clockAhead: number
  /** Faults since the report before. */
  readonly faultsLately: number
  /** The carrier is left alone for a while, for it refused too much. */
  readonly isResting: boolean
  /** Segments a second of each alert that it sends, by id. */
  readonly alerts: Readonly<Record<string, number>>
}

/** A dispatcher reports about once a second: one that has been silent for this long holds no link any more. */
export const STALE_SECONDS = 5

/** A dispatcher that has reported within this many seconds takes part in the sharing of binds. */
const PRESENT_SECONDS = 3

export interface LinkReport {
  readonly carrierId: string
  readonly dispatcherId: string
  readonly state: 'bound' | 'throttled' | 'unbound'
  /** Segments a second since the last report. */
  readonly perSecond: number
  readonly inFlight: number
  readonly lastError: string | undefined
  /** Absent: there is nothing to say against it. */
  readonly fitness?: Fitness
  readonly figures?: LaneFigures
}

/** By carrier id, as all dispatchers but one say; a carrier that none of them has bound is missing. */
export async function readFitness(
  db: Database,
  exceptDispatcher: string,
): Promise<Map<string, Fitness>> {
  const rows = await db.execute<{ id: string; health: number; trouble: number }>(sql`
    select carrier_id as id, max(health)::float8 as health, min(trouble)::float8 as trouble
    from carrier_links
    where dispatcher_id <> ${exceptDispatcher}::uuid and state <> 'unbound'
      and reported_at > now() - make_interval(secs => ${STALE_SECONDS}::int)
    group by carrier_id
  `)
  return new Map(rows.map(({ id, ...fitness }) => [id, fitness]))
}

/** What a dispatcher says of its connection, about once a second; read by `GET /v1/carriers`. */
export async function reportLink(db: Database, report: LinkReport): Promise<void> {
  const { fitness = UNTROUBLED } = report
  await db.execute(sql`
    insert into carrier_links as l (carrier_id, dispatcher_id, state, per_second, in_flight, last_error, health,
      trouble, figures, reported_at)
    values (${report.carrierId}::uuid, ${report.dispatcherId}::uuid, ${report.state},
      ${report.perSecond}::real, ${report.inFlight}::int, ${report.lastError ?? null}::text,
      ${fitness.health}::real, ${fitness.trouble}::real,
      ${report.figures === undefined ? null : JSON.stringify(report.figures)}::jsonb, now())
    on conflict (carrier_id, dispatcher_id) do update set
      state = excluded.state, per_second = excluded.per_second, in_flight = excluded.in_flight,
      last_error = excluded.last_error, health = excluded.health, trouble = excluded.trouble,
      figures = excluded.figures, reported_at = excluded.reported_at
  `)
}

export async function forgetLinks(db: Database, dispatcherId: string): Promise<void> {
  await db.execute(sql`
    delete from carrier_links
    where dispatcher_id = ${dispatcherId}::uuid or reported_at < now() - interval '1 minute'
  `)
}

/** A bind is its holder's this long without a word from it, in seconds. */
const BIND_LEASE_SECONDS = 5

/**
 * Leases binds of an account, for the carrier limits them over all dispatchers together. Renews those held
 * and takes what is free, up to an even share among the dispatchers that are there.
 *
 * @returns how many this dispatcher holds now, and how many it may keep
 */
export async function leaseBinds(
  db: Database,
  carrierId: string,
  dispatcherId: string,
  binds: number,
): Promise<{ held: number; share: number }> {
  const [row] = await db.execute<{ held: number; share: number }>(sql`
    with others as (
      select count(*) as present from carrier_links
      where carrier_id = ${carrierId}::uuid and dispatcher_id <> ${dispatcherId}::uuid
        and reported_at > now() - make_interval(secs => ${PRESENT_SECONDS}::int)
    ),
    mine as (
      select b.slot from bind_slots b
      where b.carrier_id = ${carrierId}::uuid and b.dispatcher_id = ${dispatcherId}::uuid
        and b.slot <= ${binds}::int
    ),
    shared as (
      select ceil(${binds}::numeric / (present + 1))::int as share from others
    ),
    free as (
      select g.slot from generate_series(1, ${binds}::int) as g(slot)
      where not exists (
        select from bind_slots b
        where b.carrier_id = ${carrierId}::uuid and b.slot = g.slot
          and (b.dispatcher_id = ${dispatcherId}::uuid or b.lease_until >= now())
      )
      order by g.slot
      limit greatest(0, (select share from shared) - (select count(*) from mine))
    ),
    leased as (
      insert into bind_slots as b (carrier_id, slot, dispatcher_id, lease_until)
      select ${carrierId}::uuid, slot, ${dispatcherId}::uuid,
        now() + make_interval(secs => ${BIND_LEASE_SECONDS}::int)
      from (select slot from mine union all select slot from free) s
      on conflict (carrier_id, slot) do update
        set dispatcher_id = excluded.dispatcher_id, lease_until = excluded.lease_until
        where b.dispatcher_id = excluded.dispatcher_id or b.lease_until < now()
      returning slot
    )
    select (select count(*) from leased)::int as held, share from shared
  `)
  return row ?? { held: 0, share: 0 }
}

/** Gives binds back that are closed, all but `keep` of them. */
export async function releaseBinds(
  db: Database,
  carrierId: string,
  dispatcherId: string,
  keep: number,
): Promise<void> {
  await db.execute(sql`
    delete from bind_slots
    where carrier_id = ${carrierId}::uuid and dispatcher_id = ${dispatcherId}::uuid
      and slot not in (
        select slot from bind_slots
        where carrier_id = ${carrierId}::uuid and dispatcher_id = ${dispatcherId}::uuid
        order by slot limit ${keep}
      )
  `)
}

/**
 * Keeps the times of an alert's first and latest message, which come up to a second later: the alert may have ended by
 * then, and none of it left after that.
 *
 * @param moved by the database's clock, as epoch milliseconds
 */
export async function noteSubmissions(
  db: Database,
  moved: readonly { readonly alertId: string; readonly firstAt: number; readonly lastAt: number }[],
): Promise<void> {
  await db.execute(sql`
    update alerts a set
      first_submitted_at = least(a.first_submitted_at, m.first_at, a.finished_at),
      last_submitted_at = greatest(a.last_submitted_at, least(m.last_at, a.finished_at))
    from (
      select alert_id, to_timestamp(first_ms / 1000) as first_at, to_timestamp(last_ms / 1000) as last_at
      from unnest(
        ${arrayLiteral(moved.map(({ alertId }) => alertId))}::uuid[],
        ${numberArray(moved.map(({ firstAt }) => firstAt))}::float8[],
        ${numberArray(moved.map(({ lastAt }) => lastAt))}::float8[]
      ) as u(alert_id, first_ms, last_ms)
    ) m
    where a.id = m.alert_id
  `)
}

export interface LiveLink {
  readonly carrierId: string
  readonly dispatcherId: string
  readonly state: LinkReport['state']
  readonly lastError: string | null
  /** Null where others hold all binds of the account. */
  readonly figures: LaneFigures | null
}

/** What the dispatchers that live said last, each of each account. */
export async function readLinks(db: Database): Promise<LiveLink[]> {
  return await db.execute<LiveLink & Record<string, unknown>>(sql`
    select carrier_id as "carrierId", dispatcher_id as "dispatcherId", state, last_error as "lastError", figures
    from carrier_links
    where reported_at > now() - make_interval(secs => ${STALE_SECONDS}::int)
    order by carrier_id, dispatcher_id
  `)
}
