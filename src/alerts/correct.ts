/**
 * Corrections: the retraction and the all-clear that were prepared and approved with an alert. One author or approver
 * signs what `correctionContent` makes of it and sends it, alone and at once, as an alert of its own.
 *
 * What is left of the alert is stopped in the same transaction: of a danger that is not there, or is over, nobody
 * more is told. What may still leave in that moment leaves before the alert comes to rest, and the planner waits for
 * that (`dispatch/plan-reached.ts`): the correction begins with those who are known to have it, and ends with all.
 */
import { type HandedSignature, verifySignature } from './approval.ts'
import { leftOnceHeeded } from './control.ts'
import { kindOf } from './follow-ups.ts'
import { insertFollowUp } from './insert-follow-up.ts'
import { assertKeepsRecipients } from './reached.ts'
import { stopReminders } from './remind.ts'
import { type Action, type Caller, lockForStep, recordStep } from './steps.ts'
import { verifyDispatched } from './verify.ts'
import type { AlertContent } from '../cap/content.ts'
import { type Correction, correctionContent } from '../cap/correction.ts'
import { AppError } from '../errors.ts'
import type { Operator } from '../operators/operator.ts'
import { transactWithPasskey } from '../operators/passkey-confirmation.ts'
import { canonicalBytes } from '../signing/canonical.ts'
import { type AlertRole, claimedRole } from '../signing/jws.ts'
import { type AlertRow, findAlert, updateAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { listFollowUps } from '../store/follow-ups.ts'
import { leftOf, readProgress } from '../store/progress.ts'
import { insertSignature } from '../store/signatures.ts'

const ACTION_OF = { cancel: 'cancel', allClear: 'all-clear' } as const satisfies Record<
  Correction,
  Action
>
const DONE = { cancel: 'cancelled', allClear: 'allCleared' } as const

/**
 * The exact bytes to sign: the same for everyone who asks, for good. Reading them changes nothing.
 *
 * @throws AppError `not_found`, `no_correction_prepared`, `recipients_deleted`; `wrong_state` of an alert that was
 *   never sent
 */
export async function readCorrectionBytes(
  db: Database,
  alertId: string,
  correction: Correction,
): Promise<Uint8Array> {
  const alert = await findAlert(db, alertId)
  if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
  if (alert.dispatchedAt === null) {
    throw new AppError('wrong_state', `the alert is ${alert.state}: it has reached nobody`)
  }
  return canonicalBytes(await prepared(db, alert, correction))
}

export interface Corrected {
  /** As it is after it. */
  readonly alert: AlertRow
  /** Of whom it reached. */
  readonly left: number
  readonly correctionId: string
}

/**
 * Sends a prepared correction to exactly those whose message may have left.
 *
 * @throws AppError `no_correction_prepared`, `recipients_deleted`, `invalid_signature`, `integrity_violation`;
 *   `wrong_state` also where the alert was cancelled, or this correction sent, before
 */
export async function correctAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  correction: Correction,
  handed: HandedSignature,
): Promise<Corrected> {
  const { operator, now } = caller
  const { stopped, sent } = await transactWithPasskey(db, now, async tx => {
    const alert = await lockForStep(tx, alertId, ACTION_OF[correction], caller)
    const content = await prepared(tx, alert, correction)
    await assertNotCorrected(tx, alertId, correction)
    const bytes = canonicalBytes(content)
    const role = roleToSignIn(operator, handed.signature)
    const signed = await verifySignature(tx, handed, { content, bytes, role }, caller)
    const { state: from } = alert
    const isGoing = from === 'sending' || from === 'paused'
    const after = isGoing ? await updateAlert(tx, alertId, { state: 'stopped' }, now) : alert
    await stopReminders(tx, [alertId], caller)
    const row = await insertFollowUp(tx, content, {
      now,
      createdBy: operator.id,
      dispatchedBy: operator.id,
      // Of those who are on record so far: the planner puts it right before the alert can end.
      recipients: leftOf(await readProgress(tx, alertId)),
    })
    await insertSignature(tx, { ...signed, revision: content.revision })
    const told = { by: operator, now }
    await recordStep(tx, after, { ...told, done: DONE[correction], from, detail: row.id })
    await recordStep(tx, row, { ...told, done: 'dispatched', from: null, detail: `of ${alertId}` })
    return { stopped: after, sent: row }
  })
  const left = await leftOnceHeeded(db, alertId)
  return { alert: stopped, left, correctionId: sent.id }
}

/** Its content, from what everybody has signed who had to. */
async function prepared(
  db: Database,
  alert: AlertRow,
  correction: Correction,
): Promise<AlertContent> {
  assertKeepsRecipients(alert)
  const content = await verifyDispatched(db, alert)
  const made = correctionContent(content, alert.contentDigest ?? '', correction)
  if (made === undefined) {
    const what = correction === 'cancel' ? 'retraction' : 'all-clear'
    throw new AppError('no_correction_prepared', `no ${what} was approved with this alert`)
  }
  return made
}

async function assertNotCorrected(
  db: Database,
  alertId: string,
  correction: Correction,
): Promise<void> {
  const sent = (await listFollowUps(db, [alertId])).map(kindOf)
  if (sent.includes('cancel')) throw new AppError('wrong_state', 'the alert was cancelled before')
  if (correction === 'allClear' && sent.includes('allClear')) {
    throw new AppError('wrong_state', 'its all-clear was sent before')
  }
}

/** Either role will do: the one that the signature names, if it is the signer's. */
function roleToSignIn({ roles }: Operator, signature: string): AlertRole {
  const own = (['author', 'approver'] as const).filter(role => roles.includes(role))
  return own.find(role => role === claimedRole(signature)) ?? own[0]!
}
