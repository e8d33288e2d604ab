import { assertSamePlace, type Caller } from './steps.ts'
import { AppError } from '../errors.ts'
import { lockAlert } from '../store/alerts.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, transact } from '../store/database.ts'
import { insertHistory } from '../store/history.ts'

/**
 * Writes a note into an alert's history, for its report: it changes nothing of the alert, and is no hand in it.
 *
 * @throws AppError `not_found`, `wrong_mode`
 */
export async function noteAlert(
  db: Database,
  alertId: string,
  caller: Caller,
  text: string,
): Promise<void> {
  const { operator, now } = caller
  await transact(db, async tx => {
    const alert = await lockAlert(tx, alertId)
    if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
    assertSamePlace(caller, alert)
    const { state } = alert
    const note = { operatorId: operator.id, action: 'noted', from: state, to: state, detail: text }
    await insertHistory(tx, alertId, { at: now, ...note })
    await recordAudit(tx, { operatorId: operator.id, action: 'alert.noted', subject: alertId })
  })
}
