/**
 * The life of an alert: which call leads from which state to which, who may make it, and the one way in which
 * every step is taken: the row locked, the caller and the state judged, the story told in history and audit.
 */
import { AppError } from '../errors.ts'
import type { Operator, Role, SignIn } from '../operators/operator.ts'
import { type AlertRow, type AlertState, lockAlert } from '../store/alerts.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, notify } from '../store/database.ts'
import { insertHistory } from '../store/history.ts'
import type { AlertTemplateRow } from '../store/templates.ts'
import { tellSubscribers } from '../subscribers/notices.ts'
import { assertMayAct } from './authority.ts'
import { holdOpenExercise } from './in-exercise.ts'

/** Who asks, where they signed in, and when. */
export interface Caller {
  readonly operator: Operator
  readonly mode: SignIn['mode']
  /** The exercise that they signed in for; undefined: none. */
  readonly exerciseId?: string | undefined
  readonly now: Date
}

interface Step {
  readonly who: readonly Role[]
  readonly from: readonly AlertState[]
}

const EITHER = ['author', 'approver'] as const
const DISPATCHED = ['sending', 'paused', 'sent', 'stopped', 'expired'] as const

/** API.md, Alerts: the table of calls. */
const STEPS = {
  edit: { who: ['author'], from: ['draft'] },
  delete: { who: ['author'], from: ['draft'] },
  submit: { who: ['author'], from: ['draft'] },
  see: { who: ['approver'], from: ['submitted'] },
  approve: { who: ['approver'], from: ['submitted'] },
  'break-glass': { who: ['author'], from: ['submitted'] },
  return: { who: ['approver'], from: ['submitted'] },
  reject: { who: ['approver'], from: ['submitted'] },
  withdraw: { who: EITHER, from: ['submitted', 'approved'] },
  dispatch: { who: EITHER, from: ['approved'] },
  pause: { who: EITHER, from: ['sending'] },
  resume: { who: EITHER, from: ['paused'] },
  stop: { who: EITHER, from: ['sending', 'paused'] },
  retry: { who: EITHER, from: ['sent', 'stopped'] },
  remind: { who: ['author'], from: ['sending', 'sent', 'expired'] },
  update: { who: ['author'], from: DISPATCHED },
  cancel: { who: EITHER, from: DISPATCHED },
  'all-clear': { who: EITHER, from: DISPATCHED },
} as const satisfies Record<string, Step>

export type Action = keyof typeof STEPS

/** These are taken with the alert itself: what only goes with it begins nothing. */
const OF_ALERTS_ALONE: readonly Action[] = ['retry', 'remind', 'update', 'cancel', 'all-clear']
/** What takes back or holds up, which the end of an exercise does not forbid. */
const SAFE: readonly Action[] = ['delete', 'return', 'reject', 'withdraw', 'pause', 'stop']

export function rolesFor(action: Action): readonly Role[] {
  return STEPS[action].who
}

/**
 * Locks the alert and judges whether the caller may take this step now.
 *
 * @param revision the one that `If-Match` names
 * @throws AppError `forbidden`, `not_found`, `wrong_mode`, `outside_jurisdiction`, `over_limits`,
 *   `stale_revision`, `wrong_state`, `exercise_not_open`
 */
export async function lockForStep(
  tx: Database,
  alertId: string,
  action: Action,
  caller: Caller,
  revision?: number,
): Promise<AlertRow> {
  const step: Step = STEPS[action]
  const alert = await lockAlert(tx, alertId)
  if (alert === undefined) throw new AppError('not_found', 'there is no such alert')
  assertSamePlace(caller, alert)
  await assertMayAct(tx, caller.operator, step.who, alert)
  if (revision !== undefined && revision !== alert.revision) {
    throw new AppError('stale_revision', 'the alert was changed since you read it: read it again')
  }
  if (!isOwnAlert(alert) && OF_ALERTS_ALONE.includes(action)) {
    const what = alert.reminderOf === null ? 'an escalation' : 'a reminder'
    throw new AppError('wrong_state', `it is ${what}: ${action} the alert that it is of`)
  }
  if (!step.from.includes(alert.state)) {
    const from = step.from.join(' or ')
    throw new AppError(
      'wrong_state',
      `the alert is ${alert.state}; to ${action} it, it must be ${from}`,
    )
  }
  if (alert.exerciseId !== null && !SAFE.includes(action)) {
    await holdOpenExercise(tx, alert.exerciseId, caller.now)
  }
  return alert
}

