import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Callback } from '../../src/carriers/webhook.ts'
import { createCallbackStore } from '../../src/inbound/callbacks.ts'
import { claimCallbacks } from '../../src/store/callbacks.ts'
import type { Database } from '../../src/store/database.ts'
import { test } from '../support/database.ts'

const saying = (text: string): Callback => ({
  is: 'reply',
  from: '+15550000001',
  to: '+15550009999',
  text,
})

async function textsFor(db: Database, carrierId: string): Promise<string[]> {
  const stored = await claimCallbacks(db, { carrierId, dispatcherId: randomUUID(), limit: 10 })
  return stored.map(({ callback }) => (callback as { text: string }).text)
}

test('whatever somebody texts is stored, and as they wrote it where that can be', async ({
  db,
}) => {
  const carrierId = randomUUID()
  const said = ['C:\\u0000', 'C:\\ud83d', 'HELP trapped', 'a\0b', '\ud83d half', '"\\"\n🙂']
  await createCallbackStore(db).add(carrierId, said.map(saying))
  expect(await textsFor(db, carrierId)).toEqual([
    ...said.slice(0, 3),
    'ab',
    '\ufffd half',
    said.at(-1),
  ])
})

test('what the database refuses for good takes none of the others with it', async ({ db }) => {
  const [first, second] = [randomUUID(), randomUUID()]
  const store = createCallbackStore(db)
  const ends = await Promise.allSettled([
    // Written at once; the others wait for it, and make one batch.
    store.add(first, [saying('1')]),
    store.add(first, [saying('HELP trapped')]),
    store.add('no id of a carrier', [saying('2')]),
    store.add(second, [saying('HELP')]),
    store.add(first, [saying('and hurt')]),
  ])
  expect(ends.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(await textsFor(db, first)).toEqual(['1', 'HELP trapped', 'and hurt'])
  expect(await textsFor(db, second)).toEqual(['HELP'])
})
