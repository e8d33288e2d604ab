/**
 * One person sends an alert that nobody has come to approve. It is not to happen by accident: policy must have allowed
 * it before the author signed, and its time must have passed; and nobody is to hear of it late: everybody is written to,
 * an alarm stands at the alert, and the reason in its history and in the audit trail.
 */
import { readContent } from '../cap/content.ts'
import { AppError } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { transactWithPasskey } from '../operators/passkey-confirmation.ts'
import { raiseAlarm } from '../store/alarms.ts'
import { type AlertRow, findAlert, updateAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { insertOperatorLetters } from '../store/operator-letters.ts'
import { listActivePeople } from '../store/operators.ts'
import { readOrganisation } from '../store/organisation.ts'
import { insertSignature, standingSignatures } from '../store/signatures.ts'
import { assertNotExpired, type HandedSignature, verifySignature } from './approval.ts'
import { breakGlassLetter } from './break-glass-letter.ts'
import { breakGlassFrom, SENT_ALONE, signedAtOf } from './break-glass-terms.ts'
import { type Caller, lockForStep, recordStep } from './steps.ts'

const DAY_MS = 86_400_000
/** Who reads it after the mail server was away for days can stop nothing any more, and must know of it all the same. */
const LETTERS_KEPT_DAYS = 7

/**
 * Signs in the place of an approver.
 *
 * @param publicUrl where the console is
 * @throws AppError `forbidden` where what its author signed does not allow it, `expired`, `wrong_state` too early,
 *   `invalid_signature`, `passkey_required`, `passkey_mismatch`
 */
export async function breakGlass(
  db: Database,
  alertId: string,
  caller: Caller,
  {
    revision,
    reason,
    publicUrl,
    ...handed
  }: HandedSignature & {
    readonly revision: number | undefined
    readonly reason: string
    readonly publicUrl: string
  },
): Promise<AlertRow> {
  const { operator, now } = caller
  return transactWithPasskey(db, now, async tx => {
    const alert = await lockForStep(tx, alertId, 'break-glass', caller, revision)
    const bytes = alert.content ?? new Uint8Array()
    const content = readContent(bytes)
    const author = (await standingSignatures(tx, alertId)).find(({ role }) => role === 'author')
    const from = author && breakGlassFrom(content, author.at)
    if (from === undefined) {
      const why = 'what its author signed does not let anybody send it without one'
      throw new AppError('forbidden', `it waits for an approver: ${why}`)
    }
    assertNotExpired(alert, now)
    if (now < from) {
      const fault = faultAt('', 'approver_awaited', { until: from.toISOString() })
      throw new AppError('wrong_state', `${fault.detail}: only then may it be sent without one`, {
        faults: [fault],
      })
    }
    const role = 'breakGlass'
    const signed = await verifySignature(tx, handed, { content, bytes, role }, caller)
    await insertSignature(tx, { ...signed, revision: content.revision })
    await updateAlert(tx, alertId, { state: 'approved' }, now)
    await raiseAlarm(tx, alertId, { code: SENT_ALONE, detail: `${operator.name}: ${reason}` })
    await writeToEverybody(tx, alert, caller, { reason, publicUrl, signedAt: author!.at })
    const released = (await findAlert(tx, alertId))!
    await recordStep(tx, released, {
      done: 'brokeGlass',
      from: alert.state,
      by: operator,
      now,
      detail: reason,
      signed: { ...signedAtOf(now), reason },
    })
    return released
  })
}

/** Everybody there is, whoever did it too: it may have been done in their name. */
async function writeToEverybody(
  tx: Database,
  alert: AlertRow,
  { operator, now }: Caller,
  told: { readonly reason: string; readonly publicUrl: string; readonly signedAt: Date },
): Promise<void> {
  const organisation = await readOrganisation(tx)
  const url = `${told.publicUrl}/console/live/alerts/${alert.id}`
  const { reason, signedAt } = told
  const letter = breakGlassLetter(alert, organisation, {
    name: operator.name,
    reason,
    url,
    waitedSeconds: (now.getTime() - signedAt.getTime()) / 1000,
    now,
  })
  const expires = new Date(now.getTime() + LETTERS_KEPT_DAYS * DAY_MS)
  await insertOperatorLetters(
    tx,
    (await listActivePeople(tx)).map(({ id: operatorId, email: address }) => ({
      ...letter,
      reportId: null,
      operatorId,
      address,
      mode: 'live' as const,
      attachment: undefined,
      expires,
    })),
  )
}
