import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { generateMasterKey, keyCheck, open, parseMasterKey, seal } from '../../src/signing/seal.ts'

const masterKey = parseMasterKey(generateMasterKey())
const context = 'carriers/1/password'

test('what was sealed opens in its own place, and looks different each time', () => {
  for (const plaintext of ['', 'hunter2', 'ü'.repeat(1000)]) {
    const sealed = seal(masterKey, context, plaintext)
    expect(Buffer.from(open(masterKey, context, sealed)).toString()).toBe(plaintext)
    expect(Buffer.from(sealed)).not.toEqual(Buffer.from(seal(masterKey, context, plaintext)))
  }
})

test('a row swapped with another, or a changed octet anywhere, does not open', () => {
  const sealed = seal(masterKey, context, 'hunter2')
  expect(() => open(masterKey, 'carriers/2/password', sealed)).toThrow(/carriers\/2\/password/)
  for (let index = 0; index < sealed.length; index++) {
    const changed = sealed.map((octet, at) => (at === index ? octet ^ 1 : octet))
    expect(() => open(masterKey, context, changed)).toThrow(
      expect.objectContaining({ code: 'integrity_violation' }),
    )
  }
  for (let length = 0; length < sealed.length; length++) {
    expect(() => open(masterKey, context, sealed.subarray(0, length))).toThrow(
      expect.objectContaining({ code: 'integrity_violation' }),
    )
  }
})

test('a wrong master key is recognised before anything is opened', () => {
  const other = parseMasterKey(generateMasterKey())
  expect(keyCheck(masterKey)).toBe(keyCheck(Uint8Array.from(masterKey)))
  expect(keyCheck(other)).not.toBe(keyCheck(masterKey))
  expect(() => open(other, context, seal(masterKey, context, 'hunter2'))).toThrow(/master key/)
})

test('a master key is 32 octets in base64url, base64 or hex', () => {
  const key = randomBytes(32)
  for (const text of [
    key.toString('base64url'),
    key.toString('base64'),
    key.toString('hex'),
    `${key.toString('hex')}\n`,
  ]) {
    expect(Buffer.from(parseMasterKey(text))).toEqual(key)
  }
  for (const text of [
    '',
    'password',
    'x'.repeat(32),
    key.subarray(1).toString('base64url'),
    `${key.toString('hex')}00`,
  ]) {
    expect(() => parseMasterKey(text)).toThrow(expect.objectContaining({ code: 'invalid_key' }))
  }
})
