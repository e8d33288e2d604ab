import { recordStep } from './steps.ts'
import { findAlert, updateAlert } from '../store/alerts.ts'
import type { Database } from '../store/database.ts'

/** The engine has nothing left to do: the alert ends as `sent`, or `expired` where somebody was not reached in time. */
export async function endAlert(
  tx: Database,
  alertId: string,
  state: 'sent' | 'expired',
  now: Date,
): Promise<void> {
  const before = await findAlert(tx, alertId)
  if (before === undefined) return
  const alert = await updateAlert(tx, alertId, { state, finishedAt: now }, now)
  await recordStep(tx, alert, { done: 'ended', from: before.state, by: undefined, now })
}

/** Tells that the dispatcher refused to send the alert, and why; it has been stopped in the same transaction. */
export async function recordRefusal(
  tx: Database,
  alertId: string,
  code: string,
  now: Date,
): Promise<void> {
  const alert = await findAlert(tx, alertId)
  if (alert === undefined) return
  await recordStep(tx, alert, {
    done: 'refused',
    from: 'sending',
    by: undefined,
    now,
    detail: code,
  })
}
