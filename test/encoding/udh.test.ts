import { expect, test } from 'vitest'
import { concatHeader, readUserDataHeader } from '../../src/encoding/udh.ts'
import { fc } from '../support/property.ts'

const read = (hex: string) => readUserDataHeader(Buffer.from(hex, 'hex'))

test('both concatenation elements are read and written', () => {
  const short = { reference: 0xcc, referenceOctets: 1, total: 3, part: 2 } as const
  const long = { reference: 0xabcd, referenceOctets: 2, total: 255, part: 255 } as const
  expect(Buffer.from(concatHeader(short)).toString('hex')).toBe('050003cc0302')
  expect(Buffer.from(concatHeader(long)).toString('hex')).toBe('060804abcdffff')
  expect(read('050003cc030261')).toEqual({ octets: 6, concat: short })
  expect(read('060804abcdffff')).toEqual({ octets: 7, concat: long })
})

test('elements before and after the concatenation are stepped over', () => {
  expect(read('0d0504158a0000' + '0003cc0201' + '2400' + '61')).toMatchObject({
    octets: 14,
    concat: { reference: 0xcc, total: 2, part: 1 },
  })
})

test.each([
  ['part 0', '050003cc0300'],
  ['a part past the total', '050003cc0304'],
  ['total 0', '050003cc0000'],
  ['an element of the wrong length', '040002cc03'],
])('%s is no concatenation, the text still begins behind the header', (_, hex) => {
  expect(read(hex)).toEqual({ octets: hex.length / 2 })
})

test.each([
  ['nothing', ''],
  ['length 255', 'ff0003cc0302'],
  ['an element past the header', '050009cc0302'],
  ['an element without its length', '0100'],
])('%s is not a header', (_, hex) => {
  expect(read(hex)).toBeUndefined()
})

test('no octets make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), octets => {
      const header = readUserDataHeader(octets)
      if (header !== undefined) expect(header.octets).toBeLessThanOrEqual(octets.length)
    }),
  )
})
