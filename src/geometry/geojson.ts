import type { Fault } from '../errors.ts'
import { unrollRings } from './antimeridian.ts'
import { boxesMeet } from './box.ts'
import { findCrossings } from './crossings.ts'
import { indexPolygon, type PolygonIndex } from './polygon-index.ts'
import { ringsAreaKm2 } from './sphere.ts'

/** [longitude, latitude] in degrees, WGS 84 (RFC 7946 §3.1.1). A third member, the altitude, is not read. */
export type Position = readonly [longitude: number, latitude: number, ...altitude: number[]]

/** A shell and its holes, each closed: the last position is the first again. Winding doesn't matter. */
export type Rings = readonly (readonly Position[])[]

export interface Polygon {
  readonly type: 'Polygon'
  readonly coordinates: Rings
}

export interface MultiPolygon {
  readonly type: 'MultiPolygon'
  readonly coordinates: readonly Rings[]
}

export type Box = readonly [west: number, south: number, east: number, north: number]

interface PolygonLimits {
  /** In one MultiPolygon. */
  readonly maxPolygons: number
  /** In one polygon, its holes included; closing positions don't count. */
  readonly maxCorners: number
  readonly maxAreaKm2: number
}

/** For areas that people draw. The largest country has 17.1 million km². */
const DRAWN_AREA_LIMITS: PolygonLimits = {
  maxPolygons: 1000,
  maxCorners: 20_000,
  maxAreaKm2: 20_000_000,
}

/** Enough to mend a drawing by; a million faults would be an attack on whoever reads them. */
const MAX_FAULTS = 50

/** A square metre: less is a slip of the hand, and holds nobody. */
const MIN_AREA_KM2 = 1e-6

/**
 * Checks that a value is a Polygon or MultiPolygon which means one thing to every reader, naming every fault
 * (the first fifty) by its JSON pointer.
 *
 * Refused: rings of under four positions, open, crossing or touching themselves, or round the globe; coordinates
 * out of range; holes outside their shell, across it or over one another; areas of nothing or past the limits.
 * A ring of 1,000 corners takes under 20 ms cold, however it is folded; what is past the limits is not looked at.
 */
export function checkPolygon(value: unknown, pointer: string, limits = DRAWN_AREA_LIMITS): Fault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ pointer, detail: 'must be a GeoJSON Polygon or MultiPolygon' }]
  }
  const { type, coordinates } = value as Partial<Record<string, unknown>>
  if (type !== 'Polygon' && type !== 'MultiPolygon') {
    const given = typeof type === 'string' ? `, not ${type.slice(0, 40)}` : ''
    return [{ pointer: `${pointer}/type`, detail: `must be Polygon or MultiPolygon${given}` }]
  }
  const place = `${pointer}/coordinates`
  if (type === 'Polygon') return checkRings(coordinates, place, limits).slice(0, MAX_FAULTS)
  if (!Array.isArray(coordinates) || coordinates.length === 0) {
    return [{ pointer: place, detail: 'must be a list of polygons, at least one' }]
  }
  if (coordinates.length > limits.maxPolygons) {
    const detail = `has ${coordinates.length} polygons; at most ${limits.maxPolygons} are allowed`
    return [{ pointer: place, detail }]
  }
  return coordinates
    .flatMap((rings, index) => checkRings(rings, `${place}/${index}`, limits))
    .slice(0, MAX_FAULTS)
}

/** What is wrong with a single position, if anything. */
export function positionFault(value: unknown): string | undefined {
  if (!isPosition(value)) return 'must be [longitude, latitude], two finite numbers'
  const [longitude, latitude] = value
  if (isInRange(value)) return undefined
  if (isInRange([latitude, longitude])) {
    return 'has a latitude past 90°: longitude and latitude look swapped, longitude comes first'
  }
  return Math.abs(latitude) > 90
    ? 'has a latitude outside -90 to 90'
    : 'has a longitude outside -180 to 180'
}

function isPosition(value: unknown): value is Position {
  return (
    Array.isArray(value) &&
    (value.length === 2 || value.length === 3) &&
    value.every(number => typeof number === 'number' && Number.isFinite(number))
  )
}

function isInRange([longitude, latitude]: Position): boolean {
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90
}

