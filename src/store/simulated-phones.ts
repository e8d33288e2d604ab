import { sql } from 'drizzle-orm'
import { ADVISORY_LOCK } from './advisory-locks.ts'
import { arrayLiteral, type Database } from './database.ts'

interface MadeUp {
  readonly id: string
  readonly phone: string
  readonly name: string
  readonly language: string
}

/**
 * Makes the first so many of these phones the members of a group: those that are nobody's, and in no exercise that is
 * not over. Two exercises never have one in common, so what it answers is for one of them.
 *
 * @returns how many there were
 */
export async function takeSimulatedPhones(
  tx: Database,
  groupId: string,
  phones: readonly MadeUp[],
  count: number,
): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(${ADVISORY_LOCK.simulatedPhones})`)
  const columns = sql`${arrayLiteral(phones.map(one => one.id))}::uuid[],
    ${arrayLiteral(phones.map(one => one.phone))}::text[],
    ${arrayLiteral(phones.map(one => one.name))}::text[],
    ${arrayLiteral(phones.map(one => one.language))}::text[]`
  await tx.execute(sql`
    create temp table taken_phones on commit drop as
    select coalesce(c.id, p.id) as id, c.id is null as is_new, p.phone, p.name, p.language
    from unnest(${columns}) with ordinality as p(id, phone, name, language, place)
      left join contacts c on c.phone = p.phone
    where c.id is null or c.simulated and not exists (
      select from group_members m join exercises e on e.roster_id = m.group_id
      where m.contact_id = c.id and e.settled_at is null)
    order by p.place limit ${count}::int
  `)
  await tx.execute(sql`
    insert into contacts (id, phone, name, language, simulated)
    select id, phone, name, language, true from taken_phones where is_new
  `)
  const { count: taken } = await tx.execute(sql`
    insert into group_members (group_id, contact_id) select ${groupId}::uuid, id from taken_phones
  `)
  return taken
}
