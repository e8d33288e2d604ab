import { expect, test } from 'vitest'
import { decodeText } from '../../src/encoding/message-text.ts'

const decode = (hex: string, ...how: [number, Parameters<typeof decodeText>[2]?, number?]) =>
  decodeText(Buffer.from(hex, 'hex'), ...how)

test.each([
  ['GSM-7', 0, '00022040', '@$ ¡'],
  ['GSM-7, flash', 0x10, '4869', 'Hi'],
  ['Latin-1', 3, 'e94154', 'éAT'],
  ['ASCII', 1, '4054', '@T'],
  ['GSM-7 labelled ASCII', 1, '31201b65', '1 €'],
  ['UCS-2', 8, '006100e9', 'aé'],
  ['UCS-2, flash', 0x18, '0061', 'a'],
  ['a scheme nobody has', 0x9f, '4869', 'Hi'],
])('a text in %s is decoded', (_, dataCoding, hex, text) => {
  expect(decode(hex, dataCoding)).toBe(text)
})

// The octets of TS 23.038's packed examples are those of CARRIERS' segmentation tables.
test.each([
  ['GSM7', '0011', '@_'],
  ['latin1', '40a3245f7b7d', '@£$_{}'],
  ['ascii', '40245f7b7de9', '@$_{}\ufffd'],
  ['GSM7-packed', 'e8329bfd06', 'hello'],
  ['GSM7-packed', '31d98c56b3dd70', '12345678'],
  ['GSM7-packed', '31d98c56b3dd1a', '1234567'],
] as const)('data_coding 0 means %s where the message centre says so', (alphabet, hex, text) => {
  expect(decode(hex, 0, alphabet)).toBe(text)
})

test('the default alphabet is that of data_coding 0 alone', () => {
  expect(decode('00e9', 8, 'latin1')).toBe('é')
  expect(decode('e9', 3, 'ascii')).toBe('é')
})

test('packed septets begin behind a header at a whole septet: one bit after six octets, none after seven', () => {
  expect(decode('d06536fb0d', 0, 'GSM7-packed', 6)).toBe('hello')
  expect(decode('e8329bfd06', 0, 'GSM7-packed', 7)).toBe('hello')
})
