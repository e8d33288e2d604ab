/** Who is reached: what `audience/` asks, of the pieces of `selection.ts`. */
import { sql, type SQL } from 'drizzle-orm'
import type { Run } from '../geometry/grid.ts'
import { arrayLiteral, type Database } from './database.ts'
import {
  barring,
  isKeyBarredOfFew,
  isPhoneBarred,
  notLeftOut,
  type LeftOut,
  type OptOutRule,
} from './opt-out-rule.ts'
import { phonesOfKeys } from './phone-key.ts'
import {
  type Candidate,
  type FoundPeople,
  type Ground,
  type MemberGroup,
  type OpenAt,
  PACKED_BYTES,
  type Selection,
  foundOften,
  foundOnce,
  byRun,
  hasRuns,
  hits,
  isOpen,
  joinContacts,
  located,
  memberships,
  notBarred,
  packedPlace,
  recipients,
  packedIds,
  unpackIds,
  unpackLocations,
} from './selection.ts'

export async function membersOf(tx: Database, groups: readonly MemberGroup[]): Promise<string[]> {
  if (groups.length === 0) return []
  const [row] = await tx.execute<{ ids: string | null }>(sql`
    select ${packedIds(sql`contact_id`)} as ids
    from (select distinct contact_id from (${memberships(groups)}) g) m
  `)
  return unpackIds(row?.ids)
}

export async function countMembersOf(tx: Database, group: MemberGroup): Promise<number> {
  const [row] = await tx.execute<{ people: number }>(sql`
    select count(*)::int as people from (${memberships([group])}) g
  `)
  return row!.people
}

/** Everyone with a location in the runs, once or more. */
export async function contactsInRuns(
  tx: Database,
  runs: readonly Run[],
  openAt: OpenAt,
): Promise<string[]> {
  if (runs.length === 0) return []
  const rows = await tx.execute<{ ids: string }>(sql`
    select l.ids from ${byRun([{ source: 0, runs }], openAt, sql`${packedIds(sql`contact_id`)} as ids`)}
  `)
  const found: string[] = []
  for (const { ids } of rows) unpackIds(ids, found)
  return found
}

/**
 * Whose locations in cells are inside, by source.
 *
 * @param isInside the rule of the source's shape, asked of each location
 */
export async function findInCells(
  tx: Database,
  cells: readonly Ground[],
  openAt: OpenAt,
  isInside: (source: number, longitude: number, latitude: number) => boolean,
): Promise<FoundPeople[]> {
  const found = new Map(cells.map(({ source }) => [source, [] as string[]]))
  if (hasRuns(cells)) {
    const rows = await tx.execute<{ source: number; packed: Buffer }>(sql`
      select b.source, l.packed from ${byRun(cells, openAt, sql`string_agg(${packedPlace}, '') as packed`)}
    `)
    for (const { source, packed } of rows) {
      const ids = found.get(source)!
      for (let at = 0; at < packed.length; at += PACKED_BYTES) {
        const [longitude, latitude] = [packed.readDoubleBE(at + 16), packed.readDoubleBE(at + 24)]
        if (isInside(source, longitude, latitude)) ids.push(packed.toString('hex', at, at + 16))
      }
    }
  }
  return [...found].map(([source, contactIds]) => ({ source, contactIds }))
}

/** The locations of a group's members, to be tested against every shape. */
export async function locationsOfMembers(
  tx: Database,
  groupId: string,
  openAt: OpenAt,
): Promise<Candidate[]> {
  const [row] = await tx.execute<{ packed: Buffer | null }>(sql`
    select string_agg(${packedPlace}, '') as packed
    from group_members m join locations using (contact_id)
    where m.group_id = ${groupId}::uuid ${isOpen(openAt)}
  `)
  const candidates: Candidate[] = []
  if (row?.packed != null) unpackLocations(row.packed, candidates)
  return candidates
}

/** How many people a selection holds, each once. */
export async function countPeople(tx: Database, selection: Selection): Promise<number> {
  const [row] = await tx.execute<{ people: number }>(sql`
    select count(distinct h.contact_id)::int as people from (${hits(selection)}) h
    ${notBarred(selection.barred)}
  `)
  return row?.people ?? 0
}

/** How many of these groups' people, each once and the barred left out, have no location: no area finds them. */
export async function countUnlocated(
  tx: Database,
  groups: readonly MemberGroup[],
  barred: readonly string[],
): Promise<number> {
  if (groups.length === 0) return 0
  const [row] = await tx.execute<{ people: number }>(sql`
    select count(distinct m.contact_id)::int as people
    from (select h.contact_id from (${memberships(groups)}) h ${notBarred(barred)}) m
    where not exists (select from locations l where l.contact_id = m.contact_id)
  `)
  return row?.people ?? 0
}

/** Who is in tiles: counted where they lie wholly inside, to be judged by their places where they don't. */
export interface InTiles {
  /** People in the boxes by their only location. */
  readonly once: number
  /** Ids of those in the boxes who have other locations too, once or more. */
  readonly others: readonly string[]
  /** Places in the cells, x and y as big-endian doubles: of people without any other. */
  readonly solePlaces: readonly Buffer[]
  /** Locations in the cells of those who have others. */
  readonly shared: readonly Candidate[]
}

