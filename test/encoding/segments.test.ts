import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decodeGsm7 } from '../../src/encoding/gsm7.ts'
import { decodeUtf16be, encodeText, measureText } from '../../src/encoding/segments.ts'
import { fc } from '../support/property.ts'

interface Vector {
  name: string
  text?: string
  repeat?: { unit: string; len: number }
  encoding: string
  units: number
  segments_ref8: number
  segments_ref16: number
  parts_ref8?: number[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../data/sms-segments.json', import.meta.url), 'utf8'),
) as Vector[]

/** The one vector whose calculator cuts a family emoji in two: we keep graphemes whole. */
const KEPT_WHOLE: Record<string, number[]> = { 'й*60+family+й*3': [60, 14] }

const unitsOf = (segment: Uint8Array, alphabet: string) =>
  alphabet === 'GSM7' ? segment.length : segment.length / 2

for (const vector of vectors) {
  test(`pitfall 33: segments of ${vector.name}`, () => {
    const text = vector.text ?? vector.repeat!.unit.repeat(vector.repeat!.len)
    const measure = measureText(text)
    expect(measure).toMatchObject({
      alphabet: vector.encoding,
      units: vector.units,
      segments: vector.segments_ref8,
    })
    expect(measureText(text, 2).segments).toBe(vector.segments_ref16)
    if (vector.segments_ref8 > 255) {
      expect(() => encodeText(text)).toThrow('shorten it')
      return
    }
    const encoded = encodeText(text)
    expect(encoded).toMatchObject({ alphabet: vector.encoding, units: vector.units })
    expect(encoded.dataCoding).toBe(vector.encoding === 'GSM7' ? 0 : 8)
    expect(encoded.segments.length).toBe(vector.segments_ref8)
    const parts = KEPT_WHOLE[vector.name] ?? vector.parts_ref8
    if (parts !== undefined) {
      expect(encoded.segments.map(segment => unitsOf(segment, encoded.alphabet))).toEqual(parts)
    }
  })
}

test('pitfall 35: 39,016 characters are refused, not cut', () => {
  const most = 'a'.repeat(39_015)
  expect(encodeText(most).segments).toHaveLength(255)
  expect(() => encodeText(`${most}a`)).toThrow('shorten it')
})

test('UCS-2 is big-endian and a lone surrogate leaves as U+FFFD', () => {
  const octets = (text: string) => Buffer.from(encodeText(text).segments[0]!).toString('hex')
  expect(octets('a😀')).toBe('0061d83dde00')
  expect(octets('\ud83d')).toBe('fffd')
  expect(octets('\ude00й')).toBe('fffd0439')
})

test('the characters that force UCS-2 are named once each', () => {
  expect(measureText('It’s 5° — it’s 😀').forcedBy).toEqual(['’', '°', '—', '😀'])
  expect(measureText('plain').forcedBy).toBeUndefined()
})

test('a cluster longer than a segment is cut between code points, never in a surrogate pair', () => {
  const family = '\u200d👩'.repeat(40)
  const { segments } = encodeText(`й${family}`)
  for (const segment of segments) {
    expect(segment.length).toBeLessThanOrEqual(134)
    expect(decodeUtf16be(segment)).not.toContain('\ufffd')
  }
})

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom('a', '€', '[', 'é', '\n'), maxLength: 700 }),
  fc.string({ unit: fc.constantFrom('й', '😀', '👨‍👩‍👧‍👦', 'e\u0301', '\r\n', '🇺🇸'), maxLength: 300 }),
)

test('joined again, the segments are the text, none over its capacity', () => {
  fc.assert(
    fc.property(anyText, fc.constantFrom(1 as const, 2 as const), (text, referenceOctets) => {
      const encoded = encodeText(text, referenceOctets)
      const { alphabet, segments } = encoded
      const decode = alphabet === 'GSM7' ? decodeGsm7 : decodeUtf16be
      expect(segments.map(decode).join('')).toBe(encoded.text)
      expect(segments.length).toBe(measureText(text, referenceOctets).segments)
      const single = alphabet === 'GSM7' ? 160 : 70
      const joined = (alphabet === 'GSM7' ? 153 : 67) - (referenceOctets - 1)
      const capacity = segments.length === 1 ? single : joined
      for (const segment of segments)
        expect(unitsOf(segment, alphabet)).toBeLessThanOrEqual(capacity)
    }),
    { numRuns: 500 },
  )
})

test('a text far past the limit is measured and refused without being cut', () => {
  for (const unit of ['😀', 'e\u0301', '\u0301', 'a']) {
    const long = unit.repeat(500_000)
    const from = performance.now()
    expect(measureText(long).segments).toBeGreaterThan(3_000)
    expect(() => encodeText(long)).toThrow('joins at most 255')
    expect(performance.now() - from).toBeLessThan(2_000)
  }
})

test('an odd last octet of UCS-2 and a lone surrogate are shown as U+FFFD', () => {
  expect(decodeUtf16be(Buffer.from('00610', 'hex'))).toBe('a')
  expect(decodeUtf16be(Buffer.from('006100', 'hex'))).toBe('a\ufffd')
  expect(decodeUtf16be(Buffer.from('d83d0061', 'hex'))).toBe('\ufffda')
})
