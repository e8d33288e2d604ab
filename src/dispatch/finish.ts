import { endAlert } from '../alerts/end.ts'
import { notify, transact, type Database } from '../store/database.ts'
import { endLetters } from '../store/mailings.ts'
import { endOfAlert, endRanges, finishStopped, unfinishedAlerts } from '../store/finish.ts'
import type { SendableAlerts } from './sendable.ts'

/**
 * Ends what is over: recipients of stopped and expired ranges, letters, and alerts with nothing left to do.
 *
 * @param sendable forgets the alerts that need no more sending: those that others ended too
 */
export async function finishAlerts(
  db: Database,
  now: () => Date,
  sendable: Pick<SendableAlerts, 'loaded' | 'forget'>,
): Promise<void> {
  // What is loaded after the question may be newer than its answer.
  const loaded = sendable.loaded()
  const unfinished = await unfinishedAlerts(db)
  for (const alertId of loaded) if (!unfinished.includes(alertId)) sendable.forget(alertId)
  for (const alertId of unfinished) {
    let changed = false
    while (await transact(db, tx => endRanges(tx, alertId))) changed = true
    while (await transact(db, tx => endLetters(tx, alertId))) changed = true
    const state = await transact(db, async tx => {
      const end = await endOfAlert(tx, alertId)
      if (end !== undefined) await endAlert(tx, alertId, end, now())
      return end ?? ((await finishStopped(tx, alertId, now())) ? 'stopped' : undefined)
    })
    if (state !== undefined) sendable.forget(alertId)
    if (changed || state !== undefined) await notify(db, 'alerts', alertId)
  }
}
