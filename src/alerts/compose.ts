/** Drafts: written, edited and thrown away by authors, refused with every fault at once. */
import { v7 as uuid } from 'uuid'
import { draftAudience, heedsHours } from './audience.ts'
import { groupsOnDuty } from './content.ts'
import { assertMayAct } from './authority.ts'
import {
  draftFaults,
  languageFaults,
  refuseFaulty,
  withCode,
  type DraftFault,
} from './draft-faults.ts'
import { holdOpenExercise, inExercise } from './in-exercise.ts'
import { countRecipients, countStillToReach, signReached } from './reached.ts'
import { assertMode, type Caller, lockForStep, recordStep } from './steps.ts'
import { editTemplate, type TemplateEdit } from './template-texts.ts'
import { areaFaults, cleanArea, geocodesOf } from '../audience/areas.ts'
import { lookUpGeocodes } from '../audience/geocodes.ts'
import { resolveAudience, type ResolvedAudience } from '../audience/resolve.ts'
import { modeOf, worstSeverity, type AlertDraft, type AlertDraftPatch } from '../cap/alert.ts'
import type { AlertContent } from '../cap/content.ts'
import { patched } from '../cap/patched.ts'
import { trafficOf, type Traffic } from '../carriers/traffic.ts'
import { AppError, isAppError, type Fault } from '../errors.ts'
import {
  type AlertRow,
  deleteAlert as deleteRow,
  insertAlert,
  updateAlert,
} from '../store/alerts.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, notify, transact } from '../store/database.ts'
import type { ExerciseRow } from '../store/exercises.ts'
import { type Policy, readOrganisation } from '../store/organisation.ts'
import { type AlertTemplateRow, insertAlertTemplate } from '../store/templates.ts'

/** How far above the estimate a ceiling is set that nobody named. */
const CEILING_MARGIN = 0.05
/** The share of the estimate under which nothing is sent, where nobody named a floor: half of them went missing. */
const FLOOR_SHARE = 0.5

/** As it was stored, and what was left out of its drawings before: said once, for what is stored has it no more. */
export interface WrittenAlert extends AlertRow {
  readonly cleaned: readonly Fault[]
}

/**
 * @throws AppError `forbidden`, `wrong_mode`, `outside_jurisdiction`, `over_limits`; `invalid_alert`,
 *   `invalid_area`, `unknown_geocode`, `invalid_group` or `text_too_long`, naming every fault
 */
export async function composeAlert(
  db: Database,
  caller: Caller,
  given: AlertDraft,
): Promise<WrittenAlert> {
  const { draft: clean, cleaned } = withCleanAreas(given)
  assertMode(caller.mode, modeOf(clean.status))
  const { draft, faults, exercise } = await inExercise(db, caller, clean)
  const checked = await checkDraft(db, draft, caller.now, exercise)
  refuseFaulty([
    ...faults,
    ...checked.faults,
    ...msgTypeFaults(draft, 'Alert'),
    ...onlyFaults(draft, undefined),
  ])
  const alert = await transact(db, tx => insertDraft(tx, caller, draft, checked))
  return { ...alert, cleaned }
}

/**
 * Writes a draft that was checked, its first step.
 *
 * @param how `references`: the alerts of ours that it follows; `template`: what it was made of
 * @throws AppError `forbidden`, `outside_jurisdiction`, `over_limits`
 */
export async function insertDraft(
  tx: Database,
  caller: Caller,
  draft: AlertDraft,
  how: HowWritten,
): Promise<AlertRow> {
  const written = await writeDraft(tx, caller, draft, how)
  await recordDraft(tx, written, caller)
  return written.alert
}

export interface HowWritten {
  readonly policy: Policy
  readonly references?: readonly string[]
  readonly template?: Omit<AlertTemplateRow, 'alertId' | 'partedAt'>
  /** The alert whose silent ones it reminds. */
  readonly reminderOf?: string
}

/** An alert as it was written, and what it was made of. */
export interface Written {
  readonly alert: AlertRow
  readonly template: AlertTemplateRow | undefined
}

/**
 * The same, to be told by `recordDraft` once all else is done: what is told holds the trail's lock.
 *
 * @throws AppError as `insertDraft`
 */
