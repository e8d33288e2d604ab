/**
 * Who is reached: the set work behind `audience/`.
 *
 * Ground is given as boxes, in which every location is a hit, and as cells, whose locations are handed out to
 * be tested by the one rule of `geometry/` and come back as ids. A hit carries a source (an area or a group),
 * and a person's sources are gathered in a mask: `'101'` says the first and the third. It is text where it is
 * compared, for bit strings can't be hashed.
 *
 * The planner doesn't know how many rows a box holds, nor an array once it plans for any value. So these
 * statements run in transactions made ready by `prepareForSets`, and what is left out comes as an array.
 */
import { sql, type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { nextUp } from '../geometry/box.ts'
import type { Box } from '../geometry/geojson.ts'
import { SENDER } from './consents.ts'
import { arrayLiteral, type Database, type Session } from './database.ts'
import { isHeld, type Expression } from './group-expressions.ts'
import { isAsRuled, type MemberRule } from './member-rules.ts'

/** Ground by the source that it speaks for. */
export interface Ground {
  readonly source: number
  readonly boxes: readonly Box[]
}

/** People found inside one by one. */
export interface FoundPeople {
  readonly source: number
  readonly contactIds: readonly string[]
}

/** A group whose people are in rows: listed, unless it has a rule or is made of others. */
export interface MemberGroup {
  readonly groupId: string
  readonly rule: MemberRule | undefined
  readonly made: MadeOf | undefined
}

/** Whom a group made of others is made of: the sources are the groups below, and the expression speaks of them. */
interface MadeOf {
  readonly groups: Pick<Selection, 'openAt' | 'grounds' | 'found' | 'lists'>
  readonly expression: Expression<number>
}

interface SourcedGroup extends MemberGroup {
  readonly source: number
}

/**
 * A minute of the week: whoever is elsewhere then, by a location's hours, is not found at it. Undefined: hours don't
 * matter, and the index alone answers; with them, every location's row is read as well.
 */
export type OpenAt = number | undefined

/** No location that has hours is open then. */
export const OUTSIDE_ALL_HOURS = -1

const isOpen = (openAt: OpenAt): SQL =>
  openAt === undefined ? sql`` : sql`and (open_minutes is null or open_minutes @> ${openAt}::int)`

/** Everyone that any of its parts names, less the barred. */
export interface Selection {
  /** How many sources there are: the length of the bit strings. */
  readonly sources: number
  readonly openAt: OpenAt
  /** Boxes where no other source's ground is: who has a single location, in one of these, has a single source. */
  readonly ownGrounds: readonly Ground[]
  /** The other boxes. */
  readonly grounds: readonly Ground[]
  readonly found: readonly FoundPeople[]
  readonly lists: readonly SourcedGroup[]
  /** Only who is reached by this source is meant at all; the others label. */
  readonly required: number | undefined
  readonly barred: readonly string[]
}

/** Whom an alert skips: everyone of scope `all`; unless it is an emergency, the other scopes too. */
export interface OptOutRule {
  readonly emergency: boolean
  readonly categories: readonly string[]
}

/** A location whose verdict is still out. Ids are 32 hexadecimal digits here, which PostgreSQL takes as they are. */
export interface Candidate {
  readonly contactId: string
  readonly longitude: number
  readonly latitude: number
}

/** Makes a transaction ready for set work. */
export async function prepareForSets(tx: Database): Promise<void> {
  await tx.execute(sql`
    select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '96MB', true),
      set_config('max_parallel_workers_per_gather', '0', true)
  `)
}

/** Whether no carrier is left that would take the opt-out's phone, as it sends now. */
const blocked = sql`o.scope = 'carrier' and not exists (
    select from carriers k
    where k.enabled and k.deleted_at is null and k.protocol not in ('smtp', 'simulated') and not exists (
      select from opt_outs b
      where b.phone = o.phone and b.scope = 'carrier' and b.category = k.id::text
        and coalesce(b.number = ${SENDER}, true)))`

const barring = ({ emergency, categories }: OptOutRule): SQL =>
  emergency
    ? sql`(o.scope = 'all' or ${blocked})`
    : sql`(o.scope in ('all', 'nonEmergency', 'carrier')
        or o.scope = 'category' and o.category = any(${arrayLiteral(categories)}::text[])
        or o.scope = 'otherCategories'
          and not string_to_array(o.category, ',') && ${arrayLiteral(categories)}::text[])`

/** Contacts that opted out, as the rule counts it. */
export async function optedOutContacts(tx: Database, rule: OptOutRule): Promise<string[]> {
  const [row] = await tx.execute<{ ids: Buffer | null }>(sql`
    select string_agg(uuid_send(c.id), '') as ids
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

export async function membersOf(tx: Database, groups: readonly MemberGroup[]): Promise<string[]> {
  if (groups.length === 0) return []
  const [row] = await tx.execute<{ ids: Buffer | null }>(sql`
    select string_agg(uuid_send(contact_id), '') as ids
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

/** Rows `(group_id, contact_id)` of groups whose people are in rows, at least one group. */
function memberships(groups: readonly MemberGroup[]): SQL {
  const listed = groups.filter(isListed).map(({ groupId }) => groupId)
  const branches = groups.flatMap(group =>
    isListed(group)
      ? []
      : [sql`select ${group.groupId}::uuid as group_id, m.contact_id from (${unlisted(group)}) m`],
  )
  if (listed.length > 0) {
    branches.push(sql`select m.group_id, m.contact_id from group_members m
      where m.group_id = any(${arrayLiteral(listed)}::uuid[])`)
  }
  return sql.join(branches, sql` union all `)
}

function isListed({ rule, made }: MemberGroup): boolean {
  return rule === undefined && made === undefined
}

/** Rows `(contact_id)` of a group that lists nobody, one a person. */
function unlisted({ rule, made }: MemberGroup): SQL {
  if (made === undefined) {
    return sql`select c.id as contact_id from contacts c where ${isAsRuled(rule ?? {})}`
  }
  // All groups below are searched once, whatever the expression: their people are gathered with a bit for each.
  return sql`
    select h.contact_id
    from (${hits({ ...made.groups, ownGrounds: [] })}) h
    group by h.contact_id
    having ${isHeld(made.expression, sql`bit_or(1::bigint << h.source)`)}
  `
}

/** Everyone with a location in the boxes, once or more. */
export async function contactsInBoxes(
  tx: Database,
  boxes: readonly Box[],
  openAt: OpenAt,
): Promise<string[]> {
  if (boxes.length === 0) return []
  const [row] = await tx.execute<{ ids: Buffer | null }>(sql`
    select string_agg(uuid_send(l.contact_id), '') as ids from ${located([{ source: 0, boxes }], openAt)}
  `)
  return unpackIds(row?.ids)
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
  if (cells.some(({ boxes }) => boxes.length > 0)) {
    const rows = await tx.execute<{ source: number; packed: Buffer }>(sql`
      select b.source, string_agg(${packedPlace}, '') as packed from ${located(cells, openAt)}
      group by b.source
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
  readonly solePlaces: Buffer
  /** Locations in the cells of those who have others. */
  readonly shared: readonly Candidate[]
}

/**
 * Telling people apart takes four times as long as finding them, and few need it: whoever has a single location is
 * counted by it.
 */
export async function countInTiles(
  tx: Database,
  { boxes, cells }: { boxes: readonly Box[]; cells: readonly Box[] },
  barred: readonly string[],
  openAt: OpenAt,
): Promise<InTiles> {
  const [row] = await tx.execute<{
    once: number
    others: Buffer | null
    sole: Buffer | null
    shared: Buffer | null
  }>(sql`
    select b.once, b.others, c.sole, c.shared
    from (
      select count(*) filter (where h.sole)::int as once,
        string_agg(uuid_send(h.contact_id), '') filter (where not h.sole) as others
      from (select l.contact_id, l.sole from ${located([{ source: 0, boxes }], openAt)}) h
      ${notBarred(barred)}
    ) b cross join (
      select string_agg(point_send(h.position), '') filter (where h.sole) as sole,
        string_agg(${packedPlace}, '') filter (where not h.sole) as shared
      from (
        select l.contact_id, l.sole, l.position from ${located([{ source: 0, boxes: cells }], openAt)}
      ) h
      ${notBarred(barred)}
    ) c
  `)
  const shared: Candidate[] = []
  if (row?.shared != null) unpackLocations(row.shared, shared)
  return {
    once: row?.once ?? 0,
    others: unpackIds(row?.others),
    solePlaces: row?.sole ?? Buffer.alloc(0),
    shared,
  }
}

/** All locations in disjoint boxes, where they are no more than `most`: one question that small areas are done with. */
export async function placesUpTo(
  tx: Database,
  boxes: readonly Box[],
  most: number,
  openAt: OpenAt,
): Promise<Candidate[] | undefined> {
  const [row] = await tx.execute<{ found: number; packed: Buffer | null }>(sql`
    select count(*)::int as found,
      case when count(*) <= ${most}::int then string_agg(${packedPlace}, '') end as packed
    from (
      select l.contact_id, l.position from ${located([{ source: 0, boxes }], openAt)}
      limit ${most + 1}::int
    ) h
  `)
  if (row === undefined || row.found > most) return undefined
  const candidates: Candidate[] = []
  if (row.packed !== null) unpackLocations(row.packed, candidates)
  return candidates
}

/** Whether no more than so many locations are in the boxes, whatever their hours. */
export async function holdFew(tx: Database, boxes: readonly Box[], most: number): Promise<boolean> {
  const [row] = await tx.execute<{ few: boolean }>(sql`
    select count(*) <= ${most}::int as few
    from (select from ${located([{ source: 0, boxes }], undefined)} limit ${most + 1}::int) sample
  `)
  return row?.few === true
}

/** The phones of a selection's people, as 8 octets each: `PhoneSet` reads them. */
export async function phonesOf(tx: Database, selection: Selection): Promise<Buffer> {
  const contactsOf = await joinContacts(tx, selection)
  const [row] = await tx.execute<{ phones: Buffer | null }>(sql`
    select string_agg(int8send(substr(c.phone, 2)::bigint), '') as phones
    from (${recipients(selection)}) p ${contactsOf}
  `)
  return row?.phones ?? Buffer.alloc(0)
}

/** People alike in all that decides their message and its way. `mask` has a `1` for each source. */
export interface Kind {
  readonly mask: string
  readonly language: string | undefined
  /** The longest of the prefixes that begins the phone, '' where none does. */
  readonly prefix: string
  readonly people: number
}

export async function countByKind(
  tx: Database,
  selection: Selection,
  prefixes: readonly string[],
): Promise<Kind[]> {
  const contactsOf = await joinContacts(tx, selection)
  const rows = await tx.execute<{
    mask: string
    language: string | null
    prefix: string
    people: number
  }>(sql`
    select p.mask, c.language, ${longestPrefix(prefixes)} as prefix, count(*)::int as people
    from (${recipients(selection)}) p ${contactsOf}
    group by p.mask, c.language, 3
  `)
  return rows.map(row => ({ ...row, language: row.language ?? undefined }))
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

/** Who is reached alike, and reads alike: one object for all of them. `mask` has a `1` for each source. */
export interface PersonKind {
  readonly mask: string
  readonly language: string | undefined
}

export interface PeopleSink {
  /**
   * A person: the id's 16 octets from `idAt`, the phone's text from `phoneAt` to `phoneEnd`. The octets are the
   * sink's during the call alone.
   */
  take(kind: PersonKind, octets: Buffer, idAt: number, phoneAt: number, phoneEnd: number): void
  /** Asked again and again; while what it answers is pending, nobody more is read. */
  drain(): Promise<void> | undefined
}

/** Ten million people take half a minute; nothing waits for it but the rest of their own alert. */
const COPY_SECONDS = 900

/**
 * Everyone of a selection, once, but for `exceptIds` and, `afterDeath` of a planner, whom it had planned. Read by
 * COPY, in binary: no row becomes an object, none is kept, and the first come as soon as the database has them.
 *
 * @param session whose transaction `tx` is
 */
export async function copyPeople(
  session: Session,
  tx: Database,
  selection: Selection,
  except: { readonly ids: readonly string[] } | 'planned',
  sink: PeopleSink,
): Promise<void> {
  const contactsOf = await joinContacts(tx, selection)
  const everyone =
    except === 'planned'
      ? sql`(select * from (${recipients(selection)}) r where not exists (
          select from planned_contacts x where x.contact_id = r.contact_id))`
      : sql`(${recipients({ ...selection, barred: [...selection.barred, ...except.ids] })})`
  await tx.execute(sql`select set_config('statement_timeout', ${`${COPY_SECONDS}s`}, true)`)
  const text = inlined(sql`
    copy (select p.contact_id, c.phone, p.mask, c.language from ${everyone} p ${contactsOf})
    to stdout (format binary)
  `)
  const query = session.sql.unsafe(text)
  const stream = await query.readable()
  const read = createCopyReader(sink)
  await new Promise<void>((resolve, reject) => {
    let failure: unknown
    // A stream that is destroyed would leave the connection waiting for ever: so it is read to its end.
    const fail = (error: unknown) => {
      failure ??= error
      query.cancel()
      stream.resume()
    }
    stream.on('data', (octets: Buffer) => {
      if (failure !== undefined) return
      try {
        read(octets)
        const busy = sink.drain()
        if (busy === undefined) return
        stream.pause()
        busy.then(() => stream.resume(), fail)
      } catch (error) {
        fail(error)
      }
    })
    stream.on('error', (error: unknown) => reject(failure ?? error))
    stream.on('end', () => {
      // postgres.js 3.4.9 pauses the socket when the stream is full and goes on when it is read. One that has ended
      // is not read any more: what comes behind the last row, and every later answer, would never be heard.
      stream._read(0)
      if (failure === undefined) resolve()
      else reject(failure)
    })
  })
}

/** COPY takes no parameters. Beside numbers and ids there are the words of groups by rule: quoted as literals. */
function inlined(query: SQL): string {
  return new PgDialect().sqlToQuery(query.inlineParams()).sql
}

/** Signature, flags and the length of the header's extension (PostgreSQL, COPY, Binary Format). */
const COPY_HEADER = 19

function createCopyReader(sink: PeopleSink): (octets: Buffer) => void {
  interface Known {
    readonly octets: Buffer
    readonly kind: PersonKind
  }
  const kinds = new Map<string, Known>()
  // The person before is mostly of the same kind.
  let last: Known | undefined
  const kindOf = (octets: Buffer, from: number, to: number): PersonKind => {
    if (last !== undefined && isAt(octets, from, to, last.octets)) return last.kind
    const key = octets.toString('latin1', from, to)
    last = kinds.get(key)
    if (last === undefined) {
      const mask = fieldOf(octets, from)
      const language = fieldOf(octets, from + 4 + (mask?.length ?? 0))
      last = { octets: Buffer.from(key, 'latin1'), kind: { mask: mask ?? '', language } }
      kinds.set(key, last)
    }
    return last.kind
  }
  let isFirst = true
  let rest: Buffer | undefined
  return octets => {
    const all = rest === undefined ? octets : Buffer.concat([rest, octets])
    let at = isFirst ? COPY_HEADER : 0
    isFirst = false
    // Fields are of 4 octets of length and that many; a count of −1 ends the rows.
    while (at + 2 <= all.length && all.readInt16BE(at) > 0) {
      const end = rowEnd(all, at)
      if (end > all.length) break
      const phoneAt = at + 2 + 20 + 4
      const phoneEnd = phoneAt + all.readInt32BE(phoneAt - 4)
      sink.take(kindOf(all, phoneEnd, end), all, at + 6, phoneAt, phoneEnd)
      at = end
    }
    const isOver = at + 2 <= all.length && all.readInt16BE(at) < 0
    rest = at < all.length && !isOver ? all.subarray(at) : undefined
  }
}

/** Past the octets at hand where the row is not whole yet. */
function rowEnd(octets: Buffer, from: number): number {
  let at = from + 2
  for (let field = 0; field < 4; field++) {
    if (at + 4 > octets.length) return Infinity
    at += 4 + Math.max(0, octets.readInt32BE(at))
  }
  return at
}

function isAt(octets: Buffer, from: number, to: number, wanted: Buffer): boolean {
  if (to - from !== wanted.length) return false
  for (let i = 0; i < wanted.length; i++) if (octets[from + i] !== wanted[i]) return false
  return true
}

function fieldOf(octets: Buffer, at: number): string | undefined {
  const length = octets.readInt32BE(at)
  return length < 0 ? undefined : octets.toString('utf8', at + 4, at + 4 + length)
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

// ---- the pieces

/** A mask with the given bits set. */
export function maskOf(sources: number, set: readonly number[]): string {
  return Array.from({ length: sources }, (_, source) => (set.includes(source) ? '1' : '0')).join('')
}

/** Tiles as rows `b(source, west, south, east, north)`; half-open ones closed at the double below their end. */
function tiles(grounds: readonly Ground[]): SQL {
  const [sources, west, south, east, north]: number[][] = [[], [], [], [], []]
  for (const { source, boxes } of grounds) {
    for (const box of boxes) {
      sources!.push(source)
      west!.push(box[0])
      south!.push(box[1])
      east!.push(-nextUp(-box[2]))
      north!.push(-nextUp(-box[3]))
    }
  }
  const floats = (numbers: readonly number[]) => sql`${arrayLiteral(numbers)}::float8[]`
  return sql`unnest(${arrayLiteral(sources!)}::int[], ${floats(west!)}, ${floats(south!)}, ${floats(east!)},
    ${floats(north!)})`
}

// `point <@ box` compares coordinates as they are, unlike `point <@ polygon`, which is fuzzy by 10^-6 degrees.
const boxOf = sql`box(point(b.west, b.south), point(b.east, b.north))`

/** `b` and `l(contact_id, sole, position)` for every location in a box. */
export function located(grounds: readonly Ground[], openAt: OpenAt): SQL {
  return sql`${tiles(grounds)} as b(source, west, south, east, north) cross join lateral (
    select contact_id, phone_head, sole, language, position from locations
    where position <@ ${boxOf} ${isOpen(openAt)}) l`
}

/** Rows `(contact_id, sole, source)`; `sole`: of a box, for a person without another location. */
function hits(
  { openAt, ownGrounds, grounds, found, lists }: Omit<Selection, 'sources' | 'required' | 'barred'>,
  only: 'all' | 'shared' = 'all',
): SQL {
  const branches: SQL[] = []
  const everyGround = [...ownGrounds, ...grounds]
  if (only === 'shared' && hasBoxes(ownGrounds)) {
    branches.push(
      sql`select l.contact_id, false as sole, b.source from ${located(ownGrounds, openAt)} where not l.sole`,
    )
    if (hasBoxes(grounds)) {
      branches.push(sql`select l.contact_id, false, b.source from ${located(grounds, openAt)}`)
    }
  } else if (hasBoxes(everyGround)) {
    branches.push(sql`select l.contact_id, l.sole, b.source from ${located(everyGround, openAt)}`)
  }
  if (found.some(({ contactIds }) => contactIds.length > 0)) {
    const ids = found.flatMap(({ contactIds }) => contactIds)
    const sources = found.flatMap(({ source, contactIds }) => contactIds.map(() => source))
    branches.push(sql`select f.contact_id, false as sole, f.source
      from unnest(${arrayLiteral(ids)}::uuid[], ${arrayLiteral(sources)}::int[]) as f(contact_id, source)`)
  }
  const listed = lists.filter(isListed)
  if (listed.length > 0) {
    branches.push(sql`select m.contact_id, false as sole, g.source
      from unnest(${arrayLiteral(listed.map(list => list.groupId))}::uuid[],
          ${arrayLiteral(listed.map(list => list.source))}::int[]) as g(group_id, source)
        join group_members m using (group_id)`)
  }
  for (const list of lists) {
    if (isListed(list)) continue
    branches.push(sql`select m.contact_id, false as sole, ${list.source}::int as source
      from (${unlisted(list)}) m`)
  }
  if (branches.length === 0) {
    return sql`select null::uuid as contact_id, false as sole, 0 as source where false`
  }
  return sql.join(branches, sql` union all `)
}

export function hasBoxes(grounds: readonly Ground[]): boolean {
  return grounds.some(({ boxes }) => boxes.length > 0)
}

/**
 * Rows `(contact_id, mask)`, one a person, the barred left out. Gathering by person costs as much as all the
 * rest; so the great majority, which can't be hit twice, goes by it.
 */
function recipients(selection: Selection): SQL {
  const { sources, openAt, ownGrounds, required, barred } = selection
  const masks = arrayLiteral(
    Array.from({ length: sources }, (_, source) => maskOf(sources, [source])),
  )
  const gathered = sql`
    select h.contact_id, bit_or((${masks}::varbit[])[h.source + 1])::text as mask
    from (${hits(selection, 'shared')}) h
    ${notBarred(barred)}
    group by h.contact_id
    ${required === undefined ? sql`` : sql`having bool_or(h.source = ${required}::int)`}
  `
  if (!hasBoxes(ownGrounds)) return gathered
  return sql`
    select h.contact_id, (${masks}::text[])[h.source + 1] as mask
    from (select l.contact_id, b.source from ${located(ownGrounds, openAt)} where l.sole) h
    ${notBarred(barred)}
    union all
    select contact_id, mask from (${gathered}) g
  `
}

/**
 * `<> all` of a constant array is looked up in a hash table of it (PostgreSQL ≥ 15): 0.05 µs a hit, where an
 * anti-join took 0.4. A plan for any value would compare with each member instead: `prepareForSets`.
 */
export function notBarred(barred: readonly string[]): SQL {
  if (barred.length === 0) return sql``
  return sql`where h.contact_id <> all(${arrayLiteral(barred)}::uuid[])`
}

/** From this many hits on it is cheaper to read all contacts once than to look each of them up. */
const MANY = 20_000

/**
 * `p` joined to its contacts `c`, in the way that suits how many there are. The planner has no idea of that:
 * left to itself it reads a million contacts for the sake of a hundred, or looks up a million one by one.
 */
async function joinContacts(tx: Database, selection: Selection): Promise<SQL> {
  const [row] = await tx.execute<{ many: boolean }>(sql`
    select count(*) = ${MANY}::int as many from (select from (${hits(selection)}) h limit ${MANY}::int) sample
  `)
  const isMany = row?.many === true
  const unless = isMany ? 'off' : 'on'
  await tx.execute(sql`
    select set_config('enable_nestloop', ${unless}, true), set_config('enable_mergejoin', ${unless}, true),
      set_config('enable_sort', ${unless}, true)
  `)
  if (isMany) return sql`join contacts c on c.id = p.contact_id`
  // With a limit of its own it can only be run person by person.
  return sql`cross join lateral (
    select phone, language from contacts where id = p.contact_id limit 1) c`
}

export const packedPlace = sql`uuid_send(contact_id) || point_send(position)`
const PACKED_BYTES = 32

export function unpackIds(packed: Buffer | null | undefined): string[] {
  const ids: string[] = []
  const hex = packed?.toString('hex') ?? ''
  for (let at = 0; at < hex.length; at += 32) ids.push(hex.slice(at, at + 32))
  return ids
}

export function unpackLocations(packed: Buffer, into: Candidate[]): void {
  for (let at = 0; at < packed.length; at += PACKED_BYTES) {
    into.push({
      contactId: packed.toString('hex', at, at + 16),
      longitude: packed.readDoubleBE(at + 16),
      latitude: packed.readDoubleBE(at + 24),
    })
  }
}
