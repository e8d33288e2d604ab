import { expect, test } from 'vitest'
import { Bin, type PackedBlock } from '../../src/store/packing.ts'
import { fc } from '../support/property.ts'

const KIND = { routeClass: '', textNo: 0, segments: 1, expires: new Date(0) }

/** An id that says its phone. */
function idOf(phone: number): Buffer {
  return Buffer.from(String(phone).padStart(32, '0'), 'hex')
}

function peopleOf({ size, phones, contactIds, areaNos }: PackedBlock) {
  return Array.from({ length: size }, (_, i) => ({
    phone: Number(phones.readBigUInt64BE(i * 8)),
    id: contactIds.toString('hex', i * 16, i * 16 + 16),
    areaNo: areaNos.readInt16BE(i * 2),
  }))
}

/** Of one country, or of all of them: the shortest and the longest there are. */
const phones = fc.oneof(
  fc.uniqueArray(fc.integer({ min: 1_555_000_0000, max: 1_555_999_9999 }), { maxLength: 3000 }),
  fc.uniqueArray(
    fc.oneof(
      fc.constantFrom(100_000, 999_999_999_999_999),
      fc.integer({ min: 100_000, max: 999_999_999_999_999 }),
    ),
    { maxLength: 300 },
  ),
)

test('whoever is added comes in one block, with what is theirs, and phones ascend in a block and from one to the next', () => {
  fc.assert(
    fc.property(phones, fc.integer({ min: 1, max: 700 }), (all, blockSize) => {
      const bin = new Bin({ ...KIND, blockSize })
      const half = all.length >> 1
      const add = (phone: number) => bin.add(idOf(phone), 0, phone, phone % 100, [])
      all.slice(0, half).forEach(add)
      const first = bin.cut(false)
      all.slice(half).forEach(add)
      const rest = bin.cut(true)
      expect(bin.cut(true)).toEqual([])
      for (const { size } of first) expect(size).toBe(blockSize)
      for (const blocks of [first, rest]) {
        const people = blocks.flatMap(peopleOf)
        expect(people).toEqual(people.toSorted((a, b) => a.phone - b.phone))
        for (const block of blocks) {
          const [one, last] = [peopleOf(block)[0]!, peopleOf(block).at(-1)!]
          expect([block.firstPhone, block.lastPhone]).toEqual([one.phone, last.phone])
        }
      }
      const people = [...first, ...rest].flatMap(peopleOf)
      for (const { phone, id, areaNo } of people) {
        expect(id).toBe(idOf(phone).toString('hex'))
        expect(areaNo).toBe(phone % 100)
      }
      expect(people).toHaveLength(all.length)
      expect(new Set(people.map(({ phone }) => phone))).toEqual(new Set(all))
    }),
  )
})
