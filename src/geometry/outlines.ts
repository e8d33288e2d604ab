import { unrollRings } from './antimeridian.ts'
import { boxesMeet } from './box.ts'
import { circleRing, type Circle } from './circle.ts'
import { clip } from './clipping.ts'
import type { Box, Position, Rings } from './geojson.ts'
import type { Shape } from './shape.ts'

/**
 * Polygons unrolled past ±180°, circles as the rings around them, what lies in two shapes clipped. What is wider than
 * the globe is all of it.
 */
export async function outlinesOf(shape: Shape): Promise<Rings[] | 'too intricate'> {
  const { polygons, circles, intersections = [] } = shape
  const outlines = polygons.map(rings => unrollRings(rings) ?? WHOLE_GLOBE)
  outlines.push(...circles.map(outlineOf))
  for (const pair of intersections) {
    const [one, other] = [await outlinesOf(pair[0]), await outlinesOf(pair[1])]
    if (one === 'too intricate' || other === 'too intricate') return 'too intricate'
    const boxes = one.map(boxOf)
    const near = other
      .flatMap(rings => [-360, 0, 360].map(turn => shift(rings, turn)))
      .filter(rings => boxes.some(box => boxesMeet(box, boxOf(rings))))
    if (near.length === 0) continue
    const clipped = await clip('intersection', [[one, near]])
    if (clipped === 'too intricate') return clipped
    outlines.push(...clipped.flat())
  }
  return outlines
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

/** By whole turns of the globe. */
export function shift(rings: Rings, turn: number): Rings {
  if (turn === 0) return rings
  return rings.map(ring => ring.map(([x, y]): Position => [x + turn, y]))
}

export function boxOf([shell = []]: Rings): Box {
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