export async function writeDraft(
  tx: Database,
  { operator, now, exerciseId }: Caller,
  draft: AlertDraft,
  how: HowWritten,
): Promise<Written> {
  const { policy, references = [], template: of, reminderOf = null } = how
  const exercise =
    exerciseId === undefined ? undefined : await holdOpenExercise(tx, exerciseId, now)
  if (exercise !== undefined && draft.audience.roster !== exercise.rosterId) {
    throw new AppError('wrong_state', 'the exercise has another roster by now')
  }
  const columns = await draftColumns(tx, draft, { policy, references, exercise })
  await assertMayAct(tx, operator, ['author'], { ...columns, references: [...references] })
  const alert = await insertAlert(tx, {
    ...columns,
    id: uuid(),
    state: 'draft',
    exerciseId: exerciseId ?? null,
    references: [...references],
    reminderOf,
    createdBy: operator.id,
    createdAt: now,
    updatedAt: now,
  })
  const template = of && (await insertAlertTemplate(tx, { ...of, alertId: alert.id }))
  return { alert, template }
}

export async function recordDraft(
  tx: Database,
  { alert, template }: Written,
  { operator: by, now }: Caller,
): Promise<void> {
  await recordStep(tx, alert, { done: 'created', from: null, by, now, template })
}

export interface AlertEdit {
  readonly patch: AlertDraftPatch
  readonly revision: number | undefined
  /** What becomes of the template that it was made of. */
  readonly template?: TemplateEdit | undefined
}

/**
 * @param count counts whom it would reach by now, in the transaction
 * @throws AppError as `composeAlert`, and `not_found`, `stale_revision`, `wrong_state`, `invalid_template`
 */
export async function editAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  { patch, revision, template: edit }: AlertEdit,
  count: CountDraft = countRecipients,
): Promise<WrittenAlert> {
  const { operator, now } = caller
  return transact(db, async tx => {
    const before = await lockForStep(tx, alertId, 'edit', caller, revision)
    const changed = await editTemplate(tx, before, patched(before.draft, patch), edit, now)
    const { draft: clean, cleaned } = withCleanAreas(changed.draft)
    assertMode(caller.mode, modeOf(clean.status))
    const { draft, faults, exercise } = await inExercise(tx, caller, clean)
    const checked = await checkDraft(tx, draft, now, exercise)
    refuseFaulty([
      ...faults,
      ...checked.faults,
      ...msgTypeFaults(draft, before.draft.msgType),
      ...onlyFaults(draft, before.draft.audience.only),
    ])
    const { references } = before
    const { policy } = checked
    const columns = await draftColumns(tx, draft, { policy, references, exercise, count })
    await assertMayAct(tx, operator, ['author'], { ...columns, references })
    const alert = await updateAlert(tx, alertId, columns, now)
    const { template, detail } = changed
    const told = { template, ...(detail !== undefined && { detail }) }
    await recordStep(tx, alert, { done: 'edited', from: 'draft', by: operator, now, ...told })
    return { ...alert, cleaned }
  })
}

/** @throws AppError `not_found`, `stale_revision`, `wrong_state` */
export async function deleteAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  revision: number | undefined,
): Promise<void> {
  await transact(db, async tx => {
    const alert = await lockForStep(tx, alertId, 'delete', caller, revision)
    await deleteRow(tx, alertId)
    await notify(tx, 'alerts', alertId)
    await recordAudit(tx, {
      operatorId: caller.operator.id,
      action: 'alert.deleted',
      subject: alertId,
      detail: { from: 'draft', revision: alert.revision },
    })
  })
}

/** Without what a slip of the hand left in its drawings, which foreign systems' have too. */
export function withCleanAreas(draft: AlertDraft): { draft: AlertDraft; cleaned: Fault[] } {
  const cleaned: Fault[] = []
  const info = draft.info.map((block, no) => {
    if (block.area === undefined) return block
    const area = block.area.map((one, i) => {
      const clean = cleanArea(one, `/info/${no}/area/${i}`)
      cleaned.push(...clean.warnings)
      return clean.area
    })
    return { ...block, area }
  })
  return cleaned.length === 0 ? { draft, cleaned } : { draft: { ...draft, info }, cleaned }
}

/** An update or a cancellation is made from the alert that it follows, not written from nothing. */
function msgTypeFaults({ msgType }: AlertDraft, must: AlertDraft['msgType']): DraftFault[] {
  if (msgType === must) return []
  return [{ under: 'invalid_alert', pointer: '/msgType', detail: `must be ${must} here` }]
}

/** Whom a reminder reaches is what makes it one: it is made from its alert, and stays so. */
function onlyFaults({ audience }: AlertDraft, must: AlertDraft['audience']['only']): DraftFault[] {
  if (audience.only === must) return []
  const detail =
    must === undefined
      ? 'is made from an alert: POST /v1/alerts/{id}/remind'
      : `must be ${must} here: it is a reminder`
  return [{ under: 'invalid_alert', pointer: '/audience/only', detail }]
}

