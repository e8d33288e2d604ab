/** What follows an alert: updates and corrections, and what they mean for it. */
import { type Caller, recordStep } from './steps.ts'
import { AppError } from '../errors.ts'
import { type AlertRow, lockAlerts, updateAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'
import { type FollowUp, listFollowUps } from '../store/follow-ups.ts'

/** What one alert is to another that it follows. */
export function kindOf({
  msgType,
  isAllClear,
}: Pick<FollowUp, 'msgType' | 'isAllClear'>): 'update' | 'cancel' | 'allClear' {
  if (msgType === 'Cancel') return 'cancel'
  return isAllClear ? 'allClear' : 'update'
}

/**
 * None of these alerts has been taken back.
 *
 * @throws AppError `wrong_state`
 */
export async function assertStands(db: Database, alertIds: readonly string[]): Promise<void> {
  const followUps = await listFollowUps(db, alertIds)
  if (followUps.some(one => kindOf(one) === 'cancel')) {
    throw new AppError('wrong_state', 'the alert was cancelled: write a new one')
  }
}

/**
 * An update is dispatched: what is left of the alerts that it follows is stopped, for nobody is to get the older
 * word after the newer one. Run inside the transaction that dispatches it.
 *
 * @throws AppError `wrong_state` where one of them was cancelled
 */
export async function supersede(
  tx: Database,
  { id, references, reminderOf }: Pick<AlertRow, 'id' | 'references' | 'reminderOf'>,
  { operator, now }: Caller,
): Promise<void> {
  if (references.length === 0 || reminderOf !== null) return
  const followed = await lockAlerts(tx, references)
  await assertStands(tx, references)
  for (const before of followed) {
    const { state: from } = before
    const isGoing = from === 'sending' || from === 'paused'
    const after = isGoing ? await updateAlert(tx, before.id, { state: 'stopped' }, now) : before
    await recordStep(tx, after, { done: 'updated', from, by: operator, now, detail: id })
  }
}
