/**
 * The passkeys of people: enrolling, listing and revoking them.
 *
 * A passkey is a person's, not a mode's: it signs in to either, and confirms signatures in both; it is the sign-in and
 * the signing key that are for live or for exercise. One whose counter has gone back was copied by somebody, and
 * nobody can say which of the two is the thief: it is never accepted again, and its owner enrols another.
 */
import { v7 as uuid } from 'uuid'
import { AppError } from '../errors.ts'
import { issueChallenge, openChallenge } from '../signing/challenges.ts'
import {
  claimedChallenge,
  type RegistrationResponse,
  type RelyingParty,
  verifyRegistration,
} from '../signing/passkeys.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, refuseTaken, transact } from '../store/database.ts'
import { readOrganisation } from '../store/organisation.ts'
import {
  insertPasskey,
  listLivePasskeys,
  listPasskeys,
  type PasskeyRow,
  revokePasskeyRow,
  spendChallenge,
} from '../store/passkeys.ts'
import { lockOperator } from '../store/operators.ts'
import { revokeSessionsOf } from '../store/sessions.ts'
import { assertFreshSignIn } from './fresh-sign-in.ts'
import type { Operator, SignIn } from './operator.ts'

export type Passkey = PasskeyRow

/** More devices than anybody carries. */
const MAX_PASSKEYS = 20

/** Who asks, and what the installation makes and knows challenges by. */
export interface PasskeyCaller {
  readonly operator: Operator
  readonly signIn: SignIn
  readonly party: RelyingParty | undefined
  readonly masterKey: Uint8Array
  readonly now: Date
}

export interface EnrolmentOptions {
  readonly challenge: string
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  /** Those that the person has already: a device makes no second one. */
  readonly excludeCredentials: readonly Pick<Passkey, 'credentialId' | 'transports'>[]
}

/**
 * What a browser is asked to make a passkey of.
 *
 * @throws AppError `forbidden` past 5 minutes after the sign-in; `invalid_passkey` where the installation has no host
 *   name, or the person has too many
 */
export async function enrolmentOptions(
  db: Database,
  { operator, signIn, party, masterKey, now }: PasskeyCaller,
): Promise<EnrolmentOptions> {
  assertFreshSignIn(signIn, 'a passkey', now)
  const { id } = namedParty(party)
  const { name } = await readOrganisation(db)
  const live = await listLivePasskeys(db, operator.id)
  assertRoom(live.length)
  return {
    challenge: issueChallenge(masterKey, purposeOf(signIn), now),
    rp: { id, name },
    user: { id: userHandleOf(operator.id), name: operator.email, displayName: operator.name },
    excludeCredentials: live,
  }
}

/**
 * Enrols what the browser has made; it may be used at once. A challenge is good for the sign-in that asked for it,
 * once, for 5 minutes.
 *
 * @throws AppError `invalid_passkey`; `already_exists`, also when it is another person's, or revoked
 */
export async function enrolPasskey(
  db: Database,
  { operator, signIn, party, masterKey, now }: PasskeyCaller,
  { label, response }: { label: string; response: RegistrationResponse },
): Promise<Passkey> {
  const asked = namedParty(party)
  const challenge = claimedChallenge(response.response.clientDataJSON) ?? ''
  const opened = openChallenge(masterKey, purposeOf(signIn), challenge, now)
  if (opened === undefined) throw overChallenge()
  const made = await verifyRegistration(response, { challenge, party: asked })
  const fault = { pointer: '/response/id', detail: 'is enrolled already' }
  const isTaken = 'this passkey is enrolled already'
  return refuseTaken('passkeys_credential_id_unique', fault, isTaken, () =>
    transact(db, async tx => {
      // In turn, so that two at once don't pass the limit together.
      await lockOperator(tx, operator.id)
      if (!(await spendChallenge(tx, opened))) throw overChallenge()
      assertRoom((await listLivePasskeys(tx, operator.id)).length)
      const { isBackedUp: backedUp, ...credential } = made
      const row = { ...credential, id: uuid(), operatorId: operator.id, rpId: asked.id }
      const passkey = await insertPasskey(tx, { ...row, label, backedUp, createdAt: now })
      const action = 'passkey.enrolled'
      const detail = { backedUp }
      await recordAudit(tx, { operatorId: operator.id, action, subject: passkey.id, detail })
      return passkey
    }),
  )
}

export async function passkeysOf(db: Database, operatorId: string): Promise<Passkey[]> {
  return listPasskeys(db, operatorId)
}

/** Revokes a passkey of one's own, for good. Twice is once. @throws AppError `not_found` */
export async function revokeOwnPasskey(
  db: Database,
  operator: Operator,
  id: string,
  now: Date,
): Promise<Passkey> {
  return transact(db, async tx => {
    const { passkey, wasActive } = await revoke(tx, operator.id, id, now)
    if (wasActive) await recordRevoked(tx, operator, passkey)
    return passkey
  })
}

/**
 * Revokes somebody's passkey, for good: their device is lost. Who finds it may have a console open on it, so all
 * their sign-ins end too. Twice is once.
 *
 * @throws AppError `not_found`
 */
export async function revokePasskeyOf(
  db: Database,
  administrator: Operator,
  { operatorId, id }: { operatorId: string; id: string },
  now: Date,
): Promise<Passkey> {
  return transact(db, async tx => {
    const { passkey, wasActive } = await revoke(tx, operatorId, id, now)
    if (!wasActive) return passkey
    await revokeSessionsOf(tx, operatorId, now)
    await recordRevoked(tx, administrator, passkey)
    return passkey
  })
}

async function revoke(tx: Database, operatorId: string, id: string, now: Date) {
  const revoked = await revokePasskeyRow(tx, operatorId, id, now)
  if (revoked === undefined) throw new AppError('not_found', 'there is no such passkey')
  return revoked
}

async function recordRevoked(tx: Database, by: Operator, passkey: Passkey): Promise<void> {
  const { id: subject, operatorId: owner } = passkey
  const detail = { operator: owner }
  await recordAudit(tx, { operatorId: by.id, action: 'passkey.revoked', subject, detail })
}

/** How devices know whose a passkey is (WebAuthn §5.4.3 `user.id`): the operator's id, 16 octets. */
export function userHandleOf(operatorId: string): string {
  return Buffer.from(operatorId.replaceAll('-', ''), 'hex').toString('base64url')
}

function namedParty(party: RelyingParty | undefined): RelyingParty {
  if (party !== undefined) return party
  const why = 'a passkey belongs to a host name, and TOCSIN_PUBLIC_URL has an address'
  throw new AppError('invalid_passkey', `${why}: set it to https:// and a name`)
}

function assertRoom(count: number): void {
  if (count < MAX_PASSKEYS) return
  throw new AppError('invalid_passkey', `you have ${MAX_PASSKEYS} passkeys: revoke one first`)
}

function purposeOf(signIn: SignIn): string {
  return `enrol ${signIn.id}`
}

function overChallenge(): AppError {
  const detail = 'answers a challenge that is over, was answered, or was not given to this sign-in'
  return new AppError('invalid_passkey', `the passkey ${detail}: begin again`, {
    faults: [{ pointer: '/response', detail }],
  })
}
