import fc from 'fast-check'
import { expect, test } from 'vitest'
import { USUAL_DIALECT } from '../../src/carriers/smpp/dialect.ts'
import { createPreparing, templateFor } from '../../src/carriers/smpp/prepare.ts'
import { submitOctets, writeSubmit } from '../../src/encoding/pdu-in-place.ts'
import { TOKEN_LENGTH, tokenShape, withLink, withToken } from '../../src/encoding/recipient-link.ts'
import { encodeText, type EncodedText } from '../../src/encoding/segments.ts'

const BASE = 'https://alert.example'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const token = fc
  .array(fc.constantFrom(...LETTERS), { minLength: TOKEN_LENGTH, maxLength: TOKEN_LENGTH })
  .map(letters => letters.join(''))
const words = fc.string({ unit: fc.constantFrom('a', 'A', '_', '€', 'ж'), maxLength: 200 })
const dialects = (['GSM7', 'GSM7-packed', 'latin1', 'ascii'] as const).flatMap(defaultAlphabet =>
  (['udh8', 'udh16', 'sar', 'payload'] as const).map(joining => ({
    ...USUAL_DIALECT,
    coding: { ...USUAL_DIALECT.coding, defaultAlphabet, joining },
  })),
)
const EXPIRES = Date.UTC(2026, 10, 29, 12)
const NOW = EXPIRES - 3_600_000

test('the token written into its place makes the octets that encoding the whole text makes', () => {
  for (const dialect of dialects) {
    const prepare = createPreparing('72345', dialect)
    const octetsOf = (text: EncodedText) => {
      const prepared = prepare(text)
      return prepared.templates.map((_template, part) => {
        const template = templateFor(prepared, part, EXPIRES, NOW, text.own?.token)
        const out = Buffer.alloc(submitOctets(template))
        return out.subarray(0, writeSubmit(out, 0, template, 1, '+15550000001', 7)).toString('hex')
      })
    }
    fc.assert(
      fc.property(words, words, token, token, (before, after, first, second) => {
        const sms = `${before}{link}${after}`
        const shape = tokenShape(sms, BASE)
        for (const own of [first, second]) {
          const whole = encodeText(withLink(sms, BASE, own))
          const text = withToken(shape, sms, BASE, own)
          expect(text.text).toBe(whole.text)
          expect(octetsOf(text)).toEqual(octetsOf(whole))
        }
      }),
      { numRuns: 40 },
    )
  }
})
