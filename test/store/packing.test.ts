import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderOf } from '../../src/store/packing.ts'

test('phones are put in ascending order, near to one another or all over the world', () => {
  const near = fc.integer({ min: 15_550_000_000, max: 15_559_999_999 })
  const anywhere = fc.integer({ min: 1, max: 10 ** 15 - 1 })
  const phones = fc.oneof(fc.uniqueArray(near), fc.uniqueArray(anywhere))
  fc.assert(
    fc.property(phones, given => {
      const order = orderOf(Float64Array.from(given))
      expect([...order].toSorted((a, b) => a - b)).toEqual(given.map((_, i) => i))
      expect(Array.from(order, place => given[place])).toEqual(given.toSorted((a, b) => a - b))
    }),
  )
})
