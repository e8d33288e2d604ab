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

test('past its room, memory lets the oldest go, and they are found all the same', async ({
  db,
}) => {
  const carrierId = randomUUID()
  const ids = new MessageIds(db, carrierId, { slots: 64, tables: 2 })
  const batches = []
  for (let i = 0; i < 10; i++) {
    const batch = await written(db, carrierId, numbered(`batch ${i}`, 20))
    ids.add(batch)
    batches.push(batch)
  }
  const asked = batches.map((_, i) => `batch ${i}-7`)
  const found = await ids.find([...asked, 'nobody'])
  expect(asked.map(id => found.get(id)?.blockNo)).toEqual(batches.map(batch => batch.blockNo))
})

test('a hundred thousand ids, in any order', async ({ db }) => {
  const carrierId = randomUUID()
  const ids = new MessageIds(db, carrierId)
  const names = numbered('m', 100_000)
  for (let i = 0; i < names.length; i += 500) {
    ids.add(await written(db, carrierId, names.slice(i, i + 500)))
  }
  const shuffled = names.map((name, i) => ({ name, at: (i * 7919) % 100_003 }))
  const found = await ids.find(shuffled.toSorted((a, b) => a.at - b.at).map(({ name }) => name))
  expect(names.filter((name, i) => found.get(name)?.offset !== i % 500)).toEqual([])
})
