/** Who has opted out of an alert: by the alert's categories, and by whether it is an emergency. */
import { sql, type SQL } from 'drizzle-orm'
import { SENDER } from './consents.ts'
import { arrayLiteral, type Database } from './database.ts'
import { notBarred, packedIds, unpackIds } from './selection.ts'

/** Whom an alert skips: everyone of scope `all`; unless it is an emergency, the other scopes too. */
export interface OptOutRule {
  readonly emergency: boolean
  readonly categories: readonly string[]
}

/** Whether no carrier is left that would take the opt-out's phone, as it sends now. */
const blocked = sql`o.scope = 'carrier' and not exists (
    select from carriers k
    where k.enabled and k.deleted_at is null and k.protocol not in ('smtp', 'simulated') and not exists (
      select from opt_outs b
      where b.phone = o.phone and b.scope = 'carrier' and b.category = k.id::text
        and coalesce(b.number = ${SENDER}, true)))`

/** Whether an opt-out `o` is of those that the rule counts. */
// A statement without any parameter is not prepared (`database.ts`), and to plan this one takes longer than to run it.
export const barring = ({ emergency, categories }: OptOutRule): SQL =>
  emergency
    ? sql`(o.scope = ${'all'} or ${blocked})`
    : sql`(o.scope in ('all', 'nonEmergency', 'carrier')
        or o.scope = 'category' and o.category = any(${arrayLiteral(categories)}::text[])
        or o.scope = 'otherCategories'
          and not string_to_array(o.category, ',') && ${arrayLiteral(categories)}::text[])`

/**
 * Whether a phone, given by its key, opted out, as the rule counts it: all who did are gathered once, 10,000 in 8 ms,
 * and each phone is looked up among these in 0.06 µs. They are to fit into memory: `prepareForSets`.
 */
export const isKeyBarred = (
  key: SQL,
  rule: OptOutRule,
): SQL => sql`(${anyBarred(rule)} and ${key} in (
    select o.phone_key from opt_outs o where o.phone_key is not null and ${barring(rule)}))`

/** The same for few phones: each is looked up in the index, for `offset` keeps PostgreSQL from gathering all. */
export const isKeyBarredOfFew = (
  key: SQL,
  rule: OptOutRule,
): SQL => sql`(${anyBarred(rule)} and exists (
    select from opt_outs o where o.phone_key = ${key} and ${barring(rule)} offset 0))`

export const isPhoneBarred = (
  phone: SQL,
  rule: OptOutRule,
): SQL => sql`(${anyBarred(rule)} and ${phone} in (
    select o.phone from opt_outs o where ${barring(rule)}))`

/** Asked once: where nobody opted out, nobody is looked up. */
const anyBarred = (rule: OptOutRule) =>
  sql`(select exists (select from opt_outs o where ${barring(rule)}))`

/** Whom a question leaves out. */
export interface LeftOut {
  readonly barred: readonly string[]
  readonly optOuts?: OptOutRule
}

/** All others of `h(contact_id, phone_key)`. */
export function notLeftOut({ barred, optOuts }: LeftOut): SQL {
  if (optOuts === undefined) return notBarred(barred)
  const isIn = sql`not ${isKeyBarred(sql`h.phone_key`, optOuts)}`
  return barred.length === 0 ? sql`where ${isIn}` : sql`${notBarred(barred)} and ${isIn}`
}

/** Contacts that opted out, as the rule counts it. */
export async function optedOutContacts(tx: Database, rule: OptOutRule): Promise<string[]> {
  const [row] = await tx.execute<{ ids: string | null }>(sql`
    select ${packedIds(sql`c.id`)} as ids
    from (select distinct o.phone from opt_outs o where ${barring(rule)}) o
      join contacts c on c.phone = o.phone
  `)
  return unpackIds(row?.ids)
}

/** Phones that opted out, as the rule counts it: as numbers, for they may be no contact's. */
export async function optedOutPhones(tx: Database, rule: OptOutRule): Promise<ReadonlySet<number>> {
  const rows = await tx.execute<{ phone: string }>(sql`
    select distinct o.phone from opt_outs o where ${barring(rule)}
  `)
  return new Set(rows.map(({ phone }) => Number(phone.slice(1))))
}
