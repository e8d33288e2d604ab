import { type Geom, intersection } from 'polyclip-ts'
import { unrollRings } from './antimeridian.ts'
import { type Circle, circleRing } from './circle.ts'
import type { Position, Rings } from './geojson.ts'

/** The coordinates of a GeoJSON MultiPolygon. */
type Polygons = Position[][][]

/**
 * A polygon as maps draw it: what crosses ±180° cut there in two (RFC 7946 §3.1.9), shells counter-clockwise and
 * holes clockwise (§3.1.6).
 *
 * @param rings as `checkPolygon` lets them pass
 */
export function mapPolygons(rings: Rings): Polygons {
  const unrolled = unrollRings(rings)
  return unrolled === undefined ? [] : onTheMap(unrolled)
}

/** A circle as a polygon of 64 corners on its rim, cut as `mapPolygons` does. */
export function mapCircle(circle: Circle): Polygons {
  return onTheMap([circleRing(circle)])
}

function onTheMap(rings: Rings): Polygons {
  const longitudes = (rings[0] ?? []).map(([longitude]) => longitude)
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)]
  if (west >= -180 && east <= 180) return [wound(rings)]
  return [-360, 0, 360].flatMap(turn => {
    const turned = rings.map(ring => ring.map(([x, y]): [number, number] => [x + turn, y]))
    return intersection(turned as Geom, WORLD).map(wound)
  })
}

const WORLD: Geom = [
  [
    [-180, -90],
    [180, -90],
    [180, 90],
    [-180, 90],
    [-180, -90],
  ],
]

function wound(rings: Rings): Position[][] {
  return rings.map((ring, no) => {
    const isCounterClockwise = signedArea(ring) > 0
    return isCounterClockwise === (no === 0) ? [...ring] : ring.toReversed()
  })
}

function signedArea(ring: readonly Position[]): number {
  let sum = 0
  for (let index = 1; index < ring.length; index++) {
    const [[x1, y1], [x2, y2]] = [ring[index - 1]!, ring[index]!]
    sum += x1 * y2 - x2 * y1
  }
  return sum
}
