/**
 * What an audience asks of the database: ground as boxes and cells, groups as lists, whom to leave out. Areas become
 * tiles that the database compares coordinates with; what lies in a border cell is fetched and tested here, by the
 * one predicate of `geometry/`.
 */
import { boxesMeet } from '../geometry/box.ts'
import type { Box } from '../geometry/geojson.ts'
import { runsOf, type Run, type Tile } from '../geometry/grid.ts'
import {
  contactsInRuns,
  findInCells,
  holdFew,
  inTilesUpTo,
  locationsOfMembers,
  membersOf,
  type InTiles,
  type Named,
} from '../store/audience.ts'
import {
  prepareForSets,
  type Candidate,
  type FoundPeople,
  type MemberGroup,
  type OpenAt,
  type Selection,
} from '../store/selection.ts'
import type { Database } from '../store/database.ts'
import { optedOutContacts, type OptOutRule } from '../store/opt-out-rule.ts'
import type { Ground } from './areas.ts'
import type { PlainGroup, ResolvedGroup } from './resolve-groups.ts'
import type { ResolvedAudience } from './resolve.ts'

interface SourcedGround {
  readonly source: number
  readonly ground: Ground
}

/** Sources: the areas, then the groups, then the roster. @param among as of `membersIn` */
export async function sourcesOf(
  tx: Database,
  { areas, groups, openAt }: ResolvedAudience,
  among?: readonly Candidate[],
): Promise<Pick<Selection, 'sources' | 'lists'> & { grounds: SourcedGround[] }> {
  const lists: Selection['lists'][number][] = []
  for (const [no, group] of groups.entries()) {
    const members = await membersIn(tx, [group], openAt, among)
    lists.push(...members.map(list => ({ ...list, source: areas.length + no })))
  }
  return {
    sources: areas.length + groups.length,
    grounds: groundsOf([...areas, ...groups]),
    lists,
  }
}

export async function labelled(
  tx: Database,
  audience: ResolvedAudience,
  barred: readonly string[],
): Promise<Selection> {
  const { roster, openAt } = audience
  if (roster === undefined) {
    const { sources, grounds, lists } = await sourcesOf(tx, audience)
    const found = await testCells(tx, grounds, openAt)
    const tiles = splitTiles(grounds, lists.length === 0)
    return {
      sources,
      openAt,
      ownGrounds: tiles.map(({ source, boxes }) => ({ source, runs: runsOf(boxes.own) })),
      grounds: tiles.map(({ source, boxes }) => ({ source, runs: runsOf(boxes.shared) })),
      found,
      lists,
      required: undefined,
      barred,
    }
  }
  // A roster is small and the areas may be large: so its members are tested, not the ground searched.
  const candidates = await locationsOfMembers(tx, roster.id, openAt)
  const { sources, grounds, lists } = await sourcesOf(tx, audience, candidates)
  return {
    sources: sources + 1,
    openAt,
    ownGrounds: [],
    grounds: [],
    found: foundAmong(candidates, grounds),
    lists: [...lists, { ...inRows(roster), source: sources }],
    required: sources,
    barred,
  }
}

export function inRows({ id, rule }: PlainGroup): MemberGroup {
  return { groupId: id, rule, made: undefined }
}

function groundsOf(things: readonly { readonly ground: Ground | undefined }[]): SourcedGround[] {
  return things.flatMap(({ ground }, source) => (ground === undefined ? [] : [{ source, ground }]))
}

/**
 * Of groups, those whose people are in rows.
 *
 * @param among the places of the only people that matter; undefined: everyone does
 */
export async function membersIn(
  tx: Database,
  groups: readonly ResolvedGroup[],
  openAt: OpenAt,
  among?: readonly Candidate[],
): Promise<MemberGroup[]> {
  const members: MemberGroup[] = []
  for (const group of groups) {
    const { ground, made } = group
    if (made !== undefined)
      members.push({ ...inRows(group), made: await madeOf(tx, made, openAt, among) })
    else if (ground === undefined) members.push(inRows(group))
  }
  return members
}

async function madeOf(
  tx: Database,
  { groups, expression }: NonNullable<ResolvedGroup['made']>,
  openAt: OpenAt,
  among: readonly Candidate[] | undefined,
): Promise<NonNullable<MemberGroup['made']>> {
  const grounds = groundsOf(groups)
  // Cells first: where few people live they are all that there is.
  const found =
    among === undefined ? await testCells(tx, grounds, openAt) : foundAmong(among, grounds)
  const boxes = among === undefined ? boxesOf(grounds) : []
  const lists = groups.flatMap((group, source) =>
    group.ground === undefined ? [{ ...inRows(group), source }] : [],
  )
  return { expression, groups: { openAt, grounds: boxes, found, lists } }
}

function boxesOf(grounds: readonly SourcedGround[]): Selection['grounds'] {
  return grounds.map(({ source, ground }) => ({ source, runs: runsOf(ground.tiling().boxes) }))
}

function foundAmong(
  candidates: readonly Candidate[],
  grounds: readonly SourcedGround[],
): FoundPeople[] {
  return grounds.map(({ source, ground }) => ({
    source,
    contactIds: insideOf(ground, candidates),
  }))
}

interface SplitTiles {
  readonly source: number
  readonly boxes: { readonly own: readonly Tile[]; readonly shared: readonly Tile[] }
  readonly cells: { readonly own: readonly Tile[]; readonly shared: readonly Tile[] }
}

