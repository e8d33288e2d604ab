import type { Position, Rings } from './geojson.ts'

/**
 * Rings across ±180°. Two neighbouring corners more than 180° of longitude apart are meant the short way round,
 * over the antimeridian. Such a ring is unrolled: its longitudes go on past 180 (or −180), and a point is
 * tested at its own longitude and a turn to either side. Nothing is cut, so no corner moves.
 *
 * An edge is straight in longitude and latitude (RFC 7946 §3.1.1), not a great circle.
 *
 * A ring that ends a turn away from its start goes round a pole: the one of the hemisphere in which all of it lies.
 * It is closed along that pole's edge of the map, by way of its corner that is nearest to the pole: from there no
 * edge is in the way.
 */

/**
 * @returns the rings with continuous longitudes, holes on the same turn as their shell; undefined for a ring wider
 *   than the globe, one round a pole that crosses the equator, and where rings round a pole have holes or are holes
 */
export function unrollRings(rings: Rings): Rings | undefined {
  const unrolled: Position[][] = []
  let west = -Infinity
  let east = Infinity
  for (const ring of rings) {
    let turn = 0
    let previous: number | undefined
    let points = ring.map(([longitude, latitude]): Position => {
      if (previous !== undefined) turn += turnBetween(previous, longitude)
      previous = longitude
      return turn === 0 ? [longitude, latitude] : [longitude + turn, latitude]
    })
    if (turn !== 0) {
      const closed = rings.length === 1 ? closeOverPole(points) : undefined
      return closed && [closed]
    }
    const [ringWest, ringEast] = longitudeRange(points)
    if (ringEast - ringWest > 360) return undefined
    if (unrolled.length === 0) {
      west = ringWest
      east = ringEast
    } else if (ringWest < west && ringWest + 360 <= east) {
      points = points.map(([x, y]) => [x + 360, y])
    } else if (ringEast > east && ringEast - 360 >= west) {
      points = points.map(([x, y]) => [x - 360, y])
    }
    unrolled.push(points)
  }
  return unrolled
}

/** @param points from the first corner to the same a turn away */
function closeOverPole(points: readonly Position[]): Position[] | undefined {
  const latitudes = points.map(([, latitude]) => latitude)
  const isNorth = latitudes.every(latitude => latitude > 0)
  if (!isNorth && !latitudes.every(latitude => latitude < 0)) return undefined
  const turn = points.at(-1)![0] - points[0]![0]
  // Rounding aside it is one turn; two are a ring that meets itself.
  if (Math.abs(Math.abs(turn) - 360) > 1) return undefined
  const highest = latitudes.reduce(
    (best, latitude, at) => (Math.abs(latitude) > Math.abs(latitudes[best]!) ? at : best),
    0,
  )
  const [seam, top] = points[highest]!
  const pole = isNorth ? 90 : -90
  if (top === pole) return undefined
  return [
    ...points.slice(0, highest + 1),
    [seam, pole],
    [seam - turn, pole],
    ...points.slice(highest).map(([x, y]): Position => [x - turn, y]),
  ]
}

function turnBetween(from: number, to: number): number {
  if (to - from > 180) return -360
  return to - from < -180 ? 360 : 0
}

function longitudeRange(points: readonly Position[]): [west: number, east: number] {
  let west = Infinity
  let east = -Infinity
  for (const [x] of points) {
    if (x < west) west = x
    if (x > east) east = x
  }
  return [west, east]
}
