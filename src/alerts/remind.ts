/**
 * Reminders: to those alone whom an alert may have reached and who have not answered it. Those that were approved with
 * it go out by themselves, each an alert of its own whose content follows from the alert's; one by hand is a draft
 * that goes the way of any other. What people answer counts for the alert: a reminder asks nothing of its own.
 *
 * A round is due so many minutes after the last message of the alert, or of the reminder before it, left; while
 * messages still leave it waits. The row that says when is locked in the transaction that makes the reminder and moves
 * the row on, and the reminder's id follows from the alert: so each round goes out once, whoever dies and however many
 * look. Whatever ends the alert ends its reminders in the same transaction.
 */
import { insertDraft } from './compose.ts'
import { insertFollowUp } from './insert-follow-up.ts'
import { type Caller, lockForStep, recordStep } from './steps.ts'
import { updateOf } from './update.ts'
import { verifyForSending } from './verify.ts'
import type { AlertDraft } from '../cap/alert.ts'
import { type AlertContent, WITHOUT_EXPIRES_MS } from '../cap/content.ts'
import { reminderContent } from '../cap/correction.ts'
import { AppError, isAppError } from '../errors.ts'
import type { Operator } from '../operators/operator.ts'
import { raiseAlarm } from '../store/alarms.ts'
import { type AlertRow, lockAlert, updateAlert } from '../store/alerts.ts'
import { type Database, transact } from '../store/database.ts'
import { exerciseState, holdExercise } from '../store/exercises.ts'
import { listFollowUps } from '../store/follow-ups.ts'
import { readOrganisation } from '../store/organisation.ts'
import { leftOf, readProgress } from '../store/progress.ts'
import {
  claimDueReminder,
  countAnswered,
  endReminders,
  listReminders,
  lockRunningReminders,
  setRemindAt,
} from '../store/reminders.ts'

const MINUTE_MS = 60_000
/** A paused alert may go on with one call. */
const PAUSED_MS = 10_000

/** When the first reminder of an alert that is dispatched now is due; null: none was approved with it. */
export function firstReminderAt({ reminders }: AlertContent, beginsAt: Date): Date | null {
  return reminders === undefined ? null : after(beginsAt, reminders.afterMinutes)
}

const after = (moment: Date, minutes: number) => new Date(moment.getTime() + minutes * MINUTE_MS)

/**
 * What an alert is that nobody is to be reminded of any more.
 *
 * @returns undefined: it still holds
 */
async function whyNotRemind(
  db: Database,
  alert: Pick<AlertRow, 'id' | 'state' | 'expires' | 'dispatchedAt'>,
  now: Date,
): Promise<string | undefined> {
  if (alert.dispatchedAt === null) return 'it was never sent'
  if (alert.state === 'stopped') return 'it was stopped'
  const expires = alert.expires?.getTime() ?? alert.dispatchedAt.getTime() + WITHOUT_EXPIRES_MS
  if (expires <= now.getTime()) return 'it has expired'
  const followUps = await listFollowUps(db, [alert.id])
  return followUps.length > 0 ? 'an update or a correction was sent' : undefined
}

/** @throws AppError `wrong_state` where what it reminds of is over */
export async function assertStillReminds(
  tx: Database,
  { reminderOf }: Pick<AlertRow, 'reminderOf'>,
  now: Date,
): Promise<void> {
  if (reminderOf === null) return
  // Whoever ends it locks it too, and stops the reminders that are under way by then.
  const alert = await lockAlert(tx, reminderOf)
  const why = alert === undefined ? 'it is gone' : await whyNotRemind(tx, alert, now)
  if (why !== undefined) throw new AppError('wrong_state', `nobody is reminded of it: ${why}`)
}

/**
 * A draft to those who have not answered.
 *
 * @throws AppError `forbidden`, `wrong_mode`, `outside_jurisdiction`, `over_limits`, `wrong_state`
 */
export async function composeReminder(
  db: Database,
  alertId: string,
  caller: Caller,
): Promise<AlertRow> {
  const { now } = caller
  return transact(db, async tx => {
    const alert = await lockForStep(tx, alertId, 'remind', caller)
    const why = await whyNotRemind(tx, alert, now)
    if (why !== undefined) throw new AppError('wrong_state', `nobody is reminded of it: ${why}`)
    if (alert.draft.replies.options.length === 0) {
      throw new AppError('wrong_state', 'the alert asks nothing: nobody could have answered it')
    }
    const { policy } = await readOrganisation(tx)
    const draft = reminderDraft(alert, now)
    return insertDraft(tx, caller, draft, { policy, references: [alertId], reminderOf: alertId })
  })
}