/**
 * Telling people apart takes four times as long as finding them, and few need it: whoever has a single location is
 * counted by it.
 */
export async function countInTiles(
  tx: Database,
  { boxes, cells }: { boxes: readonly Run[]; cells: readonly Run[] },
  leftOut: LeftOut,
  openAt: OpenAt,
): Promise<InTiles> {
  const inBoxes = sql`
    count(*) filter (where sole) as once,
    encode(string_agg(uuid_send(contact_id), '') filter (where not sole), 'hex') as others`
  const inCells = sql`
    string_agg(point_send(position), '') filter (where sole) as sole,
    string_agg(${packedPlace}, '') filter (where not sole) as shared`
  const where = notLeftOut(leftOut)
  const rows = await tx.execute<PackedInTiles>(sql`
    select coalesce(sum(l.once), 0)::int as once, string_agg(l.others, '') as others,
      null::bytea as sole, null::bytea as shared
    from ${byRun([{ source: 0, runs: boxes }], openAt, inBoxes, { where })}
    union all
    select 0, null, l.sole, l.shared
    from ${byRun([{ source: 0, runs: cells }], openAt, inCells, { where })}
  `)
  return unpackInTiles(rows)
}

type PackedInTiles = {
  once: number
  others: string | null
  sole: Buffer | null
  shared: Buffer | null
}

/** Of whom it is asked who they are, and not only where. */
export type Named = 'everyone' | 'shared'

/**
 * The same where there are no more than `most` locations: one question that small areas are done with.
 *
 * @param named all of them, with whose they are; or of those without any other how many, and the places alone
 * @param optOuts leaves out who opted out
 */
export async function inTilesUpTo(
  tx: Database,
  { boxes, cells }: { boxes: readonly Run[]; cells: readonly Run[] },
  most: number,
  openAt: OpenAt,
  named: Named,
  optOuts?: OptOutRule,
): Promise<InTiles | undefined> {
  const grounds = [
    { source: 0, runs: boxes },
    { source: 1, runs: cells },
  ]
  // Nothing is sent that would be thrown away. The limit is written out: as a parameter it makes PostgreSQL plan anew each
  // time, which takes as long as the search.
  const ifFew = (gathered: SQL, which: SQL) => sql`
    case when count(*) <= ${sql.raw(String(most))} then ${gathered} filter (where ${which} and not h.barred) end`
  const [row] = await tx.execute<PackedInTiles & { found: number }>(sql`
    select count(*)::int as found,
      ${ifFew(sql`count(*)`, sql`h.in_box and h.alone`)}::int as once,
      ${ifFew(sql`string_agg(replace(h.contact_id::text, '-', ''), '')`, sql`h.in_box and not h.alone`)} as others,
      ${ifFew(sql`string_agg(point_send(h.position), '')`, sql`not h.in_box and h.alone`)} as sole,
      ${ifFew(sql`string_agg(${packedPlace}, '')`, sql`not h.in_box and not h.alone`)} as shared
    from (
      select l.contact_id, l.position, b.source = 0 as in_box,
        ${named === 'shared' ? sql`l.sole` : sql`false`} as alone,
        ${optOuts === undefined ? sql`false` : isKeyBarredOfFew(sql`l.phone_key`, optOuts)} as barred
      from ${located(grounds, openAt, 'once')}
      limit ${sql.raw(String(most + 1))}
    ) h
  `)
  return row === undefined || row.found > most ? undefined : unpackInTiles([row])
}

function unpackInTiles(rows: readonly PackedInTiles[]): InTiles {
  let once = 0
  const others: string[] = []
  const solePlaces: Buffer[] = []
  const candidates: Candidate[] = []
  for (const row of rows) {
    once += row.once
    unpackIds(row.others, others)
    if (row.sole !== null) solePlaces.push(row.sole)
    if (row.shared !== null) unpackLocations(row.shared, candidates)
  }
  return { once, others, solePlaces, shared: candidates }
}

/** Whether no more than so many locations are in the runs, whatever their hours. */
export async function holdFew(tx: Database, runs: readonly Run[], most: number): Promise<boolean> {
  const [row] = await tx.execute<{ few: boolean }>(sql`
    select count(*) <= ${most}::int as few
    from (select from ${located([{ source: 0, runs }], undefined)} limit ${most + 1}::int) sample
  `)
  return row?.few === true
}

/**
 * The phones of a selection's people, as 8 octets each: `PhoneSet` reads them. Of who is found once the index of the
 * locations says it, without a look at the contact: 270,000 people in 0.42 s for 0.63.
 */
