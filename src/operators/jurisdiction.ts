import { AppError } from '../errors.ts'
import { unrollRings } from '../geometry/antimeridian.ts'
import { circleRing, type Circle } from '../geometry/circle.ts'
import { clip } from '../geometry/clipping.ts'
import { checkPolygon, type Position, type Rings } from '../geometry/geojson.ts'
import type { Shape } from '../geometry/shape.ts'
import { ringsAreaKm2 } from '../geometry/sphere.ts'
import type { Jurisdiction } from '../store/operators.ts'

/** @throws AppError `invalid_area` naming every fault of the geometry; geocodes are the audience room's to judge */
export function assertUsableJurisdiction(jurisdiction: Jurisdiction | null | undefined): void {
  if (jurisdiction?.geometry === undefined) return
  const faults = checkPolygon(jurisdiction.geometry, '/jurisdiction/geometry')
  if (faults.length > 0) {
    throw new AppError('invalid_area', 'the jurisdiction is no area', { faults })
  }
}

/** What rounding leaves along a border that both share: as little as `checkPolygon` takes for nothing. */
const SLIVER_KM2 = 1e-6

/**
 * Whether all of a shape lies in another, the border included.
 *
 * @throws AppError `outside_jurisdiction` if together they are too intricate to tell
 */
export async function liesWithin(inner: Shape, outer: Shape): Promise<boolean> {
  const cover = outlinesOf(outer).flatMap(rings => [-360, 0, 360].map(turn => shift(rings, turn)))
  const parts = outlinesOf(inner).map(part => ({
    part,
    near: cover.filter(rings => boxesMeet(boxOf(part), boxOf(rings))),
  }))
  if (parts.some(({ near }) => near.length === 0)) return false
  const jobs = parts.map(({ part, near }) => [[part], ...near.map(rings => [rings])])
  const rests = await clip('difference', jobs)
  if (rests === 'too intricate') {
    const message = 'the area and the jurisdiction are too intricate to compare: draw it simpler'
    throw new AppError('outside_jurisdiction', message)
  }
  return rests.every(rest => areaOf(rest) <= SLIVER_KM2)
}

function areaOf(polygons: readonly Rings[]): number {
  return polygons.reduce((sum, rings) => sum + ringsAreaKm2(rings), 0)
}

/** Polygons unrolled past ±180°, circles as the rings around them. One that goes round a pole is in nobody's land. */
function outlinesOf({ polygons, circles }: Shape): Rings[] {
  const drawn = polygons.map(rings => unrollRings(rings) ?? WHOLE_GLOBE)
  return [...drawn, ...circles.map(outlineOf)]
}

const WHOLE_GLOBE: Rings = [
  [
    [-180, -90],
    [180, -90],
    [180, 90],
    [-180, 90],
    [-180, -90],
  ],
]

const OUTLINE_CORNERS = 180
/** Chords between corners on the rim would cut it; this far out they pass it, and a thousandth to spare. */
const OUTLINE_GROWTH = 1.001 / Math.cos(Math.PI / OUTLINE_CORNERS)
/** A circle without a radius marks a point: it is as good as one of ten metres. */
const POINT_KM = 0.01

function outlineOf({ center, radiusKm }: Circle): Rings {
  const grown = Math.max(radiusKm, POINT_KM) * OUTLINE_GROWTH
  return [circleRing({ center, radiusKm: grown }, OUTLINE_CORNERS)]
}

function shift(rings: Rings, turn: number): Rings {
  if (turn === 0) return rings
  return rings.map(ring => ring.map(([x, y]): Position => [x + turn, y]))
}

function boxOf([shell = []]: Rings): readonly [number, number, number, number] {
  return shell.reduce<[number, number, number, number]>(
    ([west, south, east, north], [x, y]) => [
      Math.min(west, x),
      Math.min(south, y),
      Math.max(east, x),
      Math.max(north, y),
    ],
    [Infinity, Infinity, -Infinity, -Infinity],
  )
}

type Box = ReturnType<typeof boxOf>

function boxesMeet(a: Box, b: Box): boolean {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}
