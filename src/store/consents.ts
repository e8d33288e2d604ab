/**
 * Opt-outs, and the proof of each: who said so, how, when and in what words. An opt-out that stands is a row of
 * `opt_outs`, which audiences are held against; what made it and what lifted it are rows of `consents`, for ever. Both
 * are stamped by the database: the machine that hears of it may have the wrong time.
 */
import { sql, type SQL } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { arrayLiteral, type Database } from './database.ts'
import type { CONSENT_ACTS, OPT_OUT_SCOPES, OPT_OUT_SOURCES } from './schema.ts'

export type OptOutScope = (typeof OPT_OUT_SCOPES)[number]

/** A wish that a person sent. */
export interface Wish {
  readonly phone: string
  /** Our number, that it was sent to. */
  readonly to: string
  readonly text: string
  readonly alertId: string | null
}

/** Of a person's words, as much as any wish takes. */
const MOST_WORDS = 1_000

/** A UUIDv7 of now (RFC 9562 §5.7): proofs are listed by their ids. */
const idNow = sql`(
  lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid`

/** The columns of wishes, a row each, by phone. */
const wished = (wishes: readonly Wish[]): SQL => sql`unnest(
  ${arrayLiteral(wishes.map(() => uuid()))}::uuid[],
  ${arrayLiteral(wishes.map(({ phone }) => phone))}::text[],
  ${arrayLiteral(wishes.map(({ to }) => to))}::text[],
  ${arrayLiteral(wishes.map(({ text }) => text.slice(0, MOST_WORDS)))}::text[],
  ${arrayLiteral(wishes.map(({ alertId }) => alertId))}::uuid[]) as w(id, phone, number, words, alert_id)`

/** STOP holds for everything but emergencies (CARRIERS.md, Compliance). One wish a phone. */
export async function optOutPhones(
  tx: Database,
  carrierId: string,
  wishes: readonly Wish[],
): Promise<void> {
  const ordered = wishes.toSorted((a, b) => (a.phone < b.phone ? -1 : 1))
  await tx.execute(sql`
    with w as materialized (select * from ${wished(ordered)}),
    fresh as (
      insert into opt_outs (phone, scope, source, at)
      select phone, 'nonEmergency', 'reply', now() from w
      on conflict do nothing
      returning phone
    )
    insert into consents (id, phone, act, scope, source, number, words, carrier_id, alert_id, at)
    select id, phone, 'optOut', 'nonEmergency', 'reply', number, words, ${carrierId}::uuid, alert_id, now()
    from fresh join w using (phone)
  `)
}

/**
 * Takes back what STOP set, and the block of the carrier that they wrote to, nothing else. One wish a phone.
 * @returns the phones that had opted out
 */
export async function optInPhones(
  tx: Database,
  carrierId: string,
  wishes: readonly Wish[],
): Promise<string[]> {
  const rows = await tx.execute<{ phone: string }>(sql`
    with w as materialized (select * from ${wished(wishes)}),
    lifted as (
      delete from opt_outs o using w
      where o.phone = w.phone
        and (scope = 'nonEmergency' or scope = 'carrier' and category = ${carrierId}::text)
      returning o.phone, o.scope, o.category
    ),
    kept as (
      insert into consents (id, phone, act, scope, category, source, number, words, carrier_id, alert_id, at)
      select ${idNow}, phone, 'optIn', scope, category, 'reply', number, words, ${carrierId}::uuid,
        alert_id, now()
      from lifted join w using (phone)
    )
    select distinct phone from lifted
  `)
  return rows.map(row => row.phone)
}

/** As whom a carrier `k` sends: what its own opt-outs are kept by. */
export const SENDER = sql.raw(
  `coalesce(nullif(k.settings->>'messagingServiceSid', ''), k.source_address)`,
)

/**
 * A carrier that holds these phones' opt-outs refuses whatever is sent to them over it from the number that it sends
 * from now. Once that is another, they are told apart: who said STOP to the one has not said it to the other's carrier,
 * and is reached by it in an emergency.
 */
