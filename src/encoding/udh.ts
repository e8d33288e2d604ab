/**
 * The user data header before a segment's text: here only its concatenation elements (3GPP TS 23.040
 * §9.2.3.24.1 and .8); others are stepped over.
 */

const CONCAT_8_BIT = 0x00
const CONCAT_16_BIT = 0x08

export interface Concat {
  /** What the parts of one message share, 0..255 or 0..65535 by `referenceOctets`. */
  readonly reference: number
  readonly referenceOctets: 1 | 2
  readonly total: number
  /** From 1 to `total`. */
  readonly part: number
}

/** `05 00 03 rr tt ss` or `06 08 04 rr rr tt ss`. */
export function concatHeader({ reference, referenceOctets, total, part }: Concat): Uint8Array {
  return referenceOctets === 1
    ? Uint8Array.of(5, CONCAT_8_BIT, 3, reference, total, part)
    : Uint8Array.of(6, CONCAT_16_BIT, 4, reference >> 8, reference, total, part)
}

/** Place of the reference in what `concatHeader` makes. */
export const REFERENCE_AT = 3

export interface UserDataHeader {
  /** Octets of the header with its length octet: the text begins there. */
  readonly octets: number
  /** Absent where there is none, or one that names an impossible part. */
  readonly concat?: Concat
}

/** Reads the header of a user data field; undefined where its lengths pass what is there. */
export function readUserDataHeader(userData: Uint8Array): UserDataHeader | undefined {
  const octets = (userData[0] ?? 0xff) + 1
  if (octets > userData.length) return undefined
  let concat: Concat | undefined
  let at = 1
  while (at < octets) {
    const element = userData[at]
    const length = userData[at + 1]
    const value = at + 2
    if (length === undefined || value + length > octets) return undefined
    if (element === CONCAT_8_BIT && length === 3) concat ??= readConcat(userData, value, 1)
    if (element === CONCAT_16_BIT && length === 4) concat ??= readConcat(userData, value, 2)
    at = value + length
  }
  return concat === undefined ? { octets } : { octets, concat }
}

function readConcat(userData: Uint8Array, at: number, referenceOctets: 1 | 2): Concat | undefined {
  const high = userData[at]!
  const reference = referenceOctets === 1 ? high : (high << 8) | userData[at + 1]!
  const total = userData[at + referenceOctets]!
  const part = userData[at + referenceOctets + 1]!
  // TS 23.040: with a zero or a part past the total the receiver ignores the element.
  if (total === 0 || part === 0 || part > total) return undefined
  return { reference, referenceOctets, total, part }
}
