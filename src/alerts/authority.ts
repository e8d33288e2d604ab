import { geocodesOf, groundOf } from '../audience/areas.ts'
import { lookUpGeocodes } from '../audience/geocodes.ts'
import { areasOfGroups } from '../audience/resolve-groups.ts'
import { worstSeverity, type AlertDraft } from '../cap/alert.ts'
import type { Area } from '../cap/area.ts'
import { blocksWithAreas, signedAreas } from '../cap/content.ts'
import type { Shape } from '../geometry/shape.ts'
import { assertMay } from '../operators/authority.ts'
import type { Operator, Role } from '../operators/operator.ts'
import { type AlertRow, findAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'

/** An alert, as far as it decides who may act on it; its ceiling is the most that it may reach. */
type Undertaken = Pick<AlertRow, 'draft' | 'maxRecipients' | 'references'>

type Polygon = NonNullable<Area['polygon']>[number]

/**
 * Whether somebody may act on this alert: by a role, and by limits and a jurisdiction that cover it, and those that
 * it follows, for whom these have reached it reaches too.
 *
 * @throws AppError `forbidden`, `outside_jurisdiction`, `over_limits`
 */
export async function assertMayAct(
  db: Database,
  operator: Operator,
  roles: readonly Role[],
  { draft, maxRecipients, references }: Undertaken,
): Promise<void> {
  const what = {
    severity: worstSeverity(draft.info),
    events: draft.info.map(info => info.event),
    recipients: maxRecipients ?? undefined,
    // Clipping is not free, and most operators have no borders.
    grounds: operator.jurisdiction === undefined ? [] : await allGrounds(db, draft, references),
  }
  const ofJurisdiction = await lookUpGeocodes(db, operator.jurisdiction?.geocodes ?? [])
  await assertMay(operator, roles, what, ({ geometry, geocodes }) => {
    // Checked when it was given; its type in the store knows no tuples.
    const polygon = geometry === undefined ? [] : [geometry as Polygon]
    return groundOf({ areaDesc: '', polygon, geocode: [...(geocodes ?? [])] }, ofJurisdiction).shape
  })
}

async function allGrounds(
  db: Database,
  draft: AlertDraft,
  references: readonly string[],
): Promise<Shape[]> {
  const grounds = await groundsOf(db, draft)
  for (const id of references) {
    const followed = await findAlert(db, id)
    if (followed !== undefined) grounds.push(...(await groundsOf(db, followed.draft)))
  }
  return grounds
}

/** All ground that an alert names. A group that is gone names none: it must not keep anybody from stopping. */
async function groundsOf(db: Database, { info, audience }: AlertDraft): Promise<Shape[]> {
  const { areas } = signedAreas(blocksWithAreas(info).flatMap(block => block.area))
  const all = [...areas, ...(await areasOfGroups(db, audience.groups))]
  const geocodes = await lookUpGeocodes(db, geocodesOf(all))
  return all.map(area => groundOf(area, geocodes).shape)
}
