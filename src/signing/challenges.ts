/**
 * Challenges that a passkey answers: 16 random octets, the moment of their end, and our MAC over both and over what
 * they are for. Nothing is kept of one until it is answered, so whoever asks for them without a sign-in makes us write
 * nothing; that each is answered once is held by whoever writes down its `nonce` in the transaction that believes the
 * answer.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { deriveKey } from './seal.ts'

/** Time enough to find the phone. */
const CHALLENGE_MINUTES = 5
export const CHALLENGE_MS = CHALLENGE_MINUTES * 60_000

const NONCE_OCTETS = 16
const TIME_OCTETS = 8
const MAC_OCTETS = 32

export interface OpenedChallenge {
  /** Names it among all. */
  readonly nonce: Uint8Array
  readonly expiresAt: Date
}

/** @param purpose the one thing that an answer to it may be used for */
export function issueChallenge(masterKey: Uint8Array, purpose: string, now: Date): string {
  const said = Buffer.alloc(NONCE_OCTETS + TIME_OCTETS)
  randomBytes(NONCE_OCTETS).copy(said)
  said.writeBigUInt64BE(BigInt(now.getTime() + CHALLENGE_MS), NONCE_OCTETS)
  return Buffer.concat([said, macOf(masterKey, purpose, said)]).toString('base64url')
}

/** @returns undefined: not ours, for another purpose, or over */
export function openChallenge(
  masterKey: Uint8Array,
  purpose: string,
  challenge: string,
  now: Date,
): OpenedChallenge | undefined {
  const octets = Buffer.from(challenge, 'base64url')
  if (octets.length !== NONCE_OCTETS + TIME_OCTETS + MAC_OCTETS) return undefined
  const said = octets.subarray(0, NONCE_OCTETS + TIME_OCTETS)
  const mac = octets.subarray(said.length)
  if (!timingSafeEqual(mac, macOf(masterKey, purpose, said))) return undefined
  const expiresAt = new Date(Number(said.readBigUInt64BE(NONCE_OCTETS)))
  if (expiresAt <= now) return undefined
  return { nonce: said.subarray(0, NONCE_OCTETS), expiresAt }
}

function macOf(masterKey: Uint8Array, purpose: string, said: Uint8Array): Buffer {
  const key = deriveKey(masterKey, 'tocsin passkey challenge')
  return createHmac('sha256', key).update(said).update(purpose).digest()
}
