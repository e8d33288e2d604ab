/**
 * Loading sets of shapes by code: wards, flood zones, school districts, forecast zones, the sirens of a plant.
 *
 * A file is read feature by feature and written as it comes, under a version that nobody sees; when all of it is
 * sound the version becomes the current one, in one step. So a file that breaks off, or a process that dies, changes
 * nothing. Alerts that were signed for the version before are refused at dispatch; those already sending go on with
 * what they were signed for.
 */
import { createHash, type Hash } from 'node:crypto'
import { v7 as uuid } from 'uuid'
import { polygonSchema } from '../cap/area.ts'
import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { checkCircle } from '../geometry/circle.ts'
import { cleanPolygon } from '../geometry/clean.ts'
import { checkPolygon, positionFault, type Position } from '../geometry/geojson.ts'
import { cornersOf, shapeOf, type Shape } from '../geometry/shape.ts'
import { recordAudit } from '../store/audit.ts'
import { transact, type Database } from '../store/database.ts'
import {
  completeSet,
  countUses,
  dropSet,
  dropUnusedVersions,
  findCurrentSet,
  insertSet,
  insertShapes,
  lockSet,
  type GeocodeSetRow,
  type StoredShape,
} from '../store/geocode-sets.ts'
import { readFeatures } from './feature-collection.ts'
import { codeFault } from './counties.ts'

export interface GeocodeSetFile {
  readonly valueName: string
  /** The property that holds the code, and the one that holds a name for people, if any. */
  readonly code: string
  readonly name: string | undefined
  readonly description: string | undefined
  /** Of what is given as a point: a siren, a shelter. */
  readonly radiusKm: number | undefined
}

export interface LoadedSet {
  readonly set: GeocodeSetRow
  /** What was left out of its drawings; the first of them. */
  readonly warnings: readonly Fault[]
}

/** A coastline is more intricate than what people draw. */
const LIMITS = { maxPolygons: 20_000, maxCorners: 200_000, maxAreaKm2: 20_000_000 }
const MAX_BYTES = 256 * 1024 * 1024
const MAX_FEATURES = 200_000
const MAX_CORNERS = 6_000_000
const MAX_FAULTS = 50
/** Written in one statement: some megabytes at the most. */
const BATCH_CORNERS = 50_000
const BATCH_SHAPES = 500

/**
 * Reads a GeoJSON FeatureCollection and makes it the current version of the set.
 *
 * @param how `new`: there must be no such set yet; `replace`: there must be
 * @throws AppError `already_exists`, `not_found`; `invalid_area` naming every fault (the first fifty) by feature;
 *   `too_large`; as `readFeatures`
 */
export async function loadGeocodeSet(
  db: Database,
  operatorId: string,
  file: GeocodeSetFile,
  how: 'new' | 'replace',
  body: AsyncIterable<Uint8Array>,
): Promise<LoadedSet> {
  const { valueName, description } = file
  await assertFits(db, valueName, how)
  const id = uuid()
  await insertSet(db, { id, valueName, description })
  try {
    const loaded = await storeFeatures(db, id, file, body)
    const set = await transact(db, async tx => {
      await lockSet(tx, valueName)
      // Somebody may have loaded or removed it meanwhile.
      await assertFits(tx, valueName, how)
      const { version, codes, corners } = loaded
      await completeSet(tx, { id, valueName, version, codes, corners, description })
      await dropUnusedVersions(tx)
      const detail = { valueName, version, codes, corners }
      await recordAudit(tx, { operatorId, action: 'geocodes.loaded', subject: valueName, detail })
      return findCurrentSet(tx, valueName)
    })
    return { set: set!, warnings: loaded.warnings }
  } catch (error) {
    // Where the database is away it goes with the next load.
    await dropSet(db, id).catch(() => undefined)
    throw error
  }
}

/** @throws AppError `not_found`, `in_use` while anything names its codes that may still be sent or resolved */
export async function removeGeocodeSet(
  db: Database,
  operatorId: string,
  valueName: string,
): Promise<void> {
  await transact(db, async tx => {
    await lockSet(tx, valueName)
    const set = await findCurrentSet(tx, valueName)
    if (set === undefined) throw unknownSet()
    const { alerts, groups, operators } = await countUses(tx, valueName)
    if (alerts + groups + operators > 0) {
      throw new AppError(
        'in_use',
        `${alerts} open alert(s), ${groups} group(s) and ${operators} jurisdiction(s) name its codes: change these first`,
      )
    }
    await dropSet(tx, set.id)
    await dropUnusedVersions(tx)
    const detail = { valueName, version: set.version }
    await recordAudit(tx, { operatorId, action: 'geocodes.removed', subject: valueName, detail })
  })
}

export function unknownSet(): AppError {
  return new AppError('not_found', 'there is no such geocode set')
}

async function assertFits(db: Database, valueName: string, how: 'new' | 'replace'): Promise<void> {
  const exists = (await findCurrentSet(db, valueName)) !== undefined
  if (how === 'new' && exists) {
    throw new AppError('already_exists', 'there is such a set: put its new version in its place')
  }
  if (how === 'replace' && !exists) throw unknownSet()
}

interface Stored {
  readonly version: string
  readonly codes: number
  readonly corners: number
  readonly warnings: readonly Fault[]
}

