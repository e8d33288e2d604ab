/**
 * Escalations, as they were approved with an alert: when too many stay silent or too many need help, those on duty are
 * told, once for each rule, and say who has it by answering.
 *
 * A rule's row says when it is to be looked at. Who finds that it applies locks the alert and the row, reads the rule
 * from what was signed, judges once more and makes the escalation in the same transaction, under an id that follows
 * from the alert: so each goes out once, whoever dies and however many look.
 */
import { insertFollowUp } from './insert-follow-up.ts'
import { goesOn } from './remind.ts'
import { recordStep } from './steps.ts'
import { verifyForSending } from './verify.ts'
import { type AlertContent, WITHOUT_EXPIRES_MS } from '../cap/content.ts'
import { escalationContent, isAskedOnce, isPassed, type ReplyCounts } from '../cap/escalation.ts'
import { isAppError } from '../errors.ts'
import { dropAlarm, raiseAlarm } from '../store/alarms.ts'
import { type AlertRow, lockAlert } from '../store/alerts.ts'
import { type Database, transact } from '../store/database.ts'
import {
  closeRule,
  fireRule,
  insertRules,
  listDueRules,
  listTaken,
  lockRule,
  takeRule,
  type DueRule,
} from '../store/escalations.ts'
import { listFollowUps } from '../store/follow-ups.ts'
import { readTallies } from '../store/tallies.ts'

const alarmOf = (ruleNo: number) => `escalated_${ruleNo + 1}`

/** In the transaction that dispatches the alert. */
export async function openEscalations(
  tx: Database,
  { id, escalations = [] }: AlertContent,
  beginsAt: Date,
): Promise<void> {
  const rules = escalations.map(({ when, option, count, percent, afterMinutes }, ruleNo) => ({
    ruleNo,
    terms: { when, option, count, percent, afterMinutes },
    dueAt: new Date(beginsAt.getTime() + afterMinutes * 60_000),
  }))
  await insertRules(tx, id, rules)
}

/** Looks at every rule whose time has come, and at who has taken what was escalated. @returns how many were escalated */
export async function lookAtEscalations(db: Database, now: Date): Promise<number> {
  let count = 0
  for (const due of await listDueRules(db, now)) {
    if (!isOver(due, now) && !isAskedOnce(due.terms)) {
      if (!isPassed(due.terms, await countReplies(db, due.alertId, due.recipients))) continue
    }
    if (await escalate(db, due, now)) count++
  }
  for (const { alertId, ruleNo } of await listTaken(db)) {
    await transact(db, async tx => {
      const alert = await lockAlert(tx, alertId)
      if (alert === undefined || !(await takeRule(tx, alertId, ruleNo, now))) return
      await dropAlarm(tx, alertId, alarmOf(ruleNo))
      const detail = `rule ${ruleNo + 1}`
      const { state: from } = alert
      await recordStep(tx, alert, { done: 'escalationTaken', from, by: undefined, now, detail })
    })
  }
  return count
}

/** Of a danger that is not there, or is over, or told of by another alert, nobody need be told more. */
function isOver(due: DueRule, now: Date): boolean {
  const { state, expires, dispatchedAt, isFollowed, terms } = due
  const end = expires?.getTime() ?? (dispatchedAt?.getTime() ?? 0) + WITHOUT_EXPIRES_MS
  const isExpired = end <= now.getTime()
  return state === 'stopped' || isFollowed || (isExpired && !isAskedOnce(terms))
}

async function countReplies(
  db: Database,
  alertId: string,
  recipients: number,
): Promise<ReplyCounts> {
  const tallies = await readTallies(db, alertId)
  const total = tallies.filter(one => one.dimension === 'total' && one.option !== 'optedOut')
  return {
    recipients,
    replied: total.reduce((sum, { count }) => sum + count, 0),
    byOption: new Map(total.map(({ option, count }) => [option, count])),
  }
}

/** Judges a rule on the locked alert, and does as it says. @returns whether those on duty are told */
async function escalate(db: Database, { alertId, ruleNo }: DueRule, now: Date): Promise<boolean> {
  return transact(db, async tx => {
    const alert = await lockAlert(tx, alertId)
    const due = await lockRule(tx, alertId, ruleNo)
    if (alert === undefined || due === undefined) return false
    const lasts = await goesOn(tx, alert, now)
    const isFollowed = (await listFollowUps(tx, [alertId])).length > 0
    const seen = { ...due, ...alert, recipients: alert.recipients ?? 0, isFollowed }
    if (!lasts || isOver(seen, now)) {
      await closeRule(tx, alertId, ruleNo)
      return false
    }
    try {
      return await escalateAsSigned(tx, alert, ruleNo, now)
    } catch (error) {
      // What was altered since is not acted upon; the alert's own people are told why.
      if (!isAppError(error)) throw error
      await closeRule(tx, alertId, ruleNo)
      const detail = `rule ${ruleNo + 1} is not heeded: ${error.message}`
      await raiseAlarm(tx, alertId, { code: 'escalation_refused', detail })
      return false
    }
  })
}

async function escalateAsSigned(
  tx: Database,
  alert: AlertRow,
  ruleNo: number,
  now: Date,
): Promise<boolean> {
  const content = await verifyForSending(tx, alert.id)
  const rule = content.escalations?.[ruleNo]
  const made = escalationContent(content, alert.contentDigest ?? '', ruleNo)
  const counts = await countReplies(tx, alert.id, alert.recipients ?? 0)
  if (rule === undefined || made === undefined || !isPassed(rule, counts)) {
    if (rule === undefined || isAskedOnce(rule)) await closeRule(tx, alert.id, ruleNo)
    return false
  }
  const row = await insertFollowUp(tx, made, {
    now,
    createdBy: alert.createdBy,
    dispatchedBy: alert.dispatchedBy,
    recipients: 0,
    escalationOf: alert.id,
    escalationRule: ruleNo,
  })
  await fireRule(tx, alert.id, ruleNo, { escalationId: row.id, at: now })
  const detail = `${rule.to.name} is told: ${reasonOf(rule, counts)}; nobody has taken it yet`
  await raiseAlarm(tx, alert.id, { code: alarmOf(ruleNo), detail })
  const told = { by: undefined, now }
  await recordStep(tx, row, { ...told, done: 'dispatched', from: null, detail: `of ${alert.id}` })
  await recordStep(tx, alert, { ...told, done: 'escalated', from: alert.state, detail: row.id })
  return true
}

function reasonOf(
  { when, option }: NonNullable<AlertContent['escalations']>[number],
  { recipients, replied, byOption }: ReplyCounts,
): string {
  if (when === 'noReplyAbove') return `${recipients - replied} of ${recipients} have not answered`
  return `${byOption.get(option ?? '') ?? 0} of ${recipients} have answered ${option}`
}
