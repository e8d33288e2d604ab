/** What can be done to an alert that is going out, or has. The engine reads the state before every intent. */
import { assertNotExpired } from './approval.ts'
import { type Action, type Caller, lockForStep, recordStep } from './steps.ts'
import { verifyForSending } from './verify.ts'
import { type AlertRow, lockRunningAlerts, updateAlert } from '../store/alerts.ts'
import { type Database, transact } from '../store/database.ts'
import { leftOf, readProgress } from '../store/progress.ts'
import { requeueFailed } from '../store/ranges.ts'

export interface Moved {
  readonly alert: AlertRow
  /** Recipients whose message had been handed to a carrier. */
  readonly left: number
}

export async function pauseAlert(db: Database, alertId: string, caller: Caller): Promise<Moved> {
  return moveAlert(db, alertId, caller, { action: 'pause', done: 'paused', to: 'paused' })
}

export async function resumeAlert(db: Database, alertId: string, caller: Caller): Promise<Moved> {
  return moveAlert(db, alertId, caller, { action: 'resume', done: 'resumed', to: 'sending' })
}

/** For good: what has not left is cancelled. */
export async function stopAlert(db: Database, alertId: string, caller: Caller): Promise<Moved> {
  return moveAlert(db, alertId, caller, { action: 'stop', done: 'stopped', to: 'stopped' })
}

async function moveAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  step: {
    readonly action: Action
    readonly done: 'paused' | 'resumed' | 'stopped'
    readonly to: 'paused' | 'sending' | 'stopped'
  },
): Promise<Moved> {
  const { operator, now } = caller
  return transact(db, async tx => {
    const { state: from } = await lockForStep(tx, alertId, step.action, caller)
    const alert = await updateAlert(tx, alertId, { state: step.to }, now)
    const left = leftOf(await readProgress(tx, alertId))
    await recordStep(tx, alert, {
      done: step.done,
      from,
      by: operator,
      now,
      detail: `${left} left`,
    })
    return { alert, left }
  })
}

/**
 * Sends again to those whom it failed to reach, and to those whom a stop kept it from; to nobody else.
 *
 * @throws AppError `expired`, `signature_key_revoked`, `integrity_violation`
 */
export async function retryAlert(db: Database, alertId: string, caller: Caller): Promise<Moved> {
  const { operator, now } = caller
  return transact(db, async tx => {
    const { state: from, ...alert } = await lockForStep(tx, alertId, 'retry', caller)
    assertNotExpired(alert, now)
    await verifyForSending(tx, alertId)
    const again = await requeueFailed(tx, alertId)
    const sending = await updateAlert(tx, alertId, { state: 'sending', finishedAt: null }, now)
    const left = leftOf(await readProgress(tx, alertId))
    const detail = `${again} recipients again`
    await recordStep(tx, sending, { done: 'retried', from, by: operator, now, detail })
    return { alert: sending, left }
  })
}

/**
 * The all-stop: whatever is going out stops, paused alerts too, for a paused one goes on with one call.
 *
 * A live sign-in stops drills as well, for it means everything; a drill's own must not silence the real thing.
 */
export async function stopEverything(
  db: Database,
  { operator, mode, now }: Caller,
  reason: string,
): Promise<Moved[]> {
  return transact(db, async tx => {
    const stopped: Moved[] = []
    const running = await lockRunningAlerts(
      tx,
      mode === 'live' ? ['live', 'exercise'] : ['exercise'],
    )
    for (const { id, state: from } of running) {
      const alert = await updateAlert(tx, id, { state: 'stopped' }, now)
      stopped.push({ alert, left: leftOf(await readProgress(tx, id)) })
      await recordStep(tx, alert, { done: 'stopped', from, by: operator, now, detail: reason })
    }
    return stopped
  })
}
