/** How many people an audience, a group or an area holds, and which. */
import { PhoneSet } from '../encoding/phone-set.ts'
import { runsOf } from '../geometry/grid.ts'
import {
  countInTiles,
  countMembersOf,
  countPeople,
  phonesOf,
  type InTiles,
} from '../store/audience.ts'
import type { OpenAt, Selection } from '../store/selection.ts'
import type { Database } from '../store/database.ts'
import type { LeftOut } from '../store/opt-out-rule.ts'
import type { InTwo } from '../store/in-two.ts'
import type { Ground } from './areas.ts'
import type { ResolvedGroup } from './resolve-groups.ts'
import type { ResolvedAudience } from './resolve.ts'
import {
  excluded,
  fewOn,
  halvesOf,
  insideAny,
  insideOf,
  labelled,
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
export async function countAudience(
  db: Database,
  audience: ResolvedAudience,
  inTwo?: InTwo,
): Promise<number> {
  const { everywhere, groups, excludeGroups, openAt } = audience
  // Ground alone needs nothing made ready.
  const isGround = everywhere !== undefined && groups.every(({ ground }) => ground !== undefined)
  if (isGround && excludeGroups.length === 0) {
    const few = await fewOn(db, everywhere, openAt, 'shared', audience.optOuts)
    if (few !== undefined) return countInside(everywhere, [few], new Set())
    return countMany(db, everywhere, { barred: [], optOuts: audience.optOuts }, openAt, inTwo)
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

async function countUnlabelled(
  tx: Database,
  audience: ResolvedAudience,
  barred: readonly string[],
): Promise<number> {
  const { everywhere, openAt } = audience
  const selection = await surelyHit(tx, audience)
  if (everywhere !== undefined && selection.lists.length === 0) {
    return countOnGround(tx, everywhere, barred, openAt)
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
  return countOnGround(db, ground, [], undefined)
}

async function countOnGround(
  tx: Database,
  ground: Ground,
  barred: readonly string[],
  openAt: OpenAt,
): Promise<number> {
  // Where somebody is left out it matters whose a place is.
  const few = await fewOn(tx, ground, openAt, barred.length === 0 ? 'shared' : 'everyone')
  if (few !== undefined) return countInside(ground, [few], new Set(barred))
  return countMany(tx, ground, { barred }, openAt)
}

/** Tiles are disjoint, so whoever has a single location is in one of them: only the others are told apart. */
async function countMany(
  tx: Database,
  ground: Ground,
  leftOut: LeftOut,
  openAt: OpenAt,
  inTwo?: InTwo,
): Promise<number> {
  const { boxes, cells } = ground.tiling()
  // A plan for any ids would compare each person with each of them, and who opted out is to fit into memory.
  const count = (of: Parameters<typeof countInTiles>[1]) => (on: Database) =>
    leftOut.barred.length === 0 && leftOut.optOuts === undefined
      ? countInTiles(on, of, leftOut, openAt)
      : withSets(on, set => countInTiles(set, of, leftOut, openAt))
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
  found: readonly InTiles[],
  barred: ReadonlySet<string>,
): number {
  const { contains } = ground
  let alone = 0
  const others = new Set<string>()
  for (const { once, others: inBoxes, solePlaces, shared } of found) {
    alone += once
    for (const places of solePlaces) {
      for (let at = 0; at < places.length; at += 16) {
        if (contains(places.readDoubleBE(at), places.readDoubleBE(at + 8))) alone++
      }
    }
    for (const id of [...inBoxes, ...insideOf(ground, shared)]) if (!barred.has(id)) others.add(id)
  }
  return alone + others.size
}

/** Ids of everyone inside, whatever their hours, 32 hexadecimal digits each; who has several locations there comes several times. */
export async function findContactsOn(db: Database, ground: Ground): Promise<string[]> {
  const few = await fewOn(db, ground, undefined, 'everyone')
  if (few !== undefined) return [...few.others, ...insideOf(ground, few.shared)]
  ground.tiling()
  return insideAny(db, [ground], undefined)
}
