import type { Fault } from '../errors.ts'
import { faultAt, type FaultWords, wordsOfFault } from '../faults.ts'
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
    return [faultAt(pointer, 'not_polygon')]
  }
  const { type, coordinates } = value as Partial<Record<string, unknown>>
  if (type !== 'Polygon' && type !== 'MultiPolygon') {
    const given = typeof type === 'string' ? `, not ${type.slice(0, 40)}` : ''
    return [{ pointer: `${pointer}/type`, detail: `must be Polygon or MultiPolygon${given}` }]
  }
  const place = `${pointer}/coordinates`
  if (type === 'Polygon') return checkRings(coordinates, place, limits).slice(0, MAX_FAULTS)
  if (!Array.isArray(coordinates) || coordinates.length === 0) {
    return [faultAt(place, 'not_polygons')]
  }
  if (coordinates.length > limits.maxPolygons) {
    const polygons = coordinates.length
    return [faultAt(place, 'too_many_polygons', { polygons, most: limits.maxPolygons })]
  }
  return coordinates
    .flatMap((rings, index) => checkRings(rings, `${place}/${index}`, limits))
    .slice(0, MAX_FAULTS)
}

/** What is wrong with a single position, if anything. */
export function positionFault(value: unknown): FaultWords | undefined {
  return positionFaults(value)[0]
}

/** All that is wrong with it: both coordinates may be. */
export function positionFaults(value: unknown): FaultWords[] {
  if (!isPosition(value)) return [wordsOfFault('not_position')]
  const [longitude, latitude] = value
  if (isInRange(value)) return []
  if (isInRange([latitude, longitude])) return [wordsOfFault('swapped')]
  return [
    ...(Math.abs(latitude) > 90 ? [wordsOfFault('latitude_outside')] : []),
    ...(Math.abs(longitude) > 180 ? [wordsOfFault('longitude_outside')] : []),
  ]
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
    return [faultAt(pointer, 'not_rings')]
  }
  // Counted before anything is read: a million corners are refused at the cost of a few lengths, and a million
  // rings, each of which has a corner at least, at the cost of one.
  if (value.length > limits.maxCorners) {
    return [faultAt(pointer, 'too_many_rings', { rings: value.length, most: limits.maxCorners })]
  }
  let corners = 0
  for (const ring of value) corners += Array.isArray(ring) ? Math.max(1, ring.length - 1) : 1
  if (corners > limits.maxCorners) {
    return [faultAt(pointer, 'too_many_corners', { corners, most: limits.maxCorners })]
  }
  const faults = value.flatMap((ring, index) => checkRing(ring, `${pointer}/${index}`))
  if (faults.length > 0) return faults

  const rings = unrollRings(value as Rings)
  if (rings === undefined) {
    return [faultAt(pointer, 'round_the_globe')]
  }
  const area = ringsAreaKm2([rings[0]!])
  if (area > limits.maxAreaKm2) {
    return [faultAt(pointer, 'too_large', { km2: Math.round(area), most: limits.maxAreaKm2 })]
  }
  const crossings = findCrossings(rings)
  if (crossings === 'too intricate') {
    return [faultAt(pointer, 'too_intricate')]
  }
  if (area < MIN_AREA_KM2 && !crossings.some(({ how }) => how === 'crosses')) {
    return [faultAt(`${pointer}/0`, 'no_ground')]
  }
  if (crossings.length > 0) {
    // Closed over a pole, a ring has edges that nobody drew, and the others count otherwise.
    const isAsDrawn = rings.every((ring, no) => ring.length === (value[no] as Position[]).length)
    return crossings.map(({ ring, edge, otherRing, otherEdge, how, at }) => {
      const isItself = ring === otherRing
      const edges = `: edge ${edge} and ${isItself ? '' : 'its '}edge ${otherEdge}`
      const place = `${written(at)}${isAsDrawn ? edges : ''}`
      const where = `${pointer}/${ring}`
      return isItself
        ? faultAt(where, MEETS_ITSELF[how], { place })
        : faultAt(where, MEETS_OTHER[how], { other: otherRing, place })
    })
  }
  return checkHoles(rings, pointer)
}

const MEETS_ITSELF = {
  crosses: 'crosses_itself',
  touches: 'touches_itself',
  'runs along': 'runs_along_itself',
} as const
const MEETS_OTHER = {
  crosses: 'crosses_ring',
  touches: 'touches_ring',
  'runs along': 'runs_along_ring',
} as const

/** To a decimetre, as a person would look for it on a map. */
function written([longitude, latitude]: Position): string {
  const onTheMap =
    longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude
  return `[${Number(onTheMap.toFixed(6))}, ${Number(latitude.toFixed(6))}]`
}

function checkRing(ring: unknown, pointer: string): Fault[] {
  if (!Array.isArray(ring)) return [faultAt(pointer, 'not_positions')]
  const faults: Fault[] = []
  if (ring.length < 4) {
    faults.push(faultAt(pointer, 'too_few_positions', { positions: ring.length }))
  }
  if (looksSwapped(ring)) {
    faults.push(faultAt(pointer, 'swapped_ring'))
  } else {
    for (const [index, position] of ring.entries()) {
      const found = positionFault(position)
      if (found !== undefined && faults.length < MAX_FAULTS) {
        faults.push({ pointer: `${pointer}/${index}`, ...found })
      }
    }
  }
  const first: unknown = ring[0]
  const last: unknown = ring.at(-1)
  if (isPosition(first) && isPosition(last) && (first[0] !== last[0] || first[1] !== last[1])) {
    faults.push(faultAt(pointer, 'open_ring'))
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
      faults.push(faultAt(place, 'hole_outside'))
    }
    const other = holes.findIndex(
      (candidate, at) =>
        at !== index && boxesMeet(hole.bounds, candidate.bounds) && liesWithin(hole, candidate),
    )
    if (other !== -1) {
      faults.push(faultAt(place, 'hole_in_hole', { other: other + 1 }))
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
