import type { Fault } from '../errors.ts'
import { positionFault, type MultiPolygon, type Polygon, type Position } from './geojson.ts'
import { orientation } from './orientation.ts'

/**
 * A drawing without what a slip of the hand leaves in it: positions given twice in a row, and spikes, where a ring
 * goes out and back along the same line. Neither holds any ground, so nobody's verdict changes but that of a person
 * exactly on a spike. What can't be read, or would not be a ring any more, is given back as it is: `checkPolygon`
 * names it.
 *
 * @returns what is to be stored, and a warning for each ring that was changed
 */
export function cleanPolygon<Drawn extends Polygon | MultiPolygon>(
  shape: Drawn,
  pointer: string,
): { shape: Drawn; warnings: Fault[] } {
  const warnings: Fault[] = []
  const clean = (ring: readonly Position[], place: string) => {
    const cleaned = cleanRing(ring)
    if (cleaned === undefined) return ring
    warnings.push({ pointer: place, detail: cleaned.detail })
    return cleaned.ring
  }
  const cleanRings = (rings: readonly (readonly Position[])[], place: string) =>
    rings.map((ring, no) => clean(ring, `${place}/${no}`))
  const place = `${pointer}/coordinates`
  const coordinates =
    shape.type === 'Polygon'
      ? cleanRings(shape.coordinates, place)
      : shape.coordinates.map((rings, no) => cleanRings(rings, `${place}/${no}`))
  return { shape: warnings.length === 0 ? shape : { ...shape, coordinates }, warnings }
}

/** @returns undefined where there is nothing to clean */
function cleanRing(
  ring: readonly Position[],
): { ring: readonly Position[]; detail: string } | undefined {
  const [first, last] = [ring[0], ring.at(-1)]
  if (first === undefined || last === undefined || !isSame(first, last)) return undefined
  if (ring.some(position => positionFault(position) !== undefined)) return undefined
  const kept: Position[] = []
  const spikes: Position[] = []
  let doubles = 0
  for (const position of ring.slice(0, -1)) {
    kept.push(position)
    // A spike that goes brings its two ends together, which were not given twice.
    for (let wasSpike = false; ;) {
      const [a, b, c] = [kept.at(-3), kept.at(-2), kept.at(-1)!]
      if (b !== undefined && isSame(b, c)) {
        kept.pop()
        if (!wasSpike) doubles++
        wasSpike = false
      } else if (a !== undefined && b !== undefined && isSpike(a, b, c)) {
        spikes.push(b)
        kept.splice(-2, 1)
        wasSpike = true
      } else break
    }
  }
  // Where the ring is closed its end meets its beginning.
  for (let wasSpike = false; kept.length > 2;) {
    const [a, b, c, d] = [kept.at(-2)!, kept.at(-1)!, kept[0]!, kept[1]!]
    if (isSame(b, c)) {
      kept.pop()
      if (!wasSpike) doubles++
      wasSpike = false
    } else if (isSpike(a, b, c)) {
      spikes.push(kept.pop()!)
      wasSpike = true
    } else if (isSpike(b, c, d)) {
      spikes.push(kept.shift()!)
      wasSpike = true
    } else break
  }
  if (kept.length < 3 || spikes.length + doubles === 0) return undefined
  const what = [
    ...(doubles > 0 ? [`${doubles} position(s) given twice`] : []),
    ...spikes.slice(0, 3).map(([longitude, latitude]) => `a spike at [${longitude}, ${latitude}]`),
    ...(spikes.length > 3 ? [`${spikes.length - 3} spikes more`] : []),
  ]
  return { ring: [...kept, kept[0]!], detail: `had ${what.join(', ')}: left out` }
}

function isSame(a: Position, b: Position): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

/** Whether a ring turns about at `b`: there and back on one line, exactly. */
function isSpike(a: Position, b: Position, c: Position): boolean {
  const [ax, cx] = [near(a[0], b[0]), near(c[0], b[0])]
  if (orientation(ax, a[1], b[0], b[1], cx, c[1]) !== 0) return false
  return (ax - b[0]) * (cx - b[0]) + (a[1] - b[1]) * (c[1] - b[1]) > 0
}

/** The short way round, over ±180° where that is nearer. */
function near(longitude: number, other: number): number {
  if (longitude - other > 180) return longitude - 360
  return longitude - other < -180 ? longitude + 360 : longitude
}
