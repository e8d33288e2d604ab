import { createHash } from 'node:crypto'
import { canonicalBytes } from '../signing/canonical.ts'
import type { Database } from '../store/database.ts'
import { digestMembers, type GroupRow } from '../store/groups.ts'
import { geocodesOf } from './areas.ts'
import { groupsIn } from './expressions.ts'
import type { Geocodes } from './geocodes.ts'

/**
 * SHA-256, in hex, of what decides who belongs to a group: its area and the geocode sets that it is resolved by,
 * its rule, its expression with the digests of the groups in it, or the ids of its members. An alert that was signed
 * for one digest is not sent for another.
 *
 * @param geocodes with the area's own looked up
 * @param digestBelow of a group that it is made of
 */
export async function definitionDigest(
  db: Database,
  { id, area, rule, expression }: GroupRow,
  geocodes: Geocodes,
  digestBelow: (id: string) => string,
): Promise<string> {
  if (rule !== undefined) return digestOf({ rule })
  if (expression !== undefined) {
    const groups = groupsIn(expression).map(below => [below, digestBelow(below)])
    return digestOf({ expression, groups: Object.fromEntries(groups) })
  }
  if (area === undefined) return digestMembers(db, id)
  const names = new Set(geocodesOf([area]).map(({ valueName }) => valueName))
  const geocodeSets = geocodes.versions.filter(({ valueName }) => names.has(valueName))
  return digestOf({ area, geocodeSets })
}

function digestOf(definition: object): string {
  return createHash('sha256').update(canonicalBytes(definition)).digest('hex')
}
