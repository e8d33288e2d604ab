/** Recipients counted in every way that an operator is shown. */
import {
  countByKind,
  countUnlocated,
  findInCells,
  type CountedByKind,
  type Kind,
} from '../store/audience.ts'
import { prepareForSets, type Selection } from '../store/selection.ts'
import { runsOf, type Run, type Tile } from '../geometry/grid.ts'
import type { Database } from '../store/database.ts'
import { beside, type InTwo } from '../store/in-two.ts'
import { countAloneByKind } from '../store/people-alone.ts'
import type { ResolvedAudience } from './resolve.ts'
import {
  chooseTiles,
  excluded,
  halvesOf,
  isInsideOf,
  labelled,
  membersIn,
  numbersIn,
  optedOut,
  sourcesOf,
  splitTiles,
} from './selection.ts'

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

/** `unlocated`: recipients without any location, whom no area would find. */
export type OwnEstimate = AudienceEstimate & { readonly unlocated: number }

/**
 * Counts recipients in every way that an operator is shown.
 *
 * @param prefixes those of all carriers' routes
 */
export function estimateAudience(
  db: Database,
  audience: ResolvedAudience,
  prefixes: readonly string[],
): Promise<OwnEstimate> {
  return db.transaction(tx => estimateWithin(tx, db, audience, prefixes))
}

/**
 * The same in a transaction that does other things, too.
 *
 * @param pool another connection may come from
 */
export async function estimateWithin(
  tx: Database,
  pool: Database,
  audience: ResolvedAudience,
  prefixes: readonly string[],
): Promise<OwnEstimate> {
  const { areas, groups, roster, openAt } = audience
  await prepareForSets(tx)
  const barred = await excluded(tx, audience)
  const counted = await countKinds(tx, beside(tx, pool), audience, prefixes, barred)
  const kinds = counted.kinds.map(kind => ({
    areaNos: numbersIn(kind.mask, 0, areas.length),
    groupNos: numbersIn(kind.mask, areas.length, areas.length + groups.length),
    language: kind.language,
    prefix: kind.prefix,
    recipients: kind.people,
  }))
  const members = await membersIn(tx, roster === undefined ? groups : [roster], openAt)
  const out = members.length === 0 ? [] : await optedOut(tx, audience)
  return {
    ...estimateOf(kinds, counted.skipped, audience),
    unlocated: await countUnlocated(tx, members, [...barred, ...out]),
  }
}

async function countKinds(
  tx: Database,
  inTwo: InTwo,
  audience: ResolvedAudience,
  prefixes: readonly string[],
  barred: readonly string[],
): Promise<CountedByKind> {
  const { roster, openAt, optOuts } = audience
  if (roster !== undefined) {
    return countByKind(tx, await labelled(tx, audience, barred), prefixes, optOuts)
  }
  const { grounds, lists, sources } = await sourcesOf(tx, audience)
  await chooseTiles(
    tx,
    grounds.map(({ ground }) => ground),
  )
  const tiles = splitTiles(grounds, lists.length === 0)
  const countAlone = (of: (own: readonly Tile[]) => readonly Run[]) => async (on: Database) => {
    await prepareForSets(on)
    const boxes = tiles.map(tile => ({ source: tile.source, runs: of(tile.boxes.own) }))
    const cells = tiles.map(tile => ({ source: tile.source, runs: of(tile.cells.own) }))
    const ground = { sources, openAt, boxes, cells }
    return countAloneByKind(on, ground, prefixes, { barred, optOuts }, isInsideOf(grounds))
  }
  const counted = grounds.some(({ ground }) => !ground.isLeftCoarse())
    ? await inTwo(
        countAlone(own => halvesOf(own)[0]),
        countAlone(own => halvesOf(own)[1]),
      )
    : [await countAlone(runsOf)(tx)]
  const found = counted.flatMap(half => half.found)
  const inCells = await findInCells(
    tx,
    tiles.map(({ source, cells }) => ({ source, runs: runsOf(cells.shared) })),
    openAt,
    isInsideOf(grounds),
  )
  const others: Selection = {
    sources,
    openAt,
    ownGrounds: [],
    grounds: tiles.map(({ source, boxes }) => ({ source, runs: runsOf(boxes.shared) })),
    found: [...found, ...inCells],
    lists,
    required: undefined,
    barred,
  }
  const isAll =
    lists.length === 0 &&
    others.grounds.every(({ runs }) => runs.length === 0) &&
    others.found.every(({ contactIds }) => contactIds.length === 0)
  const all = isAll ? counted : [...counted, await countByKind(tx, others, prefixes, optOuts)]
  return {
    kinds: joinKinds(all.flatMap(({ kinds }) => kinds)),
    skipped: all.reduce((people, { skipped }) => people + skipped, 0),
  }
}

function joinKinds(kinds: readonly Kind[]): Kind[] {
  const joined = new Map<string, Kind>()
  for (const kind of kinds) {
    const key = JSON.stringify([kind.mask, kind.language, kind.prefix])
    joined.set(key, { ...kind, people: kind.people + (joined.get(key)?.people ?? 0) })
  }
  return [...joined.values()]
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
