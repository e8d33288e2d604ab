import { AppError } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { challengeOf } from '../signing/kept-assertions.ts'
import { checkPublicJwk } from '../signing/keys.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, isUniqueViolation, transact } from '../store/database.ts'
import {
  countActiveKeys,
  findSigningKey,
  insertSigningKey,
  recordKeyPasskey,
  listSigningKeys,
  revokeSigningKey,
  type SigningKeyRow,
} from '../store/keys.ts'
import { lockOperator } from '../store/operators.ts'
import { readOrganisation } from '../store/organisation.ts'
import { assertFreshSignIn } from './fresh-sign-in.ts'
import type { Operator, SignIn } from './operator.ts'
import {
  assertNoPasskeyDemanded,
  confirmByPasskey,
  type PresentedPasskey,
  transactWithPasskey,
} from './passkey-confirmation.ts'

export type SigningKey = SigningKeyRow

/** A browser has one for live and one for exercises; whoever has more lost some, and nobody knows who found them. */
export const MAX_KEYS = 20

/**
 * Enrols a public key under its thumbprint; it may sign at once.
 *
 * @param mode what the key signs; left out: the sign-in's
 * @param passkey its owner's, which answers to SHA-256 of the thumbprint: somebody is there now, so it does not matter
 *   when they signed in
 * @throws AppError `invalid_key`, also where its owner has too many; `already_exists`, also when it is another person's, or revoked;
 *   `forbidden` past 5 minutes after the sign-in; `passkey_required`, `passkey_mismatch`
 */
export async function enrolKey(
  db: Database,
  { operator, signIn, now }: { operator: Operator; signIn: SignIn; now: Date },
  {
    jwk,
    label,
    mode = signIn.mode,
    passkey,
  }: {
    jwk: unknown
    label: string
    mode?: SignIn['mode'] | undefined
    passkey?: PresentedPasskey | undefined
  },
): Promise<SigningKey> {
  if (passkey === undefined) assertFreshSignIn(signIn, 'a key', now)
  const checked = await checkPublicJwk(jwk)
  const key = { ...checked, operatorId: operator.id, label, mode, createdAt: now }
  const challenge = challengeOf(key.kid)
  try {
    return await transactWithPasskey(db, now, async tx => {
      const { policy } = await readOrganisation(tx)
      if (passkey === undefined) assertNoPasskeyDemanded(policy.passkeys.keys, challenge)
      // In turn, so that two at once don't pass the limit together.
      await lockOperator(tx, operator.id)
      await insertSigningKey(tx, key)
      assertNotTooMany(await countActiveKeys(tx, operator.id))
      const confirmed =
        passkey === undefined ? null : await confirmByPasskey(tx, operator, passkey, challenge, now)
      if (confirmed !== null) await recordKeyPasskey(tx, key.kid, confirmed)
      await recordAudit(tx, {
        operatorId: operator.id,
        action: 'key.enrolled',
        subject: key.kid,
        detail: { mode, ...(confirmed !== null && { passkey: confirmed.credentialId }) },
      })
      return { ...key, revokedAt: undefined, passkey: confirmed }
    })
  } catch (error) {
    if (isUniqueViolation(error))
      throw new AppError('already_exists', 'this key is enrolled already')
    throw error
  }
}

function assertNotTooMany(active: number): void {
  if (active <= MAX_KEYS) return
  throw new AppError('invalid_key', `you have ${MAX_KEYS} keys: revoke one first`, {
    faults: [faultAt('', 'too_many_keys', { most: MAX_KEYS })],
  })
}

export async function keysOf(
  db: Database,
  operator: Operator,
  page: { after: string | undefined; limit: number },
): Promise<SigningKey[]> {
  return listSigningKeys(db, operator.id, page)
}

/** Revokes for good: signatures of it that have not been sent yet are void. Twice is once. */
export async function revokeKey(
  db: Database,
  operator: Operator,
  kid: string,
  now: Date,
): Promise<SigningKey> {
  return transact(db, async tx => {
    const revoked = await revokeSigningKey(tx, operator.id, kid, now)
    if (revoked === undefined) throw new AppError('not_found', 'you have no key with this kid')
    if (revoked.wasActive) {
      await recordAudit(tx, { operatorId: operator.id, action: 'key.revoked', subject: kid })
    }
    return revoked.key
  })
}

/**
 * The key of a `kid`, for verifying a signature that its owner made, or makes.
 *
 * @param expected `at`: when it must have stood; left out: now
 * @returns undefined if nobody has it, or it belongs to another operator or another mode
 * @throws AppError `signature_key_revoked` if it was revoked, or its owner disabled
 */
export async function keyForSignature(
  db: Database,
  kid: string,
  expected: {
    readonly operatorId: string
    readonly mode: SignIn['mode']
    readonly at?: Date | undefined
  },
): Promise<SigningKey | undefined> {
  const key = await findSigningKey(db, kid)
  if (key?.operatorId !== expected.operatorId || key.mode !== expected.mode) return undefined
  const { at } = expected
  const ended = [key.revokedAt, key.ownerDisabledAt].filter(end => end !== undefined)
  if (ended.some(end => at === undefined || end <= at)) {
    throw new AppError('signature_key_revoked', 'the key that signed was revoked: sign again')
  }
  return key
}
