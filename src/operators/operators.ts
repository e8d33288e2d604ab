import { v7 as uuid } from 'uuid'
import { AppError } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, refuseTaken, transact } from '../store/database.ts'
import {
  findOperator,
  findPassword,
  insertOperator,
  type Jurisdiction,
  type Limits,
  listOperators,
  lockAdministrators,
  lockOperator,
  type OperatorChange,
  updateOperator,
} from '../store/operators.ts'
import { revokeSessionsOf } from '../store/sessions.ts'
import { normaliseEmail } from './email.ts'
import { assertUsableJurisdiction } from './jurisdiction.ts'
import type { Operator, Role } from './operator.ts'
import { hashPassword, isPassword, passwordFault } from './passwords.ts'
import { attemptOf, countAttempt, forgiveAttempt } from './sign-in-delay.ts'

export interface OperatorDraft {
  readonly email: string
  readonly name: string
  /** Without one nobody can sign in as this operator until an administrator sets it. */
  readonly password?: string | undefined
  readonly roles: readonly Role[]
  readonly jurisdiction?: Jurisdiction | undefined
  readonly limits?: Limits | undefined
}

/** `null` takes the jurisdiction or the limits away. */
export interface OperatorEdit {
  readonly email?: string | undefined
  readonly name?: string | undefined
  readonly password?: string | undefined
  readonly roles?: readonly Role[] | undefined
  readonly jurisdiction?: Jurisdiction | null | undefined
  readonly limits?: Limits | null | undefined
}

/** @throws AppError `invalid_operator` (the password), `invalid_area`, `unknown_geocode`, `already_exists` */
export async function createOperator(
  db: Database,
  administrator: Pick<Operator, 'id'> | undefined,
  draft: OperatorDraft,
  now: Date,
): Promise<Operator> {
  const email = normaliseEmail(draft.email)
  assertUsablePassword(draft.password, email)
  assertUsableJurisdiction(draft.jurisdiction)
  const passwordHash = draft.password === undefined ? undefined : await hashPassword(draft.password)
  const { name, roles, jurisdiction, limits } = draft
  return refuseTakenEmail(() =>
    transact(db, async tx => {
      const values = { id: uuid(), email, name, roles: uniqueRoles(roles), createdAt: now }
      const created = await insertOperator(tx, { ...values, jurisdiction, limits, passwordHash })
      await recordAudit(tx, {
        operatorId: administrator?.id ?? null,
        action: 'operator.created',
        subject: created.id,
        detail: { roles: created.roles },
      })
      return created
    }),
  )
}

/**
 * Edits an operator. A new password ends all their sign-ins; new roles hold from their next request on.
 *
 * @param revision what `If-Match` demands
 * @throws AppError `not_found`, `stale_revision`, `last_administrator`, `wrong_state` of a feed's rule, and as
 *   `createOperator`
 */
export async function changeOperator(
  db: Database,
  administrator: Operator,
  { id, revision }: { id: string; revision: number | undefined },
  edit: OperatorEdit,
  now: Date,
): Promise<Operator> {
  const { password, email, roles, ...rest } = edit
  assertUsableJurisdiction(edit.jurisdiction)
  const { email: currentEmail } = await getOperator(db, id)
  assertUsablePassword(password, normaliseEmail(email ?? currentEmail))
  const passwordHash = password === undefined ? undefined : await hashPassword(password)
  return refuseTakenEmail(() =>
    transact(db, async tx => {
      if (roles !== undefined && !roles.includes('administrator')) await assertNotTheLast(tx, id)
      const current = await lockAtRevision(tx, id, revision)
      if (current.feedId !== undefined) {
        throw new AppError('wrong_state', "this is the rule of a feed: change the feed's rule")
      }
      const changed = await updateOperator(tx, id, {
        ...rest,
        email: email === undefined ? undefined : normaliseEmail(email),
        roles: roles && uniqueRoles(roles),
        passwordHash,
      } satisfies OperatorChange)
      if (passwordHash !== undefined) await revokeSessionsOf(tx, id, now)
      await recordAudit(tx, {
        operatorId: administrator.id,
        action: 'operator.changed',
        subject: id,
        detail: { fields: Object.keys(edit).sort(), roles: changed.roles },
      })
      return changed
    }),
  )
}

