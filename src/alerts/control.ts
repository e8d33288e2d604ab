/** What can be done to an alert that is going out, or has. The engine reads the state before every intent. */
import { assertNotAllStopped } from './all-stop-guard.ts'
import { assertNotExpired } from './approval.ts'
import { assertKeepsRecipients } from './reached.ts'
import { stopReminders } from './remind.ts'
import { type Action, type Caller, lockForStep, recordStep } from './steps.ts'
import { numbered } from './numbered.ts'
import { verifyForSending } from './verify.ts'
import { sleep } from '../clock.ts'
import { AppError } from '../errors.ts'
import { type AlertRow, updateAlert } from '../store/alerts.ts'
import { countAllStops } from '../store/all-stops.ts'
import { type Database, transact } from '../store/database.ts'
import { listFollowUps } from '../store/follow-ups.ts'
import { countHandedOver, isHeld } from '../store/handed-over.ts'
import { requeueLetters } from '../store/mailings.ts'
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

/** @throws AppError `stale_revision` */
export async function resumeAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  revision: number | undefined,
): Promise<Moved> {
  const step = { action: 'resume', done: 'resumed', to: 'sending', revision } as const
  return moveAlert(db, alertId, caller, step)
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
    readonly revision?: number | undefined
  },
): Promise<Moved> {
  const { operator, now } = caller
  const alert = await transact(db, async tx => {
    const { state: from } = await lockForStep(tx, alertId, step.action, caller, step.revision)
    const moved = await updateAlert(tx, alertId, { state: step.to }, now)
    if (step.to === 'stopped') await stopReminders(tx, [alertId], caller)
    await recordStep(tx, moved, { done: step.done, from, by: operator, now })
    return moved
  })
  const isGoingOn = step.to === 'sending'
  const left = isGoingOn
    ? leftOf(await readProgress(db, alertId))
    : await leftOnceHeeded(db, alertId)
  return { alert, left }
}

/** The dispatchers heed a pause or a stop at once, and give back what they hold when the last of it is answered. */
const HEEDED_MS = 400
const LOOK_MS = 20

/**
 * How many had left when the dispatchers had heeded that the alert may not be sent. A carrier that answers slowly is
 * not waited for: what is in flight with it counts as left.
 */
export async function leftOnceHeeded(db: Database, alertId: string): Promise<number> {
  const until = performance.now() + HEEDED_MS
  while (performance.now() < until && (await isHeld(db, alertId))) await sleep(LOOK_MS)
  return transact(db, tx => countHandedOver(tx, alertId))
}

/**
 * Sends again to those whom it failed to reach, and to those whom a stop kept it from; to nobody else.
 *
 * @throws AppError `expired`, `recipients_deleted`, `signature_key_revoked`, `integrity_violation`; `wrong_state` also
 *   where everything was stopped meanwhile
 */
export async function retryAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  revision: number | undefined,
): Promise<Moved> {
  const { operator, now } = caller
  const seen = await countAllStops(db, caller)
  return transact(db, async tx => {
    const { state: from, ...alert } = await lockForStep(tx, alertId, 'retry', caller, revision)
    assertNotExpired(alert, now)
    assertKeepsRecipients(alert)
    if ((await listFollowUps(tx, [alertId])).length > 0) {
      throw new AppError('wrong_state', 'an update or a correction was sent: nobody more gets this')
    }
    await verifyForSending(tx, alertId)
    const again = await requeueFailed(tx, alertId)
    const letters = await requeueLetters(tx, alertId)
    await assertNotAllStopped(tx, caller, seen)
    // Whoever was held back when it was stopped is not held back by that again.
    const holdUntil = alert.holdUntil !== null && alert.holdUntil > now ? now : alert.holdUntil
    const goesOn = { state: 'sending', finishedAt: null, holdUntil } as const
    const sending = await updateAlert(tx, alertId, goesOn, now)
    const left = leftOf(await readProgress(tx, alertId))
    const detail = `${numbered(again, 'recipient')} again${letters > 0 ? `, ${numbered(letters, 'letter')}` : ''}`
    await recordStep(tx, sending, { done: 'retried', from, by: operator, now, detail })
    return { alert: sending, left }
  })
}
