import { AppError } from '../errors.ts'
import { checkPolygon } from '../geometry/geojson.ts'
import type { Jurisdiction } from '../store/operators.ts'

/** @throws AppError `invalid_area` naming every fault */
export function assertUsableJurisdiction(jurisdiction: Jurisdiction | undefined): void {
  if (jurisdiction?.geometry === undefined) return
  const faults = checkPolygon(jurisdiction.geometry, '/jurisdiction/geometry')
  if (faults.length > 0)
    throw new AppError('invalid_area', 'the jurisdiction is no area', { faults })
}
