import { expect, test } from 'vitest'
import { spellMessageId, writeMessageId } from '../../src/simulator/message-id.ts'
import { fc } from '../support/property.ts'

test.each([
  [0, 'decimal', '0'],
  [99_999_999, 'decimal', '99999999'],
  [100_000_000, 'decimal', '100000000'],
  [1_790_000_000_000_042, 'decimal', '1790000000000042'],
  [12_107_289, 'padded decimal', '00000000000012107289'],
  [0xb8be19, 'hexadecimal', 'b8be19'],
  [0xb8be19, 'HEXADECIMAL', '0000000000B8BE19'],
] as const)('%i in %s is %s', (id, spelling, expected) => {
  expect(spellMessageId(id, spelling)).toBe(expected)
})

test('any id is written as JavaScript itself would, and touches nothing beside it', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(20), (id, at) => {
      for (const [spelling, expected] of [
        ['decimal', String(id)],
        ['padded decimal', String(id).padStart(20, '0')],
        ['hexadecimal', id.toString(16)],
        ['HEXADECIMAL', id.toString(16).toUpperCase().padStart(16, '0')],
      ] as const) {
        const out = Buffer.alloc(64, '.')
        const end = writeMessageId(out, at, id, spelling)
        expect(out.toString('latin1')).toBe(`${'.'.repeat(at)}${expected}`.padEnd(64, '.'))
        expect(end).toBe(at + expected.length)
      }
    }),
  )
})
