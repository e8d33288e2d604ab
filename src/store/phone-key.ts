/**
 * A phone as it stands beside each of its locations, `phone_key` in the database: its digits, filled up to fifteen by
 * zeros at the end, times 16, plus how many there are. So phones that begin alike are a range of keys, and the index
 * of the locations says whom a message goes to, without a look at the contact.
 */

/** E.164 has at most so many. */
const DIGITS = 15
const LENGTHS = 16
/** What is above the last 32 bits counts in these once the length is gone. */
const UPPER = 2 ** 32 / LENGTHS

const TENS = Array.from({ length: DIGITS + 1 }, (_, exponent) => 10 ** exponent)

/** The number that a key says, which stands as a big-endian integer of 8 octets. */
export function phoneOfKey(octets: Buffer, at: number): number {
  const lower = octets.readUInt32BE(at + 4)
  const filled = octets.readUInt32BE(at) * UPPER + Math.floor(lower / LENGTHS)
  return filled / TENS[DIGITS - (lower % LENGTHS)]!
}

/** Keys of 8 octets each made the phones that they say, in their place. */
export function phonesOfKeys(octets: Buffer): Buffer {
  for (let at = 0; at < octets.length; at += 8) {
    const phone = phoneOfKey(octets, at)
    octets.writeUInt32BE(Math.floor(phone / 2 ** 32), at)
    octets.writeUInt32BE(phone % 2 ** 32, at + 4)
  }
  return octets
}

/**
 * The keys of phones that begin with `+` and digits, the end excluded. A shorter phone that zeros would make one of
 * them comes before.
 */
export function keysFrom(prefix: string): { from: bigint; end: bigint } {
  const length = prefix.length - 1
  const scale = BigInt(TENS[DIGITS - length]! * LENGTHS)
  const digits = BigInt(prefix.slice(1))
  return { from: digits * scale + BigInt(length), end: (digits + 1n) * scale }
}

/** Tells whether a phone, as a number, begins with `+` and digits; with nothing at all, everyone does. */
export function beginsWith(prefix: string): (phone: number) => boolean {
  if (prefix === '') return () => true
  const digits = Number(prefix.slice(1))
  const least = prefix.length - 1
  return phone => {
    let length = least
    while (length <= DIGITS && phone >= TENS[length]!) length++
    return Math.floor(phone / TENS[length - least]!) === digits
  }
}
