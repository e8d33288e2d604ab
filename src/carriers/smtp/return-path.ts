import { domainOf } from '../../encoding/mail-address.ts'

/**
 * Envelope senders that tell which letter came back (VERP): a bounce is sent to the envelope sender, and says of the
 * letter itself whatever its writer liked. The tag's octets stand in the local part in base32 (RFC 4648 §6, in lower
 * case, for some hosts fold it), which for 32 octets makes 59 of the 64 characters that it may have.
 *
 * Nothing takes bounces in yet: they lie in the mailbox of the sender's domain that `bounce+…` leads to (RFC 5233).
 * Whatever fetches them gives each one's envelope recipient to `readReturnPath`. Of an alert's letter the tag is the
 * alert's id and the contact's (`dispatch/letters.ts`), which name one row of `letters`; that row is `sent` by then, and
 * a bounce (RFC 3464, an action of `failed`) is what would make it `failed`, its counters moving by `moveLetters`.
 */

const PREFIX = 'bounce+'
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const TAG_OCTETS = 32

/**
 * @param tag 64 hexadecimal digits
 * @param from the sender's address: bounces go to its domain
 */
export function returnPath(tag: string, from: string): string {
  return `${PREFIX}${base32(Buffer.from(tag, 'hex'))}@${domainOf(from)}`
}

/** The tag of an address that `returnPath` made, in whatever case it came back; undefined of any other. */
export function readReturnPath(address: string): string | undefined {
  const local = address.slice(0, address.lastIndexOf('@')).toLowerCase()
  if (!local.startsWith(PREFIX)) return undefined
  const octets = fromBase32(local.slice(PREFIX.length))
  if (octets?.length !== TAG_OCTETS) return undefined
  const tag = octets.toString('hex')
  // One tag has one spelling: bits that are left over would make others.
  return base32(octets) === local.slice(PREFIX.length) ? tag : undefined
}

function base32(octets: Buffer): string {
  let bits = 0
  let held = 0
  let text = ''
  for (const octet of octets) {
    held = ((held << 8) | octet) & 0xfff
    bits += 8
    while (bits >= 5) text += ALPHABET[(held >> (bits -= 5)) & 31]
  }
  return bits === 0 ? text : text + ALPHABET[(held << (5 - bits)) & 31]
}

function fromBase32(text: string): Buffer | undefined {
  let bits = 0
  let held = 0
  const octets: number[] = []
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter)
    if (value < 0) return undefined
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits >= 8) octets.push((held >> (bits -= 8)) & 0xff)
  }
  return Buffer.from(octets)
}
