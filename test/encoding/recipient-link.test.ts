import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeForLink, USUAL_CODING } from '../../src/encoding/link-text.ts'
import {
  asMeasured,
  countLinks,
  TOKEN_LENGTH,
  withLink,
} from '../../src/encoding/recipient-link.ts'
import { encodeText, measureText } from '../../src/encoding/segments.ts'

const BASE = 'https://alert.example'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const token = fc
  .array(fc.constantFrom(...LETTERS), { minLength: TOKEN_LENGTH, maxLength: TOKEN_LENGTH })
  .map(letters => letters.join(''))
const words = fc.string({
  unit: fc.constantFrom('a', ' ', 'é', '€', '{', 'ж', '😀'),
  maxLength: 300,
})

test('a text takes as many segments as were counted when it was signed, whoever gets it', () => {
  fc.assert(
    fc.property(words, words, token, (before, after, own) => {
      const sms = `${before}{link}${after}`
      const counted = measureText(asMeasured(sms, BASE))
      const sent = withLink(sms, BASE, own)
      expect(sent).toContain(`${BASE}/a/${own}`)
      const { segments, alphabet } = encodeText(sent)
      expect([alphabet, segments.length]).toEqual([counted.alphabet, counted.segments])
      for (const defaultAlphabet of ['GSM7', 'GSM7-packed', 'latin1'] as const) {
        const coding = { ...USUAL_CODING, defaultAlphabet }
        expect(encodeForLink(sent, coding).segments).toBe(
          encodeForLink(asMeasured(sms, BASE), coding).segments,
        )
      }
    }),
  )
})

test('where nothing leads anywhere braces are braces, and no token is taken for a pattern', () => {
  expect(asMeasured('See {link}', undefined)).toBe('See {link}')
  expect(countLinks('{link} {link}')).toBe(2)
  expect(withLink('{link}', BASE, '$&$1')).toBe(`${BASE}/a/$&$1`)
})
