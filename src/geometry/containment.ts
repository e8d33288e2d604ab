import { unrollRings } from './antimeridian.ts'
import type { MultiPolygon, Polygon, Position } from './geojson.ts'
import { orientation } from './orientation.ts'

/**
 * Whether a shape holds a point: the rule itself, corner by corner. The border belongs to the shape, that of a
 * hole too. Exact: a point counts as on an edge only if it is on it without rounding.
 *
 * For many points prepare the shape once instead (`makeAreaPredicate`), which gives the same verdicts.
 *
 * @param shape rings closed; one that goes round a pole holds nothing (`checkPolygon` refuses it)
 */
export function polygonContains(shape: Polygon | MultiPolygon, point: Position): boolean {
  const polygons = shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates
  const [longitude, latitude] = point
  return polygons.some(rings => {
    const unrolled = unrollRings(rings) ?? []
    return [longitude, longitude + 360, longitude - 360].some(x =>
      ringsContain(unrolled, x, latitude),
    )
  })
}

function ringsContain(rings: readonly (readonly Position[])[], x: number, y: number): boolean {
  let inside = false
  for (const ring of rings) {
    for (let index = 1; index < ring.length; index++) {
      const [x1, y1] = ring[index - 1]!
      const [x2, y2] = ring[index]!
      const side = orientation(x1, y1, x2, y2, x, y)
      if (side === 0 && isBetween(x, x1, x2) && isBetween(y, y1, y2)) return true
      if (y1 > y !== y2 > y && side > 0 === y2 > y1) inside = !inside
    }
  }
  return inside
}

function isBetween(value: number, a: number, b: number): boolean {
  return value >= Math.min(a, b) && value <= Math.max(a, b)
}
