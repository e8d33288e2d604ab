import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  isRecipientToken,
  makeRecipientToken,
  readRecipientToken,
  recipientTokenKey,
} from '../../src/signing/recipient-token.ts'

const key = recipientTokenKey(randomBytes(32))
const anyone = fc.record({
  alertNo: fc.integer({ min: 1, max: 0xff_ffff }),
  alertId: fc.uuid(),
  seq: fc.integer({ min: 1, max: 2_147_483_647 }),
})

test('a token names its recipient, is always as long, and is proven by the installation alone', () => {
  fc.assert(
    fc.property(anyone, of => {
      const token = makeRecipientToken(key, of)
      expect(token).toMatch(/^[\w-]{20}$/)
      expect(makeRecipientToken(key, of)).toBe(token)
      expect(readRecipientToken(token)).toEqual({ alertNo: of.alertNo, seq: of.seq })
      expect(isRecipientToken(key, token, of)).toBe(true)
      expect(isRecipientToken(recipientTokenKey(randomBytes(32)), token, of)).toBe(false)
      expect(isRecipientToken(key, token, { ...of, seq: of.seq + 1 })).toBe(false)
      expect(isRecipientToken(key, token, { ...of, alertId: randomUUID() })).toBe(false)
    }),
  )
})

test('whatever is changed of a token, it is none', () => {
  fc.assert(
    fc.property(anyone, fc.nat(19), fc.constantFrom(...'AZaz09-_'), (of, at, letter) => {
      const token = makeRecipientToken(key, of)
      fc.pre(token[at] !== letter)
      const other = token.slice(0, at) + letter + token.slice(at + 1)
      const said = readRecipientToken(other)!
      expect(isRecipientToken(key, other, { ...of, ...said })).toBe(false)
    }),
  )
  for (const bad of [
    '',
    'A',
    'A'.repeat(19),
    'A'.repeat(21),
    `${'A'.repeat(19)}=`,
    '../../../etc/passwd!',
  ]) {
    expect(readRecipientToken(bad)).toBeUndefined()
  }
})
