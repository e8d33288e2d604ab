/**
 * Counters over many alerts, in one statement a question: no recipient's row is read. By area they are of what was
 * counted when an alert had ended (`ended-alerts.ts`).
 */
import { sql, type SQL } from 'drizzle-orm'
import type { AlertDraft } from '../cap/alert.ts'
import { arrayLiteral, type Database } from './database.ts'
import { NO_CARRIER } from './progress.ts'

/** Of recipients, over alerts. */
interface Counts {
  readonly alerts: number
  readonly recipients: number
  readonly delivered: number
  /** Taken by a carrier, without a receipt. */
  readonly unconfirmed: number
  readonly failed: number
  readonly unknown: number
  readonly expired: number
  readonly cancelled: number
  readonly replied: number
  /** By an answer to the alert. */
  readonly optedOut: number
}

/** Which alerts are counted: those dispatched from `since` until before `until`, the latest `limit` of them. */
export interface StatisticsFilter {
  readonly since: Date
  readonly until: Date
  readonly statuses: readonly string[]
  readonly limit: number
}

const ofAlert = sql.raw(`
  cross join lateral (
    select coalesce(sum(submitted), 0)::int as unconfirmed, coalesce(sum(delivered), 0)::int as delivered,
      coalesce(sum(failed), 0)::int as failed, coalesce(sum(unknown), 0)::int as unknown,
      coalesce(sum(expired), 0)::int as expired, coalesce(sum(cancelled), 0)::int as cancelled
    from progress where alert_id = a.id
  ) p
  cross join lateral (
    select coalesce(sum(count) filter (where option not in ('optedOut', 'recipients')), 0)::int as replied,
      coalesce(sum(count) filter (where option = 'optedOut'), 0)::int as opted_out
    from tallies where alert_id = a.id and dimension = 'total'
  ) t`)

const sums = sql.raw(`count(*)::int as alerts, coalesce(sum(recipients), 0)::float8 as recipients,
  coalesce(sum(delivered), 0)::float8 as delivered, coalesce(sum(unconfirmed), 0)::float8 as unconfirmed,
  coalesce(sum(failed), 0)::float8 as failed, coalesce(sum(unknown), 0)::float8 as unknown,
  coalesce(sum(expired), 0)::float8 as expired, coalesce(sum(cancelled), 0)::float8 as cancelled,
  coalesce(sum(replied), 0)::float8 as replied, coalesce(sum(opted_out), 0)::float8 as "optedOut"`)

const chosen = ({ since, until, statuses, limit }: StatisticsFilter) => sql`
  chosen as (
    select id, draft->'info'->0->>'event' as event, dispatched_at, recipients from alerts
    where dispatched_at >= ${since.toISOString()}::timestamptz
      and dispatched_at < ${until.toISOString()}::timestamptz
      and status = any(${arrayLiteral(statuses)}::text[])
    order by dispatched_at desc limit ${limit}
  ),
  counted as (select a.*, p.*, t.* from chosen a ${ofAlert})`

export interface Statistics {
  readonly total: Counts
  readonly byEvent: readonly (Counts & { readonly event: string })[]
  /** 0 … 23, in the time zone. */
  readonly byHour: readonly (Counts & { readonly hour: number })[]
  /** Of alerts that have been counted so since they ended; null: reached through groups, outside the areas. */
  readonly byArea: readonly (Counts & { readonly areaDesc: string | null })[]
  readonly byCarrier: readonly CarrierCounts[]
}

interface CarrierCounts {
  readonly carrierId: string
  readonly name: string
  readonly alerts: number
  readonly delivered: number
  readonly unconfirmed: number
  readonly failed: number
  readonly unknown: number
}

