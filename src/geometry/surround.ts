import type { Position, Rings } from './geojson.ts'
import { boxOf } from './outlines.ts'
import { RADIANS } from './sphere.ts'

const KM_A_DEGREE = 111.195

/**
 * The widest sector, in radians, in which a point that lies in no ground sees none: a full turn where none is near, less
 * than half a turn where ground lies around it.
 *
 * Seen on a plane that touches the globe there, true to a thousandth as far as anybody looks.
 *
 * @param outlines polygons, longitudes unrolled
 */
export function viewOver(outlines: readonly Rings[]): (point: Position, reachKm: number) => number {
  const rings = outlines.flat().map(ring => ({ ring, box: boxOf([ring]) }))
  return ([longitude, latitude], reachKm) => {
    const [perX, perY] = [KM_A_DEGREE * Math.cos(latitude * RADIANS), KM_A_DEGREE]
    const [reachX, reachY] = [reachKm / perX, reachKm / perY]
    const seen: [from: number, to: number][] = []
    for (const { ring, box } of rings) {
      const x0 = longitude + 360 * Math.round(((box[0] + box[2]) / 2 - longitude) / 360)
      if (x0 + reachX < box[0] || x0 - reachX > box[2]) continue
      if (latitude + reachY < box[1] || latitude - reachY > box[3]) continue
      let last: Position | undefined
      for (const [x, y] of ring) {
        const next: Position = [(x - x0) * perX, (y - latitude) * perY]
        const part = last && withinReach(last, next, reachKm)
        if (part !== undefined) seen.push(sectorOf(...part))
        last = next
      }
    }
    return widestGap(seen)
  }
}

/** Of a line the part that is no farther from the origin than that. */
function withinReach(
  [ax, ay]: Position,
  [bx, by]: Position,
  reach: number,
): [Position, Position] | undefined {
  // Most lines are far away.
  if ((ax > reach && bx > reach) || (ax < -reach && bx < -reach)) return undefined
  if ((ay > reach && by > reach) || (ay < -reach && by < -reach)) return undefined
  const [dx, dy] = [bx - ax, by - ay]
  const square = dx * dx + dy * dy
  if (square === 0) return undefined
  const nearest = -(ax * dx + ay * dy) / square
  const offSquare = (ax + nearest * dx) ** 2 + (ay + nearest * dy) ** 2
  if (offSquare > reach * reach) return undefined
  const half = Math.sqrt((reach * reach - offSquare) / square)
  const [first, last] = [Math.max(0, nearest - half), Math.min(1, nearest + half)]
  if (first > last) return undefined
  return [
    [ax + first * dx, ay + first * dy],
    [ax + last * dx, ay + last * dy],
  ]
}

/** From one bearing on to another, never half a turn: a straight line is seen from one side. */
function sectorOf([ax, ay]: Position, [bx, by]: Position): [number, number] {
  const [one, other] = [Math.atan2(ay, ax), Math.atan2(by, bx)]
  const [low, high] = [Math.min(one, other), Math.max(one, other)]
  return high - low <= Math.PI ? [low, high] : [high, low + 2 * Math.PI]
}

function widestGap(sectors: [number, number][]): number {
  sectors.sort(([one], [other]) => one - other)
  const [first] = sectors
  if (first === undefined) return 2 * Math.PI
  let widest = 0
  let end = first[1]
  for (const [from, to] of sectors) {
    widest = Math.max(widest, from - end)
    end = Math.max(end, to)
  }
  return Math.max(widest, first[0] + 2 * Math.PI - end)
}
