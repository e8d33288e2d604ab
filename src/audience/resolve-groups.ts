import type { Area } from '../cap/area.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import type { Expression, GroupExpression } from '../store/group-expressions.ts'
import { findGroups, type GroupRow } from '../store/groups.ts'
import type { MemberRule } from '../store/member-rules.ts'
import { geocodesOf, groundOf, type Ground } from './areas.ts'
import { definitionDigest } from './definition.ts'
import { groupsAround, groupsIn, inPlaceOf } from './expressions.ts'
import { lookUpGeocodes } from './geocodes.ts'

/** A group by which its people are found; one with neither ground nor rule lists its members. */
export interface PlainGroup {
  readonly id: string
  readonly name: string
  /** Changes with the members of a listed group, with the area of a geographic one, with the rule of another. */
  readonly definitionDigest: string
  /** Of a geographic group. */
  readonly ground: Ground | undefined
  /** Of a group by rule. */
  readonly rule: MemberRule | undefined
  /** Of made-up phones. */
  readonly simulated: boolean
}

export interface ResolvedGroup extends PlainGroup {
  /** Of a group made of others, whose digest changes with all that is below it. */
  readonly made: MadeGroup | undefined
}

interface MadeGroup {
  /** Written out: no group below is made of others. */
  readonly groups: readonly PlainGroup[]
  /** Over their places. */
  readonly expression: Expression<number>
}

/** Groups as they are now, by id. Unknown ones are missing. */
export async function resolveGroups(
  db: Database,
  ids: readonly string[],
): Promise<Map<string, ResolvedGroup>> {
  const rows = await withAllBelow(db, ids, groupsIn)
  const geocodes = await lookUpGeocodes(
    db,
    geocodesOf([...rows.values()].flatMap(({ area }) => area ?? [])),
  )
  const resolved = new Map<string, ResolvedGroup>()
  const begun = new Set<string>()
  const resolve = async (row: GroupRow): Promise<void> => {
    const { id, name, area, rule, expression, simulated } = row
    if (resolved.has(id)) return
    begun.add(id)
    for (const below of expression === undefined ? [] : groupsIn(expression)) {
      const needed = rows.get(below)
      if (needed === undefined || (begun.has(below) && !resolved.has(below))) {
        throw new AppError(
          'invalid_group',
          `what the group ${name} is made of is gone, or a circle`,
        )
      }
      await resolve(needed)
    }
    const digestBelow = (one: string) => resolved.get(one)!.definitionDigest
    resolved.set(id, {
      id,
      name,
      definitionDigest: await definitionDigest(db, row, geocodes, digestBelow),
      ground: area === undefined ? undefined : groundOf(area, geocodes),
      rule,
      simulated,
      made: expression === undefined ? undefined : writtenOut(expression, resolved),
    })
  }
  for (const row of rows.values()) await resolve(row)
  return new Map(ids.flatMap(id => (resolved.has(id) ? [[id, resolved.get(id)!]] : [])))
}

/** Of the geographic groups among these, and among those that hold everyone of the groups made of them. */
export async function areasOfGroups(db: Database, ids: readonly string[]): Promise<Area[]> {
  const rows = await withAllBelow(db, ids, groupsAround)
  return [...rows.values()].flatMap(({ area }) => area ?? [])
}

async function withAllBelow(
  db: Database,
  ids: readonly string[],
  namedIn: (expression: GroupExpression) => string[],
): Promise<Map<string, GroupRow>> {
  const rows = new Map<string, GroupRow>()
  const asked = new Set(ids)
  for (let wanted = [...asked]; wanted.length > 0;) {
    const found = await findGroups(db, wanted)
    for (const row of found) rows.set(row.id, row)
    const below = found.flatMap(({ expression }) =>
      expression === undefined ? [] : namedIn(expression),
    )
    wanted = [...new Set(below)].filter(id => !asked.has(id))
    for (const id of wanted) asked.add(id)
  }
  return rows
}

/** @param resolved all that it names */
function writtenOut(
  expression: Expression<string>,
  resolved: ReadonlyMap<string, ResolvedGroup>,
): MadeGroup {
  const groups: PlainGroup[] = []
  const placeOf = (group: PlainGroup) => {
    const place = groups.findIndex(({ id }) => id === group.id)
    return place === -1 ? groups.push(group) - 1 : place
  }
  const over = inPlaceOf<string, number>(expression, id => {
    const group = resolved.get(id)!
    const { made } = group
    if (made === undefined) return placeOf(group)
    return inPlaceOf<number, number>(made.expression, no => placeOf(made.groups[no]!))
  })
  return { groups, expression: over }
}
