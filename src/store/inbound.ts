/**
 * What people sent us: to which alert it belongs, and its effect on the alert's replies and tallies, on opt-outs
 * and on what we answer.
 */
import { and, asc, eq, gt, isNull, or, sql } from 'drizzle-orm'
import { CARRIER, EXTRA, RECORD, stateOfOctet, SUBMITTED, type DeliveryState } from './block.ts'
import type { BlockLabels } from './blocks.ts'
import { arrayLiteral, numberArray, type Database } from './database.ts'
import { PLACE, type RangePlace } from './ranges.ts'
import { inbound, type REPLY_KINDS } from './schema.ts'

/** What the phone said last may be a carrier's repeat, and was answered already, for this long. */
const REPEAT_MINUTES = 10
const ANSWER_MINUTES = 5
/** Answers are written under locks by phone, so many of them; few enough for any lock table. */
const ANSWER_LOCKS = 64

export interface Asked {
  readonly phone: string
  /** Our number, that the phone wrote to. */
  readonly to: string
}

/** A text later than this is no answer to an alert that is over. */
export const ANSWERED_WITHIN_DAYS = 7

const IS_ANSWERED = sql.raw(`(recipients_deleted_at is null
  and (dispatched_at > now() - interval '${ANSWERED_WITHIN_DAYS} days' or expires > now()))`)

export interface RecentAlert {
  readonly id: string
  readonly planned: number
  readonly expired: boolean
  readonly dispatchedAt: number
}

/**
 * Alerts that what comes in may answer, the newest first: over the simulated carrier of an exercise its own, over any
 * other those that went over real ones.
 */
export async function readRecentAlerts(tx: Database, carrierId?: string): Promise<RecentAlert[]> {
  return await tx.execute<RecentAlert & Record<string, unknown>>(sql`
    select id, planned, coalesce(expires < now(), false) as expired,
      (extract(epoch from dispatched_at) * 1000)::float8 as "dispatchedAt"
    from alerts
    where planned > 0 and dispatched_at is not null
      -- What people answer to a reminder they answer to the alert.
      and reminder_of is null
      and exercise_id is not distinct from case
        when exists (select from carriers s where s.exercise_id = alerts.exercise_id) then
          (select c.exercise_id from carriers c where c.id = ${carrierId ?? null}::uuid)
        when exists (
          select from carriers c where c.id = ${carrierId ?? null}::uuid and c.exercise_id is not null)
        then '00000000-0000-0000-0000-000000000000'
        else exercise_id end
      and ${IS_ANSWERED}
    order by dispatched_at desc, id desc
  `)
}

/** Those of some alerts that a text may still answer. */
export async function findAnswered(
  db: Database,
  alertIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.execute<{ id: string }>(sql`
    select id from alerts where id = any(${arrayLiteral(alertIds)}::uuid[]) and ${IS_ANSWERED}
  `)
  return new Set(rows.map(row => row.id))
}

/** The number that each carrier sends from. */
export async function readSourceAddresses(tx: Database): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.execute<{ id: string; source_address: string }>(sql`
    select id, source_address from carriers
  `)
  return new Map(rows.map(row => [row.id, row.source_address]))
}

/** Whom a block holds, and by which areas and groups they count: frozen. */
export interface BlockPeople extends BlockLabels {
  readonly blockNo: number
  readonly phones: Buffer
}

const people = sql.raw(`b.block_no as "blockNo", b.phones, b.area_nos as "areaNos",
  b.group_sets as "groupSets", b.group_lists as "groupLists"`)

/** An alert's blocks in order, after the one given. */
export async function readPeople(
  tx: Database,
  alertId: string,
  afterBlockNo: number,
  limit: number,
): Promise<BlockPeople[]> {
  return await tx.execute<BlockPeople & Record<string, unknown>>(sql`
    select ${people} from blocks b
    where b.alert_id = ${alertId}::uuid and b.block_no > ${afterBlockNo}::int
    order by b.block_no limit ${limit}
  `)
}

