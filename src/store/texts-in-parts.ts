/** Long texts of phones: their parts, from the moment when they are acknowledged to the carrier. */
import { sql } from 'drizzle-orm'
import { arrayLiteral, numberArray, type Database } from './database.ts'

/** What the parts of one text share. */
export interface TextInParts {
  readonly phone: string
  /** Our number. */
  readonly to: string
  /** The reference that the phone gave it. */
  readonly key: string
  readonly total: number
}

/** How far one has come. */
export interface Gathered extends TextInParts {
  /** In their places; null where one is missing. */
  parts: (string | null)[]
  /** It has been recorded: kept for a while, so that parts which the carrier sends again are known. */
  joined: boolean
  /** Since when it has been waited for, or is kept; epoch milliseconds. */
  since: number
}

interface Row extends Record<string, unknown> {
  readonly phone: string
  readonly to: string
  readonly key: string
  readonly total: number
  readonly parts: (string | null)[]
  readonly joined: boolean
  readonly since: number
}

const columns = sql.raw(`t.phone, t."to", t.key, t.total, t.parts, t.joined,
  (extract(epoch from t.since) * 1000)::float8 as since`)

const gatheredOf = (row: Row): Gathered => ({ ...row, parts: [...row.parts] })

/**
 * What there is of each text, locked until the transaction ends, in the order of the keys: who hears another part
 * of it at the same time waits.
 */
export async function lockTextsInParts(
  tx: Database,
  carrierId: string,
  texts: readonly TextInParts[],
  now: Date,
): Promise<Gathered[]> {
  // Of those of which there is something nothing changes: that locks their rows, and says what they hold.
  const rows = await tx.execute<Row>(sql`
    insert into texts_in_parts as t (carrier_id, phone, "to", key, total, parts, since)
    select distinct ${carrierId}::uuid, g.phone, g.number, g.key, g.total, '[]'::jsonb,
      ${now.toISOString()}::timestamptz
    from unnest(
      ${arrayLiteral(texts.map(text => text.phone))}::text[],
      ${arrayLiteral(texts.map(text => text.to))}::text[],
      ${arrayLiteral(texts.map(text => text.key))}::text[],
      ${numberArray(texts.map(text => text.total))}::int[]
    ) as g(phone, number, key, total)
    order by 2, 3, 4, 5
    on conflict (carrier_id, phone, "to", key, total) do update set total = excluded.total
    returning ${columns}
  `)
  return rows.map(gatheredOf)
}

/**
 * Texts that have been waited for since before `waiting`, or kept since before `kept`, which is earlier: the oldest,
 * locked; another process takes others.
 */
export async function lockOverdueTexts(
  tx: Database,
  carrierId: string,
  before: { readonly waiting: Date; readonly kept: Date },
  limit: number,
): Promise<Gathered[]> {
  const rows = await tx.execute<Row>(sql`
    select ${columns} from texts_in_parts t
    where t.carrier_id = ${carrierId}::uuid and t.since <= ${before.waiting.toISOString()}::timestamptz
      and (not t.joined or t.since <= ${before.kept.toISOString()}::timestamptz)
    order by t.since limit ${limit} for update skip locked
  `)
  return rows.map(gatheredOf)
}

/** Writes what has changed of locked ones. */
export async function writeTextsInParts(
  tx: Database,
  carrierId: string,
  changed: readonly Gathered[],
): Promise<void> {
  if (changed.length === 0) return
  await tx.execute(sql`
    update texts_in_parts t set parts = w.parts::jsonb, joined = w.joined, since = w.since
    from unnest(
      ${arrayLiteral(changed.map(text => text.phone))}::text[],
      ${arrayLiteral(changed.map(text => text.to))}::text[],
      ${arrayLiteral(changed.map(text => text.key))}::text[],
      ${numberArray(changed.map(text => text.total))}::int[],
      ${arrayLiteral(changed.map(text => JSON.stringify(text.parts)))}::text[],
      ${arrayLiteral(changed.map(text => (text.joined ? 'true' : 'false')))}::boolean[],
      ${arrayLiteral(changed.map(text => new Date(text.since).toISOString()))}::timestamptz[]
    ) as w(phone, number, key, total, parts, joined, since)
    where t.carrier_id = ${carrierId}::uuid and t.phone = w.phone and t."to" = w.number
      and t.key = w.key and t.total = w.total
  `)
}

/** Forgets locked ones. */
export async function dropTextsInParts(
  tx: Database,
  carrierId: string,
  texts: readonly TextInParts[],
): Promise<void> {
  if (texts.length === 0) return
  await tx.execute(sql`
    delete from texts_in_parts t
    using unnest(
      ${arrayLiteral(texts.map(text => text.phone))}::text[],
      ${arrayLiteral(texts.map(text => text.to))}::text[],
      ${arrayLiteral(texts.map(text => text.key))}::text[],
      ${numberArray(texts.map(text => text.total))}::int[]
    ) as w(phone, number, key, total)
    where t.carrier_id = ${carrierId}::uuid and t.phone = w.phone and t."to" = w.number
      and t.key = w.key and t.total = w.total
  `)
}
