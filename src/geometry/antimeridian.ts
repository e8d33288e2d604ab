import type { Position, Rings } from './geojson.ts'

/**
 * Rings across ±180°. Two neighbouring corners more than 180° of longitude apart are meant the short way round,
 * over the antimeridian. Such a ring is unrolled: its longitudes go on past 180 (or −180), and a point is
 * tested at its own longitude and a turn to either side. Nothing is cut, so no corner moves.
 *
 * An edge is straight in longitude and latitude (RFC 7946 §3.1.1), not a great circle.
 */

/**
 * @returns the rings with continuous longitudes, holes on the same turn as their shell; undefined if one goes
 *   round a pole (it ends a turn away from its start) or is wider than the globe
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
    if (turn !== 0) return undefined
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
