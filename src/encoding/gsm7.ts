/**
 * The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 §6.2.1), one septet an octet as SMPP
 * carries it, and the packing of eight septets in seven octets for carriers that ask for it.
 * Pure: runs in the browser too.
 */

const ESCAPE = 0x1b
const CARRIAGE_RETURN = 0x0d

// In the order of the septets, 0x00 to 0x7f; the escape's own place is filled with U+001B, which no text maps to.
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'

const EXTENSION: Readonly<Record<string, number>> = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
}

const NONE = 0xff
const EXTENDED = 0x80
const EURO = '€'.charCodeAt(0)

// By UTF-16 code unit: the septet, with the high bit set where an escape goes before it. All but € lie below 0x400.
const SEPTETS = new Uint8Array(0x400).fill(NONE)
for (let septet = 0; septet < BASIC.length; septet++) {
  if (septet !== ESCAPE) SEPTETS[BASIC.charCodeAt(septet)] = septet
}
const EXTENSION_CHARACTERS = new Map<number, string>()
for (const [character, septet] of Object.entries(EXTENSION)) {
  EXTENSION_CHARACTERS.set(septet, character)
  if (character !== '€') SEPTETS[character.charCodeAt(0)] = septet | EXTENDED
}

function lookUp(codeUnit: number): number {
  if (codeUnit < 0x400) return SEPTETS[codeUnit]!
  return codeUnit === EURO ? EXTENSION['€']! | EXTENDED : NONE
}

/** How many septets a UTF-16 code unit takes: 1, 2 with its escape, or 0 where the alphabet lacks it. */
export function septetsOf(codeUnit: number): 0 | 1 | 2 {
  const septet = lookUp(codeUnit)
  return septet === NONE ? 0 : septet & EXTENDED ? 2 : 1
}

/** The text's septets, one an octet; undefined where a character is not in the alphabet. */
export function encodeGsm7(text: string): Uint8Array | undefined {
  const septets = new Uint8Array(text.length * 2)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const septet = lookUp(text.charCodeAt(i))
    if (septet === NONE) return undefined
    if (septet & EXTENDED) septets[length++] = ESCAPE
    septets[length++] = septet & 0x7f
  }
  return septets.slice(0, length)
}

/** Septets that are what ASCII calls the same: nearly all of most texts. */
const IS_ASCII = Uint8Array.from({ length: 256 }, (_, septet) =>
  septet < BASIC.length && septet !== ESCAPE && BASIC.charCodeAt(septet) === septet ? 1 : 0,
)

function asciiOf(septets: Uint8Array, from: number, to: number): string {
  // No text is longer than a segment but message_payload, and what is given to a call is bounded.
  const AT_ONCE = 1_024
  let text = ''
  for (let at = from; at < to; at += AT_ONCE) {
    const part = septets.subarray(at, Math.min(to, at + AT_ONCE))
    text += String.fromCharCode.apply(null, part as unknown as number[])
  }
  return text
}

/**
 * Any octets as text. After an escape, a septet that the extension lacks shows as its basic character and an
 * escape at the end as a space (TS 23.038 §6.2.1.1); an octet over 0x7f is no septet and becomes U+FFFD.
 */
export function decodeGsm7(septets: Uint8Array): string {
  let text = ''
  for (let i = 0; i < septets.length; i++) {
    const plain = i
    while (i < septets.length && IS_ASCII[septets[i]!] === 1) i++
    if (i > plain) text += asciiOf(septets, plain, i)
    if (i === septets.length) break
    let septet = septets[i]!
    if (septet === ESCAPE) {
      const next = septets[++i]
      const extended = next === undefined || next === ESCAPE ? ' ' : EXTENSION_CHARACTERS.get(next)
      if (extended !== undefined) {
        text += extended
        continue
      }
      septet = next!
    }
    text += BASIC[septet] ?? '\ufffd'
  }
  return text
}

/**
 * Eight septets in seven octets, low bits first (TS 23.038 §6.1.2.1). `fillBits` zeros come before, 1 after a
 * 6-octet UDH. Seven bits left over at the end would read as `@`: they hold a carriage return.
 */
export function packGsm7(septets: Uint8Array, fillBits = 0): Uint8Array {
  const bits = fillBits + septets.length * 7
  const packed = new Uint8Array(Math.ceil(bits / 8))
  const spare = packed.length * 8 - bits
  const put = (septet: number, bit: number) => {
    const at = bit >> 3
    const shift = bit & 7
    packed[at]! |= septet << shift
    if (shift > 1 && at + 1 < packed.length) packed[at + 1]! |= septet >> (8 - shift)
  }
  for (let i = 0; i < septets.length; i++) put(septets[i]! & 0x7f, fillBits + i * 7)
  if (spare === 7) put(CARRIAGE_RETURN, bits)
  return packed
}

/** Zeros before the first septet, so that it begins a whole number of septets behind a header of so many octets. */
export function fillBitsBehind(headerOctets: number): number {
  return (7 - ((headerOctets * 8) % 7)) % 7
}

/** The first `count` septets of packed octets, or as many as there are. */
export function unpackGsm7(packed: Uint8Array, count: number, fillBits = 0): Uint8Array {
  const whole = Math.max(0, Math.floor((packed.length * 8 - fillBits) / 7))
  const septets = new Uint8Array(Math.min(count, whole))
  for (let i = 0; i < septets.length; i++) {
    const bit = fillBits + i * 7
    const at = bit >> 3
    septets[i] = ((packed[at]! | ((packed[at + 1] ?? 0) << 8)) >> (bit & 7)) & 0x7f
  }
  return septets
}