/** Neither a reminder nor an escalation of another. */
function isOwnAlert({
  reminderOf,
  escalationOf,
}: Pick<AlertRow, 'reminderOf' | 'escalationOf'>): boolean {
  return reminderOf === null && escalationOf === null
}

export function assertMode(signedIn: SignIn['mode'], needed: SignIn['mode']): void {
  if (signedIn !== needed) {
    throw new AppError('wrong_mode', `this is an alert of mode ${needed}: sign in with that mode`)
  }
}

/**
 * Who acts on an alert is where it is: live, in its exercise, or in practice outside any.
 *
 * @throws AppError `wrong_mode`
 */
export function assertSamePlace(
  { mode, exerciseId }: Pick<Caller, 'mode' | 'exerciseId'>,
  alert: Pick<AlertRow, 'mode' | 'exerciseId'>,
): void {
  assertMode(mode, alert.mode)
  if ((exerciseId ?? null) === alert.exerciseId) return
  const where = alert.exerciseId === null ? 'outside any exercise' : 'in another exercise'
  throw new AppError('wrong_mode', `this is an alert ${where}: sign in there`)
}

/** What was done, as history and audit tell it. */
export type Done =
  | 'created'
  | 'edited'
  | 'submitted'
  | 'approved'
  /** An author let it go without an approver. */
  | 'brokeGlass'
  | 'returned'
  | 'rejected'
  | 'withdrawn'
  | 'dispatched'
  | 'paused'
  | 'resumed'
  | 'stopped'
  | 'retried'
  /** What follows it was sent, and what was left of it stopped. */
  | 'updated'
  | 'cancelled'
  | 'allCleared'
  | 'reminded'
  /** By the all-stop: of an alert that was sent before, nobody is reminded any more. */
  | 'remindersEnded'
  | 'escalated'
  /** Somebody on duty has answered that they have it. */
  | 'escalationTaken'
  /** By the dispatcher, which found that what is stored is not what was signed. */
  | 'refused'
  | 'ended'
  /** By the organisation's `retention.deliveriesDays`: nobody can say any more whom it went to. */
  | 'recipientsDeleted'

/**
 * Tells what was done, in the transaction that did it, as its last step (the audit trail's lock is held until
 * the commit), to those who subscribe too, and wakes those who watch or send.
 *
 * @param alert as it is after the step
 * @param step `by` is undefined for the system itself; `detail`, e.g. a reason that somebody gave, stays in the
 *   history, which only operators read; `template` is what the alert was made of; `signed` is what the trail keeps of
 *   a signature beside
 */
export async function recordStep(
  tx: Database,
  alert: AlertRow,
  step: {
    readonly done: Done
    readonly from: AlertState | null
    readonly by: Operator | undefined
    readonly now: Date
    readonly detail?: string
    readonly template?: AlertTemplateRow | undefined
    readonly signed?: Readonly<Record<string, string>>
  },
): Promise<void> {
  const { done: action, from, now, detail = null, template, signed } = step
  const operatorId = step.by?.id ?? null
  const to = alert.state
  await insertHistory(tx, alert.id, { at: now, operatorId, action, from, to, detail })
  // Systems that were told of the alert are not told again for the sake of who has not answered, or is on duty.
  if (isOwnAlert(alert)) await tellSubscribers(tx, { alert, from, action, now })
  await notify(tx, 'alerts', alert.id)
  if ([from, to].some(state => state === 'sending' || state === 'paused')) {
    await notify(tx, 'states', alert.id)
  }
  await recordAudit(tx, {
    operatorId,
    action: `alert.${action}`,
    subject: alert.id,
    detail: {
      from,
      to,
      revision: alert.revision,
      ...signed,
      ...(template !== undefined && {
        template: template.templateId,
        templateVersion: template.version,
        parted: template.partedAt !== null,
      }),
    },
  })
}
