import { expect, test } from 'vitest'
import { PhoneBook } from '../../src/inbound/phone-book.ts'
import { fc } from '../support/property.ts'

const phone = fc.integer({ min: 10_000_000, max: 10_000_400 })

test('everyone is found where they stand, and nobody else', () => {
  const blocks = fc
    .uniqueArray(phone, { minLength: 1, maxLength: 300 })
    .chain(phones => fc.tuple(fc.constant(phones), fc.array(fc.integer({ min: 1, max: 9 }))))
  fc.assert(
    fc.property(blocks, ([phones, sizes]) => {
      const book = new PhoneBook()
      const places = new Map<number, { blockNo: number; offset: number; areaNo: number }>()
      let from = 0
      for (let n = 0; from < phones.length; n++) {
        const mine = phones.slice(from, from + (sizes[n] ?? 50)).toSorted((a, b) => a - b)
        const octets = Buffer.alloc(mine.length * 8)
        const areaNos = Buffer.alloc(mine.length * 2)
        for (const [offset, one] of mine.entries()) {
          octets.writeBigUInt64BE(BigInt(one), offset * 8)
          areaNos.writeInt16BE(one % 5, offset * 2)
          places.set(one, { blockNo: from + 1, offset, areaNo: one % 5 })
        }
        const block = {
          blockNo: from + 1,
          phones: octets,
          areaNos,
          groupSets: null,
          groupLists: null,
        }
        book.add(block)
        // A block that is read twice is there once.
        book.add(block)
        from += mine.length
      }
      for (let one = 9_999_999; one <= 10_000_401; one++) {
        const place = places.get(one)
        expect(book.find(one)).toEqual(place && { ...place, groupNos: [] })
      }
    }),
    { numRuns: 50 },
  )
})
