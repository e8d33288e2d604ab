import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { MessageIds } from '../../src/inbound/message-ids.ts'
import type { Database } from '../../src/store/database.ts'
import { insertSubmissions } from '../../src/store/submissions.ts'
import { test } from '../support/database.ts'

let blocks = 0

/** Ids that some process wrote, of recipients 0, 1, 2 … of a block of their own. */
async function written(db: Database, carrierId: string, ids: readonly string[]) {
  const refs = Buffer.alloc(ids.length * 4)
  for (let i = 0; i < ids.length; i++) refs.writeUInt32BE((i << 16) | 1, i * 4)
  const alertId = randomUUID()
  const [submissions] = await insertSubmissions(db, randomUUID(), [
    { carrierId, alertId, blockNo: ++blocks, ids, refs },
  ])
  return submissions!
}

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name}-${i}`)

test('what this process wrote is found without a look at the database', async ({ db }) => {
  const ids = new MessageIds(db, randomUUID())
  await ids.find(['unknown'])
  const batch = await written(db, randomUUID(), ['a', 'b', 'c'])
  ids.add(batch)
  const { alertId, blockNo } = batch
  const found = await ids.find(['c', 'a'])
  expect(found.get('a')).toEqual({ alertId, blockNo, offset: 0, part: 0, tryNo: 1 })
  expect(found.get('c')).toEqual({ alertId, blockNo, offset: 2, part: 0, tryNo: 1 })
})

test('what another process wrote is found, also while numbers come out of order', async ({
  db,
}) => {
  const carrierId = randomUUID()
  const mine = new MessageIds(db, carrierId)
  const first = await written(db, carrierId, numbered('early', 3))
  const second = await written(db, carrierId, numbered('late', 3))
  mine.add(second)
  const found = await mine.find(['early-1', 'late-1', 'never'])
  expect(found.get('early-1')).toMatchObject({ blockNo: first.blockNo, offset: 1 })
  expect(found.get('late-1')).toMatchObject({ blockNo: second.blockNo, offset: 1 })
  expect(found.has('never')).toBe(false)
})

test('a batch whose process stood still before its commit is found, however many numbers later', async ({
  db,
}) => {
  const [carrierId, other] = [randomUUID(), randomUUID()]
  const ids = new MessageIds(db, carrierId)
  const refs = Buffer.from([0, 0, 0, 1])
  const alertId = randomUUID()
  const meanwhile = Array.from({ length: 1_500 }, (_, i) => ({
    carrierId: other,
    alertId,
    blockNo: i,
    ids: [`theirs-${i}`],
    refs,
  }))
  await db.transaction(async tx => {
    await written(tx, carrierId, ['late'])
    await insertSubmissions(db, randomUUID(), meanwhile)
    await written(db, carrierId, ['early'])
    expect([...(await ids.find(['early', 'late'])).keys()]).toEqual(['early'])
  })
  await written(db, carrierId, ['next'])
  const found = () => ids.find(['late', 'next']).then(all => [...all.keys()].toSorted())
  await expect.poll(found, { timeout: 10_000, interval: 100 }).toEqual(['late', 'next'])
})

test('receipts that come while others are looked for find their messages, too', async ({ db }) => {
  const carrierId = randomUUID()
  const ids = new MessageIds(db, carrierId)
  for (let i = 0; i < 300; i++) await written(db, carrierId, numbered(`batch ${i}`, 3))
  const looks: Promise<ReadonlyMap<string, unknown>>[] = []
  for (let i = 0; i < 300; i++) {
    looks.push(ids.find([`batch ${i}-2`]))
    await new Promise(resolve => setImmediate(resolve))
  }
  expect((await Promise.all(looks)).filter(found => found.size === 0)).toEqual([])
})

test("another carrier's ids are other messages", async ({ db }) => {
  await written(db, randomUUID(), ['theirs'])
  expect((await new MessageIds(db, randomUUID()).find(['theirs'])).size).toBe(0)
})

test('a carrier that starts its numbering anew means its newest message', async ({ db }) => {
  const carrierId = randomUUID()
  const ids = new MessageIds(db, carrierId)
  await written(db, carrierId, ['1'])
  const newest = await written(db, carrierId, ['1'])
  expect((await ids.find(['1'])).get('1')).toMatchObject({ blockNo: newest.blockNo })
})

test('ids that are alike, odd or very long are told apart', async ({ db }) => {
  const carrierId = randomUUID()
  const odd = [
    '0',
    '00',
    '000',
    'a\nb',
    'a b',
    'ä',
    'x'.repeat(65),
    `${'x'.repeat(64)}y`,
    '__proto__',
  ]
  const batch = await written(db, carrierId, odd)
  const live = new MessageIds(db, carrierId)
  live.add(batch)
  for (const ids of [live, new MessageIds(db, carrierId)]) {
    const found = await ids.find(odd)
    expect(odd.map(id => found.get(id)?.offset)).toEqual(odd.map((_, i) => i))
  }
})

/** Room for 96 ids in tables, for 96 fingerprints a page. */
const SMALL = { slots: 64, tables: 2, pageSlots: 128, pages: 100 }

for (const [what, room] of Object.entries({
  'fingerprints stay': SMALL,
  'only some fingerprints stay': { ...SMALL, pages: 1 },
})) {
  test(`past its room, of the oldest ${what}, and they are found all the same`, async ({ db }) => {
    const carrierId = randomUUID()
    const ids = new MessageIds(db, carrierId, room)
    await ids.find(['nobody'])
    const batches = []
    for (let i = 0; i < 30; i++) {
      const batch = await written(db, carrierId, numbered(`batch ${i}`, 20))
      ids.add(batch)
      batches.push(batch)
    }
    const asked = batches.flatMap((_, i) => numbered(`batch ${i}`, 20))
    const found = await ids.find([...asked, ...numbered('nobody', 1_000)])
    expect(found.size).toBe(600)
    for (const [i, id] of asked.entries()) {
      const { alertId, blockNo } = batches[Math.floor(i / 20)]!
      expect(found.get(id)).toEqual({ alertId, blockNo, offset: i % 20, part: 0, tryNo: 1 })
    }
  })
}

test('also where only fingerprints are left, an id means its newest message', async ({ db }) => {
  const carrierId = randomUUID()
  const ids = new MessageIds(db, carrierId, SMALL)
  await ids.find(['nobody'])
  const twice = []
  for (let i = 0; i < 20; i++) {
    const odd = i === 3 || i === 4 ? ['again', 'a\nb'] : []
    const batch = await written(db, carrierId, [...numbered(`batch ${i}`, 20), ...odd])
    ids.add(batch)
    if (odd.length > 0) twice.push(batch)
  }
  const found = await ids.find(['again', 'a\nb'])
  expect(found.get('again')).toMatchObject({ blockNo: twice[1]!.blockNo, offset: 20 })
  expect(found.get('a\nb')).toMatchObject({ blockNo: twice[1]!.blockNo, offset: 21 })
})

test(
  'pitfall 31: a million messages wait for their receipts, which come in any order',
  { timeout: 120_000 },
  async ({ db }) => {
    const OUTSTANDING = 1_000_000
    const carrierId = randomUUID()
    const ids = new MessageIds(db, carrierId)
    await ids.find(['nobody'])
    const refs = Buffer.alloc(500 * 4)
    for (let i = 0; i < 500; i++) refs.writeUInt32BE((i << 16) | 1, i * 4)
    for (let no = 1; no <= OUTSTANDING / 500; no++) {
      const given = Array.from({ length: 500 }, (_, i) => `m${(no - 1) * 500 + i}`)
      ids.add({ no, carrierId, alertId: carrierId, blockNo: no, ids: given, refs })
    }
    let wrong = 0
    // Steps of a prime that doesn't divide the number: a fifth of them, from all over.
    for (let i = 0, at = 0; i < OUTSTANDING / 5; i += 500) {
      const names: number[] = []
      for (let j = 0; j < 500; j++) names.push((at = (at + 7_919) % OUTSTANDING))
      const found = ids.known(names.map(name => `m${name}`))
      for (const name of names) {
        const given = found.get(`m${name}`)
        if (given?.blockNo !== Math.floor(name / 500) + 1 || given.offset !== name % 500) wrong++
      }
    }
    expect(wrong).toBe(0)
  },
)
