/** How many people an audience, a group or an area holds, and which. */
import { PhoneSet } from '../encoding/phone-set.ts'
import { runsOf } from '../geometry/grid.ts'
import {
  countInTiles,
  countMembersOf,
  countPeople,
  phonesOf,
  placesUpTo,
  type InTiles,
  type Named,
} from '../store/audience.ts'
import type { OpenAt, Selection } from '../store/selection.ts'
import type { Database } from '../store/database.ts'
import type { InTwo } from '../store/in-two.ts'
import type { Ground } from './areas.ts'
import type { ResolvedGroup } from './resolve-groups.ts'
import type { ResolvedAudience } from './resolve.ts'
import {
  excluded,
  FEW,
  halvesOf,
  insideAny,
  insideOf,
  labelled,
  MAX_COVER,
  membersIn,
  optedOut,
  testCells,
  withSets,
} from './selection.ts'

/**
 * How many recipients there are. A million contacts, 280,000 of them inside: 50 to 110 ms; 31,000: 10 to 35.
 *
 * @param inTwo how two questions are asked of `db` at once, where they can be
 */
export function countAudience(
  db: Database,
  audience: ResolvedAudience,
  inTwo?: InTwo,
): Promise<number> {
  const { everywhere, groups, excludeGroups, openAt } = audience
  // Ground alone needs nothing made ready, and who opted out is asked at the same time.
  const isGround = everywhere !== undefined && groups.every(({ ground }) => ground !== undefined)
  if (isGround && excludeGroups.length === 0) {
    return countOnGround(db, everywhere, optedOut(db, audience), openAt, inTwo)
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
  return withSets(db, async tx => countMembersOf(tx, (await membersIn(tx, [group], undefined))[0]!))
}

export async function countUnlabelled(
  tx: Database,
  audience: ResolvedAudience,
  barred: readonly string[],
): Promise<number> {
  const { everywhere, openAt } = audience
  const selection = await surelyHit(tx, audience)
  if (everywhere !== undefined && selection.lists.length === 0) {
    return countOnGround(tx, everywhere, Promise.resolve(barred), openAt)
  }
  const found =
    everywhere === undefined ? [] : await testCells(tx, [{ source: 0, ground: everywhere }], openAt)
  return countPeople(tx, { ...selection, found, barred })
}

export async function surelyHit(
  tx: Database,
  { everywhere, groups, roster, openAt }: ResolvedAudience,
): Promise<Selection> {
  const lists = await membersIn(tx, roster === undefined ? groups : [roster], openAt)
  return {
    sources: 1,
    openAt,
    ownGrounds:
      everywhere === undefined ? [] : [{ source: 0, runs: runsOf(everywhere.tiling().boxes) }],
    grounds: [],
    found: [],
    required: undefined,
    barred: [],
    lists: lists.map(list => ({ ...list, source: 0 })),
  }
}

/** How many people are inside, whoever opted out included, whatever their hours. */
export function countPeopleOn(db: Database, ground: Ground): Promise<number> {
  return countOnGround(db, ground, Promise.resolve([]), undefined)
}

/** Tiles are disjoint, so whoever has a single location is in one of them: only the others are told apart. */
async function countOnGround(
  tx: Database,
  ground: Ground,
  barring: Promise<readonly string[]>,
  openAt: OpenAt,
  inTwo?: InTwo,
): Promise<number> {
  const [barred, few] = await Promise.all([barring, fewOn(tx, ground, openAt, 'shared')])
  if (few !== undefined) {
    // Somebody opted out: whose a place is matters then.
    const known = barred.length === 0 ? few : await fewOn(tx, ground, openAt, 'everyone')
    if (known !== undefined) return countInside(ground, [known], new Set(barred))
  }
  const { boxes, cells } = ground.tiling()
  // With 10,000 barred a plan for any value would take 230 ms among 3,000 people, and one for these takes 83.
  const count = (of: Parameters<typeof countInTiles>[1]) => (on: Database) =>
    barred.length === 0
      ? countInTiles(on, of, barred, openAt)
      : withSets(on, set => countInTiles(set, of, barred, openAt))
  const [evenBoxes, oddBoxes] = halvesOf(boxes)
  const [evenCells, oddCells] = halvesOf(cells)
  const counted =
    inTwo === undefined
      ? [await count({ boxes: runsOf(boxes), cells: runsOf(cells) })(tx)]
      : await inTwo(
          count({ boxes: evenBoxes, cells: evenCells }),
          count({ boxes: oddBoxes, cells: oddCells }),
        )
  return countInside(ground, counted, new Set())
}

function countInside(
  ground: Ground,
  found: readonly (Pick<InTiles, 'solePlaces' | 'shared'> & Partial<InTiles>)[],
  barred: ReadonlySet<string>,
): number {
  const { contains } = ground
  let alone = 0
  const others = new Set<string>()
  for (const { once = 0, others: inBoxes = [], solePlaces, shared } of found) {
    alone += once
    for (let at = 0; at < solePlaces.length; at += 16) {
      if (contains(solePlaces.readDoubleBE(at), solePlaces.readDoubleBE(at + 8))) alone++
    }
    for (const id of [...inBoxes, ...insideOf(ground, shared)]) if (!barred.has(id)) others.add(id)
  }
  return alone + others.size
}

/** Ids of everyone inside, whatever their hours, 32 hexadecimal digits each; who has several locations there comes several times. */
export async function findContactsOn(db: Database, ground: Ground): Promise<string[]> {
  const few = await fewOn(db, ground, undefined, 'everyone')
  if (few !== undefined) return insideOf(ground, few.shared)
  ground.tiling()
  return insideAny(db, [ground], undefined)
}

/** Every location that may be on ground, where few are: then its tiles are not worth cutting. */
async function fewOn(tx: Database, { isCut, cover }: Ground, openAt: OpenAt, named: Named) {
  return isCut() || cover().length > MAX_COVER
    ? undefined
    : placesUpTo(tx, runsOf(cover()), FEW, openAt, named)
}
