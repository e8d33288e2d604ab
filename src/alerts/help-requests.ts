/**
 * The work list of those who asked for help: taken by somebody, noted on, handed over, closed with an outcome, opened
 * again. Each step is judged on the locked row and told in the request's own story and on the trail; who watches the
 * alert sees the counts move.
 */
import { AppError } from '../errors.ts'
import { findAlert } from '../store/alerts.ts'
import { recordAudit } from '../store/audit.ts'
import { notify, transact, type Database } from '../store/database.ts'
import {
  insertHelpStep,
  lockHelpRequest,
  updateHelpRequest,
  findHelpRequest,
  type HelpOutcome,
  type HelpRequest,
  type HelpRequestState,
  type HelpStepName,
} from '../store/help-requests.ts'
import { findOperator } from '../store/operators.ts'
import { tellOfRequest } from '../subscribers/notices.ts'
import { assertSamePlace, type Caller } from './steps.ts'

interface Target {
  readonly id: string
  /** What `If-Match` demands. */
  readonly revision: number | undefined
}

/** From which states each step leads, and to which; undefined: it stays where it is. */
const STEPS = {
  taken: { from: ['open'], to: 'taken' },
  noted: { from: ['open', 'taken', 'closed'], to: undefined },
  handedOver: { from: ['taken', 'open'], to: 'taken' },
  closed: { from: ['taken', 'open'], to: 'closed' },
  reopened: { from: ['closed', 'taken'], to: 'open' },
} as const satisfies Record<
  Exclude<HelpStepName, 'askedAgain'>,
  { from: readonly HelpRequestState[]; to: HelpRequestState | undefined }
>

interface Doing {
  readonly note?: string | undefined
  readonly toOperatorId?: string | undefined
  readonly outcome?: HelpOutcome | undefined
}

/** @throws AppError `not_found`, `wrong_mode`, `stale_revision`; `wrong_state` where somebody has it */
export const takeRequest = (db: Database, target: Target, caller: Caller): Promise<HelpRequest> =>
  act(db, target, caller, 'taken', {})

/** @throws AppError `not_found`, `wrong_mode`, `stale_revision` */
export const noteOnRequest = (
  db: Database,
  target: Target,
  caller: Caller,
  note: string,
): Promise<HelpRequest> => act(db, target, caller, 'noted', { note })

/** @throws AppError `not_found`, `wrong_mode`, `stale_revision`, `wrong_state`; `invalid_operator` for who can't act on it */
export const handOverRequest = (
  db: Database,
  target: Target,
  caller: Caller,
  doing: { readonly toOperatorId: string; readonly note: string | undefined },
): Promise<HelpRequest> => act(db, target, caller, 'handedOver', doing)

/** @throws AppError `not_found`, `wrong_mode`, `stale_revision`, `wrong_state` */
export const closeRequest = (
  db: Database,
  target: Target,
  caller: Caller,
  doing: { readonly outcome: HelpOutcome; readonly note: string | undefined },
): Promise<HelpRequest> => act(db, target, caller, 'closed', doing)

/** Gives it back to all: one that is closed, or in hand. @throws AppError as `closeRequest` */
export const reopenRequest = (
  db: Database,
  target: Target,
  caller: Caller,
  note: string | undefined,
): Promise<HelpRequest> => act(db, target, caller, 'reopened', { note })

async function act(
  db: Database,
  { id, revision }: Target,
  caller: Caller,
  step: keyof typeof STEPS,
  { note, toOperatorId, outcome }: Doing,
): Promise<HelpRequest> {
  const { operator, now } = caller
  return transact(db, async tx => {
    const request = await lockHelpRequest(tx, id)
    if (request === undefined) throw noSuchRequest()
    const alert = await findAlert(tx, request.alertId)
    if (alert === undefined) throw noSuchRequest()
    assertSamePlace(caller, alert)
    if (revision !== undefined && revision !== request.revision) {
      throw new AppError(
        'stale_revision',
        'the request was changed since you read it: read it again',
      )
    }
    const { from, to }: { from: readonly HelpRequestState[]; to: HelpRequestState | undefined } =
      STEPS[step]
    if (!from.includes(request.state)) {
      throw new AppError('wrong_state', `the request is ${request.state}: read it again`)
    }
    if (toOperatorId !== undefined) await assertCanAct(tx, toOperatorId)
    const state = to ?? request.state
    const holder = to === undefined ? request.operatorId : (toOperatorId ?? operator.id)
    await updateHelpRequest(tx, id, {
      state,
      operatorId: state === 'open' ? null : holder,
      outcome: state === 'closed' ? (outcome ?? request.outcome) : null,
    })
    await insertHelpStep(tx, {
      requestId: id,
      at: now,
      operatorId: operator.id,
      step,
      toOperatorId: toOperatorId ?? null,
      outcome: outcome ?? null,
      note: note ?? null,
    })
    await notify(tx, 'alerts', request.alertId)
    await recordAudit(tx, {
      operatorId: operator.id,
      action: `request.${step}`,
      subject: id,
      detail: {
        alertId: request.alertId,
        ...(toOperatorId !== undefined && { toOperatorId }),
        ...(outcome !== undefined && { outcome }),
      },
    })
    const after = (await findHelpRequest(tx, id))!
    if (step !== 'noted') await tellOfRequest(tx, { alert, request: after, action: step, now })
    return after
  })
}

/** It must not be handed to somebody who is gone, or who could do nothing with it; nor to the rule of a feed. */
async function assertCanAct(tx: Database, operatorId: string): Promise<void> {
  const other = await findOperator(tx, operatorId)
  const can = other?.roles.some(role => role === 'author' || role === 'approver') === true
  if (can && other?.disabledAt == null && other?.feedId === undefined) return
  const detail = 'must be an author or approver who is not disabled'
  throw new AppError('invalid_operator', 'it can not be handed to them', {
    faults: [{ pointer: '/operatorId', detail }],
  })
}

function noSuchRequest(): AppError {
  return new AppError('not_found', 'there is no such request')
}
