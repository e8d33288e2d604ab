import { createHash } from 'node:crypto'
import type { Area } from '../cap/area.ts'
import { canonicalBytes } from '../signing/canonical.ts'
import type { Database } from '../store/database.ts'
import { digestMembers } from '../store/groups.ts'
import { geocodesOf } from './areas.ts'
import type { Geocodes } from './geocodes.ts'

/**
 * SHA-256, in hex, of what decides who belongs to a group: its area and the geocode sets that it is resolved by,
 * or the ids of its members. An alert that was signed for one digest is not sent for another.
 *
 * @param geocodes with the area's own looked up
 */
export async function definitionDigest(
  db: Database,
  groupId: string,
  area: Area | undefined,
  geocodes: Geocodes,
): Promise<string> {
  if (area === undefined) return digestMembers(db, groupId)
  const names = new Set(geocodesOf([area]).map(({ valueName }) => valueName))
  const geocodeSets = geocodes.versions.filter(({ valueName }) => names.has(valueName))
  return createHash('sha256').update(canonicalBytes({ area, geocodeSets })).digest('hex')
}
