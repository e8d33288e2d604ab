/**
 * The end of an exercise, by hand or by the clock, in two steps: it is marked as ended, which waits for whatever is
 * just being done in it and lets nothing more begin; then what is going out stops, and its sign-ins end. Whoever
 * dies between the two leaves the second to the next look, of any node; nothing of it was said to expire later than
 * the window (`cap/content.ts`), so even if nobody looks nothing leaves after it.
 */
import { recordStep } from './steps.ts'
import { AppError } from '../errors.ts'
import type { Operator } from '../operators/operator.ts'
import { lockRunningAlerts, updateAlert } from '../store/alerts.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, notify, transact } from '../store/database.ts'
import {
  endOverdueExercises,
  exerciseState,
  type ExerciseRow,
  listUnsettledExercises,
  lockExercise,
  settleExercise,
  updateExercise,
} from '../store/exercises.ts'

/**
 * @throws AppError `not_found`, `stale_revision`; `wrong_state` where it has ended: of two who end it at once, one
 *   is told so
 */
export async function endExercise(
  db: Database,
  { operator, now }: { operator: Operator; now: Date },
  { id, revision }: { id: string; revision: number | undefined },
): Promise<ExerciseRow> {
  const ended = await transact(db, async tx => {
    const exercise = await lockExercise(tx, id)
    if (exercise === undefined || (exercise.practice && exercise.createdBy !== operator.id)) {
      throw new AppError('not_found', 'there is no such exercise')
    }
    if (revision !== undefined && revision !== exercise.revision) {
      throw new AppError(
        'stale_revision',
        'the exercise was changed since you read it: read it again',
      )
    }
    if (exerciseState(exercise, now) === 'ended') {
      throw new AppError('wrong_state', 'the exercise has ended')
    }
    return markEnded(tx, id, operator.id, now)
  })
  await settle(db, id, now)
  return ended
}

async function markEnded(
  tx: Database,
  id: string,
  operatorId: string,
  now: Date,
): Promise<ExerciseRow> {
  const ended = await updateExercise(tx, id, { endedAt: now, endedBy: operatorId })
  await recordAudit(tx, { operatorId, action: 'exercise.ended', subject: id })
  return ended
}

/** Ends whose window is over, and stops what is going on in those that have ended. Any number of nodes may do it. */
export async function settleExercises(db: Database, now: Date): Promise<void> {
  await transact(db, async tx => {
    for (const { id } of await endOverdueExercises(tx, now)) {
      await recordAudit(tx, { operatorId: null, action: 'exercise.ended', subject: id })
    }
  })
  for (const id of await listUnsettledExercises(db)) await settle(db, id, now)
}

async function settle(db: Database, id: string, now: Date): Promise<void> {
  await transact(db, async tx => {
    for (const { id: alertId, state: from } of await lockRunningAlerts(tx, { exerciseId: id })) {
      const alert = await updateAlert(tx, alertId, { state: 'stopped' }, now)
      const detail = 'its exercise has ended'
      await recordStep(tx, alert, { done: 'stopped', from, by: undefined, now, detail })
    }
    if (await settleExercise(tx, id, now)) await notify(tx, 'carriers', id)
  })
}