/** The same, of the blocks alone that may hold one of the numbers. */
export async function readPeopleAround(
  tx: Database,
  alertId: string,
  numbers: readonly number[],
  afterBlockNo: number,
  limit: number,
): Promise<BlockPeople[]> {
  return await tx.execute<BlockPeople & Record<string, unknown>>(sql`
    select ${people} from blocks b
    where b.alert_id = ${alertId}::uuid and b.block_no > ${afterBlockNo}::int
      and exists (select from unnest(${numberArray(numbers)}::bigint[]) as n
        where n between b.first_phone and b.last_phone)
    order by b.block_no limit ${limit}
  `)
}

/** A recipient's place: a block, and where in it. */
export interface Place {
  readonly blockNo: number
  readonly offset: number
}

/** How far a recipient's message has come, as it stands: nothing is locked. */
export interface Standing extends Place {
  readonly alertId: string
  readonly state: DeliveryState
  readonly isPossibleDuplicate: boolean
  /** Of the carrier that has it. */
  readonly carrierId: string | undefined
  /** Epoch milliseconds. */
  readonly submittedAt: number | undefined
  readonly generation: number
}

/** Reads a few octets of each block, and no block whole. */
export async function readStandings(
  tx: Database,
  places: readonly (Place & { readonly alertId: string })[],
): Promise<Standing[]> {
  if (places.length === 0) return []
  const octet = (of: number) => sql`(case when b.records = '' then 0
    else get_byte(b.records, ${RECORD}::int * p.place + ${of}::int) end)`
  const rows = await tx.execute<{
    alert_id: string
    block_no: number
    place: number
    octet: number
    carrier: string | null
    submitted: number
    planned_ms: number
    generation: number
  }>(sql`
    select p.alert_id, p.block_no, p.place, x.octet, b.carriers[x.carrier] as carrier, x.submitted::float8 as submitted,
      (extract(epoch from b.planned_at) * 1000)::float8 as planned_ms,
      case when b.extras = '' then 0
        else get_byte(b.extras, ${EXTRA}::int * p.place) * 256 + get_byte(b.extras, ${EXTRA}::int * p.place + 1)
      end as generation
    from unnest(
        ${arrayLiteral(places.map(place => place.alertId))}::uuid[],
        ${numberArray(places.map(place => place.blockNo))}::int[],
        ${numberArray(places.map(place => place.offset))}::int[]
      ) as p(alert_id, block_no, place)
      join blocks b on b.alert_id = p.alert_id and b.block_no = p.block_no
      cross join lateral (
        select ${octet(0)} as octet, ${octet(CARRIER)} as carrier,
          ${octet(SUBMITTED)} * 16777216::bigint + ${octet(SUBMITTED + 1)} * 65536
            + ${octet(SUBMITTED + 2)} * 256 + ${octet(SUBMITTED + 3)} as submitted
      ) x
  `)
  return rows.map(row => ({
    alertId: row.alert_id,
    blockNo: row.block_no,
    offset: row.place,
    ...stateOfOctet(row.octet),
    carrierId: row.carrier ?? undefined,
    submittedAt: row.submitted > 0 ? row.planned_ms + row.submitted - 1 : undefined,
    generation: row.generation,
  }))
}

/** Ranges of these blocks of which something may have left without a result so far. */
export async function readMarked(
  tx: Database,
  alertId: string,
  blockNos: readonly number[],
): Promise<RangePlace[]> {
  return await tx.execute<RangePlace & Record<string, unknown>>(sql`
    select ${PLACE} from ranges r
    where r.alert_id = ${alertId}::uuid and r.block_no = any(${numberArray(blockNos)}::int[]) and r.hwm > 0
      and r.state <> 'done'
  `)
}

/** The frozen bytes of alerts. */
export async function readContents(
  db: Database,
  alertIds: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = await db.execute<{ id: string; content: Uint8Array }>(sql`
    select id, content from alerts
    where id = any(${arrayLiteral(alertIds)}::uuid[]) and content is not null
  `)
  return new Map(rows.map(row => [row.id, row.content]))
}

export interface LastWords extends Record<string, unknown> {
  readonly to: string
  readonly text: string
  /** What they were taken to answer; null: no alert. */
  readonly alertId: string | null
}

