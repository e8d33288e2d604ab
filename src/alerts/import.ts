/**
 * A CAP message that somebody hands in becomes a draft: judged as every draft is, and sent by nobody until its author
 * and an approver have signed it. Each message becomes one alert; whoever hands it in again is told which.
 */
import { draftOf, pathOf } from '../cap/import.ts'
import type { CapMessage } from '../cap/message.ts'
import { type Found, foundAt } from '../cap/message-rules.ts'
import { type AlertDraft, modeOf } from '../cap/alert.ts'
import { type CapFault, type CapReading, readCapXml } from '../cap/xml-reader.ts'
import { writeCapXml } from '../cap/xml-writer.ts'
import { digestOfBytes } from '../cap/content.ts'
import { AppError, type Fault } from '../errors.ts'
import type { AlertRow } from '../store/alerts.ts'
import { type Database, transact } from '../store/database.ts'
import type { ExerciseRow } from '../store/exercises.ts'
import { findFollowedAlerts, insertImportedMessage } from '../store/imported-messages.ts'
import {
  checkDraft,
  type HowWritten,
  recordDraft,
  withCleanAreas,
  writeDraft,
  type Written,
} from './compose.ts'
import { type DraftFault, refuseFaulty, withCode } from './draft-faults.ts'
import { inExercise } from './in-exercise.ts'
import { assertMode, type Caller } from './steps.ts'

export interface ImportedAlert {
  readonly alert: AlertRow
  /** What was forgiven, at its place in the message. */
  readonly warnings: readonly Fault[]
}

/**
 * @param xml at most what the caller is ready to parse
 * @param roster the listed group that a drill reaches
 * @throws AppError `malformed_xml`; `invalid_alert`, or the code that all faults share, naming each by its place
 *   in the message; `already_exists`; and as `composeAlert`
 */
export async function importAlert(
  db: Database,
  caller: Caller,
  xml: Uint8Array,
  roster: string | undefined,
): Promise<ImportedAlert> {
  const reading = readCapXml(xml)
  const { alert, warnings } = await importReading(db, caller, reading, { roster, feedId: null })
  return { alert, warnings: [...warnings, ...signatureWarning(reading)] }
}

/** A message that was read already, and how it is taken. */
interface Handed {
  readonly roster: string | undefined
  /** The feed that it came by; null: by hand. */
  readonly feedId: string | null
  /** What is written beside the draft, with it or not at all. */
  readonly beside?: (tx: Database, alert: AlertRow, message: CapMessage) => Promise<void>
}

/** The same of a message that was read already. */
export async function importReading(
  db: Database,
  caller: Caller,
  reading: CapReading,
  { roster, feedId, beside }: Handed,
): Promise<ImportedAlert> {
  const { message, draft, exercise, misplaced, warnings, inMessage } = await draftOfReading(
    db,
    caller,
    reading,
    roster,
  )
  const checked = await checkDraft(db, draft, caller.now, exercise)
  const all = [...misplaced, ...checked.faults]
  refuseFaulty(all.map(({ under, ...fault }) => withCode(under)(inMessage(fault))))
  const alert = await transact(db, async tx => {
    const references = await followedBy(tx, message, { mode: caller.mode, feedId })
    const reaching = reachingAsFollowed(draft, references)
    const { policy } = checked
    const written = await writeImport(tx, caller, message, reaching, { policy, references, feedId })
    await beside?.(tx, written.alert, message)
    await recordDraft(tx, written, caller)
    return written.alert
  })
  return { alert, warnings }
}

/** What a message says, as a draft that is still to be checked. */
interface DraftOfReading {
  readonly message: CapMessage
  readonly draft: AlertDraft
  readonly exercise: ExerciseRow | undefined
  /** What the exercise has against it. */
  readonly misplaced: readonly DraftFault[]
  readonly warnings: readonly Fault[]
  /** Where in the message a fault of the draft lies. */
  inMessage(fault: Fault): Fault
}

