import { expect, test } from 'vitest'
import { createAlertRates } from '../../src/dispatch/lane-counts.ts'

test('a lane tells when the first and the last message of each alert were taken, until it is on record', () => {
  const rates = createAlertRates(0)
  rates.add('flood', 1, 100)
  rates.add('fire', 1, 150)
  rates.add('flood', 1, 400)
  const { moved } = rates.take(1_000)
  expect(moved).toEqual([
    { alertId: 'flood', firstAt: 100, lastAt: 400 },
    { alertId: 'fire', firstAt: 150, lastAt: 150 },
  ])
  // The database was away, and one of them went on.
  rates.add('flood', 1, 1_200)
  const again = rates.take(2_000).moved
  expect(again).toEqual([
    { alertId: 'flood', firstAt: 100, lastAt: 1_200 },
    { alertId: 'fire', firstAt: 150, lastAt: 150 },
  ])
  rates.told(again)
  expect(rates.take(3_000).moved).toEqual([])
})
