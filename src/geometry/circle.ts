import type { Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { Box, Position } from './geojson.ts'
import { positionFault } from './geojson.ts'
import { distanceKm, EARTH_RADIUS_KM, RADIANS } from './sphere.ts'

/**
 * Everywhere within `radiusKm` of the centre over the ground, the rim included (CAP 1.2 §3.2.4 `circle`). A radius
 * of 0 is valid there and marks a point: it reaches nobody, not even who stands on it.
 */
export interface Circle {
  readonly center: Position
  readonly radiusKm: number
}

/** A larger circle is taken for a slip of the hand; half of what a circle with a shape on the map could be. */
const MAX_RADIUS_KM = 5000

export function checkCircle(value: unknown, pointer: string, maxRadiusKm = MAX_RADIUS_KM): Fault[] {
  if (typeof value !== 'object' || value === null) {
    return [faultAt(pointer, 'not_circle')]
  }
  const { center, radiusKm } = value as Partial<Record<string, unknown>>
  const faults: Fault[] = []
  const centerFault = positionFault(center)
  if (centerFault !== undefined) faults.push({ pointer: `${pointer}/center`, ...centerFault })
  if (typeof radiusKm !== 'number' || !(radiusKm >= 0)) {
    faults.push(faultAt(`${pointer}/radiusKm`, 'not_radius'))
  } else if (radiusKm > maxRadiusKm) {
    faults.push(faultAt(`${pointer}/radiusKm`, 'radius_too_large', { most: maxRadiusKm }))
  }
  return faults
}

export function circleContains({ center, radiusKm }: Circle, point: Position): boolean {
  return radiusKm > 0 && distanceKm(center, point) <= radiusKm
}

/**
 * The boxes of longitude and latitude around a circle: one, two if it crosses ±180°, all longitudes if it holds
 * a pole. A hair (10^-9°, a tenth of a millimetre) wider than the circle, against rounding.
 */
export function circleBounds({ center: [longitude, latitude], radiusKm }: Circle): Box[] {
  const angle = radiusKm / EARTH_RADIUS_KM
  const south = Math.max(-90, latitude - angle / RADIANS - 1e-9)
  const north = Math.min(90, latitude + angle / RADIANS + 1e-9)
  const sine = Math.sin(angle) / Math.cos(latitude * RADIANS)
  if (south === -90 || north === 90 || angle >= Math.PI / 2 || sine >= 1)
    return [[-180, south, 180, north]]
  const half = Math.asin(sine) / RADIANS + 1e-9
  const [west, east] = [longitude - half, longitude + half]
  if (west <= -180) {
    return [
      [-180, south, east, north],
      [west + 360, south, 180, north],
    ]
  }
  if (east >= 180) {
    return [
      [west, south, 180, north],
      [-180, south, east - 360, north],
    ]
  }
  return [[west, south, east, north]]
}

/**
 * The nearest and the farthest that any point of a box lies from the circle's centre, in km. Along a parallel the
 * distance grows with the difference in longitude, so both are found on the box's two sides or on the centre's
 * own meridian and the one opposite; along a meridian its cosine is a sine wave of the latitude.
 */
export function distanceRangeKm(
  [longitude, latitude]: Position,
  [west, south, east, north]: Box,
): [nearest: number, farthest: number] {
  const meridians = [west, east]
  for (const own of [
    longitude - 360,
    longitude - 180,
    longitude,
    longitude + 180,
    longitude + 360,
  ]) {
    if (own > west && own < east) meridians.push(own)
  }
  let [nearest, farthest] = [Infinity, 0]
  for (const meridian of meridians) {
    const crest =
      Math.atan2(
        Math.sin(latitude * RADIANS),
        Math.cos(latitude * RADIANS) * Math.cos((meridian - longitude) * RADIANS),
      ) / RADIANS
    const latitudes = [south, north]
    for (const turning of [crest, crest - 180, crest + 180]) {
      if (turning > south && turning < north) latitudes.push(turning)
    }
    for (const at of latitudes) {
      const distance = distanceKm([longitude, latitude], [meridian, at])
      nearest = Math.min(nearest, distance)
      farthest = Math.max(farthest, distance)
    }
  }
  return [nearest, farthest]
}

/**
 * A circle as a ring of `corners` points on its rim, for maps and for systems that know no circles. Longitudes
 * run on past ±180° rather than jump; round a pole the ring is closed along the pole's edge of the map.
 */
export function circleRing(
  { center: [longitude, latitude], radiusKm }: Circle,
  corners = 64,
): Position[] {
  const angle = radiusKm / EARTH_RADIUS_KM
  const sinLatitude = Math.sin(latitude * RADIANS)
  const cosLatitude = Math.cos(latitude * RADIANS)
  let previous = longitude
  const rim = Array.from({ length: corners + 1 }, (_, index): Position => {
    // Counter-clockwise from the north (RFC 7946 §3.1.6), and the last the same as the first.
    const bearing = (-2 * Math.PI * (index % corners)) / corners
    const sine = sinLatitude * Math.cos(angle) + cosLatitude * Math.sin(angle) * Math.cos(bearing)
    const turned = Math.atan2(
      Math.sin(bearing) * Math.sin(angle) * cosLatitude,
      Math.cos(angle) - sinLatitude * sine,
    )
    const raw = longitude + turned / RADIANS
    previous = raw + 360 * Math.round((previous - raw) / 360)
    return [previous, Math.asin(Math.max(-1, Math.min(1, sine))) / RADIANS]
  })
  const [first, last] = [rim[0]!, rim[corners]!]
  if (Math.abs(last[0] - first[0]) < 180) return [...rim.slice(0, corners), first]
  const pole = latitude > 0 ? 90 : -90
  return [...rim, [last[0], pole], [first[0], pole], first]
}

/** Of the cap on the sphere. */
export function circleAreaKm2({ radiusKm }: Circle): number {
  return 2 * Math.PI * EARTH_RADIUS_KM ** 2 * (1 - Math.cos(radiusKm / EARTH_RADIUS_KM))
}
