/** An alert made of a template: its blanks filled in, and a place and an audience given. */
import { checkDraft, insertDraft, type WrittenAlert, withCleanAreas } from './compose.ts'
import { refuseFaulty, withCode } from './draft-faults.ts'
import { inExercise } from './in-exercise.ts'
import { assertMode, type Caller } from './steps.ts'
import { limitFaults } from './template-limits.ts'
import { blocksOf, correctionsOf } from './template-texts.ts'
import { type AlertDraft, draftSchema, type Info, modeOf } from '../cap/alert.ts'
import { given } from '../cap/given.ts'
import type { Fault } from '../errors.ts'
import { type Database, transact } from '../store/database.ts'
import type { BlankValues } from '../templates/blanks.ts'
import { type FilledTemplate, fillIn } from '../templates/fill-in.ts'

/** What a template does not say. */
export interface TemplateUse {
  /** Undefined: the current one. */
  readonly version?: number | undefined
  readonly blanks: BlankValues
  readonly status: AlertDraft['status']
  readonly area?: Info['area']
  readonly audience: AlertDraft['audience']
  /** Undefined: as a blank says, or the template's duration from now. */
  readonly expires?: string | undefined
  readonly note?: string | undefined
  readonly incidents?: string | undefined
  readonly maxRecipients?: number | undefined
  readonly minRecipients?: number | undefined
}

/**
 * @throws AppError `not_found`, `invalid_template`, `not_as_template` of an area outside the template's limits; and as
 *   `composeAlert`, each fault at its place in what was given
 */
export async function composeFromTemplate(
  db: Database,
  caller: Caller,
  templateId: string,
  use: TemplateUse,
): Promise<WrittenAlert> {
  const { version, blanks: values, expires, status } = use
  assertMode(caller.mode, modeOf(status))
  const asked = { id: templateId, version }
  const filled = await fillIn(db, asked, { blanks: values, expires, now: caller.now })
  const { draft: clean, cleaned } = withCleanAreas(draftOf(filled, use))
  const { draft, faults, exercise } = await inExercise(db, caller, clean)
  const { texts, blanks, of } = filled
  const template = { templateId, version: of.version, blanks, texts }
  const checked = await checkDraft(db, draft, caller.now, exercise)
  refuseFaulty([...faults, ...shapeFaults(draft), ...checked.faults].map(atUse))
  refuseFaulty((await limitFaults(db, draft, { ...template, partedAt: null })).map(atUse))
  const alert = await transact(db, tx => insertDraft(tx, caller, draft, { ...checked, template }))
  return { ...alert, cleaned: cleaned.map(atUse) }
}

function draftOf(filled: FilledTemplate, use: TemplateUse): AlertDraft {
  const { area, status, audience, note, incidents, maxRecipients, minRecipients } = use
  const { replies, delivery } = filled.of.template
  const [first, ...others] = blocksOf(filled)
  return given<AlertDraft>({
    status,
    msgType: 'Alert',
    scope: 'Public',
    note,
    incidents,
    info: [{ ...first!, ...(area !== undefined && { area }) }, ...others],
    audience,
    replies,
    corrections: correctionsOf(filled.texts),
    delivery,
    maxRecipients,
    minRecipients,
  })
}

/** A text that was short enough may be too long when it is filled in. */
export function shapeFaults(draft: AlertDraft) {
  const issues = draftSchema.safeParse(draft).error?.issues ?? []
  return issues
    .map(({ path, message }) => ({ pointer: `/${path.join('/')}`, detail: message }))
    .map(withCode('invalid_alert'))
}

/** Where in what was given the fault of the draft lies: what it does not name, the blanks have made. */
function atUse<Found extends Fault>(fault: Found): Found {
  const { pointer, detail } = fault
  const area = /^\/info\/0(\/area\b.*)$/.exec(pointer)?.[1]
  if (area !== undefined) return { ...fault, pointer: area }
  if (/^\/info\/\d+\/expires$/.test(pointer)) return { ...fault, pointer: '/expires' }
  if (!/^\/(info|corrections|replies)\b/.test(pointer)) return fault
  // Its words say more than its code's, now.
  const { code: _code, values: _values, ...rest } = fault
  return { ...rest, pointer: '/blanks', detail: `${pointer} ${detail}` } as Found
}