/** Everything that a draft can be refused for, at its place in the request. */
export async function checkDraft(
  db: Database,
  draft: AlertDraft,
  now: Date,
  exercise?: ExerciseRow,
): Promise<{ faults: DraftFault[]; policy: Policy }> {
  const { policy } = await readOrganisation(db)
  const geocodes = await lookUpGeocodes(db, geocodesOf(draft.info.flatMap(({ area = [] }) => area)))
  const ofAreas = draft.info.flatMap(({ area = [] }, no) =>
    area.flatMap((one, i) => areaFaults(one, `/info/${no}/area/${i}`, geocodes)).map(withAreaCode),
  )
  const faults = [
    ...draftFaults(draft, { now, ...policy }),
    ...(ofAreas.length > 0 ? ofAreas : languageFaults(draft.info)),
    ...(await groupFaults(db, draft, exercise)),
  ]
  return { faults, policy }
}

function withAreaCode(fault: Fault): DraftFault {
  const isGeocode = /\/geocode\/\d+$/.test(fault.pointer)
  return withCode(isGeocode ? 'unknown_geocode' : 'invalid_area')(fault)
}

async function groupFaults(
  db: Database,
  draft: AlertDraft,
  exercise: ExerciseRow | undefined,
): Promise<DraftFault[]> {
  const { groups, excludeGroups, roster } = draft.audience
  const named = { groups, excludeGroups, ...(roster !== undefined && { roster }) }
  try {
    const { simulated = false } = exercise ?? {}
    await resolveAudience(db, { areas: [], ...named, simulated, emergency: false, categories: [] })
    return await dutyFaults(db, draft)
  } catch (error) {
    return [...groupFaultsOf(error), ...(await dutyFaults(db, draft))]
  }
}

async function dutyFaults(db: Database, draft: AlertDraft): Promise<DraftFault[]> {
  try {
    await groupsOnDuty(db, draft)
    return []
  } catch (error) {
    return groupFaultsOf(error)
  }
}

function groupFaultsOf(error: unknown): DraftFault[] {
  if (isAppError(error) && error.code === 'invalid_group') {
    return error.faults.map(withCode('invalid_group'))
  }
  throw error
}

/** What decides whom a draft reaches, beside itself. */
interface DraftFacts {
  readonly policy: Policy
  /** The alerts that it follows. */
  readonly references: readonly string[]
  /** The exercise that it belongs to. */
  readonly exercise: ExerciseRow | undefined
  readonly count?: CountDraft
}

/** Counts whom a draft would reach. */
export type CountDraft = (
  tx: Database,
  draft: Pick<AlertContent, 'reached' | 'only'> & { readonly traffic: Traffic },
  resolved: ResolvedAudience,
) => Promise<number>

/** The draft with the columns that follow from it. */
async function draftColumns(db: Database, draft: AlertDraft, facts: DraftFacts) {
  return {
    draft,
    mode: modeOf(draft.status),
    status: draft.status,
    msgType: draft.msgType,
    severity: worstSeverity(draft.info),
    delivery: draft.delivery,
    ...(await boundsFor(db, draft, facts)),
  }
}

/**
 * How many an alert may reach, and how many it must: by the estimate, where the author names none. Of an alert that
 * heeds hours by two: it may be sent at any hour.
 */
async function boundsFor(
  db: Database,
  draft: AlertDraft,
  { policy, references, exercise, count = countRecipients }: DraftFacts,
): Promise<{ maxRecipients: number; minRecipients: number }> {
  const { maxRecipients: ceiling, minRecipients: floor } = draft
  if (ceiling !== undefined && floor !== undefined) {
    return { maxRecipients: ceiling, minRecipients: floor }
  }
  const reached = await signReached(db, draft, references)
  const { only } = draft.audience
  const traffic = trafficOf({ mode: modeOf(draft.status), exercise })
  const counted: number[] = []
  for (const hours of heedsHours(draft) ? (['within', 'outside'] as const) : ['within' as const]) {
    const resolved = await resolveAudience(db, draftAudience(draft, policy, hours, exercise))
    counted.push(await count(db, { reached, traffic, ...(only && { only }) }, resolved))
  }
  // Where an excluded area is left at some hour, there are more of them outside all hours.
  const [fewest, most] = [Math.min(...counted), Math.max(...counted)]
  const more = reached.length === 0 ? 0 : await countStillToReach(db, references)
  const maxRecipients = ceiling ?? Math.ceil((most + more) * (1 + CEILING_MARGIN))
  const minRecipients =
    floor ?? (only ? 0 : Math.min(maxRecipients, Math.floor(fewest * FLOOR_SHARE)))
  return { maxRecipients, minRecipients }
}
