import { AppError } from '../errors.ts'
import { faultAt } from '../faults.ts'
import type { SignIn } from './operator.ts'

/** Whoever finds a console left open must not enrol a key or a passkey of their own in it. */
const FRESH_SIGN_IN_MINUTES = 5

/** @throws AppError `forbidden` past 5 minutes after the sign-in */
export function assertFreshSignIn(
  signIn: SignIn,
  what: 'a key' | 'a passkey' | 'the key of a rule',
  now: Date,
): void {
  if (now.getTime() - signIn.createdAt.getTime() <= FRESH_SIGN_IN_MINUTES * 60_000) return
  const minutes = FRESH_SIGN_IN_MINUTES
  throw new AppError(
    'forbidden',
    `sign in again first: ${what} is enrolled within ${minutes} minutes of it`,
    { faults: [faultAt('', 'sign_in_too_old', { minutes })] },
  )
}
