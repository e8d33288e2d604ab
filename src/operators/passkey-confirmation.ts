/**
 * Passkeys that confirm something: their challenge is a digest of the one thing that they confirm, so an answer can be
 * used for nothing else, and is kept beside it as evidence that its owner was there and was verified.
 */
import { AppError } from '../errors.ts'
import { keepAssertion, type KeptAssertion } from '../signing/kept-assertions.ts'
import { type AssertionResponse, type RelyingParty, verifyAssertion } from '../signing/passkeys.ts'
import { type Database, transact } from '../store/database.ts'
import { findPasskey, isLive, type PasskeyRow } from '../store/passkeys.ts'
import type { Operator } from './operator.ts'
import { recordCopied, takePasskeyUse } from './passkey-use.ts'
import { userHandleOf } from './passkeys.ts'

/** An answer as somebody handed it in, and who asked for it. */
export interface PresentedPasskey {
  readonly response: AssertionResponse
  /** Undefined where the installation has no host name. */
  readonly party: RelyingParty | undefined
}

/**
 * Takes the answer of a live passkey of the operator's to exactly this challenge. To be called in
 * `transactWithPasskey`.
 *
 * @throws AppError `passkey_mismatch`
 */
export async function confirmByPasskey(
  tx: Database,
  operator: Pick<Operator, 'id'>,
  { response, party }: PresentedPasskey,
  challenge: string,
  now: Date,
): Promise<KeptAssertion> {
  const passkey = await findPasskey(tx, response.id)
  if (passkey?.operatorId !== operator.id || !isLive(passkey)) {
    throw mismatch('is of no passkey of yours that may be used')
  }
  if (party === undefined) throw mismatch('belongs to a host name, and this place has none')
  const { userHandle } = response.response
  if (typeof userHandle === 'string' && userHandle !== userHandleOf(operator.id)) {
    throw mismatch('names another owner')
  }
  const { publicKey } = passkey
  const used = await verifyAssertion(response, { challenge, party, publicKey })
  const outcome = await takePasskeyUse(tx, response.id, used, now)
  if (outcome === 'copied') throw new CopiedPasskey(passkey)
  if (outcome === 'ended') throw mismatch('is of no passkey of yours that may be used')
  return keepAssertion(response, passkey)
}

/** @throws AppError `passkey_required`, saying what to do */
export function assertNoPasskeyDemanded(isDemanded: boolean, challenge: string): void {
  if (!isDemanded) return
  const detail = `is missing: policy asks for your passkey's answer to ${challenge}`
  throw new AppError('passkey_required', `confirm it with your passkey: the answer ${detail}`, {
    faults: [{ pointer: '/passkey', detail }],
  })
}

/** A transaction in which a passkey may be used: that it was copied stays on record, though all else is undone. */
export async function transactWithPasskey<T>(
  db: Database,
  now: Date,
  work: (tx: Database) => Promise<T>,
): Promise<T> {
  try {
    return await transact(db, work)
  } catch (error) {
    if (error instanceof CopiedPasskey) {
      await transact(db, tx => recordCopied(tx, error.passkey, now))
    }
    throw error
  }
}

class CopiedPasskey extends AppError {
  readonly passkey: PasskeyRow

  constructor(passkey: PasskeyRow) {
    const detail = 'has a counter that went back: the passkey was copied; revoke it, enrol another'
    super('passkey_mismatch', `the passkey's answer ${detail}`, {
      faults: [{ pointer: '/passkey', detail }],
    })
    this.passkey = passkey
  }
}

function mismatch(detail: string): AppError {
  return new AppError('passkey_mismatch', `the passkey's answer ${detail}`, {
    faults: [{ pointer: '/passkey', detail }],
  })
}
