import { expect, test } from 'vitest'
import { phoneAt } from '../../src/store/blocks.ts'
import { fc } from '../support/property.ts'

test('a phone stands in a block as the number that its digits are', () => {
  const number = fc.oneof(
    fc.integer({ min: 1, max: 10 ** 15 - 1 }),
    // Around the places where its digits are cut in two.
    fc.integer({ min: 99_999_990, max: 100_000_010 }),
    fc.integer({ min: 1, max: 9_999_999 }).map(high => high * 1e8),
  )
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 5 }), numbers => {
      const phones = Buffer.alloc(numbers.length * 8)
      for (const [i, phone] of numbers.entries()) phones.writeBigUInt64BE(BigInt(phone), i * 8)
      expect(numbers.map((_, i) => phoneAt(phones, i))).toEqual(numbers.map(phone => `+${phone}`))
    }),
  )
})