/** @throws AppError `invalid_alert` naming each fault by its place in the message, `wrong_mode` */
export async function draftOfReading(
  db: Database,
  caller: Caller,
  reading: CapReading,
  roster: string | undefined,
): Promise<DraftOfReading> {
  const { message } = reading
  if (message === undefined) throw refused(reading.faults.map(placed))
  const { draft: given, faults, warnings } = draftOf(message, { roster, now: caller.now })
  const at = (found: Found): Fault => placed({ ...found, line: reading.lineOf(found.path) })
  if (given === undefined) throw refused(faults.map(at))
  const { draft: clean, cleaned } = withCleanAreas(given)
  const { draft, faults: misplaced, exercise } = await inExercise(db, caller, clean)
  const inMessage = ({ pointer, ...words }: Fault): Fault =>
    at({ ...words, path: pathOf(pointer, message) })
  assertMode(caller.mode, modeOf(draft.status))
  return {
    message,
    draft,
    exercise,
    misplaced,
    warnings: [...reading.warnings.map(placed), ...warnings.map(at), ...cleaned.map(inMessage)],
    inMessage,
  }
}

/**
 * Writes the draft of a message, to be told by `recordDraft`. Of two nodes that have the same message the second waits
 * here for the first.
 *
 * @throws AppError `already_exists`; and as `insertDraft`
 */
export async function writeImport(
  tx: Database,
  caller: Caller,
  message: CapMessage,
  draft: AlertDraft,
  { feedId, ...how }: HowWritten & { readonly feedId: string | null },
): Promise<Written> {
  const written = await writeDraft(tx, caller, draft, how)
  const already = await insertImportedMessage(tx, {
    ...identityOf(message),
    feedId,
    alertId: written.alert.id,
    at: caller.now,
  })
  if (already !== undefined) {
    throw new AppError('already_exists', `this message is the alert ${already} already`)
  }
  return written
}

/**
 * The alerts of ours that a message of somebody else's corrects: those that the messages it references have become,
 * and all that these had followed. So it goes to whom they have reached, and stops what is left of them.
 */
export async function followedBy(
  tx: Database,
  { msgType, references }: CapMessage,
  of: { readonly mode: Caller['mode']; readonly feedId: string | null },
): Promise<string[]> {
  if (msgType !== 'Update' && msgType !== 'Cancel') return []
  const named = references.map(one => ({ ...one, sent: new Date(one.sent) }))
  const followed = await findFollowedAlerts(tx, named, of)
  return [...new Set(followed.flatMap(({ id, references: before }) => [...before, id]))]
}

/** What takes alerts of ours back is for those who may have had them, and for nobody else. */
export function reachingAsFollowed(draft: AlertDraft, references: readonly string[]): AlertDraft {
  if (draft.status !== 'Actual' || draft.msgType !== 'Cancel' || references.length === 0)
    return draft
  return { ...draft, audience: { groups: [], excludeGroups: [], only: 'reached' } }
}

/** By which a message is known again: CAP's own three, and what it says. */
export function identityOf(message: CapMessage) {
  const { sender, identifier, sent } = message
  const digest = digestOfBytes(Buffer.from(writeCapXml(message)))
  return { sender, identifier, sent: new Date(sent), digest }
}

/** The pointer is the path in the XML; what is no part of the message (the roster) has none. */
function placed({ path, line, ...words }: CapFault): Fault {
  const { detail } = words
  if (path === '') return { ...words, pointer: '', detail: `query parameter roster: ${detail}` }
  return { ...words, pointer: path, line, detail: `line ${line}: ${detail}` }
}

function refused(faults: readonly Fault[]): AppError {
  return new AppError('invalid_alert', `the message can't be taken: ${faults.length} fault(s)`, {
    faults,
  })
}

/** Whoever hands it in vouches for it; a feed's signatures are another matter. */
function signatureWarning({ signature, lineOf }: CapReading): Fault[] {
  if (signature === undefined) return []
  const path = '/alert/Signature'
  return [placed({ ...foundAt(path, 'cap_signature_unasked'), line: lineOf(path) })]
}
