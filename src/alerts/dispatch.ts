import { assertAudienceAsSigned, resolveSigned } from './audience.ts'
import { assertNotExpired } from './approval.ts'
import { assertNotAllStopped } from './all-stop-guard.ts'
import { openEscalations } from './escalate.ts'
import { supersede } from './follow-ups.ts'
import { assertRecipientsKnown, countRecipients } from './reached.ts'
import { assertStillReminds, firstReminderAt, stopReminders } from './remind.ts'
import { type Caller, lockForStep, recordStep } from './steps.ts'
import { numbered } from './numbered.ts'
import { verifyForSending } from './verify.ts'
import { type AlertRow, updateAlert } from '../store/alerts.ts'
import { countAllStops } from '../store/all-stops.ts'
import { type Database, type OpenDatabase, transact } from '../store/database.ts'
import { openMailing } from '../store/mailings.ts'
import { shareSnapshot, type SharedSnapshot } from '../store/shared-snapshot.ts'

/**
 * Hands an approved alert to the dispatchers, which verify and count once more before the first message.
 *
 * @param holdSeconds time in which a stop still prevents every message
 * @param revision the one that `If-Match` names
 * @param stops all-stops that whoever asks has seen, if not those until now
 * @throws AppError `stale_revision`, `audience_changed`, `signature_key_revoked`, `integrity_violation`, `expired`;
 *   `recipients_deleted` where it was to reach whom an alert before it had; `wrong_state` also where everything was stopped meanwhile
 */
export async function dispatchAlert(
  database: OpenDatabase,
  alertId: string,
  caller: Caller,
  {
    holdSeconds = 0,
    stops,
    revision,
  }: {
    readonly holdSeconds?: number
    readonly stops?: number
    readonly revision?: number | undefined
  } = {},
): Promise<AlertRow> {
  const { operator, now } = caller
  const seen = stops ?? (await countAllStops(database.db, caller))
  const dispatch = async (tx: Database, shared: SharedSnapshot | undefined) => {
    const { state: from, ...alert } = await lockForStep(tx, alertId, 'dispatch', caller, revision)
    assertNotExpired(alert, now)
    const content = await verifyForSending(tx, alertId)
    const resolved = await resolveSigned(tx, content, now)
    await assertStillReminds(tx, alert, now)
    await supersede(tx, alert, caller)
    await assertRecipientsKnown(tx, content.reached ?? [])
    if (alert.reminderOf === null) await stopReminders(tx, alert.references, caller)
    const counts = shared?.snapshot ?? tx
    const recipients = await countRecipients(counts, content, resolved, shared?.inTwo)
    assertAudienceAsSigned(content, resolved, recipients)
    await assertNotAllStopped(tx, caller, seen)
    const beginsAt = new Date(now.getTime() + holdSeconds * 1000)
    const dispatched = await updateAlert(
      tx,
      alertId,
      {
        state: 'sending',
        recipients,
        dispatchedAt: now,
        dispatchedBy: operator.id,
        holdUntil: holdSeconds === 0 ? null : beginsAt,
        remindAt: firstReminderAt(content, beginsAt),
        planState: 'pending',
        planSnapshot: shared?.name ?? null,
      },
      now,
    )
    await openMailing(tx, alertId)
    await openEscalations(tx, content, beginsAt)
    const detail = numbered(recipients, 'recipient')
    await recordStep(tx, dispatched, { done: 'dispatched', from, by: operator, now, detail })
    return dispatched
  }
  return shareSnapshot(database, shared => transact(database.db, tx => dispatch(tx, shared)))
}
