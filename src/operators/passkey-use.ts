/** What every use of a passkey has in common, after its signature was found good. */
import { recordAudit } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import {
  isLive,
  lockPasskey,
  type PasskeyRow,
  recordPasskeyUse,
  suspectPasskey,
} from '../store/passkeys.ts'
import type { VerifiedAssertion } from '../signing/passkeys.ts'

/**
 * Takes a use of a passkey: locked, so that of two at once the second is held against the counter of the first.
 *
 * @returns `copied`: its counter did not rise, as it does on every device that counts at all (WebAuthn §6.1.1);
 *   `ended`: it was revoked or suspected meanwhile
 */
export async function takePasskeyUse(
  tx: Database,
  credentialId: string,
  { counter, isBackedUp: backedUp }: VerifiedAssertion,
  now: Date,
): Promise<'taken' | 'copied' | 'ended'> {
  const passkey = await lockPasskey(tx, credentialId)
  if (passkey === undefined || !isLive(passkey)) return 'ended'
  const counts = counter > 0 || passkey.counter > 0
  if (counts && counter <= passkey.counter) return 'copied'
  await recordPasskeyUse(tx, passkey.id, { counter, backedUp, lastUsedAt: now })
  return 'taken'
}

/** Never to be accepted again. Must be committed, whatever becomes of the call that found it. */
export async function recordCopied(
  tx: Database,
  { id, operatorId }: Pick<PasskeyRow, 'id' | 'operatorId'>,
  now: Date,
): Promise<void> {
  if (!(await suspectPasskey(tx, id, now))) return
  await recordAudit(tx, { operatorId, action: 'passkey.suspected', subject: id })
}
