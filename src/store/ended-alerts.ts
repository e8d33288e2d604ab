/**
 * What is counted of alerts once they have ended, recipient by recipient: by area, and of contacts whom nothing
 * reaches. It is counted again while receipts come in, less and less often, and is the same however often.
 */
import { sql, type SQL } from 'drizzle-orm'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import { arrayLiteral, numberArray, transact, type Database } from './database.ts'

/** Receipts come for three days (SMPP carriers keep a message no longer); a day more costs nothing. */
const COUNTED_DAYS = 4
/** What ended before that is in no statistics of a year. */
const OLDEST_DAYS = 400

/** What counts of an alert: where none of it has moved, its recipients need not be gone through again. */
const FIGURES = sql.raw(`(
  select concat_ws('/', sum(submitted), sum(delivered), sum(failed), sum(unknown), sum(expired), sum(cancelled),
    (select sum(count) from tallies where alert_id = a.id and dimension = 'total'))
  from progress where alert_id = a.id)`)

/** Whether an alert `a` has been counted, or never is: it was not sent to its end, or it is too old. */
export const NEEDS_NO_COUNT = sql.raw(`(a.finished_at is null
  or a.dispatched_at <= now() - interval '${OLDEST_DAYS} days'
  or exists (select from counted_alerts c where c.alert_id = a.id))`)

/** @returns whether nobody else is counting, until the transaction ends */
export async function isCounting(tx: Database): Promise<boolean> {
  const [lock] = await tx.execute<{ taken: boolean }>(
    sql`select pg_try_advisory_xact_lock(${ADVISORY_LOCK.endedAlerts}) as taken`,
  )
  return lock?.taken === true
}

export interface AlertToCount {
  readonly id: string
  /** What its counters say now. */
  readonly figures: string
  /** When it was counted last, as PostgreSQL has it. */
  readonly countedAt: string | null
}

/** The alert that has waited longest to be counted, but for those given, unless somebody else is counting. */
export async function nextToCount(
  tx: Database,
  now: Date,
  except: readonly string[],
): Promise<AlertToCount | undefined> {
  if (!(await isCounting(tx))) return undefined
  const moment = sql`${now.toISOString()}::timestamptz`
  const [row] = await tx.execute<AlertToCount & Record<string, unknown>>(sql`
    select a.id, f.figures, c.counted_at::text as "countedAt"
    from alerts a left join counted_alerts c on c.alert_id = a.id
      cross join lateral (select ${FIGURES} as figures) f
    where a.state in ('sent', 'stopped', 'expired') and a.finished_at is not null
      and a.recipients_deleted_at is null and a.id <> all(${arrayLiteral(except)}::uuid[])
      and a.dispatched_at > ${moment} - make_interval(days => ${OLDEST_DAYS}::int)
      and (c.alert_id is null
        or c.counted_at < a.finished_at + make_interval(days => ${COUNTED_DAYS}::int)
          and ${moment} - a.finished_at > 1.5 * (c.counted_at - a.finished_at) + interval '1 minute'
          and c.figures is distinct from f.figures)
    order by a.finished_at limit 1
  `)
  return row
}

/** @returns whether it is all there still, and nobody else has counted it since */
export async function isToCount(tx: Database, { id, countedAt }: AlertToCount): Promise<boolean> {
  const rows = await tx.execute(sql`
    select from alerts a left join counted_alerts c on c.alert_id = a.id
    where a.id = ${id}::uuid and a.recipients_deleted_at is null
      and c.counted_at is not distinct from ${countedAt}::timestamptz
  `)
  return rows.length > 0
}

export interface AreaOutcome {
  readonly areaNo: number
  readonly areaDesc: string | null
  readonly recipients: number
  readonly delivered: number
  readonly unconfirmed: number
  readonly failed: number
  readonly unknown: number
  readonly expired: number
  readonly cancelled: number
  readonly replied: number
  readonly optedOut: number
}

export async function writeAreaOutcomes(
  tx: Database,
  { id, figures }: { readonly id: string; readonly figures: string },
  areas: readonly AreaOutcome[],
  now: Date,
): Promise<void> {
  const column = (of: (area: AreaOutcome) => number) => sql`${numberArray(areas.map(of))}::int[]`
  await tx.execute(sql`delete from area_outcomes where alert_id = ${id}::uuid`)
  await tx.execute(sql`
    insert into area_outcomes (alert_id, area_no, area_desc, recipients, delivered, unconfirmed, failed, unknown,
      expired, cancelled, replied, opted_out)
    select ${id}::uuid, u.* from unnest(
      ${column(area => area.areaNo)}, ${arrayLiteral(areas.map(area => area.areaDesc))}::text[],
      ${column(area => area.recipients)}, ${column(area => area.delivered)},
      ${column(area => area.unconfirmed)}, ${column(area => area.failed)}, ${column(area => area.unknown)},
      ${column(area => area.expired)}, ${column(area => area.cancelled)}, ${column(area => area.replied)},
      ${column(area => area.optedOut)}) u
  `)
  await tx.execute(sql`
    insert into counted_alerts (alert_id, counted_at, figures)
    values (${id}::uuid, ${now.toISOString()}::timestamptz, ${figures})
    on conflict (alert_id) do update set counted_at = excluded.counted_at, figures = excluded.figures
  `)
}

/** What a delivery says of its contact: that they were reached, or that it failed. */
export interface ContactOutcomes {
  readonly failed: readonly { readonly contactId: string; readonly reason: string | null }[]
  readonly reached: readonly string[]
}

