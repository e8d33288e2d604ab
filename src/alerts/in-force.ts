import type { CoveredArea } from '../audience/area-tools.ts'
import { blocksWithAreas, signedAreas } from '../cap/content.ts'
import type { Database } from '../store/database.ts'
import { findGroups } from '../store/groups.ts'
import { listInForce } from '../store/in-force.ts'

/** What the alerts cover that are being sent or were, have not expired, and that no later one took back or replaced. */
export async function areasInForce(db: Database, now: Date): Promise<CoveredArea[]> {
  const alerts = await listInForce(db, now)
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
