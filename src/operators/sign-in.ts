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
import { findPassword } from '../store/operators.ts'
import {
  findSignIn,
  insertRefreshToken,
  insertSession,
  lockRefreshToken,
  markRefreshTokenUsed,
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
}

interface PasswordGrant {
  readonly email: string
  readonly password: string
  readonly mode: SignIn['mode']
  /** The caller's network address, for the delay after failures. */
  readonly address: string
}

/**
 * @throws AppError `invalid_credentials`, in the same words and time whether or not the account exists;
 *   `too_many_requests` after failures
 */
export async function signIn(
  db: Database,
  keys: TokenKeys,
  { email, password, mode, address }: PasswordGrant,
  now: Date,
): Promise<Tokens> {
  const normalised = normaliseEmail(email)
  const attempt = attemptOf(normalised, address)
  await countAttempt(db, attempt, now)
  const found = await findPassword(db, normalised)
  const isRight = await isPassword(password, found?.passwordHash)
  if (found === undefined || !isRight || found.operator.disabledAt !== undefined) {
    throw new AppError('invalid_credentials', 'the e-mail address or the password is wrong')
  }
  const { operator } = found
  const session = { id: uuid(), mode, createdAt: now }
  const refreshToken = newRefreshToken()
  await transact(db, async tx => {
    await forgiveAttempt(tx, attempt, now)
    const expiresAt = new Date(now.getTime() + SESSION_HOURS * 3_600_000)
    await insertSession(tx, { ...session, operatorId: operator.id, expiresAt })
    await insertRefreshToken(tx, refreshTokenRow(refreshToken, session.id, now))
    await recordAudit(tx, {
      operatorId: operator.id,
      action: 'operator.signedIn',
      subject: session.id,
      detail: { mode },
    })
  })
  return tokensFor(keys, operator, session, refreshToken, now)
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
  return tokensFor(keys, turned.operator, turned.session, next, now)
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

async function tokensFor(
  keys: TokenKeys,
  operator: Operator,
  { id, mode }: SignIn,
  refreshToken: string,
  now: Date,
): Promise<Tokens> {
  const claims = { sub: operator.id, sid: id, mode, roles: operator.roles }
  const { token, expiresIn } = await keys.issue(claims, now)
  return { accessToken: token, tokenType: 'Bearer', expiresIn, refreshToken, operator }
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