/**
 * Tells tiles where no other source's ground is from those that others touch.
 *
 * @param isGroundAll nobody is reached otherwise; on a list too, anybody may have a second source
 */
export function splitTiles(grounds: readonly SourcedGround[], isGroundAll: boolean): SplitTiles[] {
  return grounds.map(({ source, ground }) => {
    const others = grounds.filter(other => other.source !== source)
    const isAlone = ({ box }: Tile) =>
      isGroundAll && !others.some(other => touchesGround(box, other.ground))
    const { boxes, cells } = ground.tiling()
    return { source, boxes: partition(boxes, isAlone), cells: partition(cells, isAlone) }
  })
}

function partition(tiles: readonly Tile[], isOwn: (tile: Tile) => boolean) {
  const own: Tile[] = []
  const shared: Tile[] = []
  for (const tile of tiles) (isOwn(tile) ? own : shared).push(tile)
  return { own, shared }
}

function touchesGround(box: Box, { bounds, tiling }: Ground): boolean {
  if (!bounds.some(bound => boxesMeet(bound, box))) return false
  const { boxes, cells } = tiling()
  return [...boxes, ...cells].some(tile => boxesMeet(tile.box, box))
}

/** So many places are looked at sooner than more tiles are cut and asked for. */
const FEW = 5_000

/** Far-apart parts in greater number are better cut at once. */
const MAX_COARSE = 256

/** Asked of a few areas at the most: each answer takes a millisecond. */
const MAX_ASKED = 16

/** Leaves ground in coarse tiles where few people live. */
export async function chooseTiles(tx: Database, grounds: readonly Ground[]): Promise<void> {
  for (const ground of grounds.filter(isAsked).slice(0, MAX_ASKED)) {
    const { boxes, cells } = ground.coarse()
    if (await holdFew(tx, runsOf([...boxes, ...cells]), FEW)) ground.leaveCoarse()
  }
}

function isAsked({ isCut, coarse }: Ground): boolean {
  return !isCut() && coarse().boxes.length + coarse().cells.length <= MAX_COARSE
}

/** Everyone on ground by its coarse tiles, where few live; undefined where many do. */
export async function fewOn(
  tx: Database,
  ground: Ground,
  openAt: OpenAt,
  named: Named,
  optOuts?: OptOutRule,
): Promise<InTiles | undefined> {
  if (!isAsked(ground)) return undefined
  const { boxes, cells } = ground.coarse()
  return inTilesUpTo(
    tx,
    { boxes: runsOf(boxes), cells: runsOf(cells) },
    FEW,
    openAt,
    named,
    optOuts,
  )
}

export async function testCells(
  tx: Database,
  grounds: readonly SourcedGround[],
  openAt: OpenAt,
): Promise<FoundPeople[]> {
  await chooseTiles(
    tx,
    grounds.map(({ ground }) => ground),
  )
  return findInCells(
    tx,
    grounds.map(({ source, ground }) => ({ source, runs: runsOf(ground.tiling().cells) })),
    openAt,
    isInsideOf(grounds),
  )
}

export function isInsideOf(grounds: readonly SourcedGround[]) {
  const bySource = new Map(grounds.map(({ source, ground }) => [source, ground]))
  return (source: number, longitude: number, latitude: number) =>
    bySource.get(source)!.contains(longitude, latitude)
}

export function insideOf({ contains }: Ground, candidates: readonly Candidate[]): string[] {
  return candidates
    .filter(({ longitude, latitude }) => contains(longitude, latitude))
    .map(({ contactId }) => contactId)
}

export async function excluded(
  tx: Database,
  { excludeGroups, openAt }: ResolvedAudience,
): Promise<string[]> {
  const grounds = excludeGroups.flatMap(({ ground }) => ground ?? [])
  return [
    ...(await membersOf(tx, await membersIn(tx, excludeGroups, openAt))),
    ...(await insideAny(tx, grounds, openAt)),
  ]
}

export async function insideAny(
  tx: Database,
  grounds: readonly Ground[],
  openAt: OpenAt,
): Promise<string[]> {
  const inCells = await testCells(
    tx,
    grounds.map((ground, source) => ({ source, ground })),
    openAt,
  )
  const runs = grounds.flatMap(ground => runsOf(ground.tiling().boxes))
  const found = await contactsInRuns(tx, runs, openAt)
  for (const { contactIds } of inCells) for (const id of contactIds) found.push(id)
  return found
}

export function optedOut(tx: Database, { optOuts }: ResolvedAudience): Promise<string[]> {
  return optedOutContacts(tx, optOuts)
}

/** Runs set work: in a transaction, for its settings are not to outlive it. */
export function withSets<T>(db: Database, work: (tx: Database) => Promise<T>): Promise<T> {
  return db.transaction(async tx => {
    await prepareForSets(tx)
    return work(tx)
  })
}

/** Every other run, and the rest: each half holds about as many people. */
export function halvesOf(tiles: readonly Tile[]): [Run[], Run[]] {
  const runs = runsOf(tiles)
  return [runs.filter((_, i) => i % 2 === 0), runs.filter((_, i) => i % 2 === 1)]
}

/** The places of the ones in `from … to − 1` of a bit string, counted from `from`. */
export function numbersIn(mask: string, from: number, to: number): number[] {
  return mask
    .slice(from, to)
    .split('')
    .flatMap((bit, no) => (bit === '1' ? [no] : []))
}
