/**
 * Exercises: a name, a roster, a window that ends by itself. Who signs in for one acts in it and nowhere else, and
 * what is sent there reaches its roster alone.
 */
import { v7 as uuid } from 'uuid'
import { countMembers } from '../audience/count.ts'
import { resolveGroups, type ResolvedGroup } from '../audience/resolve-groups.ts'
import { isListed } from '../audience/resolve.ts'
import { AppError, type Fault } from '../errors.ts'
import { recordAudit } from '../store/audit.ts'
import { changeSimulatedCarrier, insertSimulatedCarrier } from '../store/carriers.ts'
import { type Database, notify, transact } from '../store/database.ts'
import {
  awaitSimulatedTurn,
  countAlertsOf,
  countSimulatedExercises,
  type ExerciseRow,
  type ExerciseState,
  exerciseState,
  findExercise,
  insertExercise,
  listExercises,
  lockExercise,
  type SimulatedFaults,
  updateExercise,
} from '../store/exercises.ts'

/** A week: what lasts longer is no exercise, and its keys and sign-ins would be forgotten. */
const MAX_DAYS = 7
const MAX_DAYS_AHEAD = 366
/** Each has a carrier of its own, and a message centre in every dispatcher. */
const MAX_SIMULATED = 50
/** A window may have begun so long ago: whoever asks has a clock of their own. */
const MAX_MINUTES_AGO = 5

export interface Exercise extends ExerciseRow {
  readonly state: ExerciseState
  /** Whom its roster holds now; undefined where it was removed after the end. */
  readonly phones: number | undefined
}

export interface ExerciseDraft {
  readonly name: string
  readonly rosterId: string
  /** Undefined: now. */
  readonly startsAt?: Date | undefined
  readonly endsAt: Date
  readonly simulated: boolean
  readonly faults?: SimulatedFaults | undefined
}

export type ExerciseEdit = {
  readonly [Field in keyof Omit<ExerciseDraft, 'simulated'>]?: ExerciseDraft[Field] | undefined
}

interface By {
  readonly operatorId: string
  readonly now: Date
}

/** @throws AppError `invalid_exercise` naming every fault */
export async function setUpExercise(
  db: Database,
  { operatorId, now }: By,
  draft: ExerciseDraft,
): Promise<Exercise> {
  const { name, rosterId, startsAt = now, endsAt, simulated, faults = {} } = draft
  refuse([
    ...startFaults(startsAt, now),
    ...endFaults({ startsAt, endsAt }, now),
    ...faultFaults(simulated, faults),
    ...rosterFaults(await rosterOf(db, rosterId), simulated),
  ])
  const row = await transact(db, async tx => {
    if (simulated) await awaitSimulatedTurn(tx)
    return insertWithCarrier(tx, {
      id: uuid(),
      name,
      rosterId,
      startsAt,
      endsAt,
      simulated,
      faults,
      createdBy: operatorId,
      createdAt: now,
    })
  })
  return withFigures(db, row, now)
}

/**
 * A simulated exercise has a carrier of its own. Inside a transaction that began with `awaitSimulatedTurn`, before the
 * locks of audit and of phones: so no two wait for each other.
 *
 * @throws AppError `in_use` where too many have
 */
export async function insertWithCarrier(
  tx: Database,
  exercise: Parameters<typeof insertExercise>[1],
): Promise<ExerciseRow> {
  const row = await insertExercise(tx, exercise)
  const { id, name, rosterId, startsAt, endsAt, simulated, faults, createdBy, createdAt } = row
  if (simulated) {
    if ((await countSimulatedExercises(tx)) > MAX_SIMULATED) {
      throw new AppError('in_use', `${MAX_SIMULATED} simulated exercises are not over: end some`)
    }
    await insertSimulatedCarrier(tx, {
      id: uuid(),
      name: `Simulated phones ${id.slice(-12)}`,
      settings: faults,
      exerciseId: id,
      createdAt,
    })
    await notify(tx, 'carriers', id)
  }
  await recordAudit(tx, {
    operatorId: createdBy,
    action: 'exercise.setUp',
    subject: id,
    detail: { name, rosterId, startsAt, endsAt, simulated },
  })
  return row
}

/**
 * Its roster can be changed until its first alert is written: that one was written for these people. Its start can be
 * until then.
 *
 * @throws AppError `not_found`, `stale_revision`, `wrong_state`, `invalid_exercise`
 */