function reminderDraft({ draft, sent }: AlertRow, now: Date): AlertDraft {
  const updated = updateOf(draft, sent ?? now, now)
  const { corrections: _texts, reminders: _rounds, escalations: _rules, ...kept } = updated
  const info = kept.info.map((block, no) => {
    // It is worth no longer than what it reminds of.
    const { expires } = draft.info[no] ?? {}
    return { ...block, ...(expires !== undefined && { expires }) }
  })
  const { roster } = draft.audience
  return {
    ...kept,
    info,
    audience: {
      groups: [],
      excludeGroups: [],
      only: 'noReply',
      ...(roster !== undefined && { roster }),
    },
    replies: { options: [] },
  }
}

/** Makes the reminder that has been due for longest. @returns whether any was due */
export async function remindNext(db: Database, now: Date): Promise<boolean> {
  return transact(db, async tx => {
    const alert = await claimDueReminder(tx, now)
    if (alert === undefined) return false
    try {
      await remind(tx, alert, now)
    } catch (error) {
      // What was altered since is not repeated; the alert's own people are told why.
      if (!isAppError(error)) throw error
      await setRemindAt(tx, alert.id, null)
      const detail = `its reminders are not sent: ${error.message}`
      await raiseAlarm(tx, alert.id, { code: 'reminder_refused', detail })
    }
    return true
  })
}

async function remind(tx: Database, alert: AlertRow, now: Date): Promise<void> {
  const why = await whyNotRemind(tx, alert, now)
  if (why !== undefined || !(await goesOn(tx, alert, now))) return setRemindAt(tx, alert.id, null)
  if (alert.state === 'paused') {
    return setRemindAt(tx, alert.id, new Date(now.getTime() + PAUSED_MS))
  }
  const content = await verifyForSending(tx, alert.id)
  const { reminders } = content
  if (reminders === undefined) return setRemindAt(tx, alert.id, null)
  const before = (await listReminders(tx, alert.id)).filter(one => one.round !== null)
  const left = leftOf(await readProgress(tx, alert.id))
  const lately = [alert.dispatchedAt, alert.lastSubmittedAt, before.at(-1)?.lastSubmittedAt]
  const lastAt = Math.max(...lately.map(moment => moment?.getTime() ?? 0))
  const dueAt = after(left === 0 ? now : new Date(lastAt), reminders.afterMinutes)
  if (dueAt > now) return setRemindAt(tx, alert.id, dueAt)
  const round = before.length + 1
  const made = reminderContent(content, alert.contentDigest ?? '', round)
  if (made === undefined) return setRemindAt(tx, alert.id, null)
  const waiting = Math.max(0, left - (await countAnswered(tx, alert.id)))
  const row = await insertFollowUp(tx, made, {
    now,
    createdBy: alert.createdBy,
    dispatchedBy: alert.dispatchedBy,
    recipients: waiting,
    reminderOf: alert.id,
    reminderRound: round,
  })
  const isLast = round >= reminders.times
  await setRemindAt(tx, alert.id, isLast ? null : after(now, reminders.afterMinutes))
  const told = { by: undefined, now }
  await recordStep(tx, row, { ...told, done: 'dispatched', from: null, detail: `of ${alert.id}` })
  await recordStep(tx, alert, { ...told, done: 'reminded', from: alert.state, detail: row.id })
}

/** Of an exercise as long as that lasts; its end waits for what is made here. */
export async function goesOn(
  tx: Database,
  { exerciseId }: Pick<AlertRow, 'exerciseId'>,
  now: Date,
): Promise<boolean> {
  if (exerciseId === null) return true
  const exercise = await holdExercise(tx, exerciseId)
  return exercise !== undefined && exerciseState(exercise, now) === 'open'
}

/**
 * The alerts are over: what is left of their reminders is stopped, and no more are made. Run with the alerts locked,
 * in the transaction that ends them.
 */
export async function stopReminders(
  tx: Database,
  alertIds: readonly string[],
  { operator: by, now }: { readonly operator: Operator | undefined; readonly now: Date },
): Promise<void> {
  if (alertIds.length === 0) return
  await endReminders(tx, alertIds)
  for (const reminder of await lockRunningReminders(tx, alertIds)) {
    const { id, state: from, reminderOf: detail } = reminder
    const stopped = await updateAlert(tx, id, { state: 'stopped' }, now)
    await recordStep(tx, stopped, { done: 'stopped', from, by, now, detail: `with ${detail}` })
  }
}
