import { geocodesOf, groundOf } from '../audience/areas.ts'
import { lookUpGeocodes } from '../audience/geocodes.ts'
import { areasOfGroups } from '../audience/resolve-groups.ts'
import type { AlertDraft } from '../cap/alert.ts'
import type { Area } from '../cap/area.ts'
import { isAppError } from '../errors.ts'
import type { Shape } from '../geometry/shape.ts'
import { liesWithin } from '../operators/jurisdiction.ts'
import type { Database } from '../store/database.ts'
import type { AlertTemplateRow } from '../store/templates.ts'
import { readVersion } from '../templates/templates.ts'
import { type DraftFault, withCode } from './draft-faults.ts'

/**
 * Which ground an alert names outside the limits of the template that it is held to.
 *
 * @throws AppError `unknown_geocode` where a code is gone
 */
export async function limitFaults(
  db: Database,
  draft: AlertDraft,
  made: Pick<AlertTemplateRow, 'templateId' | 'version' | 'partedAt'> | undefined,
): Promise<DraftFault[]> {
  if (made === undefined || made.partedAt !== null) return []
  const { template } = await readVersion(db, made.templateId, made.version)
  const { within } = template
  if (within === undefined) return []
  const named = await namedAreas(db, draft)
  const geocodes = await lookUpGeocodes(db, geocodesOf([within, ...named.map(({ area }) => area)]))
  const { shape: limits } = groundOf(within, geocodes, '/template/within')
  const faults: DraftFault[] = []
  for (const { area, pointer } of named) {
    const detail = await outside(groundOf(area, geocodes, pointer).shape, limits)
    if (detail === undefined) continue
    faults.push(withCode('not_as_template')({ pointer, detail: `${detail} ${within.areaDesc}` }))
  }
  return faults
}

/** As an operator's jurisdiction has it: who is only listed in a group names no ground. */
async function namedAreas(
  db: Database,
  { info, audience }: AlertDraft,
): Promise<{ area: Area; pointer: string }[]> {
  const own = info.flatMap(({ area = [] }, no) =>
    area.map((one, i) => ({ area: one, pointer: `/info/${no}/area/${i}` })),
  )
  const ofGroups: typeof own = []
  for (const [no, id] of audience.groups.entries()) {
    const areas = await areasOfGroups(db, [id])
    ofGroups.push(...areas.map(area => ({ area, pointer: `/audience/groups/${no}` })))
  }
  return [...own, ...ofGroups]
}

async function outside(shape: Shape, limits: Shape): Promise<string | undefined> {
  try {
    const isInside = await liesWithin(shape, limits)
    return isInside ? undefined : 'lies not wholly within the limits of the template:'
  } catch (error) {
    if (!isAppError(error) || error.code !== 'outside_jurisdiction') throw error
    return 'is too intricate to be held against the limits of the template: draw it simpler, within'
  }
}
