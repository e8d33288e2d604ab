/**
 * Planning: an alert's audience becomes deliveries and ranges, slice by slice, all slices from one snapshot.
 * One planner at a time holds an alert, by a lease that each slice renews.
 */
import { sql, type SQL } from 'drizzle-orm'
import { AppError } from '../errors.ts'
import { arrayLiteral, numberArray, type Database } from './database.ts'
import { bumpProgress } from './progress.ts'

const PLANNER_LEASE_SECONDS = 15

export interface PlanClaim {
  readonly alertId: string
  /** Recipients that an earlier planner, dead since, has planned already. */
  readonly planned: number
}

/** Takes the most urgent alert that waits to be planned, or whose planner died. */
export async function claimPlan(db: Database, planner: string): Promise<PlanClaim | undefined> {
  const [row] = await db.execute<{ id: string; planned: number }>(sql`
    with due as (
      select id from alerts
      where state in ('sending', 'paused', 'stopped') and plan_state in ('pending', 'running')
        and (planner_until is null or planner_until < now())
        and (state = 'stopped' or hold_until is null or hold_until <= now())
      order by priority, dispatched_at limit 1 for update skip locked
    )
    update alerts a
    set plan_state = 'running', planner = ${planner}::uuid,
        planner_until = now() + make_interval(secs => ${PLANNER_LEASE_SECONDS}::int)
    from due where a.id = due.id
    returning a.id, a.planned
  `)
  return row === undefined ? undefined : { alertId: row.id, planned: row.planned }
}

/** When the next alert's hold ends, in milliseconds from now; undefined when none is held. */
export async function nextHoldEnds(db: Database): Promise<number | undefined> {
  const [row] = await db.execute<{ ms: number | null }>(sql`
    select (extract(epoch from min(hold_until) - now()) * 1000)::float8 as ms from alerts
    where state = 'sending' and plan_state = 'pending' and hold_until > now()
  `)
  return row?.ms ?? undefined
}

/** Fixes the number of recipients, before the first of them is sent anything. */
export async function fixRecipients(
  db: Database,
  alertId: string,
  recipients: number,
): Promise<void> {
  await db.execute(sql`update alerts set recipients = ${recipients} where id = ${alertId}::uuid`)
}

/** A recipient as the audience gives it, with the text that was chosen. */
export interface PlannedRecipient {
  readonly contactId: string
  readonly phone: string
  readonly areaNos: readonly number[]
  readonly groupNos: readonly number[]
  readonly textNo: number
}

/** What planning must know of the signed texts, by their number. */
interface PlannedText {
  readonly no: number
  readonly segments: number
  readonly expires: Date
}

export interface PlanContext {
  readonly planner: string
  readonly alertId: string
  readonly texts: readonly PlannedText[]
  /** Longest first, '' last. */
  readonly routePrefixes: readonly string[]
  /** Recipients a range, by the route class's prefix. */
  readonly rangeSizes: readonly number[]
  /** Recipients of the slice that is planned before everybody else is looked at. */
  readonly firstSlice: number
}

/** `planned`: recipients in all slices so far. `lost`: another planner has the alert, nothing was written. */
export type SliceResult = { readonly planned: number } | 'lost'

/** Plans recipients that are at hand. Run inside a transaction. */
export async function planRecipients(
  tx: Database,
  context: PlanContext,
  recipients: readonly PlannedRecipient[],
): Promise<SliceResult> {
  const numbers = (lists: readonly (readonly number[])[]) =>
    arrayLiteral(lists.map(list => `{${list.join(',')}}`))
  return planSlice(
    tx,
    context,
    sql`select r.contact_id, r.phone, r.area_nos::smallint[], r.group_nos::smallint[], r.text_no
      from unnest(
        ${arrayLiteral(recipients.map(r => r.contactId))}::uuid[],
        ${arrayLiteral(recipients.map(r => r.phone))}::text[],
        ${numbers(recipients.map(r => r.areaNos))}::text[],
        ${numbers(recipients.map(r => r.groupNos))}::text[],
        ${arrayLiteral(recipients.map(r => r.textNo))}::smallint[]
      ) as r(contact_id, phone, area_nos, group_nos, text_no)`,
  )
}

/** Plans the frozen rest, `after < n ≤ upTo`, joined to the texts chosen for each combination. */
export function planRest(
  tx: Database,
  context: PlanContext,
  after: number,
  upTo: number,
): Promise<SliceResult> {
  return planSlice(
    tx,
    context,
    sql`select r.contact_id, r.phone, r.area_nos, r.group_nos, c.text_no
      from audience_rest r join text_choices c
        on c.area_nos = r.area_nos and c.via_group = (cardinality(r.group_nos) > 0)
        and c.language is not distinct from r.language
      where r.n > ${after} and r.n <= ${upTo}`,
  )
}

/**
 * Lays a slice out. Recipients of one route class and one expiry stand together, in ranges that are named by
 * their first recipient; so a range needs no number of its own, and one sort of the slice is all there is to do.
 */