/** Notes whom an alert has reached and whom it has not; made-up phones are nobody's. */
export async function noteContacts(
  tx: Database,
  alertId: string,
  dispatchedAt: Date,
  { failed, reached }: ContactOutcomes,
): Promise<void> {
  const at = sql`${dispatchedAt.toISOString()}::timestamptz`
  const ofReached = sql`${arrayLiteral(reached)}::uuid[]`
  const ofFailed = sql`${arrayLiteral(failed.map(one => one.contactId))}::uuid[]`
  if (failed.length > 0) {
    await tx.execute(sql`
      with f as (
        select f.* from unnest(${ofFailed}, ${arrayLiteral(failed.map(one => one.reason))}::text[])
          as f(contact_id, reason)
        join contacts c on c.id = f.contact_id and not c.simulated
      ),
      known as (
        insert into unreached_contacts (contact_id) select contact_id from f order by 1 on conflict do nothing
      )
      insert into failed_deliveries (contact_id, alert_id, at, reason)
      select contact_id, ${alertId}::uuid, ${at}, reason from f
      on conflict (contact_id, alert_id) do update set reason = excluded.reason
    `)
  }
  if (reached.length > 0) {
    await tx.execute(sql`
      update unreached_contacts set reached_at = greatest(reached_at, ${at})
      where contact_id = any(${ofReached})
    `)
    await tx.execute(sql`
      delete from failed_deliveries f using unreached_contacts u
      where u.contact_id = any(${ofReached}) and f.contact_id = u.contact_id and f.at <= u.reached_at
    `)
  }
  await tx.execute(sql`
    update unreached_contacts u set failures = (
      select count(*) from failed_deliveries f
      where f.contact_id = u.contact_id and f.at > coalesce(u.reached_at, '-infinity'))
    where u.contact_id = any(${ofReached} || ${ofFailed})
  `)
}

export interface UnreachedContact {
  readonly contactId: string
  readonly name: string | null
  readonly phone: string
  /** Deliveries in a row that failed. */
  readonly failures: number
  readonly firstAt: Date
  readonly lastAt: Date
  readonly lastAlertId: string
  /** The network's own code of the latest. */
  readonly reason: string | null
  /** Since the first that failed. */
  readonly reachedAt: Date | null
}

/** Contacts whose last deliveries have all failed, those with the most first. */
export async function listUnreached(
  db: Database,
  page: {
    readonly least: number
    readonly after: { readonly failures: number; readonly contactId: string } | undefined
    readonly limit: number
  },
): Promise<UnreachedContact[]> {
  const { least, after, limit } = page
  const rows = await db.execute<
    Omit<UnreachedContact, 'firstAt' | 'lastAt' | 'reachedAt'> & {
      firstAt: number
      lastAt: number
      reachedAt: number | null
    }
  >(sql`
    select u.contact_id as "contactId", c.name, c.phone, u.failures,
      (extract(epoch from u.reached_at) * 1000)::float8 as "reachedAt",
      (extract(epoch from f.first_at) * 1000)::float8 as "firstAt",
      (extract(epoch from l.at) * 1000)::float8 as "lastAt", l.alert_id as "lastAlertId", l.reason
    from unreached_contacts u join contacts c on c.id = u.contact_id
      cross join lateral (
        select alert_id, reason, at from failed_deliveries
        where contact_id = u.contact_id order by at desc, alert_id desc limit 1
      ) l
      cross join lateral (
        select min(at) as first_at from failed_deliveries where contact_id = u.contact_id
      ) f
    where u.failures >= ${least}::int
      and (${after === undefined}::boolean or u.failures < ${after?.failures ?? 0}::int
        or u.failures = ${after?.failures ?? 0}::int and u.contact_id > ${after?.contactId ?? null}::uuid)
    order by u.failures desc, u.contact_id limit ${limit}
  `)
  return rows.map(({ firstAt, lastAt, reachedAt, ...row }) => ({
    ...row,
    firstAt: new Date(firstAt),
    lastAt: new Date(lastAt),
    reachedAt: reachedAt === null ? null : new Date(reachedAt),
  }))
}

/** Deliveries, or contacts, forgotten in one transaction. */
const FORGOTTEN_AT_ONCE = 5_000

/**
 * Forgets deliveries of alerts that were dispatched before, in turn with whoever counts: the failures of a contact are
 * those that are on record.
 *
 * @param atOnce how many in one transaction
 */
export async function purgeFailures(
  db: Database,
  before: Date,
  atOnce: number = FORGOTTEN_AT_ONCE,
): Promise<void> {
  const until = sql`${before.toISOString()}::timestamptz`
  for (const forget of [forgetDeliveries, forgetReached]) {
    while ((await transact(db, tx => forget(tx, until, atOnce))) === atOnce);
  }
}

/** @returns how many */
async function forgetDeliveries(tx: Database, until: SQL, atOnce: number): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(${ADVISORY_LOCK.endedAlerts})`)
  const [row] = await tx.execute<{ gone: number }>(sql`
    with gone as (
      delete from failed_deliveries where (contact_id, alert_id) in (
        select contact_id, alert_id from failed_deliveries where at < ${until} limit ${atOnce})
      returning contact_id
    ),
    counted as (
      update unreached_contacts u set failures = greatest(0, u.failures - g.failures)
      from (select contact_id, count(*)::int as failures from gone group by contact_id) g
      where u.contact_id = g.contact_id
    )
    select count(*)::int as gone from gone
  `)
  return row!.gone
}

/** Those of whom no failure is left. @returns how many */
async function forgetReached(tx: Database, until: SQL, atOnce: number): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(${ADVISORY_LOCK.endedAlerts})`)
  const { count } = await tx.execute(sql`
    delete from unreached_contacts where contact_id in (
      select u.contact_id from unreached_contacts u
      where failures = 0 and (reached_at is null or reached_at < ${until})
        and not exists (select from failed_deliveries f where f.contact_id = u.contact_id)
      limit ${atOnce})
  `)
  return count
}
