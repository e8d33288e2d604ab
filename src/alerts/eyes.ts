/** Who could approve an alert, and which of them have it before their eyes: so that its author doesn't wait in the dark. */
import { assertMayAct } from './authority.ts'
import { HANDS } from './approval.ts'
import { type Caller, lockForStep } from './steps.ts'
import { AppError, isAppError } from '../errors.ts'
import { findAlert } from '../store/alerts.ts'
import { type Database, transact } from '../store/database.ts'
import { listApprovers } from '../store/duty.ts'
import { insertHistory, listHistory, operatorsWho } from '../store/history.ts'
import { readOperatorNames } from '../store/operators.ts'

/**
 * Notes that an approver has opened a submitted alert: once each, and anew where it was submitted anew.
 *
 * @throws AppError `wrong_state`, and whatever would keep them from approving it
 */
export async function noteSeen(db: Database, alertId: string, caller: Caller): Promise<void> {
  const { operator, now } = caller
  await transact(db, async tx => {
    const { state } = await lockForStep(tx, alertId, 'see', caller)
    if ((await sightingsOf(tx, alertId)).some(one => one.operatorId === operator.id)) return
    const entry = { at: now, operatorId: operator.id, action: 'seen', detail: null }
    await insertHistory(tx, alertId, { ...entry, from: state, to: state })
  })
}

interface Sighting {
  readonly operatorId: string
  readonly at: Date
}

/** Of the alert as it was submitted last. */
async function sightingsOf(db: Database, alertId: string): Promise<Sighting[]> {
  const history = await listHistory(db, alertId)
  const submitted = history.findLastIndex(({ action }) => action === 'submitted')
  return history
    .slice(submitted + 1)
    .flatMap(({ action, operatorId, at }) =>
      action === 'seen' && operatorId !== null ? [{ operatorId, at }] : [],
    )
}

export async function whoHasSeen(
  db: Database,
  alertId: string,
): Promise<(Sighting & { readonly name: string })[]> {
  const sightings = await sightingsOf(db, alertId)
  const names = await readOperatorNames(
    db,
    sightings.map(({ operatorId }) => operatorId),
  )
  return sightings.map(one => ({ ...one, name: names.get(one.operatorId) ?? '' }))
}

export interface PossibleApprover {
  readonly operatorId: string
  readonly name: string
  readonly isOnline: boolean
}

/**
 * Who may approve an alert: by their role, limits and jurisdiction, without those who had a hand in it.
 *
 * @param since a sign-in whose token was renewed then or later is somebody at a console
 * @throws AppError `not_found`
 */
export async function approversOf(
  db: Database,
  alertId: string,
  since: Date,
): Promise<PossibleApprover[]> {
  const alert = await findAlert(db, alertId)
  if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
  const hands = await operatorsWho(db, alertId, HANDS)
  const { mode, exerciseId } = alert
  const found: PossibleApprover[] = []
  for (const { operator, isOnline } of await listApprovers(db, { mode, exerciseId, since })) {
    if (hands.has(operator.id)) continue
    try {
      await assertMayAct(db, operator, ['approver'], alert)
    } catch (error) {
      if (isAppError(error)) continue
      throw error
    }
    found.push({ operatorId: operator.id, name: operator.name, isOnline })
  }
  return found
}
