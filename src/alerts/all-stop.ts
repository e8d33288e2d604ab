import { leftOnceHeeded, type Moved } from './control.ts'
import { type Caller, recordStep } from './steps.ts'
import { noteAllStop } from '../store/all-stops.ts'
import { type AlertRow, type AlertsOf, lockRunningAlerts, updateAlert } from '../store/alerts.ts'
import { type Database, transact } from '../store/database.ts'
import { endReminders, lockReminding } from '../store/reminders.ts'

/**
 * Whatever is going out stops, paused alerts too, for a paused one goes on with one call; and what is just being
 * dispatched, or sent again, does not begin.
 *
 * A live sign-in stops drills as well, for it means everything; a drill's own must not silence the real thing, nor
 * an exercise another.
 */
export async function stopEverything(
  db: Database,
  caller: Caller,
  reason: string,
): Promise<Moved[]> {
  const { mode, exerciseId } = caller
  const modes = mode === 'live' ? (['live', 'exercise'] as const) : (['exercise'] as const)
  const of = exerciseId === undefined ? { modes } : { exerciseId }
  const atOnce = await transact(db, async tx => {
    // What was sent before has reminders to come: nobody is there to stop each of them as it begins. One that is being
    // made just now is waited for here, and found below.
    const reminding = await lockReminding(tx, of)
    await endReminders(
      tx,
      reminding.map(({ id }) => id),
    )
    const stopped = await stopRunning(tx, of, caller, reason)
    const told = new Set(stopped.map(({ id }) => id))
    for (const alert of reminding.filter(({ id }) => !told.has(id))) {
      const { operator: by, now } = caller
      const ended = { done: 'remindersEnded', from: alert.state, by, now } as const
      await recordStep(tx, alert, { ...ended, detail: reason })
    }
    return stopped
  })
  // Then what was about to begin: it had no part in what was to be seen, and is not waited for by the others.
  const begun = await transact(db, async tx => {
    await noteAllStop(tx, of)
    return stopRunning(tx, of, caller, reason)
  })
  return Promise.all(
    [...atOnce, ...begun].map(async alert => ({
      alert,
      left: await leftOnceHeeded(db, alert.id),
    })),
  )
}

async function stopRunning(
  tx: Database,
  of: AlertsOf,
  { operator, now }: Caller,
  reason: string,
): Promise<AlertRow[]> {
  const stopped: AlertRow[] = []
  for (const { id, state: from } of await lockRunningAlerts(tx, of)) {
    const alert = await updateAlert(tx, id, { state: 'stopped' }, now)
    stopped.push(alert)
    await recordStep(tx, alert, { done: 'stopped', from, by: operator, now, detail: reason })
  }
  return stopped
}
