/**
 * Who is reached: one rule for estimates, planning and tallies.
 *
 * Recipients are the contacts inside any of the areas and the members of the groups, less those of the
 * excluded groups and those who opted out; with a roster exactly its members, less the same, and areas and
 * groups only label. A person with several locations, or reached in several ways, is one recipient.
 *
 * Areas become tiles that the database compares coordinates with; what lies in a border cell is fetched and
 * tested here, by the one predicate of `geometry/`.
 */
import type { Area } from '../cap/area.ts'
import { PhoneSet } from '../encoding/phone-set.ts'
import { AppError, type Fault } from '../errors.ts'
import { boxesMeet } from '../geometry/box.ts'
import type { Box } from '../geometry/geojson.ts'
import { joinShapes } from '../geometry/shape.ts'
import {
  closeHits,
  contactsInBoxes,
  countByKind,
  countInTiles,
  countMembersOf,
  countPeople,
  countUnlocated,
  copyPeople,
  findInCells,
  holdFew,
  locationsOfMembers,
  membersOf,
  nextHits,
  openHits,
  optedOutContacts,
  placesUpTo,
  phonesOf,
  prepareForSets,
  readReachable,
  type Candidate,
  type FoundPeople,
  type Kind,
  type MemberGroup,
  type OptOutRule,
  type PersonKind,
  type ReachablePerson,
  type Selection,
} from '../store/audience.ts'
import type { Database, Session } from '../store/database.ts'
import { areToldByHead, countAloneByKind } from '../store/people-alone.ts'
import { geocodesOf, groundOf, groundOfShape, type Ground } from './areas.ts'
import { groupsAround, holds } from './expressions.ts'
import { lookUpGeocodes, type GeocodeSetVersion } from './geocodes.ts'
import { resolveGroups, type PlainGroup, type ResolvedGroup } from './resolve-groups.ts'

export interface AudienceDefinition {
  readonly areas: readonly Area[]
  /** Ids. */
  readonly groups: readonly string[]
  readonly excludeGroups: readonly string[]
  /** The id of a listed group: then exactly its members are reached. */
  readonly roster?: string
  /** Skips only those who opted out of everything. */
  readonly emergency: boolean
  /** CAP categories: who opted out of one of them is skipped. */
  readonly categories: readonly string[]
  /** What the areas' geocodes are to be looked up in; if absent, what is current. */
  readonly geocodeSets?: readonly GeocodeSetVersion[]
}

interface ResolvedArea {
  readonly areaDesc: string
  readonly ground: Ground
}

export interface ResolvedAudience {
  readonly areas: readonly ResolvedArea[]
  readonly groups: readonly ResolvedGroup[]
  readonly excludeGroups: readonly ResolvedGroup[]
  readonly roster: ResolvedGroup | undefined
  /** What the areas' geocodes were looked up in. */
  readonly geocodeSets: readonly GeocodeSetVersion[]
  readonly optOuts: OptOutRule
  /** All of the areas and geographic groups as one; undefined with a roster, or where there is none. */
  readonly everywhere: Ground | undefined
}

/**
 * Looks up all that an audience names.
 *
 * @throws AppError `invalid_group`, `unknown_geocode` or `invalid_area`, with every fault at its pointer:
 *   `/areas/…`, `/audience/groups/…`, `/audience/excludeGroups/…`, `/audience/roster`
 */
