import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type Joining,
  type LinkCoding,
  USUAL_CODING,
  encodeForLink,
} from '../../src/encoding/link-text.ts'
import { type DefaultAlphabet, decodeText } from '../../src/encoding/message-text.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { fc } from '../support/property.ts'

const ALPHABETS = ['GSM7', 'GSM7-packed', 'latin1', 'ascii'] as const
const JOININGS = ['udh8', 'udh16', 'sar', 'payload'] as const
/** Octets of the header that goes before a part of ours. */
const HEADER = { udh8: 6, udh16: 7, sar: 0, payload: 0 } as const

const coding = (defaultAlphabet: DefaultAlphabet, joining: Joining = 'udh8'): LinkCoding => ({
  ...USUAL_CODING,
  defaultAlphabet,
  joining,
})
const hex = (octets: Uint8Array | undefined) => Buffer.from(octets ?? []).toString('hex')
const lengths = (text: string, how: LinkCoding) =>
  encodeForLink(text, how).parts.map(part => part.length)

// What a message centre makes of a part, by the alphabet that it is set to.
function decoded(text: string, how: LinkCoding): string {
  const { parts, segments, dataCoding } = encodeForLink(text, how)
  const header = segments > 1 ? HEADER[how.joining] : 0
  return parts.map(part => decodeText(part, dataCoding, how.defaultAlphabet, header)).join('')
}

test.each([
  // Octets by TS 23.038 §6.2.1, ISO 8859-1, ASCII and UTF-16BE. € is in neither Latin-1 nor ASCII, £ not in ASCII.
  ['GSM7', '@£$_{€}', 0, '000102111b281b651b29'],
  ['latin1', '@£$_{}', 0, '40a3245f7b7d'],
  ['latin1', '@£$_{€}', 8, '004000a30024005f007b20ac007d'],
  ['ascii', '@$_{}', 0, '40245f7b7d'],
  ['ascii', '@£$_{€}', 8, '004000a30024005f007b20ac007d'],
  ['GSM7-packed', 'hello', 0, 'e8329bfd06'],
  ['GSM7-packed', '1234567', 0, '31d98c56b3dd1a'],
] as const)('in %s, %s goes as data_coding %i', (alphabet, text, dataCoding, octets) => {
  const encoded = encodeForLink(text, coding(alphabet))
  expect(encoded).toMatchObject({ dataCoding, segments: 1 })
  expect(hex(encoded.parts[0])).toBe(octets)
})

test('what must go as UCS-2 on the air does so on a link that could say it in one octet', () => {
  expect(encodeForLink('áê`', coding('latin1'))).toMatchObject({ dataCoding: 8 })
  expect(encodeForLink('a`', coding('ascii'))).toMatchObject({ dataCoding: 8 })
})

test('a message centre may want other data_codings', () => {
  const how = { ...USUAL_CODING, dataCoding: { defaultAlphabet: 0xf0, ucs2: 0x18 } }
  expect(encodeForLink('a', how).dataCoding).toBe(0xf0)
  expect(encodeForLink('й', how).dataCoding).toBe(0x18)
})

// Latin-1: 140 octets alone, 134 behind 6 octets of header, 133 behind 7. The others: TS 23.040's 160 and 153, 152.
test.each([
  ['latin1', 'udh8', 140, [140]],
  ['latin1', 'udh8', 141, [134, 7]],
  ['latin1', 'udh16', 141, [133, 8]],
  ['latin1', 'sar', 268, [134, 134]],
  ['GSM7', 'udh8', 161, [153, 8]],
  ['GSM7', 'udh16', 161, [152, 9]],
  ['GSM7', 'sar', 161, [153, 8]],
  ['GSM7', 'payload', 161, [161]],
  ['ascii', 'udh8', 161, [153, 8]],
  // 153 septets behind one fill bit are 134 octets, 152 behind none 133; 8 septets are 7 octets.
  ['GSM7-packed', 'udh8', 161, [134, 8]],
  ['GSM7-packed', 'udh16', 160 + 144, [133, 133]],
  ['GSM7-packed', 'sar', 161, [134, 7]],
] as const)('%s by %s: %i letters are parts of %j octets', (alphabet, joining, letters, octets) => {
  expect(lengths('a'.repeat(letters), coding(alphabet, joining))).toEqual(octets)
})

test('a payload is one part and as many segments as the message centre will cut it into', () => {
  expect(encodeForLink('a'.repeat(307), coding('GSM7', 'payload'))).toMatchObject({ segments: 3 })
  expect(encodeForLink('й'.repeat(135), coding('GSM7', 'payload'))).toMatchObject({ segments: 3 })
})

test('brackets count twice where the air is GSM-7 after all, once where it is not', () => {
  expect(encodeForLink('['.repeat(81), coding('ascii')).segments).toBe(2)
  expect(encodeForLink('['.repeat(81), coding('latin1')).segments).toBe(1)
})

test('pitfall 35: more than 255 segments are refused on the link that needs them', () => {
  const text = 'a'.repeat(255 * 134 + 1)
  expect(() => encodeForLink(text, coding('latin1'))).toThrow('shorten it')
  expect(encodeForLink(text, coding('GSM7')).segments).toBeLessThan(255)
})

interface Vector {
  name: string
  text?: string
  repeat?: { unit: string; len: number }
  segments_ref8: number
  segments_ref16: number
}
const vectors = JSON.parse(
  readFileSync(new URL('../data/sms-segments.json', import.meta.url), 'utf8'),
) as Vector[]

describe('pitfall 33: the segments of the table, on every kind of link', () => {
  test.each(vectors.filter(vector => vector.segments_ref8 <= 255))('$name', vector => {
    const text = vector.text ?? vector.repeat!.unit.repeat(vector.repeat!.len)
    for (const alphabet of ['GSM7', 'GSM7-packed'] as const) {
      for (const joining of ['udh8', 'sar', 'payload'] as const) {
        expect(encodeForLink(text, coding(alphabet, joining)).segments).toBe(vector.segments_ref8)
      }
      if (vector.segments_ref16 > 255) continue
      expect(encodeForLink(text, coding(alphabet, 'udh16')).segments).toBe(vector.segments_ref16)
    }
  })
})

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 500 }),
  fc.string({ unit: 'binary', maxLength: 500 }),
  fc.string({ unit: fc.constantFrom('@', '£', '_', '{', '€', 'a'), maxLength: 900 }),
  fc.string({ unit: fc.constantFrom('a', '@', '{', '\n'), maxLength: 900 }),
)

test('whatever the message centre means by 0, it reads the text that was meant, and no octet too many', () => {
  fc.assert(
    fc.property(
      anyText,
      fc.constantFrom(...ALPHABETS),
      fc.constantFrom(...JOININGS),
      (text, alphabet, joining) => {
        const how = coding(alphabet, joining)
        const { parts, segments } = encodeForLink(text, how)
        // A last carriage return on the octet's boundary is taken for filling (TS 23.038 §6.1.2.3.1).
        const read = (said: string) => (alphabet === 'GSM7-packed' ? said.replace(/\r$/, '') : said)
        expect(read(decoded(text, how))).toBe(read(encodeText(text).text))
        if (joining === 'payload') return
        expect(parts.length).toBe(segments)
        const isOctets = alphabet !== 'GSM7' && alphabet !== 'ascii'
        for (const part of parts) {
          const header = segments > 1 ? HEADER[joining] : 0
          expect(header + part.length).toBeLessThanOrEqual(isOctets ? 140 : 160)
        }
      },
    ),
  )
})
