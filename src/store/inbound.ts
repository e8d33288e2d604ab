/**
 * What people sent us: to which alert it belongs, and its effect on the alert's replies and tallies, on opt-outs
 * and on what we answer.
 */
import { and, asc, eq, gt, or, sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'
import { slot } from './progress.ts'
import { inbound, type REPLY_KINDS } from './schema.ts'

/** Of the alerts that a phone was sent, this many of the newest may be what it answers. */
const CANDIDATES = 4
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

/** An alert that may have reached the phone, and so may be what it answers. */
export interface CandidateAlert extends Asked {
  readonly alertId: string
  readonly seq: number
  readonly expired: boolean
  /** It came from the number that the phone wrote to, as far as is known yet. */
  readonly sameNumber: boolean
}

/**
 * The newest alerts that may have reached each phone, newest first. A reply can be quicker than the result that
 * says its message was taken: so what lies under a range's mark counts as sent.
 */
export async function findCandidateAlerts(
  tx: Database,
  asked: readonly Asked[],
): Promise<CandidateAlert[]> {
  return await tx.execute<CandidateAlert & Record<string, unknown>>(sql`
    select q.phone, q.number as "to", c.alert_id as "alertId", c.seq, c.expired,
      c.same_number as "sameNumber"
    from unnest(${arrayLiteral(asked.map(one => one.phone))}::text[],
        ${arrayLiteral(asked.map(one => one.to))}::text[]) with ordinality as q(phone, number, n)
      cross join lateral (
        select d.alert_id, d.seq, coalesce(a.expires < now(), false) as expired,
          coalesce(ltrim(k.source_address, '+') = ltrim(q.number, '+'), true) as same_number,
          coalesce(d.submitted_at, a.dispatched_at) as reached_at
        from deliveries d
          join alerts a on a.id = d.alert_id
          left join carriers k on k.id = d.carrier_id
        where d.phone = q.phone
          and (d.submitted_at is not null or d.possible_duplicate or d.state = 'unknown'
            or (d.state = 'queued' and exists (
              select from ranges r
              where r.alert_id = d.alert_id and r.range_no = d.range_no and r.hwm >= d.seq)))
        order by reached_at desc nulls last, d.alert_id desc
        limit ${CANDIDATES}
      ) c
    order by q.n, c.reached_at desc nulls last, c.alert_id desc
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

export interface ReplyState {
  readonly alertId: string
  readonly seq: number
  /** An option's code, `other`, or null: none yet. */
  readonly reply: string | null
  readonly repliedAt: Date | null
  readonly optedOut: boolean
}

/** Locks deliveries, in the order of their key, and reads what they hold then. */
export async function lockReplies(
  tx: Database,
  keys: readonly { readonly alertId: string; readonly seq: number }[],
): Promise<ReplyState[]> {
  const rows = await tx.execute<{
    alert_id: string
    seq: number
    reply: string | null
    replied_at_ms: number | null
    opted_out: boolean
  }>(sql`
    select d.alert_id, d.seq, d.reply, d.opted_out,
      (extract(epoch from d.replied_at) * 1000)::float8 as replied_at_ms
    from unnest(${arrayLiteral(keys.map(key => key.alertId))}::uuid[],
        ${arrayLiteral(keys.map(key => key.seq))}::int[]) as k(alert_id, seq)
      join deliveries d on d.alert_id = k.alert_id and d.seq = k.seq
    order by d.alert_id, d.seq for update of d
  `)
  return rows.map(row => ({
    alertId: row.alert_id,
    seq: row.seq,
    reply: row.reply,
    repliedAt: row.replied_at_ms === null ? null : new Date(row.replied_at_ms),
    optedOut: row.opted_out,
  }))
}

/** What each phone said last on this carrier, within the time in which it may be said again by the carrier. */
export async function readLastWords(
  tx: Database,
  carrierId: string,
  phones: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, { readonly to: string; readonly text: string }>> {
  const rows = await tx.execute<{ phone: string; to: string; text: string }>(sql`
    select p.phone, i."to", i.text
    from unnest(${arrayLiteral(phones)}::text[]) as p(phone)
      cross join lateral (
        select i."to", i.text from inbound i
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
  readonly option: string | null
  readonly alertId: string | null
  readonly seq: number | null
  readonly late: boolean
}

const flag = (value: boolean) => (value ? 'true' : 'false')

export async function insertInbound(
  tx: Database,
  carrierId: string,
  texts: readonly InboundText[],
  now: Date,
): Promise<void> {
  await tx.execute(sql`
    insert into inbound (id, carrier_id, phone, "to", text, partial, received_at, kind, option, alert_id,
      seq, late)
    select i.id, ${carrierId}::uuid, i.phone, i.number, i.text, i.partial,
      ${now.toISOString()}::timestamptz, i.kind, i.option, i.alert_id, i.seq, i.late
    from unnest(
      ${arrayLiteral(texts.map(text => text.id))}::uuid[],
      ${arrayLiteral(texts.map(text => text.phone))}::text[],
      ${arrayLiteral(texts.map(text => text.to))}::text[],
      ${arrayLiteral(texts.map(text => text.text))}::text[],
      ${arrayLiteral(texts.map(text => flag(text.partial)))}::boolean[],
      ${arrayLiteral(texts.map(text => text.kind))}::text[],
      ${arrayLiteral(texts.map(text => text.option))}::text[],
      ${arrayLiteral(texts.map(text => text.alertId))}::uuid[],
      ${arrayLiteral(texts.map(text => text.seq))}::int[],
      ${arrayLiteral(texts.map(text => flag(text.late)))}::boolean[]
    ) as i(id, phone, number, text, partial, kind, option, alert_id, seq, late)
  `)
}

/**
 * Sets replies of deliveries that `lockReplies` has locked, and moves the tallies by what changed, in one
 * statement: in total, by the first area, by every group.
 */
export async function setReplies(tx: Database, replies: readonly ReplyState[]): Promise<void> {
  await tx.execute(sql`
    with said as (
      select * from unnest(
        ${arrayLiteral(replies.map(reply => reply.alertId))}::uuid[],
        ${arrayLiteral(replies.map(reply => reply.seq))}::int[],
        ${arrayLiteral(replies.map(reply => reply.reply))}::text[],
        ${arrayLiteral(replies.map(reply => reply.repliedAt?.toISOString() ?? null))}::timestamptz[],
        ${arrayLiteral(replies.map(reply => flag(reply.optedOut)))}::boolean[]
      ) as r(alert_id, seq, reply, replied_at, opted_out)
    ),
    were as materialized (
      select s.*, d.reply as was, d.opted_out as was_out, d.area_no, d.group_nos
      from said s join deliveries d on d.alert_id = s.alert_id and d.seq = s.seq
    ),
    changed as (
      update deliveries d
      set reply = w.reply, replied_at = w.replied_at, opted_out = w.opted_out
      from were w where d.alert_id = w.alert_id and d.seq = w.seq
      returning w.*
    ),
    moves as (
      select alert_id, area_no, group_nos, was as option, -1 as n from changed
      where was is distinct from reply and was is not null
      union all
      select alert_id, area_no, group_nos, reply, 1 from changed
      where was is distinct from reply and reply is not null
      union all
      select alert_id, area_no, group_nos, 'optedOut', opted_out::int - was_out::int from changed
      where opted_out <> was_out
    ),
    spread as (
      select alert_id, 'total' as dimension, 0 as key, option, n from moves
      union all
      select alert_id, 'area', area_no, option, n from moves where area_no is not null
      union all
      select alert_id, 'group', group_no, option, n from moves, unnest(group_nos) as group_no
    )
    insert into tallies as t (alert_id, dimension, key, option, slot, count)
    select alert_id, dimension, key, option, ${slot}, sum(n) from spread
    group by alert_id, dimension, key, option having sum(n) <> 0
    order by alert_id, dimension, key, option
    on conflict (alert_id, dimension, key, option, slot) do update set count = t.count + excluded.count
  `)
}

/** STOP holds for everything but emergencies (CARRIERS.md, Compliance). */
export async function optOutPhones(
  tx: Database,
  phones: readonly string[],
  now: Date,
): Promise<void> {
  await tx.execute(sql`
    insert into opt_outs (phone, scope, source, at)
    select p.phone, 'nonEmergency', 'reply', ${now.toISOString()}::timestamptz
    from unnest(${arrayLiteral(phones.toSorted())}::text[]) as p(phone)
    on conflict do nothing
  `)
}

/** Takes back what STOP set, nothing else. @returns the phones that had opted out */
export async function optInPhones(tx: Database, phones: readonly string[]): Promise<string[]> {
  const rows = await tx.execute<{ phone: string }>(sql`
    delete from opt_outs
    where phone = any(${arrayLiteral(phones)}::text[]) and scope = 'nonEmergency'
    returning phone
  `)
  return rows.map(row => row.phone)
}

export interface Answer {
  readonly id: string
  readonly phone: string
  readonly kind: 'optOut' | 'optIn' | 'help'
  readonly text: string
}

/**
 * Queues answers, at most one of a kind a phone in ten minutes, so that two machines can't answer each other
 * for ever. Each is worth sending for five minutes (47 CFR 64.1200(a)(12)).
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
  /** It came after the alert had expired. */
  readonly late: boolean
  /** Parts of it never came. */
  readonly partial: boolean
}

/** What answered an alert, in the order in which it came, after the one given. */
export async function listReplies(
  db: Database,
  alertId: string,
  page: {
    readonly after: { readonly receivedAt: Date; readonly id: string } | undefined
    readonly limit: number
  },
): Promise<ReplyRow[]> {
  const { id, phone, receivedAt, text, option, kind, carrierId, late, partial } = inbound
  const { after, limit } = page
  const rows = await db
    .select({ id, phone, receivedAt, text, option, kind, carrierId, late, partial })
    .from(inbound)
    .where(
      and(
        eq(inbound.alertId, alertId),
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
