import { circleRing } from './circle.ts'
import { clip } from './clipping.ts'
import type { Position, Rings } from './geojson.ts'

const CORNERS = 16
/** Around the circle, not in it: nobody within the distance is left out; a fiftieth more is reached. */
const GROWTH = 1 / Math.cos(Math.PI / CORNERS)

/**
 * Polygons widened on all sides by a distance over the ground, or narrowed by a negative one. Each edge is a band with
 * round ends; the bands are joined to the polygons or taken from them.
 *
 * @param polygons unrolled
 */
export async function buffer(
  polygons: readonly Rings[],
  km: number,
): Promise<readonly Rings[] | 'too intricate'> {
  const bands = polygons.flatMap(rings => rings.flatMap(ring => bandsAlong(ring, Math.abs(km))))
  const grounds = [polygons, ...bands.map(band => [[band]])]
  const widened = await clip(km > 0 ? 'union' : 'difference', [grounds])
  return widened === 'too intricate' ? widened : (widened[0] ?? [])
}

function bandsAlong(ring: readonly Position[], radiusKm: number): Position[][] {
  const ends = ring.map(([longitude, latitude]) => {
    // A circle's centre is on the map, wherever its ring was unrolled to.
    const turn = 360 * Math.round(longitude / 360)
    const circle = { center: [longitude - turn, latitude] as const, radiusKm: radiusKm * GROWTH }
    return circleRing(circle, CORNERS).map(([x, y]): Position => [x + turn, y])
  })
  return ends.slice(1).map((end, no) => hullOf([...ends[no]!, ...end]))
}

/** The smallest convex ring around points (Andrew's monotone chain), closed. */
function hullOf(points: readonly Position[]): Position[] {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
  const chain = (along: readonly Position[]) => {
    const kept: Position[] = []
    for (const [x, y] of along) {
      for (;;) {
        const [a, b] = [kept.at(-2), kept.at(-1)]
        if (a === undefined || b === undefined) break
        if ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 0) break
        kept.pop()
      }
      kept.push([x, y])
    }
    return kept.slice(0, -1)
  }
  const hull = [...chain(sorted), ...chain(sorted.toReversed())]
  return [...hull, hull[0]!]
}
