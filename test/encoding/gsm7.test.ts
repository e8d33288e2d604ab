import { expect, test } from 'vitest'
import { decodeGsm7, encodeGsm7, packGsm7, septetsOf, unpackGsm7 } from '../../src/encoding/gsm7.ts'
import { fc } from '../support/property.ts'

const hex = (octets: Uint8Array | undefined) =>
  octets && Buffer.from(octets).toString('hex').toUpperCase()

// TS 23.038 table 6.2.1; packed forms by hand, checked against another calculator.
test.each([
  ['hello', '68656C6C6F', 'E8329BFD06'],
  ['hellohello', '68656C6C6F68656C6C6F', 'E8329BFD4697D9EC37'],
  ['€', '1B65', '9B32'],
  ['[A]', '1B3C411B3E', '1B5E70E303'],
  ['12345678', '3132333435363738', '31D98C56B3DD70'],
])('%s', (text, unpacked, packed) => {
  const septets = encodeGsm7(text)!
  expect(hex(septets)).toBe(unpacked)
  expect(hex(packGsm7(septets))).toBe(packed)
  expect(decodeGsm7(unpackGsm7(packGsm7(septets), septets.length))).toBe(text)
})

test('a link set to the default alphabet carries @$ {€} as its own octets', () => {
  expect(hex(encodeGsm7('@$ {€}'))).toBe('0002201B281B651B29')
})

test('after a 6-octet UDH there is one fill bit', () => {
  expect(hex(packGsm7(encodeGsm7('hello')!, 1))).toBe('D06536FB0D')
})

test('seven septets leave room that would read as @ and is filled with a carriage return', () => {
  expect(hex(packGsm7(encodeGsm7('1234567')!))).toBe('31D98C56B3DD1A')
})

test('what the alphabet lacks is not encoded', () => {
  for (const character of ['`', 'ç', 'á', '\t', '\0', '\u001b', '’', '\u2126', '😀']) {
    expect(encodeGsm7(`a${character}`)).toBeUndefined()
    expect(septetsOf(character.charCodeAt(0))).toBe(0)
  }
})

test('a lone escape is a space, an unknown extension its basic character, an octet past 7 bits U+FFFD', () => {
  expect(decodeGsm7(Uint8Array.of(0x61, 0x1b))).toBe('a ')
  expect(decodeGsm7(Uint8Array.of(0x1b, 0x1b, 0x61))).toBe(' a')
  expect(decodeGsm7(Uint8Array.of(0x1b, 0x61))).toBe('a')
  expect(decodeGsm7(Uint8Array.of(0x80, 0xff))).toBe('\ufffd\ufffd')
})

test('septets survive packing with any fill', () => {
  const septets = fc.uint8Array({ max: 0x7f, maxLength: 160 })
  fc.assert(
    fc.property(septets, fc.integer({ min: 0, max: 6 }), (given, fillBits) => {
      const packed = packGsm7(given, fillBits)
      expect(unpackGsm7(packed, given.length, fillBits)).toEqual(given)
    }),
  )
})
