/**
 * Reports whose time has come. Who looks first enters them, once each; who claims one makes it under a lease, and only
 * the claim that stands writes its letters: so a report goes out once, however many nodes look and whichever dies.
 */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { nextAfter, type ReportKind } from './report-schedules.ts'

/** What has ended so long ago is not reported any more, whatever kept it from being: days. */
const OVERDUE_DAYS = 7

/**
 * Enters what is due. Of statistics that were missed, while nothing ran, the latest go out alone.
 *
 * @param timeZone IANA: whose weeks and months they are of
 * @returns how many
 */
export async function enterDueReports(tx: Database, timeZone: string, now: Date): Promise<number> {
  const moment = sql`${now.toISOString()}::timestamptz`
  const statistics = await tx.execute(sql`
    with due as materialized (
      select id, every from report_schedules
      where enabled and kind = 'statistics' and due_at <= ${moment}
      order by id for update skip locked
    ),
    periods as (
      select id, every, date_trunc(every, ${moment} at time zone ${timeZone}::text - interval '7 hours') as ends
      from due
    ),
    entered as (
      insert into due_reports (id, schedule_id, key, since, until, at, due_at)
      select gen_random_uuid(), id, every || ' ' || to_char(ends, 'YYYY-MM-DD'),
        (ends - ('1 ' || every)::interval) at time zone ${timeZone}::text,
        ends at time zone ${timeZone}::text, ${moment}, ${moment}
      from periods
      on conflict do nothing
      returning id
    ),
    moved as (
      update report_schedules s set due_at = ${nextAfter(moment, sql`due.every`, timeZone)}
      from due where s.id = due.id
    )
    select id from entered
  `)
  // Corrections, reminders and what those on duty are told are of their alert, and stand in its report.
  const acknowledged = await tx.execute(sql`
    insert into due_reports (id, schedule_id, key, alert_id, at, due_at)
    select gen_random_uuid(), s.id, a.id::text, a.id, ${moment}, ${moment}
    from report_schedules s join alerts a
      on a.finished_at + make_interval(hours => s.hours_after_end) <= ${moment}
    where s.enabled and s.kind = 'acknowledgement' and a.status = any(s.statuses)
      and a.state in ('sent', 'stopped', 'expired') and a.finished_at >= s.active_since
      and a.finished_at + make_interval(hours => s.hours_after_end, days => ${OVERDUE_DAYS}::int) > ${moment}
      and a.priority > 0 and a.reminder_of is null and a.escalation_of is null
      and not exists (select from due_reports d where d.schedule_id = s.id and d.key = a.id::text)
    on conflict do nothing
    returning id
  `)
  return statistics.length + acknowledged.length
}

/** A report in its maker's hands: the fence tells this claim from any other. */
export interface ClaimedReport {
  readonly id: string
  readonly fence: number
  /** This one included. */
  readonly attempts: number
  readonly kind: ReportKind
  readonly every: string | null
  readonly language: 'en' | 'es'
  readonly statuses: readonly string[]
  readonly operatorIds: readonly string[]
  readonly alertId: string | null
  readonly since: Date | null
  readonly until: Date | null
}

/** Longer than a report takes to be made. */
const LEASE_SECONDS = 300

/** The longest due that nobody is making. */
export async function claimReport(db: Database, now: Date): Promise<ClaimedReport | undefined> {
  const moment = sql`${now.toISOString()}::timestamptz`
  const [row] = await db.execute<
    Omit<ClaimedReport, 'since' | 'until'> & { since: number | null; until: number | null }
  >(sql`
    with due as (
      select id from due_reports
      where made_at is null and failure is null and due_at <= ${moment}
      order by due_at limit 1 for update skip locked
    )
    update due_reports d
    set fence = d.fence + 1, attempts = d.attempts + 1,
        due_at = ${moment} + make_interval(secs => ${LEASE_SECONDS}::int)
    from due, report_schedules s
    where d.id = due.id and s.id = d.schedule_id
    returning d.id, d.fence, d.attempts, s.kind, s.every, s.language, s.statuses,
      s.operator_ids as "operatorIds", d.alert_id as "alertId",
      (extract(epoch from d.since) * 1000)::float8 as since,
      (extract(epoch from d.until) * 1000)::float8 as until
  `)
  if (row === undefined) return undefined
  const { since, until } = row
  return {
    ...row,
    since: since === null ? null : new Date(since),
    until: until === null ? null : new Date(until),
  }
}

/** In the transaction that writes its letters. @returns false where the claim stands no more */
export async function finishReport(
  tx: Database,
  { id, fence }: Pick<ClaimedReport, 'id' | 'fence'>,
  now: Date,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update due_reports set made_at = ${now.toISOString()}::timestamptz
    where id = ${id}::uuid and fence = ${fence} and made_at is null returning id
  `)
  return rows.length > 0
}

/** Nobody tries it again. */
export async function giveUpReport(
  db: Database,
  { id, fence }: Pick<ClaimedReport, 'id' | 'fence'>,
  failure: string,
): Promise<void> {
  await db.execute(sql`
    update due_reports set failure = ${failure} where id = ${id}::uuid and fence = ${fence}
  `)
}

/** What became of the latest report of a schedule. */
export interface LatestReport {
  readonly at: Date
  readonly alertId: string | null
  readonly until: Date | null
  readonly failure: string | null
  readonly waiting: number
  readonly sent: number
  readonly failed: number
}

/** By schedule; those of which none was due yet are missing. */
export async function readLatest(
  db: Database,
  scheduleIds: readonly string[],
): Promise<ReadonlyMap<string, LatestReport>> {
  if (scheduleIds.length === 0) return new Map()
  const rows = await db.execute<
    Omit<LatestReport, 'at' | 'until'> & { scheduleId: string; at: number; until: number | null }
  >(sql`
    select distinct on (d.schedule_id) d.schedule_id as "scheduleId", d.alert_id as "alertId", d.failure,
      (extract(epoch from d.at) * 1000)::float8 as at,
      (extract(epoch from d.until) * 1000)::float8 as until, l.waiting, l.sent, l.failed
    from due_reports d cross join lateral (
      select (count(*) filter (where state in ('waiting', 'leased')))::int as waiting,
        (count(*) filter (where state = 'sent'))::int as sent,
        (count(*) filter (where state not in ('waiting', 'leased', 'sent')))::int as failed
      from operator_letters where report_id = d.id
    ) l
    where d.schedule_id = any(${`{${scheduleIds.join()}}`}::uuid[])
    order by d.schedule_id, d.at desc
  `)
  return new Map(
    rows.map(({ scheduleId, at, until, ...row }) => [
      scheduleId,
      { ...row, at: new Date(at), until: until === null ? null : new Date(until) },
    ]),
  )
}

/** Drops reports that were made before, with their letters: `OVERDUE_DAYS` and more after, none is entered again. */
export async function purgeReports(db: Database, before: Date): Promise<void> {
  await db.execute(sql`
    delete from due_reports
    where at < ${before.toISOString()}::timestamptz and (made_at is not null or failure is not null)
  `)
}