export async function resolveAudience(
  db: Database,
  definition: AudienceDefinition,
): Promise<ResolvedAudience> {
  const { emergency, categories } = definition
  const named = geocodesOf(definition.areas)
  const geocodes = await lookUpGeocodes(db, named, definition.geocodeSets)
  const areas = definition.areas.map((area, no) => ({
    areaDesc: area.areaDesc,
    ground: groundOf(area, geocodes, `/areas/${no}`),
  }))
  const groupsNamed = [
    ...definition.groups.map((id, no) => ({ id, pointer: `/audience/groups/${no}` })),
    ...definition.excludeGroups.map((id, no) => ({ id, pointer: `/audience/excludeGroups/${no}` })),
    ...(definition.roster === undefined
      ? []
      : [{ id: definition.roster, pointer: '/audience/roster' }]),
  ]
  const found = await resolveGroups(db, [...new Set(groupsNamed.map(({ id }) => id))])
  const faults = groupsNamed.flatMap(({ id, pointer }): Fault[] => {
    const group = found.get(id)
    if (group === undefined) return [{ pointer, detail: 'is no group' }]
    if (pointer !== '/audience/roster' || isListed(group)) return []
    return [{ pointer, detail: 'is no listed group: a roster lists its members' }]
  })
  if (faults.length > 0) {
    throw new AppError('invalid_group', 'the audience names groups that it can not have', {
      faults,
    })
  }
  const groups = definition.groups.map(id => found.get(id)!)
  const roster = definition.roster === undefined ? undefined : found.get(definition.roster)
  const shapes = [...areas, ...groups].flatMap(({ ground }) => ground?.shape ?? [])
  return {
    areas,
    groups,
    excludeGroups: definition.excludeGroups.map(id => found.get(id)!),
    roster,
    geocodeSets: geocodes.versions,
    optOuts: { emergency, categories },
    everywhere: roster === undefined && shapes.length > 0 ? unionOf(areas, groups) : undefined,
  }
}

/** One area alone is its own union, cut once. */
function unionOf(areas: readonly ResolvedArea[], groups: readonly ResolvedGroup[]): Ground {
  const grounds = [...areas, ...groups].flatMap(({ ground }) => ground ?? [])
  return grounds.length === 1
    ? grounds[0]!
    : groundOfShape(joinShapes(grounds.map(({ shape }) => shape)))
}

function isListed({ ground, rule, made }: ResolvedGroup): boolean {
  return ground === undefined && rule === undefined && made === undefined
}

