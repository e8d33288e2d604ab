import type { CoveredArea } from '../audience/area-tools.ts'
import { geocodesOf, groundOf } from '../audience/areas.ts'
import { lookUpGeocodes } from '../audience/geocodes.ts'
import { blocksWithAreas, signedAreas } from '../cap/content.ts'
import type { Database } from '../store/database.ts'
import { findGroups } from '../store/groups.ts'
import { listInForce } from '../store/in-force.ts'

/**
 * What the alerts cover that are being sent or were, have not expired, and that no later one took back or replaced:
 * those for real, and in an exercise its own.
 */
export async function areasInForce(
  db: Database,
  now: Date,
  exerciseId: string | undefined,
): Promise<CoveredArea[]> {
  const alerts = await listInForce(db, now, exerciseId)
  const groups = await findGroups(
    db,
    alerts.flatMap(({ draft }) => draft.audience.groups),
  )
  return alerts.flatMap(({ id, draft }) => {
    const { areas } = signedAreas(blocksWithAreas(draft.info).flatMap(block => block.area))
    const ofGroups = groups
      .filter(group => draft.audience.groups.includes(group.id))
      .flatMap(({ area }) => area ?? [])
    return [...areas, ...ofGroups].map(area => ({ alertId: id, area }))
  })
}

/** Whether alerts in force cover a place. */
export async function coveredInForce(
  db: Database,
  now: Date,
  exerciseId: string | undefined,
): Promise<(longitude: number, latitude: number) => boolean> {
  const areas = (await areasInForce(db, now, exerciseId)).map(({ area }) => area)
  const geocodes = await lookUpGeocodes(db, geocodesOf(areas))
  const grounds = areas.map(area => groundOf(area, geocodes))
  return (longitude, latitude) => grounds.some(({ contains }) => contains(longitude, latitude))
}