/** @param timeZone IANA: whose hours these are */
export async function readStatistics(
  db: Database,
  filter: StatisticsFilter,
  timeZone: string,
): Promise<Statistics> {
  const [total] = await db.execute<Counts & Record<string, unknown>>(sql`
    with ${chosen(filter)} select ${sums} from counted`)
  const grouped = <Key>(key: SQL, name: string) =>
    db.execute<Counts & Record<string, unknown> & Key>(sql`
      with ${chosen(filter)}
      select ${key} as ${sql.raw(name)}, ${sums} from counted
      group by 1 order by sum(recipients) desc nulls last, 1 limit ${MOST_GROUPS}`)
  const byEvent = await grouped<{ event: string }>(sql`event`, 'event')
  const hour = sql`extract(hour from dispatched_at at time zone ${timeZone}::text)::int`
  const byHour = await grouped<{ hour: number }>(hour, 'hour')
  const byArea = await db.execute<
    Counts & Record<string, unknown> & { areaDesc: string | null }
  >(sql`
    with ${chosen(filter)}
    select o.area_desc as "areaDesc", count(distinct a.id)::int as alerts,
      sum(o.recipients)::float8 as recipients, sum(o.delivered)::float8 as delivered,
      sum(o.unconfirmed)::float8 as unconfirmed, sum(o.failed)::float8 as failed,
      sum(o.unknown)::float8 as unknown, sum(o.expired)::float8 as expired,
      sum(o.cancelled)::float8 as cancelled, sum(o.replied)::float8 as replied,
      sum(o.opted_out)::float8 as "optedOut"
    from chosen a join area_outcomes o on o.alert_id = a.id
    group by 1 order by sum(o.recipients) desc, 1 limit ${MOST_GROUPS}`)
  const byCarrier = await db.execute<CarrierCounts & Record<string, unknown>>(sql`
    with ${chosen(filter)}
    select c.id as "carrierId", c.name, count(distinct a.id)::int as alerts,
      sum(p.delivered)::float8 as delivered, sum(p.submitted)::float8 as unconfirmed,
      sum(p.failed)::float8 as failed, sum(p.unknown)::float8 as unknown
    from chosen a join progress p on p.alert_id = a.id join carriers c on c.id = p.carrier_id
    where p.carrier_id <> ${NO_CARRIER}::uuid
    group by c.id, c.name order by sum(p.delivered) desc, c.name limit ${MOST_GROUPS}`)
  return {
    total: total!,
    byEvent,
    byArea,
    byHour: byHour.toSorted((a, b) => a.hour - b.hour),
    byCarrier,
  }
}

/** The largest groups; an organisation has seldom as many. */
const MOST_GROUPS = 200

/** Opt-outs by day, in the time zone; days without any are left out. */
export async function readOptOutDays(
  db: Database,
  since: Date,
  until: Date,
  timeZone: string,
): Promise<{ day: string; optOuts: number }[]> {
  return db.execute<{ day: string; optOuts: number }>(sql`
    select to_char(at at time zone ${timeZone}::text, 'YYYY-MM-DD') as day, count(*)::int as "optOuts"
    from opt_outs
    where at >= ${since.toISOString()}::timestamptz and at < ${until.toISOString()}::timestamptz
      and scope <> 'carrier'
    group by 1 order by 1`)
}

/** An alert to compare another with. */
export interface EarlierAlert extends Omit<Counts, 'alerts'> {
  readonly id: string
  readonly status: AlertDraft['status']
  readonly dispatchedAt: Date
  /** From the first message that was taken to the last; null before. */
  readonly tookSeconds: number | null
}

/** The latest alerts of the same event that were dispatched before, and as many drills of it. */
export async function readEarlierAlerts(
  db: Database,
  {
    event,
    before,
    limit,
  }: { readonly event: string; readonly before: Date; readonly limit: number },
): Promise<EarlierAlert[]> {
  const latest = (which: SQL) => sql`(
    select id, status, dispatched_at, recipients, first_submitted_at, last_submitted_at from alerts
    where dispatched_at < ${before.toISOString()}::timestamptz and ${which}
      and reminder_of is null and escalation_of is null
      and draft->'info'->0->>'event' = ${event}
    order by dispatched_at desc limit ${limit})`
  const rows = await db.execute<
    Omit<EarlierAlert, 'dispatchedAt'> & { dispatched_ms: number } & Record<string, unknown>
  >(sql`
    with chosen as (
      ${latest(sql`status = 'Actual' and msg_type <> 'Cancel'`)}
      union all ${latest(sql`status = 'Exercise' and msg_type <> 'Cancel'`)}
    )
    select a.id, a.status, coalesce(a.recipients, 0) as recipients, p.delivered, p.unconfirmed, p.failed,
      p.unknown, p.expired, p.cancelled, t.replied, t.opted_out as "optedOut",
      (extract(epoch from a.dispatched_at) * 1000)::float8 as dispatched_ms,
      extract(epoch from a.last_submitted_at - a.first_submitted_at)::float8 as "tookSeconds"
    from chosen a ${ofAlert}
    order by a.status, a.dispatched_at desc
  `)
  return rows.map(({ dispatched_ms, ...row }) => ({
    ...row,
    dispatchedAt: new Date(dispatched_ms),
  }))
}