function inRows({ id, rule }: PlainGroup): MemberGroup {
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
async function membersIn(
  tx: Database,
  groups: readonly ResolvedGroup[],
  among?: readonly Candidate[],
): Promise<MemberGroup[]> {
  const members: MemberGroup[] = []
  for (const group of groups) {
    const { ground, made } = group
    if (made !== undefined) members.push({ ...inRows(group), made: await madeOf(tx, made, among) })
    else if (ground === undefined) members.push(inRows(group))
  }
  return members
}

async function madeOf(
  tx: Database,
  { groups, expression }: NonNullable<ResolvedGroup['made']>,
  among: readonly Candidate[] | undefined,
): Promise<NonNullable<MemberGroup['made']>> {
  const grounds = groundsOf(groups)
  // Cells first: where few people live they are all that there is.
  const found = among === undefined ? await testCells(tx, grounds) : foundAmong(among, grounds)
  const boxes = among === undefined ? boxesOf(grounds) : []
  const lists = groups.flatMap((group, source) =>
    group.ground === undefined ? [{ ...inRows(group), source }] : [],
  )
  return { expression, groups: { grounds: boxes, found, lists } }
}

function boxesOf(grounds: readonly SourcedGround[]): Selection['grounds'] {
  return grounds.map(({ source, ground }) => ({ source, boxes: ground.tiling().boxes }))
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

/** Runs set work: in a transaction, for its settings are not to outlive it. */
function withSets<T>(db: Database, work: (tx: Database) => Promise<T>): Promise<T> {
  return db.transaction(async tx => {
    await prepareForSets(tx)
    return work(tx)
  })
}

/** How many recipients there are. A million contacts, 300,000 of them inside: about a tenth of a second. */
export function countAudience(db: Database, audience: ResolvedAudience): Promise<number> {
  const { everywhere, groups, excludeGroups } = audience
  // Ground alone needs nothing made ready, and who opted out is asked at the same time.
  const isGround = everywhere !== undefined && groups.every(({ ground }) => ground !== undefined)
  if (isGround && excludeGroups.length === 0) {
    return countOnGround(db, everywhere, optedOut(db, audience))
  }
  return withSets(db, async tx => {
    const barred = [...(await excluded(tx, audience)), ...(await optedOut(tx, audience))]
    return countUnlabelled(tx, audience, barred)
  })
}

/** The phones of all recipients. */
export function phonesIn(db: Database, audience: ResolvedAudience): Promise<PhoneSet> {
  return withSets(db, async tx => {
    const barred = [...(await excluded(tx, audience)), ...(await optedOut(tx, audience))]
    return PhoneSet.read([await phonesOf(tx, await labelled(tx, audience, barred))])
  })
}

/** How many people a group holds, whoever opted out included. */
export function countMembers(db: Database, group: ResolvedGroup): Promise<number> {
  const { ground } = group
  if (ground !== undefined) return countPeopleOn(db, ground)
  return withSets(db, async tx => countMembersOf(tx, (await membersIn(tx, [group]))[0]!))
}

async function countUnlabelled(
  tx: Database,
  audience: ResolvedAudience,
  barred: readonly string[],
): Promise<number> {
  const { everywhere } = audience
  const selection = await surelyHit(tx, audience)
  if (everywhere !== undefined && selection.lists.length === 0) {
    return countOnGround(tx, everywhere, Promise.resolve(barred))
  }
  const found =
    everywhere === undefined ? [] : await testCells(tx, [{ source: 0, ground: everywhere }])
  return countPeople(tx, { ...selection, found, barred })
}

/** So many places are tested sooner than tiles are cut. */
const FEW = 8_000
/** Far-apart parts in greater number are better cut. */
const MAX_COVER = 64

/** How many people are inside, whoever opted out included. */
export function countPeopleOn(db: Database, ground: Ground): Promise<number> {
  return countOnGround(db, ground, Promise.resolve([]))
}

/** Tiles are disjoint, so whoever has a single location is in one of them: only the others are told apart. */
async function countOnGround(
  tx: Database,
  ground: Ground,
  barring: Promise<readonly string[]>,
): Promise<number> {
  const [barred, few] = await Promise.all([barring, fewOn(tx, ground)])
  if (few !== undefined) {
    const out = new Set(barred)
    return new Set(insideOf(ground, few).filter(id => !out.has(id))).size
  }
  const { contains } = ground
  const { once, others, solePlaces, shared } = await countInTiles(tx, ground.tiling(), barred)
  let alone = once
  for (let at = 0; at < solePlaces.length; at += 16) {
    if (contains(solePlaces.readDoubleBE(at), solePlaces.readDoubleBE(at + 8))) alone++
  }
  return alone + new Set([...others, ...insideOf(ground, shared)]).size
}

/** Every location that may be on ground, where few are: then its tiles are not worth cutting. */
async function fewOn(tx: Database, { isCut, cover }: Ground): Promise<Candidate[] | undefined> {
  return isCut() || cover().length > MAX_COVER ? undefined : placesUpTo(tx, cover(), FEW)
}

/** Asked of a few areas at the most: each answer takes a millisecond. */
const MAX_ASKED = 16

/** Leaves ground uncut where few people live. */
async function chooseTiles(tx: Database, grounds: readonly Ground[]): Promise<void> {
  const uncut = grounds.filter(({ isCut, cover }) => !isCut() && cover().length <= MAX_COVER)
  for (const ground of uncut.slice(0, MAX_ASKED)) {
    if (await holdFew(tx, ground.cover(), FEW)) ground.leaveUncut()
  }
}

/** Recipients alike in all that decides their text, their tally and their way. */
export interface RecipientKind {
  readonly areaNos: readonly number[]
  readonly groupNos: readonly number[]
  readonly language: string | undefined
  /** The longest of the given prefixes that begins their phones, '' where none does. */
  readonly prefix: string
  readonly recipients: number
}

export interface AudienceEstimate {
  readonly recipients: number
  /** Would be recipients if they had not opted out. */
  readonly optedOut: number
  readonly kinds: readonly RecipientKind[]
  readonly byLanguage: readonly { language: string | undefined; recipients: number }[]
  /** `recipients`: by the first area, in the areas' order, that holds them; `inside`: all that it holds. */
  readonly byArea: readonly { areaDesc: string; recipients: number; inside: number }[]
  readonly byGroup: readonly { groupId: string; name: string; recipients: number }[]
}

/**
 * Counts recipients in every way that an operator is shown.
 *
 * @param prefixes those of all carriers' routes
 * @returns `unlocated`: recipients without any location, whom no area would find
 */
export function estimateAudience(
  db: Database,
  audience: ResolvedAudience,
  prefixes: readonly string[],
): Promise<AudienceEstimate & { readonly unlocated: number }> {
  const { areas, groups, roster } = audience
  return withSets(db, async tx => {
    const barred = await excluded(tx, audience)
    const out = await optedOut(tx, audience)
    const counted = await countKinds(tx, audience, prefixes, [...barred, ...out])
    const kinds = counted.map(kind => ({
      areaNos: numbersIn(kind.mask, 0, areas.length),
      groupNos: numbersIn(kind.mask, areas.length, areas.length + groups.length),
      language: kind.language,
      prefix: kind.prefix,
      recipients: kind.people,
    }))
    const recipients = sum(kinds)
    const withOptedOut = out.length === 0 ? recipients : await countUnlabelled(tx, audience, barred)
    const members = await membersIn(tx, roster === undefined ? groups : [roster])
    return {
      ...estimateOf(kinds, withOptedOut - recipients, audience),
      unlocated: await countUnlocated(tx, members, [...barred, ...out]),
    }
  })
}

async function countKinds(
  tx: Database,
  audience: ResolvedAudience,
  prefixes: readonly string[],
  barred: readonly string[],
): Promise<Kind[]> {
  const { roster } = audience
  if (roster !== undefined || !areToldByHead(prefixes)) {
    return countByKind(tx, await labelled(tx, audience, barred), prefixes)
  }
  const { grounds, lists, sources } = await sourcesOf(tx, audience)
  await chooseTiles(
    tx,
    grounds.map(({ ground }) => ground),
  )
  const tiles = splitTiles(grounds, lists.length === 0)
  const { kinds, found } = await countAloneByKind(
    tx,
    {
      sources,
      boxes: tiles.map(({ source, boxes }) => ({ source, boxes: boxes.own })),
      cells: tiles.map(({ source, cells }) => ({ source, boxes: cells.own })),
    },
    prefixes,
    barred,
    isInsideOf(grounds),
  )
  const inCells = await findInCells(
    tx,
    tiles.map(({ source, cells }) => ({ source, boxes: cells.shared })),
    isInsideOf(grounds),
  )
  const others: Selection = {
    sources,
    ownGrounds: [],
    grounds: tiles.map(({ source, boxes }) => ({ source, boxes: boxes.shared })),
    found: [...found, ...inCells],
    lists,
    required: undefined,
    barred,
  }
  const isAll =
    lists.length === 0 &&
    others.grounds.every(({ boxes }) => boxes.length === 0) &&
    others.found.every(({ contactIds }) => contactIds.length === 0)
  return isAll ? [...kinds] : [...kinds, ...(await countByKind(tx, others, prefixes))]
}

/** The sums of what was counted by kind. */
export function estimateOf(
  kinds: readonly RecipientKind[],
  skipped: number,
  {
    areas,
    groups,
  }: { areas: readonly Named<'areaDesc'>[]; groups: readonly Named<'id' | 'name'>[] },
): AudienceEstimate {
  const languages = [...new Set(kinds.map(kind => kind.language))]
  return {
    recipients: sum(kinds),
    optedOut: skipped,
    kinds,
    byLanguage: languages
      .map(language => ({
        language,
        recipients: sum(kinds.filter(k => k.language === language)),
      }))
      .toSorted((a, b) => b.recipients - a.recipients),
    byArea: areas.map(({ areaDesc }, no) => ({
      areaDesc,
      recipients: sum(kinds.filter(kind => kind.areaNos[0] === no)),
      inside: sum(kinds.filter(kind => kind.areaNos.includes(no))),
    })),
    byGroup: groups.map(({ id, name }, no) => ({
      groupId: id,
      name,
      recipients: sum(kinds.filter(kind => kind.groupNos.includes(no))),
    })),
  }
}

type Named<Key extends string> = { readonly [K in Key]: string }

function sum(kinds: readonly RecipientKind[]): number {
  return kinds.reduce((total, kind) => total + kind.recipients, 0)
}

/** The places of the ones in `from … to − 1` of a bit string, counted from `from`. */
function numbersIn(mask: string, from: number, to: number): number[] {
  return mask
    .slice(from, to)
    .split('')
    .flatMap((bit, no) => (bit === '1' ? [no] : []))
}

interface Recipient {
  readonly contactId: string
  readonly phone: string
  readonly language: string | undefined
  /** All areas that hold the person, ascending; none where reached through a group alone. */
  readonly areaNos: readonly number[]
  readonly groupNos: readonly number[]
}

/** Hits looked at before a first slice is given up as too thinly spread: the rest will have them. */
const MAX_FIRST_HITS = 50_000

export interface FirstRecipients {
  /** Some recipients at once, whoever is found first; fewer than `limit` where few are found quickly. */
  take(limit: number): Promise<Recipient[]>
  /** @returns the contacts that were taken */
  close(): Promise<string[]>
}

/** Run it and `copyAudience` in one repeatable-read transaction: together they hold everyone once. */
export async function openFirstRecipients(
  snapshot: Database,
  audience: ResolvedAudience,
): Promise<FirstRecipients> {
  const { everywhere, groups, excludeGroups, roster, optOuts } = audience
  const plain = [...groups, ...excludeGroups].flatMap(({ made, ...group }) => made?.groups ?? group)
  const inPlainRows = [...new Map(plain.map(group => [group.id, group])).values()]
    .filter(({ ground }) => ground === undefined)
    .map(inRows)
  const seen = new Set<string>()
  const taken: string[] = []
  const found: Recipient[] = []
  let looked = 0
  let areCellsLooked = roster !== undefined || everywhere === undefined

  const reached = async (hits: readonly string[]): Promise<Recipient[]> => {
    const unseen = [...new Set(hits)].filter(id => !seen.has(id))
    for (const id of unseen) seen.add(id)
    const people = await readReachable(snapshot, unseen, inPlainRows, optOuts)
    return people.flatMap(person => judge(audience, person) ?? [])
  }

  const nextFew = async (missing: number): Promise<string[]> => {
    if (looked < MAX_FIRST_HITS) {
      // Some more than are missing: opt-outs and people with several locations among them.
      const hits = await nextHits(snapshot, Math.ceil(missing * 1.1) + 10)
      looked = hits.length === 0 ? MAX_FIRST_HITS : looked + hits.length
      if (hits.length > 0) return hits
    }
    if (areCellsLooked) return []
    areCellsLooked = true
    const inside = await testCells(snapshot, [{ source: 0, ground: everywhere! }])
    const inCells = inside.flatMap(({ contactIds }) => contactIds).map(withDashes)
    return inCells.slice(0, Math.max(missing, MAX_FIRST_HITS))
  }

  await openHits(snapshot, aroundMade(await surelyHit(snapshot, audience)))
  return {
    async take(limit) {
      while (found.length < limit) {
        const hits = await nextFew(limit - found.length)
        if (hits.length === 0) break
        found.push(...(await reached(hits)))
      }
      // Who is past the limit is taken next, or is left to the rest.
      const recipients = found.splice(0, limit)
      for (const { contactId } of recipients) taken.push(contactId)
      return recipients
    },
    async close() {
      await closeHits(snapshot)
      return taken
    },
  }
}

async function surelyHit(
  tx: Database,
  { everywhere, groups, roster }: ResolvedAudience,
): Promise<Selection> {
  const lists = await membersIn(tx, roster === undefined ? groups : [roster])
  return {
    sources: 1,
    ownGrounds: everywhere === undefined ? [] : [{ source: 0, boxes: everywhere.tiling().boxes }],
    grounds: [],
    found: [],
    required: undefined,
    barred: [],
    lists: lists.map(list => ({ ...list, source: 0 })),
  }
}

/**
 * In the place of each group made of others those that hold all its people, whoever else they hold: these come at
 * once, where telling who of a million is in it takes two seconds.
 */
function aroundMade(selection: Selection): Selection {
  const lists = selection.lists.filter(({ made }) => made === undefined)
  const [grounds, found] = [[...selection.grounds], [...selection.found]]
  for (const { made, source } of selection.lists) {
    if (made === undefined) continue
    const around = groupsAround(made.expression)
    const isAround = (below: { source: number }) => around.includes(below.source)
    const ofSource = <Below extends { source: number }>(all: readonly Below[]) =>
      all.filter(isAround).map(below => ({ ...below, source }))
    lists.push(...ofSource(made.groups.lists))
    grounds.push(...ofSource(made.groups.grounds))
    found.push(...ofSource(made.groups.found))
  }
  return { ...selection, lists, grounds, found }
}

/** A person's areas and groups; undefined if excluded, or reached by none. */
function judge(audience: ResolvedAudience, person: ReachablePerson): Recipient | undefined {
  const { areas, groups, excludeGroups, roster } = audience
  const { contactId, phone, language, locations, groupIds } = person
  const isIn = (ground: Ground) => locations.some(([x, y]) => ground.contains(x, y))
  const isInPlain = ({ id, ground }: PlainGroup) =>
    ground === undefined ? groupIds.includes(id) : isIn(ground)
  const isMember = ({ made, ...group }: ResolvedGroup) =>
    made === undefined
      ? isInPlain(group)
      : holds(made.expression, no => isInPlain(made.groups[no]!))
  if (excludeGroups.some(isMember)) return undefined
  const areaNos = areas.flatMap(({ ground }, no) => (isIn(ground) ? [no] : []))
  const groupNos = groups.flatMap((group, no) => (isMember(group) ? [no] : []))
  if (roster === undefined && areaNos.length + groupNos.length === 0) return undefined
  return { contactId, phone, language, areaNos, groupNos }
}

/** PostgreSQL writes ids with dashes; what is packed has none. */
function withDashes(id: string): string {
  return `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`
}

/** Recipients alike in all that decides their text and their tally: one object for all of them. */
export type ReachedAlike = Omit<Recipient, 'contactId' | 'phone'>

export interface AudienceSink {
  /** A recipient, as `PeopleSink` gives it. */
  take(alike: ReachedAlike, octets: Buffer, idAt: number, phoneAt: number, phoneEnd: number): void
  drain(): Promise<void> | undefined
}

/**
 * All recipients but those excepted, as they stream from the database: memory stays flat whatever their number.
 *
 * @param except contacts by id, or whom a planner that died had planned (`stagePlanned`)
 */
export async function copyAudience(
  session: Session,
  snapshot: Database,
  audience: ResolvedAudience,
  except: { readonly ids: readonly string[] } | 'planned',
  sink: AudienceSink,
): Promise<void> {
  await prepareForSets(snapshot)
  const barred = [...(await excluded(snapshot, audience)), ...(await optedOut(snapshot, audience))]
  const selection = await labelled(snapshot, audience, barred)
  const areas = audience.areas.length
  const all = areas + audience.groups.length
  const known = new Map<PersonKind, ReachedAlike>()
  await copyPeople(session, snapshot, selection, except, {
    take(kind, octets, idAt, phoneAt, phoneEnd) {
      let alike = known.get(kind)
      if (alike === undefined) {
        const { mask, language } = kind
        const areaNos = numbersIn(mask, 0, areas)
        alike = { language, areaNos, groupNos: numbersIn(mask, areas, all) }
        known.set(kind, alike)
      }
      sink.take(alike, octets, idAt, phoneAt, phoneEnd)
    },
    drain: () => sink.drain(),
  })
}

/** Sources: the areas, then the groups, then the roster. @param among as of `membersIn` */
async function sourcesOf(
  tx: Database,
  { areas, groups }: ResolvedAudience,
  among?: readonly Candidate[],
): Promise<Pick<Selection, 'sources' | 'lists'> & { grounds: SourcedGround[] }> {
  const lists: Selection['lists'][number][] = []
  for (const [no, group] of groups.entries()) {
    const members = await membersIn(tx, [group], among)
    lists.push(...members.map(list => ({ ...list, source: areas.length + no })))
  }
  return {
    sources: areas.length + groups.length,
    grounds: groundsOf([...areas, ...groups]),
    lists,
  }
}

async function labelled(
  tx: Database,
  audience: ResolvedAudience,
  barred: readonly string[],
): Promise<Selection> {
  const { roster } = audience
  if (roster === undefined) {
    const { sources, grounds, lists } = await sourcesOf(tx, audience)
    const found = await testCells(tx, grounds)
    const tiles = splitTiles(grounds, lists.length === 0)
    return {
      sources,
      ownGrounds: tiles.map(({ source, boxes }) => ({ source, boxes: boxes.own })),
      grounds: tiles.map(({ source, boxes }) => ({ source, boxes: boxes.shared })),
      found,
      lists,
      required: undefined,
      barred,
    }
  }
  // A roster is small and the areas may be large: so its members are tested, not the ground searched.
  const candidates = await locationsOfMembers(tx, roster.id)
  const { sources, grounds, lists } = await sourcesOf(tx, audience, candidates)
  return {
    sources: sources + 1,
    ownGrounds: [],
    grounds: [],
    found: foundAmong(candidates, grounds),
    lists: [...lists, { ...inRows(roster), source: sources }],
    required: sources,
    barred,
  }
}

interface SplitTiles {
  readonly source: number
  readonly boxes: { readonly own: readonly Box[]; readonly shared: readonly Box[] }
  readonly cells: { readonly own: readonly Box[]; readonly shared: readonly Box[] }
}

/**
 * Tells tiles where no other source's ground is from those that others touch.
 *
 * @param isGroundAll nobody is reached otherwise; on a list too, anybody may have a second source
 */
function splitTiles(grounds: readonly SourcedGround[], isGroundAll: boolean): SplitTiles[] {
  return grounds.map(({ source, ground }) => {
    const others = grounds.filter(other => other.source !== source)
    const isAlone = (box: Box) =>
      isGroundAll && !others.some(other => touchesGround(box, other.ground))
    const { boxes, cells } = ground.tiling()
    return { source, boxes: partition(boxes, isAlone), cells: partition(cells, isAlone) }
  })
}

function partition(boxes: readonly Box[], isOwn: (box: Box) => boolean) {
  const own: Box[] = []
  const shared: Box[] = []
  for (const box of boxes) (isOwn(box) ? own : shared).push(box)
  return { own, shared }
}

function touchesGround(box: Box, { bounds, tiling }: Ground): boolean {
  if (!bounds.some(bound => boxesMeet(bound, box))) return false
  const { boxes, cells } = tiling()
  return boxes.some(tile => boxesMeet(tile, box)) || cells.some(tile => boxesMeet(tile, box))
}

interface SourcedGround {
  readonly source: number
  readonly ground: Ground
}

async function testCells(tx: Database, grounds: readonly SourcedGround[]): Promise<FoundPeople[]> {
  await chooseTiles(
    tx,
    grounds.map(({ ground }) => ground),
  )
  return findInCells(
    tx,
    grounds.map(({ source, ground }) => ({ source, boxes: ground.tiling().cells })),
    isInsideOf(grounds),
  )
}

function isInsideOf(grounds: readonly SourcedGround[]) {
  const bySource = new Map(grounds.map(({ source, ground }) => [source, ground]))
  return (source: number, longitude: number, latitude: number) =>
    bySource.get(source)!.contains(longitude, latitude)
}

function insideOf({ contains }: Ground, candidates: readonly Candidate[]): string[] {
  return candidates
    .filter(({ longitude, latitude }) => contains(longitude, latitude))
    .map(({ contactId }) => contactId)
}

function optedOut(tx: Database, { optOuts }: ResolvedAudience): Promise<string[]> {
  return optedOutContacts(tx, optOuts)
}

async function excluded(tx: Database, { excludeGroups }: ResolvedAudience): Promise<string[]> {
  const grounds = excludeGroups.flatMap(({ ground }) => ground ?? [])
  return [
    ...(await membersOf(tx, await membersIn(tx, excludeGroups))),
    ...(await insideAny(tx, grounds)),
  ]
}

/** Ids of everyone inside, 32 hexadecimal digits each; who has several locations there comes several times. */
export async function findContactsOn(db: Database, ground: Ground): Promise<string[]> {
  const few = await fewOn(db, ground)
  if (few !== undefined) return insideOf(ground, few)
  ground.tiling()
  return insideAny(db, [ground])
}

async function insideAny(tx: Database, grounds: readonly Ground[]): Promise<string[]> {
  const inCells = await testCells(
    tx,
    grounds.map((ground, source) => ({ source, ground })),
  )
  const boxes = grounds.flatMap(ground => ground.tiling().boxes)
  const found = await contactsInBoxes(tx, boxes)
  for (const { contactIds } of inCells) for (const id of contactIds) found.push(id)
  return found
}