async function storeFeatures(
  db: Database,
  setId: string,
  file: GeocodeSetFile,
  body: AsyncIterable<Uint8Array>,
): Promise<Stored> {
  const faults: Fault[] = []
  const warnings: Fault[] = []
  const parts = new Map<string, { count: number; digest: Hash }>()
  let [features, corners, waiting] = [0, 0, 0]
  let batch: StoredShape[] = []
  const flush = async () => {
    // What is refused in the end need not be written.
    if (batch.length > 0 && faults.length === 0) await insertShapes(db, setId, batch)
    ;[batch, waiting] = [[], 0]
  }
  for await (const feature of readFeatures(upTo(body, MAX_BYTES))) {
    const pointer = `/features/${features++}`
    if (features > MAX_FEATURES) throw tooMuch(`${MAX_FEATURES} features`)
    const read = readFeature(feature, file, pointer)
    if ('faults' in read) {
      faults.push(...read.faults)
      if (faults.length >= MAX_FAULTS) break
      continue
    }
    const { code, name, shape } = read
    warnings.push(...read.warnings.slice(0, MAX_FAULTS - warnings.length))
    corners += cornersOf(shape)
    waiting += cornersOf(shape)
    if (corners > MAX_CORNERS) throw tooMuch(`${MAX_CORNERS} corners`)
    const known = parts.get(code) ?? { count: 0, digest: createHash('sha256') }
    parts.set(code, known)
    known.digest.update(JSON.stringify([name, shape]))
    batch.push({ code, part: known.count++, name, shape })
    if (batch.length >= BATCH_SHAPES || waiting >= BATCH_CORNERS) await flush()
    // Checking a thousand corners takes a millisecond: others get their turn.
    else await new Promise(resolve => setImmediate(resolve))
  }
  if (features === 0) faults.push(faultAt('/features', 'no_feature'))
  if (faults.length > 0) {
    throw new AppError('invalid_area', `the file can't be taken: ${faults.length} fault(s)`, {
      faults: faults.slice(0, MAX_FAULTS),
    })
  }
  await flush()
  return { version: versionOf(parts), codes: parts.size, corners, warnings }
}

/** The same for the same codes, names and shapes, whatever their order; parts of one code count in theirs. */
function versionOf(parts: ReadonlyMap<string, { digest: Hash }>): string {
  const whole = createHash('sha256')
  for (const code of [...parts.keys()].toSorted()) {
    whole.update(`${JSON.stringify(code)} ${parts.get(code)!.digest.digest('hex')}\n`)
  }
  return `sha256:${whole.digest('hex')}`
}

interface Read {
  readonly code: string
  readonly name: string
  readonly shape: Shape
  readonly warnings: readonly Fault[]
}

function readFeature(
  feature: unknown,
  file: GeocodeSetFile,
  pointer: string,
): Read | { faults: Fault[] } {
  const { type, properties, geometry } = (feature ?? {}) as Partial<Record<string, unknown>>
  if (type !== 'Feature') return { faults: [faultAt(pointer, 'not_feature')] }
  const given = (properties ?? {}) as Partial<Record<string, unknown>>
  const code = textOf(given[file.code])
  const name = (file.name === undefined ? undefined : textOf(given[file.name])) ?? code ?? ''
  const fault = codeFault(file.valueName, code)
  const place = `${pointer}/geometry`
  const drawn = readGeometry(geometry, file, place)
  const faults = [
    ...(fault === undefined
      ? []
      : [{ pointer: `${pointer}/properties`, detail: `${file.code} ${fault}` }]),
    ...('faults' in drawn ? drawn.faults : []),
  ]
  if (faults.length > 0 || code === undefined || 'faults' in drawn) return { faults }
  return { code, name: name.slice(0, 200), ...drawn }
}

function readGeometry(
  geometry: unknown,
  { radiusKm }: GeocodeSetFile,
  pointer: string,
): { shape: Shape; warnings: Fault[] } | { faults: Fault[] } {
  const { type, coordinates } = (geometry ?? {}) as Partial<Record<string, unknown>>
  if (type === 'Point') {
    if (radiusKm === undefined) {
      return { faults: [faultAt(pointer, 'point_without_radius')] }
    }
    const found = positionFault(coordinates)
    if (found !== undefined) return { faults: [{ pointer: `${pointer}/coordinates`, ...found }] }
    const circle = { center: coordinates as Position, radiusKm }
    const faults = checkCircle(circle, pointer)
    return faults.length > 0 ? { faults } : { shape: shapeOf([], [circle]), warnings: [] }
  }
  const drawn = polygonSchema.safeParse({ type, coordinates })
  const cleaned = drawn.success ? cleanPolygon(drawn.data, pointer) : undefined
  const faults = checkPolygon(cleaned?.shape ?? geometry, pointer, LIMITS)
  if (faults.length > 0 || cleaned === undefined) return { faults }
  return { shape: shapeOf([cleaned.shape]), warnings: cleaned.warnings }
}

function textOf(property: unknown): string | undefined {
  if (typeof property === 'number' && Number.isFinite(property)) return String(property)
  return typeof property === 'string' && property.trim() !== '' ? property.trim() : undefined
}

async function* upTo(body: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > limit) throw tooMuch(`${limit / 1024 / 1024} MiB`)
    yield chunk
  }
}

function tooMuch(limit: string): AppError {
  return new AppError('too_large', `a set may have at most ${limit}: load it as several`)
}