function checkRings(value: unknown, pointer: string, limits: PolygonLimits): Fault[] {
  if (!Array.isArray(value) || value.length === 0) {
    return [{ pointer, detail: 'must be a list of rings, the shell first' }]
  }
  // Counted before anything is read: a million corners are refused at the cost of a few lengths.
  let corners = 0
  for (const ring of value) corners += Array.isArray(ring) ? Math.max(1, ring.length - 1) : 1
  if (corners > limits.maxCorners) {
    return [{ pointer, detail: `has ${corners} corners; at most ${limits.maxCorners} are allowed` }]
  }
  const faults = value.flatMap((ring, index) => checkRing(ring, `${pointer}/${index}`))
  if (faults.length > 0) return faults

  const rings = unrollRings(value as Rings)
  if (rings === undefined) {
    const detail =
      'goes round the globe: only a ring without holes, on one side of the equator, may go round a pole'
    return [{ pointer, detail }]
  }
  const area = ringsAreaKm2([rings[0]!])
  if (area > limits.maxAreaKm2) {
    const detail = `covers ${Math.round(area)} km²; at most ${limits.maxAreaKm2} are allowed`
    return [{ pointer, detail }]
  }
  const crossings = findCrossings(rings)
  if (crossings === 'too intricate') {
    return [{ pointer, detail: 'is too intricate to check; draw it with fewer corners' }]
  }
  if (area < MIN_AREA_KM2 && !crossings.some(({ how }) => how === 'crosses')) {
    return [{ pointer: `${pointer}/0`, detail: 'has no area' }]
  }
  if (crossings.length > 0) {
    // Closed over a pole, a ring has edges that nobody drew, and the others count otherwise.
    const isAsDrawn = rings.every((ring, no) => ring.length === (value[no] as Position[]).length)
    return crossings.map(({ ring, edge, otherRing, otherEdge, how, at }) => {
      const other = ring === otherRing ? 'itself' : `ring ${otherRing}`
      const edges = `: edge ${edge} and ${ring === otherRing ? '' : 'its '}edge ${otherEdge}`
      const detail = `${how} ${other} at ${written(at)}${isAsDrawn ? edges : ''}`
      return { pointer: `${pointer}/${ring}`, detail }
    })
  }
  return checkHoles(rings, pointer)
}

/** To a decimetre, as a person would look for it on a map. */
function written([longitude, latitude]: Position): string {
  const onTheMap =
    longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude
  return `[${Number(onTheMap.toFixed(6))}, ${Number(latitude.toFixed(6))}]`
}

function checkRing(ring: unknown, pointer: string): Fault[] {
  if (!Array.isArray(ring)) return [{ pointer, detail: 'must be a list of positions' }]
  const faults: Fault[] = []
  if (ring.length < 4) {
    faults.push({ pointer, detail: `has ${ring.length} positions; a ring needs at least 4` })
  }
  if (looksSwapped(ring)) {
    const detail =
      'has latitudes past 90°: longitude and latitude look swapped, longitude comes first'
    faults.push({ pointer, detail })
  } else {
    for (const [index, position] of ring.entries()) {
      const detail = positionFault(position)
      if (detail !== undefined && faults.length < MAX_FAULTS) {
        faults.push({ pointer: `${pointer}/${index}`, detail })
      }
    }
  }
  const first: unknown = ring[0]
  const last: unknown = ring.at(-1)
  if (isPosition(first) && isPosition(last) && (first[0] !== last[0] || first[1] !== last[1])) {
    faults.push({ pointer, detail: 'is open: its last position must be its first' })
  }
  return faults
}

/** All of a ring out of range as it stands, and all in range the other way round: said once, not at each corner. */
function looksSwapped(ring: readonly unknown[]): boolean {
  return (
    ring.every(position => isPosition(position) && isInRange([position[1], position[0]])) &&
    ring.some(position => !isInRange(position as Position))
  )
}

/** Edges don't cross any more here, so a hole is wholly on one side of any other ring but for points of touch. */
function checkHoles(rings: Rings, pointer: string): Fault[] {
  const [shell, ...holes] = rings.map(ring => indexPolygon([ring]))
  const faults: Fault[] = []
  for (const [index, hole] of holes.entries()) {
    const place = `${pointer}/${index + 1}`
    if (samplesOf(hole).some(([x, y]) => shell!.locate(x, y) === -1)) {
      faults.push({ pointer: place, detail: 'is a hole outside its shell' })
    }
    const other = holes.findIndex(
      (candidate, at) =>
        at !== index && boxesMeet(hole.bounds, candidate.bounds) && liesWithin(hole, candidate),
    )
    if (other !== -1) {
      faults.push({ pointer: place, detail: `is a hole inside another, ring ${other + 1}` })
    }
  }
  return faults
}

function liesWithin(hole: PolygonIndex, other: PolygonIndex): boolean {
  for (const [x, y] of samplesOf(hole)) {
    const location = other.locate(x, y)
    if (location !== 0) return location === 1
  }
  return true
}

/** Corners, and the middles of edges: a chord between two corners on the shell may run outside it. */
function samplesOf({ edges }: PolygonIndex): [x: number, y: number][] {
  const samples: [number, number][] = []
  for (let edge = 0; edge < edges.length; edge += 4) {
    const [x1, y1, x2, y2] = [edges[edge]!, edges[edge + 1]!, edges[edge + 2]!, edges[edge + 3]!]
    samples.push([x1, y1], [(x1 + x2) / 2, (y1 + y2) / 2])
  }
  return samples
}
