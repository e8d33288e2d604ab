import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { cornersOf, joinShapes, type Shape } from '../geometry/shape.ts'
import type { Database } from '../store/database.ts'
import { currentSets, findSetVersion, findShapes } from '../store/geocode-sets.ts'
import { countiesVersion, countyFault, isCountyName, resolveCounty } from './counties.ts'

/**
 * Geocodes, resolved to shapes: those of loaded sets (`geocode-sets.ts`), and counties and states of the United
 * States, which are known without any (`counties.ts`). A set that bears one of their three names adds to them, and
 * where both have a code it is the set's. A code that names no shape resolves to nothing: the caller refuses it, and
 * never takes it for everyone or for nobody.
 */

export interface Geocode {
  readonly valueName: string
  readonly value: string
}

export interface ResolvedGeocode {
  readonly shape: Shape
  /** "Harris, Texas", or the state's name alone; of a loaded set what it calls it. */
  readonly name: string
}

/** By which version of which set codes were looked up: part of what is signed. */
export interface GeocodeSetVersion {
  readonly valueName: string
  readonly version: string
}

/** What some geocodes mean. */
export interface Geocodes {
  /** Of those that were looked up. */
  find(geocode: Geocode): ResolvedGeocode | undefined
  /** What is wrong with a geocode, for a 422 `unknown_geocode`; undefined if it resolves. */
  fault(geocode: Geocode, pointer: string): Fault | undefined
  /** Of each set that they are looked up in, by name. */
  readonly versions: readonly GeocodeSetVersion[]
}

/**
 * Looks up geocodes. Where there are none nothing is asked.
 *
 * @param signed the versions to look them up in; else the current ones
 */
export async function lookUpGeocodes(
  db: Database,
  geocodes: readonly Geocode[],
  signed?: readonly GeocodeSetVersion[],
): Promise<Geocodes> {
  const names = [...new Set(geocodes.map(({ valueName }) => valueName))].toSorted()
  const loaded = new Map<string, { version: string; shapes: Map<string, ResolvedGeocode> }>()
  for (const set of await setsNamed(db, names, signed)) {
    const codes = geocodes.filter(one => one.valueName === set.valueName).map(one => one.value)
    loaded.set(set.valueName, { version: set.version, shapes: await shapesOf(db, set.id, codes) })
  }
  const find = (geocode: Geocode) =>
    loaded.get(geocode.valueName)?.shapes.get(geocode.value) ?? resolveCounty(geocode)
  return {
    find,
    fault(geocode, pointer) {
      if (find(geocode) !== undefined) return undefined
      if (isCountyName(geocode.valueName)) return { pointer, detail: countyFault(geocode) }
      return faultAt(pointer, loaded.has(geocode.valueName) ? 'no_code_of_set' : 'no_such_set')
    },
    versions: names.map(valueName => ({
      valueName,
      version: versionOf(valueName, loaded.get(valueName)?.version),
    })),
  }
}

/** Which of these name no shape, each at its place below `pointer`. */
export async function geocodeFaults(
  db: Database,
  named: readonly Geocode[],
  pointer: string,
): Promise<Fault[]> {
  const geocodes = await lookUpGeocodes(db, named)
  return named.flatMap((geocode, no) => geocodes.fault(geocode, `${pointer}/${no}`) ?? [])
}

async function setsNamed(
  db: Database,
  names: readonly string[],
  signed: readonly GeocodeSetVersion[] | undefined,
): Promise<{ id: string; valueName: string; version: string }[]> {
  if (signed === undefined) return currentSets(db, names)
  const wanted = signed.filter(({ valueName }) => names.includes(valueName))
  const found = await Promise.all(
    wanted.flatMap(({ valueName, version }) => {
      const ofSet = /^(?:.* \+ )?(sha256:[0-9a-f]{64})$/.exec(version)?.[1]
      return ofSet === undefined ? [] : [findSetVersion(db, valueName, ofSet)]
    }),
  )
  return found.filter(set => set !== undefined)
}

function versionOf(valueName: string, ofSet: string | undefined): string {
  if (!isCountyName(valueName)) return ofSet ?? 'none'
  return [countiesVersion(), ...(ofSet === undefined ? [] : [ofSet])].join(' + ')
}

/** Shapes by set and code: a version never changes, so what is kept can't be stale. */
const kept = new Map<string, ResolvedGeocode>()
/** A million corners are some 60 MB. */
const KEPT_CORNERS = 500_000
let keptCorners = 0

async function shapesOf(
  db: Database,
  setId: string,
  codes: readonly string[],
): Promise<Map<string, ResolvedGeocode>> {
  const keyOf = (code: string) => `${setId} ${code}`
  const missing = [...new Set(codes)].filter(code => !kept.has(keyOf(code)))
  const found = new Map<string, ResolvedGeocode>()
  if (missing.length > 0) {
    for (const { code, name, shape } of await findShapes(db, setId, missing)) {
      const before = found.get(code)
      const whole = before === undefined ? shape : joinShapes([before.shape, shape])
      found.set(code, { name: before?.name ?? name, shape: whole })
    }
  }
  for (const code of codes) {
    const known = kept.get(keyOf(code))
    if (known !== undefined) found.set(code, known)
  }
  for (const code of missing) {
    const fresh = found.get(code)
    if (fresh === undefined || kept.has(keyOf(code))) continue
    kept.set(keyOf(code), fresh)
    keptCorners += cornersOf(fresh.shape)
  }
  for (const [key, { shape }] of kept) {
    if (keptCorners <= KEPT_CORNERS) break
    kept.delete(key)
    keptCorners -= cornersOf(shape)
  }
  return found
}
