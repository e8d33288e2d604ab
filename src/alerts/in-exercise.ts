/** What an exercise asks of the alerts that are written in it. */
import type { DraftFault } from './draft-faults.ts'
import type { Caller } from './steps.ts'
import type { AlertDraft } from '../cap/alert.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../store/database.ts'
import { type ExerciseRow, exerciseState, findExercise, holdExercise } from '../store/exercises.ts'

/**
 * The draft for the exercise of the caller's sign-in, if it is for one: to the exercise's roster, which need not be
 * named, and to no other; nor does what was to follow it by itself go to anybody else.
 */
export async function inExercise(
  db: Database,
  { exerciseId }: Caller,
  draft: AlertDraft,
): Promise<{ draft: AlertDraft; exercise: ExerciseRow | undefined; faults: DraftFault[] }> {
  const exercise = exerciseId === undefined ? undefined : await findExercise(db, exerciseId)
  if (exercise === undefined) return { draft, exercise, faults: [] }
  const { rosterId } = exercise
  const { roster = rosterId } = draft.audience
  const faults: DraftFault[] = []
  if (draft.status === 'System') {
    faults.push(fault('/status', 'must be Exercise or Test in an exercise'))
  }
  if (roster !== rosterId) {
    faults.push(fault('/audience/roster', 'is not the roster of the exercise: leave it out'))
  }
  for (const [no, { to }] of (draft.escalations ?? []).entries()) {
    if (to === rosterId) continue
    faults.push(fault(`/escalations/${no}/to`, 'is not the roster of the exercise'))
  }
  return { draft: { ...draft, audience: { ...draft.audience, roster } }, exercise, faults }
}

function fault(pointer: string, detail: string): DraftFault {
  return { under: 'invalid_alert', pointer, detail }
}

/**
 * The exercise that an alert belongs to, held as it is until the transaction ends: what goes on in it is there before
 * its end, or not at all.
 *
 * @throws AppError `exercise_not_open`
 */
export async function holdOpenExercise(
  tx: Database,
  exerciseId: string,
  now: Date,
): Promise<ExerciseRow> {
  const exercise = await holdExercise(tx, exerciseId)
  const state = exercise === undefined ? 'ended' : exerciseState(exercise, now)
  if (exercise !== undefined && state === 'open') return exercise
  throw new AppError('exercise_not_open', `the exercise is ${state}: nothing goes on in it`)
}
