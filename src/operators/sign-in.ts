/**
 * Signing in and staying so.
 *
 * A sign-in is a row (`sessions`) for one mode, live or exercise. Access tokens name it and live 15 minutes; a
 * refresh token is used once and answered with the next. One that comes a second time has been copied by
 * somebody, and nobody can say who of the two is the thief: the whole sign-in ends. Two that race are no
 * exception, for a thief would race as well; a client sends its refreshes one at a time.
 */
import { createHash, randomBytes } from 'node:crypto'
import { v7 as uuid } from 'uuid'
import { AppError } from '../errors.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, transact } from '../store/database.ts'
import { exerciseState, holdExercise } from '../store/exercises.ts'
import { findPassword, lockOperator } from '../store/operators.ts'
import { readOrganisation } from '../store/organisation.ts'
import { listLivePasskeys } from '../store/passkeys.ts'
import {
  findSignIn,
  insertRefreshToken,
  insertSession,
  lockRefreshToken,
  markRefreshTokenUsed,
  replaceSession,
  revokeSession,
} from '../store/sessions.ts'
import type { Operator, SignIn } from './operator.ts'
import { normaliseEmail } from './email.ts'
import { isPassword } from './passwords.ts'
import { attemptOf, countAttempt, forgiveAttempt } from './sign-in-delay.ts'
import type { TokenKeys } from './token-keys.ts'

/** Longer than any shift: whoever comes on duty signs in once. */
const SESSION_HOURS = 12

export interface Tokens {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  /** Of the access token, in seconds. */
  readonly expiresIn: number
  readonly refreshToken: string
  readonly operator: Operator
  readonly signIn: SignIn
}

/** Where somebody acts: live, in an exercise, or in practice outside any. */
export interface Place {
  readonly mode: SignIn['mode']
  readonly exerciseId?: string | undefined
}

interface PasswordGrant extends Place {
  readonly email: string
  readonly password: string
  /** The caller's network address, for the delay after failures. */
  readonly address: string
}

/**
 * Where policy wants a passkey at sign-in, whoever has one is told so, once the password was right; whoever has none
 * (a new colleague, a lost device) gets a sign-in that may enrol one and do nothing else. So nobody is shut out, and a
 * stolen password alone is worth no more than that: of an account without a passkey, and with an entry in the audit
 * trail.
 *
 * @throws AppError `invalid_credentials`, in the same words and time whether or not the account exists;
 *   `too_many_requests` after failures; of who they are `not_found` or `exercise_not_open` for the exercise;
 *   `passkey_required`
 */
export async function signIn(
  db: Database,
  keys: TokenKeys,
  { email, password, mode, exerciseId, address }: PasswordGrant,
  now: Date,
): Promise<Tokens> {
  const normalised = normaliseEmail(email)
  const attempt = attemptOf(normalised, address)
  await countAttempt(db, attempt, now)
  const found = await findPassword(db, normalised)
  const isRight = await isPassword(password, found?.passwordHash)
  if (found === undefined || !isRight || found.operator.disabledAt !== undefined) {
    throw wrongCredentials()
  }
  const { operator } = found
  const opened = await transact(db, async tx => {
    // While it was hashed somebody may have set another, because this one was stolen; that ended the sign-ins there were.
    await lockOperator(tx, operator.id)
    const still = await findPassword(tx, normalised)
    if (still?.passwordHash !== found.passwordHash || still.operator.disabledAt !== undefined) {
      throw wrongCredentials()
    }
    await forgiveAttempt(tx, attempt, now)
    const { passkeys } = (await readOrganisation(tx)).policy
    const isEnough = passkeys.signIn === 'optional'
    if (!isEnough && (await listLivePasskeys(tx, operator.id)).length > 0) return undefined
    return openSession(
      tx,
      operator,
      { mode, exerciseId, onlyEnrols: !isEnough, by: 'password' },
      now,
    )
  })
  // Said to nobody but who knows the password.
  if (opened === undefined) {
    throw new AppError(
      'passkey_required',
      'a password is not enough here: sign in with your passkey',
    )
  }
  return tokensFor(keys, opened, now)
}

function wrongCredentials(): AppError {
  return new AppError('invalid_credentials', 'the e-mail address or the password is wrong')
}

/** A sign-in with the first of its refresh tokens. */
export interface OpenedSession {
  readonly operator: Operator
  readonly session: SignIn
  readonly refreshToken: string
}

/**
 * Opens a sign-in for somebody who has just proved who they are, in the transaction that believes it.
 *
 * @throws AppError `not_found`, `exercise_not_open`; `forbidden` of a feed's rule, which is nobody
 */
export async function openSession(
  tx: Database,
  operator: Operator,
  { by, ...how }: Omit<SignIn, 'id' | 'createdAt'> & { readonly by: 'password' | 'passkey' },
  now: Date,
): Promise<OpenedSession> {
  const { mode, exerciseId, onlyEnrols } = how
  if (operator.feedId !== undefined) {
    throw new AppError('forbidden', 'this is the rule of a feed: nobody signs in as it')
  }
  const session = { id: uuid(), ...how, createdAt: now }
  await assertMayEnter(tx, session, operator, now)
  const refreshToken = newRefreshToken()
  const expiresAt = new Date(now.getTime() + SESSION_HOURS * 3_600_000)
  await insertSession(tx, { ...session, operatorId: operator.id, expiresAt })
  await insertRefreshToken(tx, refreshTokenRow(refreshToken, session.id, now))
  await recordAudit(tx, {
    operatorId: operator.id,
    action: 'operator.signedIn',
    subject: session.id,
    detail: {
      mode,
      by,
      ...(exerciseId !== undefined && { exerciseId }),
      ...(onlyEnrols && { onlyEnrols }),
    },
  })
  return { operator, session, refreshToken }
}