export async function blockPhones(
  tx: Database,
  carrierId: string,
  phones: readonly string[],
): Promise<void> {
  const ordered = [...new Set(phones)].toSorted()
  if (ordered.length === 0) return
  await tx.execute(sql`
    with fresh as (
      insert into opt_outs as o (phone, scope, category, source, number)
      select phone, 'carrier', ${carrierId}::text, 'carrier',
        (select ${SENDER} from carriers k where k.id = ${carrierId}::uuid)
      from unnest(${arrayLiteral(ordered)}::text[]) as p(phone)
      on conflict (phone, scope, category) do update set number = excluded.number, at = excluded.at
        where o.number is distinct from excluded.number
      returning phone, number, at
    )
    insert into consents (id, phone, act, scope, category, source, number, carrier_id, at)
    select n.id, fresh.phone, 'optOut', 'carrier', ${carrierId}::text, 'carrier', number, ${carrierId}::uuid,
      fresh.at
    from fresh join unnest(
      ${arrayLiteral(ordered.map(() => uuid()))}::uuid[],
      ${arrayLiteral(ordered)}::text[]) as n(id, phone) using (phone)
  `)
}

/**
 * Heeds texts that may be opt-outs, of which nobody has said by then what they are: the law counts the days from when
 * they were sent. The oldest, some at a time. @returns how many
 */
export async function heedUnjudged(
  tx: Database,
  { before, limit }: { readonly before: Date; readonly limit: number },
): Promise<number> {
  const [row] = await tx.execute<{ count: number }>(sql`
    with due as materialized (
      select id from inbound
      where review is not null and received_at < ${before.toISOString()}::timestamptz
      order by received_at limit ${limit} for update skip locked
    ),
    judged as (
      update inbound i set review = null from due where i.id = due.id
      returning i.phone, i."to", i.text, i.carrier_id, i.alert_id, i.id
    ),
    latest as (select distinct on (phone) * from judged order by phone, id desc),
    fresh as (
      insert into opt_outs (phone, scope, source, at)
      select phone, 'nonEmergency', 'reply', now() from latest
      on conflict do nothing
      returning phone
    ),
    kept as (
      insert into consents (id, phone, act, scope, source, number, words, carrier_id, alert_id, reason, at)
      select ${idNow}, phone, 'optOut', 'nonEmergency', 'reply', "to",
        left(text, ${MOST_WORDS}::int), carrier_id, alert_id, 'nobody had judged it in time', now()
      from fresh join latest using (phone)
    )
    select count(*)::int as count from judged
  `)
  return row?.count ?? 0
}

/** What an operator decides for a person. */
export interface Decision {
  readonly phone: string
  readonly scope: OptOutScope
  /** As in `opt_outs`. */
  readonly category: string
  readonly operatorId: string
  readonly reason: string | null
  readonly words?: string | undefined
  readonly number?: string | undefined
  readonly carrierId?: string | undefined
  readonly alertId?: string | undefined
}

/**
 * Of scope `otherCategories` it takes the place of another one.
 *
 * @returns the id of its proof; undefined where it stood already
 */
export async function setOptOut(tx: Database, decision: Decision): Promise<string | undefined> {
  const { phone, scope, category } = decision
  if (scope === 'otherCategories') await leaveOtherList(tx, decision)
  const rows = await tx.execute(sql`
    insert into opt_outs (phone, scope, category, source, at)
    values (${phone}, ${scope}, ${category}, 'operator', now())
    on conflict do nothing returning phone
  `)
  return rows.length === 0 ? undefined : insertDecision(tx, 'optOut', decision)
}

async function leaveOtherList(tx: Database, decision: Decision): Promise<void> {
  const { phone, scope } = decision
  // Of two at a time the second replaces the first.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('opt_outs'), hashtext(${phone}))`)
  const [left] = await tx.execute<{ category: string }>(sql`
    delete from opt_outs
    where phone = ${phone} and scope = ${scope} and category <> ${decision.category}
    returning category
  `)
  if (left !== undefined) await insertDecision(tx, 'optIn', { ...decision, ...left })
}