/** Ends all that they may do, from the next request on; their signatures not yet sent are void. Twice is once. */
export async function disableOperator(
  db: Database,
  administrator: Operator,
  { id, revision }: { id: string; revision: number | undefined },
  now: Date,
): Promise<Operator> {
  return transact(db, async tx => {
    await assertNotTheLast(tx, id)
    const current = await lockAtRevision(tx, id, revision)
    if (current.disabledAt !== undefined) return current
    const disabled = await updateOperator(tx, id, { disabledAt: now })
    await revokeSessionsOf(tx, id, now)
    await recordAudit(tx, {
      operatorId: administrator.id,
      action: 'operator.disabled',
      subject: id,
    })
    return disabled
  })
}

/**
 * Sets one's own password; all sign-ins end, this one too. Whoever found a console left open guesses the current one no
 * faster than at sign-in.
 *
 * @param given `address`: the caller's network address, for the delay after failures
 * @throws AppError `invalid_credentials` if the current one is wrong or was replaced meanwhile, `invalid_operator` if the new one is;
 *   `too_many_requests` after failures
 */
export async function changeOwnPassword(
  db: Database,
  operator: Operator,
  given: { readonly currentPassword: string; readonly password: string; readonly address: string },
  now: Date,
): Promise<void> {
  const { currentPassword, password, address } = given
  assertUsablePassword(password, operator.email)
  const attempt = attemptOf(operator.email, address)
  await countAttempt(db, attempt, now)
  const found = await findPassword(db, operator.email)
  if (!(await isPassword(currentPassword, found?.passwordHash))) {
    throw new AppError('invalid_credentials', 'the current password is wrong')
  }
  const passwordHash = await hashPassword(password)
  await transact(db, async tx => {
    // While it was hashed an administrator may have set another, because this one was stolen: that one stays.
    const current = await lockOperator(tx, operator.id)
    const still = current && (await findPassword(tx, current.email))
    if (still?.passwordHash !== found?.passwordHash || current?.disabledAt !== undefined) {
      throw new AppError('invalid_credentials', 'the current password has just been replaced')
    }
    await forgiveAttempt(tx, attempt, now)
    await updateOperator(tx, operator.id, { passwordHash })
    await revokeSessionsOf(tx, operator.id, now)
    const action = 'operator.passwordChanged'
    await recordAudit(tx, { operatorId: operator.id, action, subject: operator.id })
  })
}

/** @throws AppError `not_found` */
export async function getOperator(db: Database, id: string): Promise<Operator> {
  const found = await findOperator(db, id)
  if (found === undefined) throw new AppError('not_found', 'there is no such operator')
  return found
}

/** By e-mail address, after the one given. */
export async function getOperators(
  db: Database,
  page: { after: string | undefined; limit: number },
): Promise<Operator[]> {
  return listOperators(db, page)
}

async function lockAtRevision(
  tx: Database,
  id: string,
  revision: number | undefined,
): Promise<Operator> {
  const current = await lockOperator(tx, id)
  if (current === undefined) throw new AppError('not_found', 'there is no such operator')
  if (revision !== undefined && revision !== current.revision) {
    throw new AppError(
      'stale_revision',
      'the operator was changed since you read it: read it again',
    )
  }
  return current
}

/** Without an administrator nobody could ever be made one again. */
async function assertNotTheLast(tx: Database, id: string): Promise<void> {
  const administrators = await lockAdministrators(tx)
  if (administrators.length === 1 && administrators[0] === id) {
    throw new AppError('last_administrator', 'this is the last administrator: make another first')
  }
}

function assertUsablePassword(password: string | undefined, email: string): void {
  const found = password === undefined ? undefined : passwordFault(password, email)
  if (found === undefined) return
  const faults = [{ pointer: '/password', ...found }]
  throw new AppError('invalid_operator', `the password ${found.detail}`, { faults })
}

function uniqueRoles(roles: readonly Role[]): readonly Role[] {
  return [...new Set(roles)]
}

function refuseTakenEmail<T>(work: () => Promise<T>): Promise<T> {
  const fault = faultAt('/email', 'operator_mail_taken')
  return refuseTaken(
    'operators_email_unique',
    fault,
    'an operator with this e-mail address exists',
    work,
  )
}