/**
 * The same sign-in in another place: its tokens are new, and those of the place that it leaves are worth nothing. It
 * lasts no longer than it would have, and is as old: whoever has to prove anew who they are has to still.
 *
 * @throws AppError `not_found`, `exercise_not_open`; `invalid_token` where the sign-in has ended meanwhile
 */
export async function changePlace(
  db: Database,
  keys: TokenKeys,
  { operator, signIn: former }: { operator: Operator; signIn: SignIn },
  { mode, exerciseId }: Place,
  now: Date,
): Promise<Tokens> {
  const refreshToken = newRefreshToken()
  const session = await transact(db, async tx => {
    const place = { id: uuid(), mode, exerciseId }
    await assertMayEnter(tx, place, operator, now)
    const next = await replaceSession(tx, former.id, place, now)
    if (next === undefined) throw new AppError('invalid_token', 'the sign-in has ended')
    await insertRefreshToken(tx, refreshTokenRow(refreshToken, next.id, now))
    await recordAudit(tx, {
      operatorId: operator.id,
      action: 'operator.changedPlace',
      subject: next.id,
      detail: { from: former.id, mode, ...(exerciseId !== undefined && { exerciseId }) },
    })
    return next
  })
  return tokensFor(keys, { operator, session, refreshToken }, now)
}

/** An exercise is held until the sign-in is there: its end finds it. */
async function assertMayEnter(
  tx: Database,
  { exerciseId }: Place,
  operator: Operator,
  now: Date,
): Promise<void> {
  if (exerciseId === undefined) return
  const exercise = await holdExercise(tx, exerciseId)
  if (exercise === undefined || (exercise.practice && exercise.createdBy !== operator.id)) {
    throw new AppError('not_found', 'there is no such exercise')
  }
  const state = exerciseState(exercise, now)
  if (state !== 'open') throw new AppError('exercise_not_open', `the exercise is ${state}`)
}

/** @throws AppError `invalid_credentials`: unknown, used before (then its sign-in has ended), or over */
export async function refreshSignIn(
  db: Database,
  keys: TokenKeys,
  refreshToken: string,
  now: Date,
): Promise<Tokens> {
  const next = newRefreshToken()
  // Decided inside, thrown outside: the end of a copied sign-in must be committed.
  const turned = await transact(db, async tx => {
    const hash = hashOf(refreshToken)
    const presented = await lockRefreshToken(tx, hash)
    const current = presented && (await findSignIn(tx, presented.sessionId, now))
    if (presented === undefined || current === undefined) return undefined
    const { session, operator } = current
    if (presented.usedAt !== null) {
      await revokeSession(tx, session.id, now)
      const action = 'session.refreshTokenReused'
      await recordAudit(tx, { operatorId: operator.id, action, subject: session.id })
      return undefined
    }
    await markRefreshTokenUsed(tx, hash, now)
    await insertRefreshToken(tx, refreshTokenRow(next, session.id, now))
    return current
  })
  if (turned === undefined) {
    throw new AppError('invalid_credentials', 'the refresh token is not valid: sign in again')
  }
  return tokensFor(keys, { ...turned, refreshToken: next }, now)
}

/** Ends a sign-in: the next request with its token is refused, and its refresh tokens are worth nothing. */
export async function endSignIn(
  db: Database,
  operatorId: string,
  signInId: string,
  now: Date,
): Promise<void> {
  await transact(db, async tx => {
    await revokeSession(tx, signInId, now)
    await recordAudit(tx, { operatorId, action: 'operator.signedOut', subject: signInId })
  })
}

/**
 * Whose token it is. Roles, mode and standing are read from the database, not from the token.
 *
 * @throws AppError `invalid_token`: forged, expired, its sign-in ended or its operator disabled
 */
export async function authenticate(
  db: Database,
  keys: TokenKeys,
  token: string,
  now: Date,
): Promise<{ operator: Operator; signIn: SignIn }> {
  const claims = await keys.verify(token, now)
  const found = await findSignIn(db, claims.sid, now)
  if (found === undefined || found.operator.id !== claims.sub) {
    throw new AppError('invalid_token', 'the access token is not valid')
  }
  return { operator: found.operator, signIn: found.session }
}

export async function tokensFor(
  keys: TokenKeys,
  { operator, session, refreshToken }: OpenedSession,
  now: Date,
): Promise<Tokens> {
  const claims = { sub: operator.id, sid: session.id, mode: session.mode, roles: operator.roles }
  const { token, expiresIn } = await keys.issue(claims, now)
  return {
    accessToken: token,
    tokenType: 'Bearer',
    expiresIn,
    refreshToken,
    operator,
    signIn: session,
  }
}

function newRefreshToken(): string {
  return randomBytes(32).toString('base64url')
}

function refreshTokenRow(token: string, sessionId: string, createdAt: Date) {
  return { hash: hashOf(token), sessionId, createdAt }
}

/** A random token of 256 bits needs no slow hash. */
function hashOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}
