import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/**
 * A recipient's token in a link: which alert, which recipient, and an HMAC that only this installation can make. It is
 * derived from these, so that nothing is stored for anybody.
 *
 * Layout: the alert's number (3 octets, big-endian) ‖ seq (4) ‖ the first 8 octets of HMAC-SHA-256 over these and the
 * alert's id, in base64url. Whoever guesses has one chance in 2^64 a try, and tries are counted.
 */

const OCTETS = 15
const MAC_OCTETS = 8

export interface TokenOf {
  readonly alertNo: number
  readonly alertId: string
  readonly seq: number
}

/** A key for tokens alone. */
export function recipientTokenKey(masterKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', 'tocsin recipient token', 32))
}

export function makeRecipientToken(key: Buffer, { alertNo, alertId, seq }: TokenOf): string {
  const octets = Buffer.alloc(OCTETS)
  octets.writeUIntBE(alertNo & 0xff_ffff, 0, 3)
  octets.writeUInt32BE(seq, 3)
  macOf(key, alertNo, alertId, seq).copy(octets, OCTETS - MAC_OCTETS)
  return octets.toString('base64url')
}

/** What a token says, unproven. Undefined: it is none. */
export function readRecipientToken(token: string): Pick<TokenOf, 'alertNo' | 'seq'> | undefined {
  if (!/^[\w-]{20}$/.test(token)) return undefined
  const octets = Buffer.from(token, 'base64url')
  return { alertNo: octets.readUIntBE(0, 3), seq: octets.readUInt32BE(3) }
}

export function isRecipientToken(key: Buffer, token: string, of: TokenOf): boolean {
  const given = Buffer.from(token)
  const made = Buffer.from(makeRecipientToken(key, of))
  return given.length === made.length && timingSafeEqual(given, made)
}

function macOf(key: Buffer, alertNo: number, alertId: string, seq: number): Buffer {
  return createHmac('sha256', key)
    .update(`${alertNo} ${alertId} ${seq}`)
    .digest()
    .subarray(0, MAC_OCTETS)
}
