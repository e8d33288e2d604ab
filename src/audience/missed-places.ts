/**
 * Places that an alert leaves out amid its own ground: a town in the hole of an area, or between areas, as one has
 * forgotten a county or drawn two zones a street apart.
 *
 * A place is **missed** if no ground holds it and
 * - it lies in a hole of an area, or
 * - ground lies around it: looking as far as the largest part of the ground is wide, 5 to 50 km, there is no free half
 *   of the horizon.
 */
import { polygonContains } from '../geometry/containment.ts'
import { unionOf } from '../geometry/box.ts'
import type { Box, Position, Rings } from '../geometry/geojson.ts'
import { boxOf, outlinesOf } from '../geometry/outlines.ts'
import { distanceKm } from '../geometry/sphere.ts'
import { viewOver } from '../geometry/surround.ts'
import type { Ground } from './areas.ts'
import { placesIn, type Place } from './places.ts'

const REACH_KM = { least: 5, most: 50 }
/** Of corners against places: 0.1 s. The largest places are looked at first. */
const MAX_TESTS = 5_000_000
const MAX_PLACES = 20

/**
 * The largest first, twenty at the most.
 *
 * @param covered whether somebody else's alert reaches a place; asked of few
 */
export async function missedPlaces(
  grounds: readonly Ground[],
  covered: () => Promise<(longitude: number, latitude: number) => boolean>,
): Promise<Place[]> {
  const outlines: Rings[] = []
  for (const { shape } of grounds) {
    const drawn = await outlinesOf(shape)
    if (drawn === 'too intricate') return []
    outlines.push(...drawn)
  }
  const [viewFrom, reachKm] = [viewOver(outlines), reachOf(outlines)]
  const corners = outlines.flat().reduce((sum, ring) => sum + ring.length, 0)
  const places = (await placesIn(searched(grounds)))
    .filter(one => !grounds.some(({ contains }) => contains(one.longitude, one.latitude)))
    .toSorted((a, b) => b.population - a.population)
  const amid: Place[] = []
  for (const place of places.slice(0, Math.ceil(MAX_TESTS / Math.max(1, corners)))) {
    const at: Position = [place.longitude, place.latitude]
    if (isInHole(outlines, at) || viewFrom(at, reachKm) < Math.PI) amid.push(place)
  }
  if (amid.length === 0) return []
  const isCovered = await covered()
  return amid
    .filter(({ longitude, latitude }) => !isCovered(longitude, latitude))
    .slice(0, MAX_PLACES)
}

/** What lies amid ground lies in the box around it. Over ±180° that is the whole belt. */
function searched(grounds: readonly Ground[]): Box[] {
  const bounds = grounds.flatMap(ground => ground.bounds)
  if (bounds.length === 0) return []
  return [bounds.reduce(unionOf)]
}

function reachOf(outlines: readonly Rings[]): number {
  const widths = outlines.map(rings => {
    const [west, south, east, north] = boxOf(rings)
    return distanceKm([west, south], [east, north])
  })
  return Math.min(REACH_KM.most, Math.max(REACH_KM.least, ...widths))
}

function isInHole(outlines: readonly Rings[], point: Position): boolean {
  return outlines.some(([, ...holes]) =>
    holes.some(hole => polygonContains({ type: 'Polygon', coordinates: [hole] }, point)),
  )
}