/** What each phone said last on this carrier, within the time in which it may be said again by the carrier. */
export async function readLastWords(
  tx: Database,
  carrierId: string,
  phones: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, LastWords>> {
  const rows = await tx.execute<LastWords & { phone: string }>(sql`
    select p.phone, i."to", i.text, i.alert_id as "alertId"
    from unnest(${arrayLiteral(phones)}::text[]) as p(phone)
      cross join lateral (
        select i."to", i.text, i.alert_id from inbound i
        where i.phone = p.phone and i.carrier_id = ${carrierId}::uuid
          and i.received_at > ${now.toISOString()}::timestamptz
            - make_interval(mins => ${REPEAT_MINUTES}::int)
        order by i.received_at desc, i.id desc limit 1
      ) i
  `)
  return new Map(rows.map(row => [row.phone, row]))
}

export interface InboundText extends Asked {
  /** UUIDv7: orders texts of one moment. */
  readonly id: string
  readonly text: string
  readonly partial: boolean
  readonly kind: (typeof REPLY_KINDS)[number]
  /** What it counts for. */
  readonly option: string | null
  /** It says that somebody needs help, or may. */
  readonly urgent: boolean
  /** People must say whether it is that. */
  readonly review: 'optOut' | null
  /** A machine wrote it. */
  readonly automatic: boolean
  readonly alertId: string | null
  readonly seq: number | null
  readonly late: boolean
  /** The carrier's own id of it. */
  readonly sourceId: string | null
  /** By the link in their text. */
  readonly web: boolean
}

/** Of these ids, those that texts of the carrier have come under. */
export async function readHeard(
  tx: Database,
  carrierId: string,
  sourceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (sourceIds.length === 0) return new Set()
  const rows = await tx.execute<{ source_id: string }>(sql`
    select source_id from inbound
    where carrier_id = ${carrierId}::uuid and source_id = any(${arrayLiteral(sourceIds)}::text[])
  `)
  return new Set(rows.map(row => row.source_id))
}

const flag = (value: boolean) => (value ? 'true' : 'false')

export async function insertInbound(
  tx: Database,
  carrierId: string,
  texts: readonly InboundText[],
  now: Date,
): Promise<void> {
  await tx.execute(sql`
    insert into inbound (id, carrier_id, phone, "to", text, partial, received_at, kind, option, urgent,
      review, automatic, alert_id, seq, late, source_id, web)
    select i.id, ${carrierId}::uuid, i.phone, i.number, i.text, i.partial,
      ${now.toISOString()}::timestamptz, i.kind, i.option, i.urgent, i.review, i.automatic, i.alert_id,
      i.seq, i.late, i.source_id, i.web
    from unnest(
      ${arrayLiteral(texts.map(text => text.id))}::uuid[],
      ${arrayLiteral(texts.map(text => text.phone))}::text[],
      ${arrayLiteral(texts.map(text => text.to))}::text[],
      ${arrayLiteral(texts.map(text => text.text))}::text[],
      ${arrayLiteral(texts.map(text => flag(text.partial)))}::boolean[],
      ${arrayLiteral(texts.map(text => text.kind))}::text[],
      ${arrayLiteral(texts.map(text => text.option))}::text[],
      ${arrayLiteral(texts.map(text => flag(text.urgent)))}::boolean[],
      ${arrayLiteral(texts.map(text => text.review))}::text[],
      ${arrayLiteral(texts.map(text => flag(text.automatic)))}::boolean[],
      ${arrayLiteral(texts.map(text => text.alertId))}::uuid[],
      ${arrayLiteral(texts.map(text => text.seq))}::int[],
      ${arrayLiteral(texts.map(text => flag(text.late)))}::boolean[],
      ${arrayLiteral(texts.map(text => text.sourceId))}::text[],
      ${arrayLiteral(texts.map(text => flag(text.web)))}::boolean[]
    ) as i(id, phone, number, text, partial, kind, option, urgent, review, automatic, alert_id, seq,
      late, source_id, web)
  `)
}

export interface Answer {
  readonly id: string
  readonly phone: string
  readonly kind: 'optOut' | 'optIn' | 'help' | 'taken' | 'full'
  readonly text: string
}

/**
 * Queues answers, at most one of a kind a phone in ten minutes, so that two machines can't answer each other
 * for ever; one that they never got counts for nothing. Each is worth sending for five minutes (47 CFR 64.1200(a)(12)).
 */
export async function queueAnswers(
  tx: Database,
  carrierId: string,
  answers: readonly Answer[],
  now: Date,
): Promise<void> {
  const at = now.toISOString()
  const phones = arrayLiteral(answers.map(answer => answer.phone))
  await tx.execute(sql`
    select pg_advisory_xact_lock(hashtext('answers'), lock_no)
    from (select distinct abs(hashtext(phone) % ${ANSWER_LOCKS}::int) as lock_no
          from unnest(${phones}::text[]) as p(phone) order by 1) l
  `)
  await tx.execute(sql`
    insert into answers (id, phone, carrier_id, kind, text, created_at, expires)
    select a.id, a.phone, ${carrierId}::uuid, a.kind, a.text, ${at}::timestamptz,
      ${at}::timestamptz + make_interval(mins => ${ANSWER_MINUTES}::int)
    from unnest(
        ${arrayLiteral(answers.map(answer => answer.id))}::uuid[],
        ${phones}::text[],
        ${arrayLiteral(answers.map(answer => answer.kind))}::text[],
        ${arrayLiteral(answers.map(answer => answer.text))}::text[]
      ) as a(id, phone, kind, text)
    where not exists (
      select from answers b
      where b.phone = a.phone and b.kind = a.kind
        and (b.sent_at is not null or (b.failure is null and b.expires > ${at}::timestamptz))
        and b.created_at > ${at}::timestamptz - make_interval(mins => ${REPEAT_MINUTES}::int))
  `)
}

export interface ReplyRow {
  readonly id: string
  readonly phone: string
  readonly receivedAt: Date
  readonly text: string
  readonly option: string | null
  readonly kind: (typeof REPLY_KINDS)[number]
  readonly carrierId: string
  readonly alertId: string | null
  readonly urgent: boolean
  readonly review: 'optOut' | null
  readonly automatic: boolean
  /** It came after the alert had expired. */
  readonly late: boolean
  /** Parts of it never came. */
  readonly partial: boolean
  /** By the link in their text. */
  readonly web: boolean
}

export interface ReplyFilter {
  /** Null: texts that answer no alert. */
  readonly alertId?: string | null | undefined
  readonly kind?: ReplyRow['kind'] | undefined
  readonly urgent?: boolean | undefined
  readonly review?: 'optOut' | undefined
}

/** What came in, in its order, after the one given. */
export async function listReplies(
  db: Database,
  { alertId, kind, urgent, review }: ReplyFilter,
  page: {
    readonly after: { readonly receivedAt: Date; readonly id: string } | undefined
    readonly limit: number
  },
): Promise<ReplyRow[]> {
  const { after, limit } = page
  const rows = await db
    .select(REPLY)
    .from(inbound)
    .where(
      and(
        alertId === undefined
          ? undefined
          : alertId === null
            ? isNull(inbound.alertId)
            : eq(inbound.alertId, alertId),
        kind && eq(inbound.kind, kind),
        // Written out: an index holds these alone.
        urgent === undefined ? undefined : urgent ? sql`urgent` : sql`not urgent`,
        review && and(sql`review is not null`, eq(inbound.review, review)),
        after &&
          or(
            gt(inbound.receivedAt, after.receivedAt),
            and(eq(inbound.receivedAt, after.receivedAt), gt(inbound.id, after.id)),
          ),
      ),
    )
    .orderBy(asc(inbound.receivedAt), asc(inbound.id))
    .limit(limit)
  return rows as ReplyRow[]
}

const REPLY = {
  id: inbound.id,
  phone: inbound.phone,
  receivedAt: inbound.receivedAt,
  text: inbound.text,
  option: inbound.option,
  kind: inbound.kind,
  carrierId: inbound.carrierId,
  alertId: inbound.alertId,
  urgent: inbound.urgent,
  review: inbound.review,
  automatic: inbound.automatic,
  late: inbound.late,
  partial: inbound.partial,
  web: inbound.web,
}

/** Takes a text from those that people must say something of. @returns it; undefined where nothing is to be said */
export async function endReview(
  tx: Database,
  id: string,
): Promise<(ReplyRow & { readonly to: string }) | undefined> {
  const [row] = await tx
    .update(inbound)
    .set({ review: null })
    .where(and(eq(inbound.id, id), sql`review is not null`))
    .returning({ ...REPLY, to: inbound.to })
  return row as (ReplyRow & { readonly to: string }) | undefined
}
