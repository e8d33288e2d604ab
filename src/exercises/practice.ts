/** Practice alone: an exercise of one's own, set up in one call, with phones that were made up for it. */
import { v7 as uuid } from 'uuid'
import { recordAudit } from '../store/audit.ts'
import { type Database, transact } from '../store/database.ts'
import { awaitSimulatedTurn, openPracticesOf, updateExercise } from '../store/exercises.ts'
import { insertGroup } from '../store/groups.ts'
import { takeSimulatedPhones } from '../store/simulated-phones.ts'
import { type Exercise, insertWithCarrier, withFigures } from './exercises.ts'
import { madeUpPhone, placesInTurn } from './made-up-phones.ts'
import { AppError } from '../errors.ts'
import type { SimulatedFaults } from '../store/exercises.ts'

export interface PracticeDraft {
  /** Undefined: 25. */
  readonly phones?: number | undefined
  /** Undefined: an hour's. */
  readonly minutes?: number | undefined
  readonly faults?: SimulatedFaults | undefined
}

/**
 * Who practises already begins anew: the former practice ends, and `settleExercises` does the rest.
 *
 * @throws AppError `in_use` where others have all the made-up phones
 */
export async function setUpPractice(
  db: Database,
  { operatorId, now }: { readonly operatorId: string; readonly now: Date },
  { phones = 25, minutes = 60, faults = {} }: PracticeDraft,
): Promise<Exercise> {
  const people = placesInTurn().map(place => ({ id: uuid(), ...madeUpPhone(place) }))
  const row = await transact(db, async tx => {
    await awaitSimulatedTurn(tx)
    for (const { id } of await openPracticesOf(tx, operatorId)) {
      await updateExercise(tx, id, { endedAt: now, endedBy: operatorId })
      await recordAudit(tx, { operatorId, action: 'exercise.ended', subject: id })
    }
    const [id, rosterId] = [uuid(), uuid()]
    await insertGroup(tx, {
      id: rosterId,
      name: `Practice phones ${id}`,
      description: undefined,
      area: undefined,
      rule: undefined,
      expression: undefined,
      simulated: true,
    })
    if ((await takeSimulatedPhones(tx, rosterId, people, phones)) < phones) {
      throw new AppError(
        'in_use',
        'others practise with all the made-up phones: wait, or take fewer',
      )
    }
    return insertWithCarrier(tx, {
      id,
      name: 'Practice',
      rosterId,
      startsAt: now,
      endsAt: new Date(now.getTime() + minutes * 60_000),
      simulated: true,
      faults,
      practice: true,
      createdBy: operatorId,
      createdAt: now,
    })
  })
  return withFigures(db, row, now)
}
