import {
  assertNoPasskeyDemanded,
  confirmByPasskey,
  type PresentedPasskey,
} from '../operators/passkey-confirmation.ts'
import { AppError } from '../errors.ts'
import type { KeptAssertion } from '../signing/kept-assertions.ts'
import { verifyKept } from '../signing/kept-assertions.ts'
import { type AlertRole, signingInputDigest } from '../signing/jws.ts'
import type { Database } from '../store/database.ts'
import { readOrganisation } from '../store/organisation.ts'
import { findPasskey } from '../store/passkeys.ts'
import type { AlertContent } from '../cap/content.ts'
import type { Caller } from './steps.ts'

interface Signed {
  readonly jws: string
  readonly bytes: Uint8Array
  readonly role: AlertRole
}

/**
 * What a passkey adds to a signature: its owner was there, and was verified, when it was made. The challenge is the
 * SHA-256 of what the JWS signs, so the answer can have been given for nothing else.
 *
 * @returns null: none was given, and none is asked for, neither by the content nor by policy now
 * @throws AppError `passkey_required`, `passkey_mismatch`
 */
export async function confirmSignature(
  tx: Database,
  { jws, bytes, role }: Signed,
  { passkeys = [] }: Pick<AlertContent, 'passkeys'>,
  presented: PresentedPasskey | undefined,
  { operator, now }: Caller,
): Promise<KeptAssertion | null> {
  const challenge = signingInputDigest(jws, bytes)
  if (presented !== undefined) return confirmByPasskey(tx, operator, presented, challenge, now)
  const { policy } = await readOrganisation(tx)
  const { authors, approvers } = policy.passkeys
  const byPolicy = { author: authors, approver: approvers, breakGlass: authors || approvers }[role]
  assertNoPasskeyDemanded(byPolicy || isPasskeyDemanded({ passkeys }, role), challenge)
  return null
}

/** Of whoever signs in the place of an approver as much is asked as of both. */
export function isPasskeyDemanded(
  { passkeys = [] }: Pick<AlertContent, 'passkeys'>,
  role: AlertRole,
): boolean {
  return role === 'breakGlass' ? passkeys.length > 0 : passkeys.includes(role)
}

/**
 * Looks again at the answer that was kept with a signature: whether it verifies, under the key that its owner enrolled.
 *
 * @param isDemanded by the signed content
 * @param at when the passkey must have stood; undefined: now
 * @returns what is not as it was; undefined: nothing
 * @throws AppError `signature_key_revoked` if one is demanded, and it was revoked or found to be copied by then
 */
export async function confirmationFault(
  db: Database,
  { jws, bytes, role }: Signed,
  { operatorId, passkey: kept }: { operatorId: string; passkey: KeptAssertion | null },
  { isDemanded, at }: { isDemanded: boolean; at: Date | undefined },
): Promise<string | undefined> {
  if (kept === null) return isDemanded ? `the passkey of its ${role} is missing` : undefined
  const enrolled = await findPasskey(db, kept.credentialId)
  const publicKey = enrolled && Buffer.from(enrolled.publicKey).toString('base64url')
  const isTheirs =
    enrolled?.operatorId === operatorId &&
    publicKey === kept.publicKey &&
    enrolled.rpId === kept.rpId
  if (!isTheirs) return `the passkey of its ${role} is not the one that was enrolled`
  try {
    await verifyKept(kept, signingInputDigest(jws, bytes))
  } catch {
    return `the passkey of its ${role} does not verify`
  }
  const ended = [enrolled.revokedAt, enrolled.suspectedAt].filter(end => end !== null)
  if (isDemanded && ended.some(end => at === undefined || end <= at)) {
    const what = 'the passkey that confirmed a signature was revoked'
    throw new AppError('signature_key_revoked', `${what}: sign again`)
  }
  return undefined
}
