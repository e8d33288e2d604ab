import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { expect } from 'vitest'
import { arrayLiteral } from '../../src/store/database.ts'
import { beginsWith, keysFrom, phoneOfKey, phonesOfKeys } from '../../src/store/phone-key.ts'
import { test } from '../support/database.ts'

const digits = (least: number, most: number) =>
  fc.stringMatching(new RegExp(`^[19][019]{${least - 1},${most - 1}}$`)).map(text => `+${text}`)

test('a key says its phone, and lies within the keys of just the prefixes that the phone begins with', async ({
  db,
}) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(digits(6, 15), { minLength: 1, maxLength: 50 }),
      fc.array(digits(1, 15), { maxLength: 10 }),
      async (phones, others) => {
        const rows = await db.execute<{ key: Buffer; number: string }>(sql`
          select int8send(phone_key(p.phone)) as key, phone_key(p.phone)::text as number
          from unnest(${arrayLiteral(phones)}::text[]) with ordinality as p(phone, no) order by p.no
        `)
        expect(rows.map(({ key }) => `+${phoneOfKey(key, 0)}`)).toEqual(phones)
        const numbers = phonesOfKeys(Buffer.concat(rows.map(({ key }) => key)))
        for (const [no, phone] of phones.entries()) {
          expect(`+${numbers.readBigUInt64BE(no * 8)}`).toBe(phone)
        }
        const prefixes = [...others, ...phones, ...phones.map(phone => phone.slice(0, 4))]
        for (const prefix of prefixes) {
          const { from, end } = keysFrom(prefix)
          const isIn = beginsWith(prefix)
          for (const [no, phone] of phones.entries()) {
            const key = BigInt(rows[no]!.number)
            const begins = phone.startsWith(prefix)
            expect(isIn(Number(phone))).toBe(begins)
            expect(from <= key && key < end).toBe(begins)
            expect(beginsWith('')(Number(phone))).toBe(true)
          }
        }
      },
    ),
    { numRuns: 50 },
  )
})
