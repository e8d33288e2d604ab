import { z } from 'zod'
import { geocodeSchema, polygonSchema } from '../cap/area.ts'
import { AppError } from '../errors.ts'
import { FAULTS } from '../faults.ts'
import { boxesMeet } from '../geometry/box.ts'
import { clip } from '../geometry/clipping.ts'
import { checkPolygon, type Rings } from '../geometry/geojson.ts'
import { boxOf, outlinesOf, shift } from '../geometry/outlines.ts'
import type { Shape } from '../geometry/shape.ts'
import { ringsAreaKm2 } from '../geometry/sphere.ts'
import type { Jurisdiction } from '../store/operators.ts'

/** Where somebody has authority: the union of all that it names. */
export const jurisdictionSchema = z
  .strictObject({
    geometry: polygonSchema.optional(),
    geocodes: z.array(geocodeSchema).min(1).max(1000).optional(),
  })
  .refine(({ geometry, geocodes }) => geometry !== undefined || geocodes !== undefined, {
    message: FAULTS.border_required,
  })

/** @throws AppError `invalid_area` naming every fault of the geometry; geocodes are the audience room's to judge */
export function assertUsableJurisdiction(jurisdiction: Jurisdiction | null | undefined): void {
  if (jurisdiction?.geometry === undefined) return
  const faults = checkPolygon(jurisdiction.geometry, '/jurisdiction/geometry')
  if (faults.length > 0) {
    throw new AppError('invalid_area', 'the jurisdiction is no area', { faults })
  }
}

/** What rounding leaves along a border that both share: as little as `checkPolygon` takes for nothing. */
const SLIVER_KM2 = 1e-6

/**
 * Whether all of a shape lies in another, the border included.
 *
 * @throws AppError `outside_jurisdiction` if together they are too intricate to tell
 */
export async function liesWithin(inner: Shape, outer: Shape): Promise<boolean> {
  const [outlines, bounds] = [await outlinesOf(inner), await outlinesOf(outer)]
  if (outlines === 'too intricate' || bounds === 'too intricate') throw tooIntricate()
  const cover = bounds.flatMap(rings => [-360, 0, 360].map(turn => shift(rings, turn)))
  const parts = outlines.map(part => ({
    part,
    near: cover.filter(rings => boxesMeet(boxOf(part), boxOf(rings))),
  }))
  if (parts.some(({ near }) => near.length === 0)) return false
  const jobs = parts.map(({ part, near }) => [[part], ...near.map(rings => [rings])])
  const rests = await clip('difference', jobs)
  if (rests === 'too intricate') throw tooIntricate()
  return rests.every(rest => areaOf(rest) <= SLIVER_KM2)
}

function tooIntricate(): AppError {
  const message = 'the area and the jurisdiction are too intricate to compare: draw it simpler'
  return new AppError('outside_jurisdiction', message)
}

function areaOf(polygons: readonly Rings[]): number {
  return polygons.reduce((sum, rings) => sum + ringsAreaKm2(rings), 0)
}
