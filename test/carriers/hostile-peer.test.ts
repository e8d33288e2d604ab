import { expect, test } from 'vitest'
import { poolOf } from '../support/hostile-streams.ts'
import { throwAtAccount } from '../support/hostile-peer.ts'

test('streams of broken PDUs close a link or leave it alive, and the account goes on', async () => {
  const { closed } = await throwAtAccount(poolOf(20_261_128, 200), { streams: 20, seed: 1 })
  expect(closed).toBeGreaterThan(0)
}, 60_000)