/** @returns the id of its proof; undefined where there was none */
export async function liftOptOut(tx: Database, decision: Decision): Promise<string | undefined> {
  const { phone, scope, category } = decision
  const rows = await tx.execute(sql`
    delete from opt_outs
    where phone = ${phone} and scope = ${scope} and category = ${category} returning phone
  `)
  return rows.length === 0 ? undefined : insertDecision(tx, 'optIn', decision)
}

async function insertDecision(
  tx: Database,
  act: (typeof CONSENT_ACTS)[number],
  decision: Decision,
): Promise<string> {
  const id = uuid()
  const { phone, scope, category, operatorId, reason } = decision
  const { words = null, number = null, carrierId = null, alertId = null } = decision
  await tx.execute(sql`
    insert into consents (id, phone, act, scope, category, source, number, words, carrier_id, alert_id,
      operator_id, reason, at)
    values (${id}, ${phone}, ${act}, ${scope}, ${category}, 'operator', ${number},
      ${words?.slice(0, MOST_WORDS) ?? null}, ${carrierId}, ${alertId}, ${operatorId}, ${reason}, now())
  `)
  return id
}

/** One line of the proof. */
export interface Consent {
  readonly id: string
  readonly phone: string
  readonly act: (typeof CONSENT_ACTS)[number]
  readonly scope: OptOutScope
  readonly category: string
  readonly source: (typeof OPT_OUT_SOURCES)[number]
  readonly number: string | null
  readonly words: string | null
  readonly carrierId: string | null
  readonly alertId: string | null
  readonly operatorId: string | null
  readonly reason: string | null
  readonly at: Date
}

const CONSENT = sql.raw(`c.id, c.phone, c.act, c.scope, c.category, c.source, c.number, c.words,
  c.carrier_id as "carrierId", c.alert_id as "alertId", c.operator_id as "operatorId", c.reason,
  (extract(epoch from c.at) * 1000)::float8 as at`)

type ConsentRow = Omit<Consent, 'at'> & { readonly at: number } & Record<string, unknown>
const consentOf = ({ at, ...row }: ConsentRow): Consent => ({ ...row, at: new Date(at) })

interface Page {
  readonly after: string | undefined
  readonly limit: number
}

/** What has been said of a phone's opt-outs, the oldest first; of all phones where none is given. */
export async function listConsents(
  db: Database,
  phone: string | undefined,
  { after, limit }: Page,
): Promise<Consent[]> {
  const rows = await db.execute<ConsentRow>(sql`
    select ${CONSENT} from consents c
    where (${phone ?? null}::text is null or c.phone = ${phone ?? null}::text)
      and (${after ?? null}::uuid is null or c.id > ${after ?? null}::uuid)
    order by c.id limit ${limit}
  `)
  return rows.map(consentOf)
}

export interface OptOutFilter {
  readonly phone: string | undefined
  readonly scope: OptOutScope | undefined
}

/** Opt-outs that stand, each with what set it, in the order in which they were set. */
export async function listOptOuts(
  db: Database,
  { phone, scope }: OptOutFilter,
  { after, limit }: Page,
): Promise<Consent[]> {
  // What set it is of the same moment. The pages go along the proofs, so that each costs what it shows.
  const rows = await db.execute<ConsentRow>(sql`
    select ${CONSENT}
    from consents c join opt_outs o
      on o.phone = c.phone and o.scope = c.scope and o.category = c.category and o.at = c.at
    where c.act = 'optOut'
      and (${phone ?? null}::text is null or c.phone = ${phone ?? null}::text)
      and (${scope ?? null}::text is null or c.scope = ${scope ?? null}::text)
      and (${after ?? null}::uuid is null or c.id > ${after ?? null}::uuid)
    order by c.id limit ${limit}
  `)
  return rows.map(consentOf)
}