async function planSlice(tx: Database, context: PlanContext, rows: SQL): Promise<SliceResult> {
  const { alertId, planner, texts, routePrefixes, rangeSizes } = context
  const [held] = await tx.execute<{ state: string; planned: number }>(sql`
    select state, planned from alerts
    where id = ${alertId}::uuid and planner = ${planner}::uuid and plan_state = 'running'
  `)
  if (held === undefined) return 'lost'
  // Stopped half-way: the rest is planned all the same, as cancelled, so that every recipient has an end.
  const cancelled = held.state === 'stopped'
  // The first prefix that fits is the longest. A case costs a fifth of what a join to a table of prefixes did.
  const classNo = sql`case ${sql.join(
    routePrefixes.map(
      (prefix, no) => sql`when starts_with(s.phone, ${prefix}) then ${no + 1}::int`,
    ),
    sql` `,
  )} end`
  const [slice] = await tx.execute<{ planned: number }>(sql`
    with texts as (
      select * from unnest(${numberArray(texts.map(t => t.no))}::smallint[],
        ${numberArray(texts.map(t => t.segments))}::smallint[],
        ${arrayLiteral(texts.map(t => t.expires.toISOString()))}::timestamptz[]) as t(no, segments, expires)
    ),
    recipients as (
      select s.*, t.segments, t.expires, ${classNo} as class_no
      from (${rows}) s join texts t on t.no = s.text_no
    ),
    placed as (
      select r.*, (${held.planned}::int + row_number() over (order by class_no, expires))::int as seq,
        (row_number() over (partition by class_no, expires) - 1) % (${numberArray(rangeSizes)}::int[])[class_no] as within
      from recipients r
    ),
    numbered as materialized (select p.*, (seq - within)::int as range_no from placed p),
    written as (
      insert into deliveries (alert_id, seq, range_no, text_no, area_no, segments, phone, contact_id,
        group_nos, state, final_at)
      select ${alertId}::uuid, seq, range_no, text_no, area_nos[1], segments, phone, contact_id,
        case when cardinality(group_nos) > 0 then group_nos end,
        ${cancelled ? 'cancelled' : 'queued'}, ${cancelled ? sql`now()` : sql`null`}
      from numbered
    ),
    leased as (
      insert into ranges (alert_id, range_no, route_class, from_seq, to_seq, expires, state)
      select ${alertId}::uuid, range_no, (${arrayLiteral(routePrefixes)}::text[])[min(class_no)], range_no,
        max(seq), min(expires), ${cancelled ? 'done' : 'ready'}
      from numbered group by range_no
    ),
    tallied as (
      insert into tallies as t (alert_id, dimension, key, option, slot, count)
      select ${alertId}::uuid, dimension, key, 'recipients', 0, count(*) from (
        select 'area' as dimension, area_nos[1] as key from numbered where area_nos[1] is not null
        union all
        select 'group', unnest(group_nos) from numbered
      ) d group by dimension, key
      on conflict (alert_id, dimension, key, option, slot) do update set count = t.count + excluded.count
    )
    select count(*)::int as planned from numbered
  `)
  const { planned = 0 } = slice ?? {}
  // Last, for lanes that claim want this row too: a slice that took it first would hold them up all along.
  const [kept] = await tx.execute(sql`
    update alerts
    set planned = planned + ${planned},
        planner_until = now() + make_interval(secs => ${PLANNER_LEASE_SECONDS}::int)
    where id = ${alertId}::uuid and planner = ${planner}::uuid and planned = ${held.planned}
    returning id
  `)
  if (kept === undefined) throw new AppError('wrong_state', 'another planner has the alert')
  if (cancelled) await bumpProgress(tx, alertId, undefined, { cancelled: planned })
  return { planned: held.planned + planned }
}

/** The combinations on which the choice of text depends, of everyone in the frozen rest. */
export interface TextCombination {
  readonly areaNos: readonly number[]
  readonly viaGroup: boolean
  readonly language: string | undefined
}

export async function restCombinations(session: Database): Promise<TextCombination[]> {
  const rows = await session.execute<{
    area_nos: number[]
    via_group: boolean
    language: string | null
  }>(sql`
    select distinct area_nos, cardinality(group_nos) > 0 as via_group, language from audience_rest
  `)
  return rows.map(row => ({
    areaNos: row.area_nos,
    viaGroup: row.via_group,
    language: row.language ?? undefined,
  }))
}

export async function createTextChoices(
  session: Database,
  choices: readonly (TextCombination & { readonly textNo: number })[],
): Promise<void> {
  await session.execute(sql`
    create temp table text_choices (area_nos smallint[], via_group boolean, language text, text_no smallint)
  `)
  await session.execute(sql`
    insert into text_choices
    select c.area_nos::smallint[], c.via_group, c.language, c.text_no from unnest(
      ${arrayLiteral(choices.map(choice => `{${choice.areaNos.join(',')}}`))}::text[],
      ${arrayLiteral(choices.map(choice => (choice.viaGroup ? 'true' : 'false')))}::boolean[],
      ${arrayLiteral(choices.map(choice => choice.language ?? null))}::text[],
      ${arrayLiteral(choices.map(choice => choice.textNo))}::smallint[]
    ) as c(area_nos, via_group, language, text_no)
  `)
}

/** After a planner's death: the rest without those who were planned before it died. */
export async function dropPlanned(session: Database, alertId: string): Promise<number> {
  const [row] = await session.execute<{ rest: number }>(sql`
    with planned as (
      delete from audience_rest r using deliveries d
      where d.alert_id = ${alertId}::uuid and d.contact_id = r.contact_id
      returning r.contact_id
    )
    select (select count(*) from audience_rest)::int - (select count(*) from planned)::int as rest
  `)
  return row?.rest ?? 0
}

export async function dropAudience(session: Database): Promise<void> {
  await session.execute(sql`drop table if exists audience_rest, text_choices`)
}

/** Everyone is planned: from now on the alert can end. */
export async function finishPlan(db: Database, planner: string, alertId: string): Promise<void> {
  await db.execute(sql`
    update alerts set plan_state = 'done', planner = null, planner_until = null
    where id = ${alertId}::uuid and planner = ${planner}::uuid
  `)
}

/** Gives the alert back so that another planner, or this one later, goes on. */
export async function releasePlan(db: Database, planner: string, alertId: string): Promise<void> {
  await db.execute(sql`
    update alerts set planner = null, planner_until = now() + interval '1 s'
    where id = ${alertId}::uuid and planner = ${planner}::uuid
  `)
}
