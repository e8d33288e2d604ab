import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'

/**
 * Secrets at rest (carriers' passwords, token keys): AES-256-GCM under a key derived from the master key.
 * Layout: version (1 octet) ‖ nonce (12) ‖ ciphertext ‖ tag (16). The context, which names the row and column
 * that the secret belongs to, is authenticated beside it, so a sealed value opens only in its own place.
 *
 * Nonces are random: safe to some 2^32 seals under one master key (NIST SP 800-38D §8.3).
 */

const VERSION = 1
const NONCE_OCTETS = 12
const TAG_OCTETS = 16
const MASTER_KEY_OCTETS = 32

export function generateMasterKey(): string {
  return randomBytes(MASTER_KEY_OCTETS).toString('base64url')
}

/**
 * Reads a master key from configuration: 32 octets in base64url, base64 or hex.
 *
 * @throws AppError `invalid_key`, without the text
 */
export function parseMasterKey(text: string): Uint8Array {
  const trimmed = text.trim()
  const isHex = /^[0-9a-f]{64}$/i.test(trimmed)
  const key = Buffer.from(trimmed, isHex ? 'hex' : 'base64')
  if (key.length !== MASTER_KEY_OCTETS || !(isHex || /^[\w+/-]{43}=?$/.test(trimmed))) {
    throw new AppError(
      'invalid_key',
      'the master key must be 32 octets in base64url, base64 or hex',
    )
  }
  return key
}

/** A fingerprint to keep beside what was sealed: another master key has another, and it tells nothing of the key. */
export function keyCheck(masterKey: Uint8Array): string {
  return deriveKey(masterKey, 'tocsin key check').subarray(0, 16).toString('hex')
}

/** @param context the one place where the plaintext may be opened again, such as `carriers/<id>/password` */
export function seal(
  masterKey: Uint8Array,
  context: string,
  plaintext: Uint8Array | string,
): Uint8Array {
  const nonce = randomBytes(NONCE_OCTETS)
  const cipher = createCipheriv('aes-256-gcm', deriveKey(masterKey, 'tocsin seal'), nonce)
  cipher.setAAD(associatedData(context))
  return Buffer.concat([
    Uint8Array.of(VERSION),
    nonce,
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/**
 * @throws AppError `integrity_violation` if the bytes were changed, moved from another context, or sealed under
 *   another master key
 */
export function open(masterKey: Uint8Array, context: string, sealed: Uint8Array): Uint8Array {
  if (sealed[0] !== VERSION || sealed.length < 1 + NONCE_OCTETS + TAG_OCTETS) {
    throw new AppError('integrity_violation', `${context} holds nothing that was sealed here`)
  }
  const nonce = sealed.subarray(1, 1 + NONCE_OCTETS)
  const decipher = createDecipheriv('aes-256-gcm', deriveKey(masterKey, 'tocsin seal'), nonce, {
    authTagLength: TAG_OCTETS,
  })
  decipher.setAAD(associatedData(context))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_OCTETS))
  try {
    const ciphertext = sealed.subarray(1 + NONCE_OCTETS, sealed.length - TAG_OCTETS)
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch (cause) {
    throw new AppError('integrity_violation', `${context} does not open under this master key`, {
      cause,
    })
  }
}

/** A key of 32 octets for one purpose (HKDF-SHA-256). @throws AppError `invalid_key` */
export function deriveKey(masterKey: Uint8Array, purpose: string): Buffer {
  if (masterKey.length !== MASTER_KEY_OCTETS) {
    throw new AppError('invalid_key', `the master key must be ${MASTER_KEY_OCTETS} octets`)
  }
  return Buffer.from(hkdfSync('sha256', masterKey, '', purpose, 32))
}

function associatedData(context: string): Buffer {
  return Buffer.concat([Uint8Array.of(VERSION), Buffer.from(context)])
}
