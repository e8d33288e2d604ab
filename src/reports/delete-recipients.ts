/**
 * Deletes whom alerts went to when `retention.deliveriesDays` are over; any number of nodes may do it at once. What was
 * counted of the recipients is kept, so that a report says the same before and after it.
 */
import { recordStep } from '../alerts/steps.ts'
import { describeError, log } from '../log.ts'
import { findAlert } from '../store/alerts.ts'
import { type Database, transact } from '../store/database.ts'
import {
  areUnneeded,
  deleteSome,
  listDeleting,
  listOver,
  lockOver,
  markDeleted,
} from '../store/deleted-recipients.ts'
import { readProgress } from '../store/progress.ts'
import { readTallies } from '../store/tallies.ts'
import { countOutcomes, type KeptOutcomes, outcomesToKeep } from './outcomes.ts'

/**
 * @param until alerts that were over before
 * @param signal to go on another time
 * @returns how many alerts were marked
 */
export async function deleteRecipients(
  db: Database,
  until: Date,
  now: Date,
  signal: AbortSignal,
): Promise<number> {
  // What a node that died had begun is there too.
  await deleteMarked(db, signal)
  let count = 0
  for (const alertId of await listOver(db, until)) {
    if (signal.aborted) break
    // One of which something is damaged keeps nobody else's recipients.
    const isMarked = await markUnneeded(db, alertId, now).catch((error: unknown) => {
      log.warn({ alertId, code: describeError(error) }, 'recipients that are over were not deleted')
      return false
    })
    if (!isMarked) continue
    count++
    await deleteMarked(db, signal)
  }
  return count
}

async function markUnneeded(db: Database, alertId: string, now: Date): Promise<boolean> {
  return (await areUnneeded(db, alertId, now)) && (await mark(db, alertId, now))
}

/** @returns false where it is not the time, or another node has marked it */
async function mark(db: Database, alertId: string, now: Date): Promise<boolean> {
  // Of a million recipients that takes seconds, in which nobody is to wait for the alert's row, and of many millions
  // longer than a transaction may.
  const counted = await countToKeep(db, alertId)
  if (counted === undefined) return false
  return transact(db, async tx => {
    if (!(await lockOver(tx, alertId)) || !(await areUnneeded(tx, alertId, now))) return false
    if ((await countersOf(tx, alertId)) !== counted.counters) return false
    const marked = await markDeleted(tx, alertId, counted.outcomes, now)
    const { state: from } = marked
    await recordStep(tx, marked, { done: 'recipientsDeleted', from, by: undefined, now })
    return true
  })
}

async function countToKeep(
  db: Database,
  alertId: string,
): Promise<{ readonly counters: string; readonly outcomes: KeptOutcomes } | undefined> {
  const alert = await findAlert(db, alertId)
  if (alert === undefined || alert.recipientsDeletedAt !== null) return undefined
  // Read first: where they are the same once the alert is locked, nothing has moved while it was counted.
  const counters = await countersOf(db, alertId)
  return { counters, outcomes: outcomesToKeep(await countOutcomes(db, alert)) }
}

/** They move whenever anything becomes of a recipient. */
async function countersOf(db: Database, alertId: string): Promise<string> {
  const progress = [...(await readProgress(db, alertId))].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([progress, await readTallies(db, alertId)])
}

async function deleteMarked(db: Database, signal: AbortSignal): Promise<void> {
  for (const alertId of await listDeleting(db)) {
    while (!signal.aborted && (await deleteSome(db, alertId)));
  }
}
