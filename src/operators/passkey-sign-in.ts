/**
 * Signing in by passkey. Whoever asks for a challenge names nobody: the device offers the accounts that it has, so the
 * answer is the same for all the world. The sign-in is for the mode that is chosen with it; the passkey is for both.
 */
import { AppError } from '../errors.ts'
import { issueChallenge, openChallenge } from '../signing/challenges.ts'
import {
  type AssertionResponse,
  claimedChallenge,
  type RelyingParty,
  verifyAssertion,
} from '../signing/passkeys.ts'
import { type Database, transact } from '../store/database.ts'
import { findOperator } from '../store/operators.ts'
import { findPasskey, isLive, type PasskeyRow, spendChallenge } from '../store/passkeys.ts'
import { recordCopied, takePasskeyUse } from './passkey-use.ts'
import { userHandleOf } from './passkeys.ts'
import { attemptOf, countAttempt, forgiveAttempt } from './sign-in-delay.ts'
import { openSession, type Place, type Tokens, tokensFor } from './sign-in.ts'
import type { TokenKeys } from './token-keys.ts'

const PURPOSE = 'sign in'

export function signInChallenge(masterKey: Uint8Array, now: Date): string {
  return issueChallenge(masterKey, PURPOSE, now)
}

interface PasskeyGrant extends Place {
  readonly response: AssertionResponse
  /** The caller's network address, for the delay after failures. */
  readonly address: string
}

/**
 * @throws AppError `invalid_credentials`, in the same words whatever is wrong: an unknown, revoked or copied passkey,
 *   one of somebody disabled, a challenge that is over or was answered, another origin, nobody verified;
 *   `too_many_requests` after failures; of who they are `not_found` or `exercise_not_open` for the exercise
 */
export async function signInWithPasskey(
  db: Database,
  {
    keys,
    masterKey,
    party,
  }: { keys: TokenKeys; masterKey: Uint8Array; party?: RelyingParty | undefined },
  { response, mode, exerciseId, address }: PasskeyGrant,
  now: Date,
): Promise<Tokens> {
  const attempt = attemptOf(`passkey ${response.id}`, address)
  await countAttempt(db, attempt, now)
  const challenge = claimedChallenge(response.response.clientDataJSON) ?? ''
  const opened = openChallenge(masterKey, PURPOSE, challenge, now)
  const passkey = await findPasskey(db, response.id)
  if (opened === undefined || passkey === undefined || party === undefined) throw refused()
  const { publicKey } = passkey
  const used = await verifyAssertion(response, { challenge, party, publicKey }).catch(
    (cause: unknown) => {
      throw refused(cause)
    },
  )
  if (!isOwners(response, passkey)) throw refused()
  // Decided inside, thrown outside: that a passkey was copied must be committed.
  const session = await transact(db, async tx => {
    if (!(await spendChallenge(tx, opened))) return undefined
    const operator = await findOperator(tx, passkey.operatorId)
    if (operator === undefined || operator.disabledAt !== undefined) return undefined
    const outcome = await takePasskeyUse(tx, response.id, used, now)
    if (outcome === 'copied') await recordCopied(tx, passkey, now)
    if (outcome !== 'taken') return undefined
    await forgiveAttempt(tx, attempt, now)
    return openSession(tx, operator, { mode, exerciseId, onlyEnrols: false, by: 'passkey' }, now)
  })
  if (session === undefined) throw refused()
  return tokensFor(keys, session, now)
}

/** WebAuthn §7.2 step 6: where nobody was named, the device says whose it is, and that must be its owner. */
function isOwners({ response }: AssertionResponse, passkey: PasskeyRow): boolean {
  return isLive(passkey) && response.userHandle === userHandleOf(passkey.operatorId)
}

function refused(cause?: unknown): AppError {
  const words = 'the passkey is not accepted: try again, or sign in another way'
  return new AppError('invalid_credentials', words, cause === undefined ? {} : { cause })
}