export async function phonesOf(tx: Database, selection: Selection): Promise<Buffer> {
  const contactsOf = await joinContacts(tx, selection, 'shared')
  const once = foundOnce(selection)
  const keys =
    once === undefined
      ? sql`null::bytea`
      : sql`(select string_agg(int8send(o.phone_key), '') from (${once}) o)`
  const [row] = await tx.execute<{ keys: Buffer | null; phones: Buffer | null }>(sql`
    select ${keys} as keys,
      (select string_agg(int8send(substr(c.phone, 2)::bigint), '')
        from (${foundOften(selection)}) p ${contactsOf}) as phones
  `)
  const none = Buffer.alloc(0)
  return Buffer.concat([phonesOfKeys(row?.keys ?? none), row?.phones ?? none])
}

/** People alike in all that decides their message and its way. `mask` has a `1` for each source. */
export interface Kind {
  readonly mask: string
  readonly language: string | undefined
  /** The longest of the prefixes that begins the phone, '' where none does. */
  readonly prefix: string
  readonly people: number
}

/** Those who would be in `kinds` if they had not opted out are `skipped`. */
export interface CountedByKind {
  readonly kinds: readonly Kind[]
  readonly skipped: number
}

/** @param optOuts beside those whom the selection leaves out */
export async function countByKind(
  tx: Database,
  selection: Selection,
  prefixes: readonly string[],
  optOuts: OptOutRule,
): Promise<CountedByKind> {
  const contactsOf = await joinContacts(tx, selection)
  const rows = await tx.execute<{
    mask: string
    language: string | null
    prefix: string
    people: number
    barred: boolean
  }>(sql`
    select p.mask, c.language, ${longestPrefix(prefixes)} as prefix, count(*)::int as people,
      ${isPhoneBarred(sql`c.phone`, optOuts)} as barred
    from (${recipients(selection)}) p ${contactsOf}
    group by p.mask, c.language, 3, 5
  `)
  const kinds: Kind[] = []
  let skipped = 0
  for (const { mask, language, prefix, people, barred } of rows) {
    if (barred) skipped += people
    else kinds.push({ mask, language: language ?? undefined, prefix, people })
  }
  return { kinds, skipped }
}

function longestPrefix(prefixes: readonly string[]): SQL {
  const longestFirst = [...new Set(prefixes)]
    .filter(prefix => prefix !== '')
    .toSorted((a, b) => b.length - a.length)
  if (longestFirst.length === 0) return sql`''::text`
  const cases = longestFirst.map(
    prefix => sql`when starts_with(c.phone, ${prefix}::text) then ${prefix}::text`,
  )
  return sql`case ${sql.join(cases, sql` `)} else '' end`
}

/** Opens a cursor over hits as they come, the first at once: people may come several times. */
export async function openHits(tx: Database, selection: Selection): Promise<void> {
  await tx.execute(sql`declare audience_hits no scroll cursor for
    select h.contact_id from (${hits(selection)}) h`)
}

/** @returns the next contact ids, none at the end */
export async function nextHits(tx: Database, rows: number): Promise<string[]> {
  const found = await tx.execute<{ contact_id: string }>(
    sql`fetch ${sql.raw(String(Math.trunc(rows)))} from audience_hits`,
  )
  return found.map(row => row.contact_id)
}

export async function closeHits(tx: Database): Promise<void> {
  await tx.execute(sql`close audience_hits`)
}

export interface ReachablePerson {
  readonly contactId: string
  readonly phone: string
  readonly language: string | undefined
  readonly locations: readonly (readonly [longitude: number, latitude: number])[]
  /** Of the groups asked for, those that the person is in. */
  readonly groupIds: readonly string[]
}

/** Those of the contacts that have not opted out, with what it takes to judge them one by one. */
export async function readReachable(
  tx: Database,
  contactIds: readonly string[],
  groups: readonly MemberGroup[],
  { rule, openAt }: { readonly rule: OptOutRule; readonly openAt: OpenAt },
): Promise<ReachablePerson[]> {
  const ids = arrayLiteral(contactIds)
  const people = await tx.execute<{ id: string; phone: string; language: string | null }>(sql`
    select c.id, c.phone, c.language from contacts c
    where c.id = any(${ids}::uuid[])
      and not exists (select from opt_outs o where o.phone = c.phone and ${barring(rule)})
  `)
  const locations = await tx.execute<{ id: string; x: number; y: number }>(sql`
    select contact_id as id, position[0] as x, position[1] as y from locations
    where contact_id = any(${ids}::uuid[]) ${isOpen(openAt)}
  `)
  const inGroups =
    groups.length === 0
      ? []
      : await tx.execute<{ id: string; group_id: string }>(sql`
          select g.contact_id as id, g.group_id from (${memberships(groups)}) g
          where g.contact_id = any(${ids}::uuid[])
        `)
  const byId = new Map(
    people.map(({ id, phone, language }) => [
      id,
      {
        contactId: id,
        phone,
        language: language ?? undefined,
        locations: [] as [number, number][],
        groupIds: [] as string[],
      },
    ]),
  )
  for (const { id, x, y } of locations) byId.get(id)?.locations.push([x, y])
  for (const { id, group_id } of inGroups) byId.get(id)?.groupIds.push(group_id)
  return [...byId.values()]
}
