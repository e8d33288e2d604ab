import { decodeGsm7, fillBitsBehind, unpackGsm7 } from './gsm7.ts'
import { decodeUtf16be } from './segments.ts'

/**
 * What a message centre takes data_coding 0 for: its default alphabet is its own affair (SMPP 3.4 §5.2.19). GSM-7
 * is usually one septet an octet, and packed as on the air (3GPP TS 23.038 §6.1.2.1) where it says so.
 */
export type DefaultAlphabet = 'GSM7' | 'GSM7-packed' | 'latin1' | 'ascii'

const CARRIAGE_RETURN = 0x0d

/**
 * The text of a short message behind its user data header, by its data_coding; bits that say nothing of the
 * alphabet are ignored. Any octets are some text.
 *
 * @param headerOctets of the header: packed septets behind it begin at a whole number of septets
 */
export function decodeText(
  octets: Uint8Array,
  dataCoding: number,
  defaultAlphabet: DefaultAlphabet = 'GSM7',
  headerOctets = 0,
): string {
  // Libraries are known to label the default alphabet as IA5; an escape or another control gives it away.
  if (dataCoding === 1 && octets.some(isControl)) return decodeGsm7(octets)
  switch (dataCoding === 0 ? defaultAlphabet : alphabetOf(dataCoding)) {
    case 'UCS2':
      return decodeUtf16be(octets)
    case 'latin1':
      return decodeLatin1(octets)
    case 'ascii':
      return decodeLatin1(octets).replace(/[\x80-\xff]/g, '\ufffd')
    case 'GSM7':
      return decodeGsm7(octets)
    case 'GSM7-packed':
      return decodePacked(octets, fillBitsBehind(headerOctets))
  }
}

/** A carriage return in the last seven bits fills what would else read as `@`. */
function decodePacked(octets: Uint8Array, fillBits: number): string {
  const septets = unpackGsm7(octets, Infinity, fillBits)
  const endsWhole = (fillBits + septets.length * 7) % 8 === 0
  const isFilled = endsWhole && septets.at(-1) === CARRIAGE_RETURN
  return decodeGsm7(isFilled ? septets.subarray(0, -1) : septets)
}

function decodeLatin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}

function isControl(octet: number): boolean {
  return octet < 0x20 && octet !== 0x0a && octet !== 0x0d
}

// SMPP 3.4 §5.2.19 below 0x10; above, the data coding schemes of TS 23.038 §4, whose bits 2-3 name the alphabet.
function alphabetOf(dataCoding: number): 'GSM7' | 'latin1' | 'UCS2' {
  if (dataCoding === 8) return 'UCS2'
  if (dataCoding === 1 || dataCoding === 3) return 'latin1'
  if (dataCoding < 0x10) return 'GSM7'
  const group = dataCoding >> 4
  if (group === 0xe) return 'UCS2'
  if (group < 8 || group === 0xf) {
    const bits = (dataCoding >> 2) & 3
    if (bits === 2 && group !== 0xf) return 'UCS2'
    if (bits === 1) return 'latin1'
  }
  return 'GSM7'
}
