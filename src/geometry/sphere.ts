import type { Position, Rings } from './geojson.ts'

/**
 * The mean radius R₁ = (2a + b)/3 of the WGS 84 ellipsoid. CAP names no model; on this sphere distances are
 * within 0.6 % of geodesics of the ellipsoid.
 */
export const EARTH_RADIUS_KM = 6371.0088

/** One degree, in radians. */
export const RADIANS = Math.PI / 180

/** Great-circle distance by the haversine formula, which keeps its precision for near points. */
export function distanceKm([lon1, lat1]: Position, [lon2, lat2]: Position): number {
  const byLatitude = Math.sin(((lat2 - lat1) * RADIANS) / 2)
  const byLongitude = Math.sin(((lon2 - lon1) * RADIANS) / 2)
  const haversine =
    byLatitude ** 2 + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * byLongitude ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, haversine)))
}

/** The area on the sphere of a shell less its holes, km². Edges are straight in longitude and latitude, as everywhere. */
export function ringsAreaKm2([shell = [], ...holes]: Rings): number {
  return holes.reduce((area, hole) => area - ringAreaKm2(hole), ringAreaKm2(shell))
}

/** The integral of sin(latitude) over longitude, exactly: along an edge its mean is sin(middle) · sin(half)/half. */
function ringAreaKm2(ring: readonly Position[]): number {
  let sum = 0
  for (let index = 1; index < ring.length; index++) {
    const [x1, y1] = ring[index - 1]!
    const [x2, y2] = ring[index]!
    const half = ((y2 - y1) * RADIANS) / 2
    const mean = Math.sin(((y1 + y2) * RADIANS) / 2) * (half === 0 ? 1 : Math.sin(half) / half)
    sum += (x2 - x1) * RADIANS * mean
  }
  return Math.abs(sum) * EARTH_RADIUS_KM ** 2
}
