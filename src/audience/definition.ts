import { createHash } from 'node:crypto'
import type { Area } from '../cap/area.ts'
import { canonicalBytes } from '../signing/canonical.ts'
import type { Database } from '../store/database.ts'
import { digestMembers } from '../store/groups.ts'
import { geocodeSetVersion } from './geocodes.ts'

/** What the geocodes of areas are looked up in. */
export function geocodeSetsOf(areas: readonly Area[]): { valueName: string; version: string }[] {
  const names = new Set(areas.flatMap(({ geocode = [] }) => geocode.map(one => one.valueName)))
  return [...names].toSorted().map(valueName => ({ valueName, version: geocodeSetVersion() }))
}

/**
 * SHA-256, in hex, of what decides who belongs to a group: its area and the geocode sets that it is resolved by,
 * or the ids of its members. An alert that was signed for one digest is not sent for another.
 */
export async function definitionDigest(
  db: Database,
  groupId: string,
  area: Area | undefined,
): Promise<string> {
  if (area === undefined) return digestMembers(db, groupId)
  const definition = { area, geocodeSets: geocodeSetsOf([area]) }
  return createHash('sha256').update(canonicalBytes(definition)).digest('hex')
}
