/**
 * The pieces of the questions behind `audience/`: set work.
 *
 * Ground is given as runs of the grid's numbers: of boxes, in which every location is a hit, and of cells, whose locations
 * are handed out to be tested by the one rule of `geometry/` and come back as ids. A hit carries a source (an area or a group),
 * and a person's sources are gathered in a mask: `'101'` says the first and the third. It is text where it is
 * compared, for bit strings can't be hashed.
 *
 * The planner doesn't know how many rows a box holds, nor an array once it plans for any value. So these
 * statements run in transactions made ready by `prepareForSets`, and what is left out comes as an array.
 */
import { sql, type SQL } from 'drizzle-orm'
import type { Run } from '../geometry/grid.ts'
import { arrayLiteral, numberArray, type Database } from './database.ts'
import { isHeld, type Expression } from './group-expressions.ts'
import { isAsRuled, type MemberRule } from './member-rules.ts'

/** Ground by the source that it speaks for. */
export interface Ground {
  readonly source: number
  readonly runs: readonly Run[]
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

export const isOpen = (openAt: OpenAt): SQL =>
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

/** A mask with the given bits set. */
export function maskOf(sources: number, set: readonly number[]): string {
  return Array.from({ length: sources }, (_, source) => (set.includes(source) ? '1' : '0')).join('')
}

/**
 * How a statement is planned: for its very runs, or `once` for any, however many there are. PostgreSQL takes such a plan
 * only where it looks no dearer, so the number of runs is hidden from it, and so that it can't choose badly among joins
 * it knows nothing of, `offset` keeps it to one run after another.
 */
type Planned = 'for these' | 'once'

/** `b(source, run_from, run_to)`. */
function runsIn(grounds: readonly Ground[], planned: Planned): SQL {
  const [sources, from, to]: number[][] = [[], [], []]
  for (const { source, runs } of grounds) {
    for (const run of runs) {
      sources!.push(source)
      from!.push(run.from)
      to!.push(run.to)
    }
  }
  const hidden = (array: SQL) => (planned === 'once' ? sql`(select ${array})` : array)
  const numbers = (all: readonly number[]) => hidden(sql`${numberArray(all)}::bigint[]`)
  return sql`
    unnest(${hidden(sql`${numberArray(sources!)}::int[]`)}, ${numbers(from!)}, ${numbers(to!)})
      as b(source, run_from, run_to)`
}

const isInRun = (openAt: OpenAt): SQL => sql`
  grid_number(position) >= b.run_from and grid_number(position) < b.run_to ${isOpen(openAt)}`

/** `b(source, …)` and `l(contact_id, phone_key, sole, language, position)` for every location in a run. */
export function located(
  grounds: readonly Ground[],
  openAt: OpenAt,
  planned: Planned = 'for these',
): SQL {
  return sql`${runsIn(grounds, planned)} cross join lateral (
    select contact_id, phone_key, sole, language, position from locations
    where ${isInRun(openAt)} ${planned === 'once' ? sql`offset 0` : sql``}) l`
}

/**
 * `b(source, …)` and `l` for every run that holds somebody, gathered from `h(contact_id, phone_key, sole, language,
 * position)`. Piece by piece: what is put together for all runs comes to megabytes, and to find room for these takes the
 * database and its client longer than the search.
 *
 * @param groupedBy columns of `l`
 */
export function byRun(
  grounds: readonly Ground[],
  openAt: OpenAt,
  gathered: SQL,
  { where = sql``, groupedBy }: { where?: SQL; groupedBy?: SQL } = {},
): SQL {
  return sql`${runsIn(grounds, 'for these')} cross join lateral (
    select ${gathered} from (
      select contact_id, phone_key, sole, language, position from locations where ${isInRun(openAt)}
    ) h
    ${where}
    ${groupedBy === undefined ? sql`having count(*) > 0` : sql`group by ${groupedBy}`}) l`
}

/** Rows `(contact_id, sole, source)`; `sole`: of a box, for a person without another location. */
export function hits(
  { openAt, ownGrounds, grounds, found, lists }: Omit<Selection, 'sources' | 'required' | 'barred'>,
  only: 'all' | 'shared' = 'all',
): SQL {
  const branches: SQL[] = []
  const everyGround = [...ownGrounds, ...grounds]
  if (only === 'shared' && hasRuns(ownGrounds)) {
    branches.push(
      sql`select l.contact_id, false as sole, b.source from ${located(ownGrounds, openAt)} where not l.sole`,
    )
    if (hasRuns(grounds)) {
      branches.push(sql`select l.contact_id, false, b.source from ${located(grounds, openAt)}`)
    }
  } else if (hasRuns(everyGround)) {
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

export function hasRuns(grounds: readonly Ground[]): boolean {
  return grounds.some(({ runs }) => runs.length > 0)
}

/**
 * Rows `(contact_id, mask)`, one a person, the barred left out. Gathering by person costs as much as all the
 * rest; so the great majority, which can't be hit twice, goes by it.
 */
export function recipients(selection: Selection): SQL {
  const alone = foundOnce(selection)
  if (alone === undefined) return foundOften(selection)
  return sql`
    select contact_id, mask from (${alone}) a union all select contact_id, mask from (${foundOften(selection)}) g`
}

/** Rows `(contact_id, mask, phone_key, language)` of those who can't be hit twice; undefined where there are none. */
export function foundOnce(selection: Selection): SQL | undefined {
  const { openAt, ownGrounds, barred } = selection
  if (!hasRuns(ownGrounds)) return undefined
  return sql`
    select h.contact_id, (${masksOf(selection)}::text[])[h.source + 1] as mask, h.phone_key, h.language
    from (
      select l.contact_id, b.source, l.phone_key, l.language from ${located(ownGrounds, openAt)} where l.sole
    ) h
    ${notBarred(barred)}
  `
}

/** Rows `(contact_id, mask)` of the others. */
export function foundOften(selection: Selection): SQL {
  const { required, barred } = selection
  return sql`
    select h.contact_id, bit_or((${masksOf(selection)}::varbit[])[h.source + 1])::text as mask
    from (${hits(selection, 'shared')}) h
    ${notBarred(barred)}
    group by h.contact_id
    ${required === undefined ? sql`` : sql`having bool_or(h.source = ${required}::int)`}
  `
}

function masksOf({ sources }: Selection): string {
  return arrayLiteral(Array.from({ length: sources }, (_, source) => maskOf(sources, [source])))
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
 * `p` joined to its contacts `c`, in the way that suits how many of the hits there are. The planner has no idea of that:
 * left to itself it reads a million contacts for the sake of a hundred, or looks up a million one by one.
 */
export async function joinContacts(
  tx: Database,
  selection: Selection,
  which: 'all' | 'shared' = 'all',
): Promise<SQL> {
  const [row] = await tx.execute<{ many: boolean }>(sql`
    select count(*) = ${MANY}::int as many
    from (select from (${hits(selection, which)}) h limit ${MANY}::int) sample
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
export const PACKED_BYTES = 32

/** As text: bytes come as text, too, and would have to be read twice. */
export const packedIds = (contactId: SQL): SQL =>
  sql`encode(string_agg(uuid_send(${contactId}), ''), 'hex')`

export function unpackIds(hex: string | null | undefined, ids: string[] = []): string[] {
  if (hex == null) return ids
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

/** Rows `(group_id, contact_id)` of groups whose people are in rows, at least one group. */
export function memberships(groups: readonly MemberGroup[]): SQL {
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