export async function changeExercise(
  db: Database,
  { operatorId, now }: By,
  { id, revision }: { id: string; revision: number | undefined },
  edit: ExerciseEdit,
): Promise<Exercise> {
  const row = await transact(db, async tx => {
    const current = await lockExercise(tx, id)
    if (current === undefined || isAnothersPractice(current, operatorId)) throw noSuchExercise()
    if (revision !== undefined && revision !== current.revision) {
      throw new AppError(
        'stale_revision',
        'the exercise was changed since you read it: read it again',
      )
    }
    const state = exerciseState(current, now)
    if (state === 'ended') throw new AppError('wrong_state', 'the exercise has ended')
    const { startsAt = current.startsAt, endsAt = current.endsAt } = edit
    const { rosterId = current.rosterId, faults = current.faults } = edit
    if (startsAt.getTime() !== current.startsAt.getTime() && state !== 'planned') {
      throw new AppError('wrong_state', 'the exercise has begun: its start stays')
    }
    if (rosterId !== current.rosterId && (await countAlertsOf(tx, id)) > 0) {
      throw new AppError(
        'wrong_state',
        'alerts were written for its roster: set up another exercise',
      )
    }
    const { simulated } = current
    refuse([
      ...(edit.startsAt === undefined ? [] : startFaults(startsAt, now)),
      ...endFaults({ startsAt, endsAt }, now),
      ...faultFaults(simulated, faults),
      ...(edit.rosterId === undefined ? [] : rosterFaults(await rosterOf(tx, rosterId), simulated)),
    ])
    const { name = current.name } = edit
    const changed = await updateExercise(tx, id, { name, startsAt, endsAt, rosterId, faults })
    if (simulated && edit.faults !== undefined) {
      await changeSimulatedCarrier(tx, id, faults)
      await notify(tx, 'carriers', id)
    }
    const detail = { changed: Object.keys(edit).toSorted(), startsAt, endsAt, rosterId }
    await recordAudit(tx, { operatorId, action: 'exercise.changed', subject: id, detail })
    return changed
  })
  return withFigures(db, row, now)
}

/** @throws AppError `not_found`, of another's practice too */
export async function getExercise(
  db: Database,
  id: string,
  { operatorId, now }: By,
): Promise<Exercise> {
  const row = await findExercise(db, id)
  if (row === undefined || isAnothersPractice(row, operatorId)) throw noSuchExercise()
  return withFigures(db, row, now)
}

export async function getExercises(
  db: Database,
  { operatorId, now }: By,
  states: readonly ExerciseState[] | undefined,
  page: Parameters<typeof listExercises>[2],
): Promise<Exercise[]> {
  const rows = await listExercises(db, { operatorId, states, now }, page)
  return Promise.all(rows.map(row => withFigures(db, row, now)))
}

export async function withFigures(db: Database, row: ExerciseRow, now: Date): Promise<Exercise> {
  const roster = await rosterOf(db, row.rosterId)
  const phones = roster && (await countMembers(db, roster))
  return { ...row, state: exerciseState(row, now), phones }
}

function isAnothersPractice({ practice, createdBy }: ExerciseRow, operatorId: string): boolean {
  return practice && createdBy !== operatorId
}

function noSuchExercise(): AppError {
  return new AppError('not_found', 'there is no such exercise')
}

async function rosterOf(db: Database, id: string): Promise<ResolvedGroup | undefined> {
  return (await resolveGroups(db, [id])).get(id)
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length === 0) return
  const what = `the exercise can't be taken: ${faults.length} fault(s)`
  throw new AppError('invalid_exercise', what, { faults })
}

const DAY_MS = 86_400_000

function startFaults(startsAt: Date, now: Date): Fault[] {
  const pointer = '/startsAt'
  const ahead = startsAt.getTime() - now.getTime()
  if (ahead < -MAX_MINUTES_AGO * 60_000) return [{ pointer, detail: 'is in the past' }]
  if (ahead <= MAX_DAYS_AHEAD * DAY_MS) return []
  return [{ pointer, detail: `is more than ${MAX_DAYS_AHEAD} days ahead` }]
}

function endFaults({ startsAt, endsAt }: { startsAt: Date; endsAt: Date }, now: Date): Fault[] {
  const pointer = '/endsAt'
  if (endsAt <= now) return [{ pointer, detail: 'is in the past' }]
  if (endsAt <= startsAt) return [{ pointer, detail: 'is not after startsAt' }]
  if (endsAt.getTime() - startsAt.getTime() <= MAX_DAYS * DAY_MS) return []
  return [{ pointer, detail: `is more than ${MAX_DAYS} days after startsAt` }]
}

function faultFaults(simulated: boolean, faults: SimulatedFaults): Fault[] {
  if (simulated || Object.keys(faults).length === 0) return []
  return [
    { pointer: '/faults', detail: 'are of a simulated exercise: real carriers have their own' },
  ]
}

function rosterFaults(roster: ResolvedGroup | undefined, simulated: boolean): Fault[] {
  const pointer = '/rosterId'
  if (roster === undefined) return [{ pointer, detail: 'is no group' }]
  if (!isListed(roster)) {
    return [{ pointer, detail: 'is no listed group: a roster lists its members' }]
  }
  if (!roster.simulated || simulated) return []
  return [{ pointer, detail: 'holds made-up phones: only a simulated exercise reaches them' }]
}
