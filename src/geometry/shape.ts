import { unrollRings } from './antimeridian.ts'
import { commonOf, unionOf } from './box.ts'
import { circleAreaKm2, circleBounds, circleContains, type Circle } from './circle.ts'
import type { Box, MultiPolygon, Polygon, Rings } from './geojson.ts'
import { indexPolygon, type PolygonIndex } from './polygon-index.ts'
import { ringsAreaKm2 } from './sphere.ts'

/** The union of all its parts: what an area covers once its geocodes are resolved. */
export interface Shape {
  readonly polygons: readonly Rings[]
  readonly circles: readonly Circle[]
  /** Ground that lies in both of two shapes. */
  readonly intersections?: readonly (readonly [Shape, Shape])[]
}

/**
 * Gathers the parts of an area, MultiPolygons taken apart. This is also its canonical form, from which digests
 * are taken: longitude and latitude alone, in the order given, and not rounded, for a rounded border could pass
 * on the other side of a person than the one that was signed.
 */
export function shapeOf(
  polygons: readonly (Polygon | MultiPolygon)[],
  circles: readonly Circle[] = [],
): Shape {
  return {
    polygons: polygons.flatMap(({ type, coordinates }) =>
      (type === 'Polygon' ? [coordinates] : coordinates).map(plainRings),
    ),
    circles: circles.map(({ center, radiusKm }) => ({ center: [center[0], center[1]], radiusKm })),
  }
}

export function joinShapes(shapes: readonly Shape[]): Shape {
  const intersections = shapes.flatMap(shape => shape.intersections ?? [])
  return {
    polygons: shapes.flatMap(shape => shape.polygons),
    circles: shapes.flatMap(shape => shape.circles),
    ...(intersections.length > 0 && { intersections }),
  }
}

/** Of all polygons, their holes included. */
export function cornersOf({ polygons }: Shape): number {
  return polygons.flat().reduce((sum, ring) => sum + ring.length - 1, 0)
}

function plainRings(rings: Rings): Rings {
  return rings.map(ring => ring.map(([longitude, latitude]) => [longitude, latitude]))
}

/** Counted once for each part that covers it: where parts overlap, more than the ground they cover. */
export function shapeAreaKm2({ polygons, circles }: Shape): number {
  const drawn = polygons.reduce((sum, rings) => sum + ringsAreaKm2(unrollRings(rings) ?? []), 0)
  return circles.reduce((sum, circle) => sum + circleAreaKm2(circle), drawn)
}

/** One part of a shape, ready for many tests. `contains` takes any longitude from −180 to 180. */
export type PreparedPart =
  | { readonly kind: 'polygon'; readonly index: PolygonIndex; readonly boxes: readonly Box[] }
  | { readonly kind: 'circle'; readonly circle: Circle; readonly boxes: readonly Box[] }
  | {
      readonly kind: 'intersection'
      readonly sides: readonly [readonly PreparedPart[], readonly PreparedPart[]]
      readonly inBoth: (longitude: number, latitude: number) => boolean
      readonly boxes: readonly Box[]
    }

/**
 * The parts with the boxes that hold them, within −180 to 180: a part that crosses or reaches the antimeridian has a
 * box on either side, since longitudes 180 and −180 are one.
 */
export function prepareParts({ polygons, circles, intersections = [] }: Shape): PreparedPart[] {
  return [
    ...intersections.map(prepareIntersection),
    ...polygons.flatMap((rings): PreparedPart[] => {
      const unrolled = unrollRings(rings)
      if (unrolled === undefined) return []
      const index = indexPolygon(unrolled)
      return [{ kind: 'polygon', index, boxes: onTheMap(index.bounds) }]
    }),
    ...circles.map((circle): PreparedPart => ({
      kind: 'circle',
      circle,
      boxes: circleBounds(circle),
    })),
  ]
}

function prepareIntersection([one, other]: readonly [Shape, Shape]): PreparedPart {
  const sides = [prepareParts(one), prepareParts(other)] as const
  const [inOne, inOther] = [makeAreaPredicate(one, sides[0]), makeAreaPredicate(other, sides[1])]
  const [boxes, others] = sides.map(parts => parts.flatMap(part => part.boxes))
  return {
    kind: 'intersection',
    sides,
    inBoth: (longitude, latitude) => inOne(longitude, latitude) && inOther(longitude, latitude),
    boxes: boxes!
      .flatMap(box => others!.map(another => commonOf(box, another)))
      .filter(box => box !== undefined),
  }
}

function onTheMap([west, south, east, north]: Box): Box[] {
  return [0, -360, 360].flatMap((turn): Box[] => {
    const [from, to] = [Math.max(-180, west + turn), Math.min(180, east + turn)]
    return from <= to ? [[from, south, to, north]] : []
  })
}

function partContains(part: PreparedPart, longitude: number, latitude: number): boolean {
  if (part.kind === 'circle') return circleContains(part.circle, [longitude, latitude])
  if (part.kind === 'intersection') return part.inBoth(longitude, latitude)
  const { index } = part
  return (
    index.locate(longitude, latitude) >= 0 ||
    (index.bounds[2] >= 180 && index.locate(longitude + 360, latitude) >= 0) ||
    (index.bounds[0] <= -180 && index.locate(longitude - 360, latitude) >= 0)
  )
}

/**
 * The rule of who is inside, for many points: the border counts as inside, of holes too. Estimates, sending and
 * tallies all go by it. Same verdicts as `polygonContains` and `circleContains`. Measured: 2,000 corners, a
 * million points in 0.1 to 0.2 s.
 */
export function makeAreaPredicate(
  shape: Shape,
  parts = prepareParts(shape),
): (longitude: number, latitude: number) => boolean {
  const { west, south, size, cellsPerDegree, cells } = sortIntoCells(parts)
  return (longitude, latitude) => {
    const column = Math.floor((longitude - west) * cellsPerDegree[0])
    const row = Math.floor((latitude - south) * cellsPerDegree[1])
    if (!(column >= 0 && column < size && row >= 0 && row < size)) return false
    for (const part of cells[row * size + column]!) {
      if (partContains(part, longitude, latitude)) return true
    }
    return false
  }
}

/** A state of three hundred islands must not cost three hundred tests a point: a coarse grid says which may hold it. */
function sortIntoCells(parts: readonly PreparedPart[]) {
  const [west, south, east, north] = parts
    .flatMap(part => part.boxes)
    .reduce(unionOf, [Infinity, Infinity, -Infinity, -Infinity])
  const size = Math.min(64, Math.ceil(2 * Math.sqrt(parts.length)))
  // A hair less than the cells there are, so that the eastern and northern edges fall into the last ones.
  const perDegree = (extent: number) => (extent > 0 ? (size * (1 - 1e-12)) / extent : 0)
  const cellsPerDegree = [perDegree(east - west), perDegree(north - south)] as const
  const cells: PreparedPart[][] = Array.from({ length: size * size }, () => [])
  for (const part of parts) {
    const holding = new Set<PreparedPart[]>()
    for (const [w, s, e, n] of part.boxes) {
      const lastRow = Math.floor((n - south) * cellsPerDegree[1])
      const lastColumn = Math.floor((e - west) * cellsPerDegree[0])
      for (let row = Math.floor((s - south) * cellsPerDegree[1]); row <= lastRow; row++) {
        for (
          let column = Math.floor((w - west) * cellsPerDegree[0]);
          column <= lastColumn;
          column++
        ) {
          holding.add(cells[row * size + column]!)
        }
      }
    }
    for (const cell of holding) cell.push(part)
  }
  return { west, south, size, cellsPerDegree, cells }
}
