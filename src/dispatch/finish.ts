import { endAlert } from '../alerts/end.ts'
import { notify, transact, type Database } from '../store/database.ts'
import { endLetters } from '../store/mailings.ts'
import { endOfAlert, endRanges, finishStopped, unfinishedAlerts } from '../store/finish.ts'

/**
 * Ends what is over: recipients of stopped and expired ranges, letters, and alerts with nothing left to do.
 *
 * @param ended told of each alert that needs no more sending
 */
export async function finishAlerts(
  db: Database,
  now: () => Date,
  ended: (alertId: string) => void,
): Promise<void> {
  for (const alertId of await unfinishedAlerts(db)) {
    let changed = false
    while (await transact(db, tx => endRanges(tx, alertId))) changed = true
    while (await transact(db, tx => endLetters(tx, alertId))) changed = true
    const state = await transact(db, async tx => {
      const end = await endOfAlert(tx, alertId)
      if (end !== undefined) await endAlert(tx, alertId, end, now())
      return end ?? ((await finishStopped(tx, alertId, now())) ? 'stopped' : undefined)
    })
    if (state !== undefined) ended(alertId)
    if (changed || state !== undefined) await notify(db, 'alerts', alertId)
  }
}
