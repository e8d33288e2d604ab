import { expect, test } from 'vitest'
import { PhoneSet } from '../../src/encoding/phone-set.ts'
import { fc } from '../support/property.ts'

const phone = fc.integer({ min: 1, max: 999_999_999_999_999 })

function packed(numbers: readonly number[]): Buffer {
  const octets = Buffer.alloc(numbers.length * 8)
  for (const [i, number] of numbers.entries()) octets.writeBigUInt64BE(BigInt(number), i * 8)
  return octets
}

test('a phone is in the set if and only if it was put there, packed or later', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(phone, { maxLength: 700 }), { maxLength: 4 }),
      fc.array(phone),
      fc.array(phone),
      async (blocks, more, others) => {
        const set = (await PhoneSet.read(blocks.map(packed))).with(more)
        const members = new Set([...blocks.flat(), ...more])
        for (const one of [...members, ...others]) expect(set.has(one)).toBe(members.has(one))
      },
    ),
    { numRuns: 50 },
  )
})
