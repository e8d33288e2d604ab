import { setTimeout as wait } from 'node:timers/promises'
import { v7 as uuid } from 'uuid'
import { expect } from 'vitest'
import { startCounts } from '../../src/dispatch/lane-counts.ts'
import { createResultWriter, type ResultWriter } from '../../src/dispatch/results.ts'
import type { HeldRange } from '../../src/dispatch/work.ts'
import { transact, type Database } from '../../src/store/database.ts'
import { claimRanges } from '../../src/store/ranges.ts'
import { test } from '../support/database.ts'
import { recordsOf } from '../support/blocks.ts'
import { insertCarrier, insertSendingAlert } from '../support/sending.ts'
import { aRange } from './items.ts'

let priority = -30_000

/** Ranges of five of one alert in a lane's hands, and its writer; `batches` says how many results each write had. */
async function sending(db: Database, count: number) {
  const carrierId = await insertCarrier(db, `results ${priority}`)
  const { alertId } = await insertSendingAlert(db, {
    recipients: 5 * count,
    rangeSize: 5,
    priority: priority--,
  })
  const classes = [{ routeClass: '', after: [], waitSeconds: 0 }]
  const claim = { dispatcherId: uuid(), carrierId, classes, patienceSeconds: 60, limit: count }
  const claimed = await transact(db, tx => claimRanges(tx, claim))
  const ranges = claimed.map((place): HeldRange => ({
    ...aRange(alertId, priority),
    lease: { alertId, rangeNo: place.rangeNo, fence: place.fence },
    place,
    open: 5,
  }))
  const batches: number[] = []
  const asWritten: (() => void)[] = []
  const results = createResultWriter(
    db,
    carrierId,
    startCounts(),
    written => {
      batches.push(written)
      asWritten.shift()?.()
    },
    () => undefined,
  )
  return { alertId, ranges, results, batches, asWritten }
}

/** The carrier takes the `from`-th of a range to the one before the `to`-th. */
function takes(results: ResultWriter, range: HeldRange, from: number, to: number) {
  for (let i = from; i < to; i++) {
    const seq = range.place.fromSeq + i
    results.outcome({ range, seq, attempts: 0 }, { messageIds: [`id ${seq}`] })
  }
}

const statesOf = async (db: Database, alertId: string) =>
  (await recordsOf(db, alertId)).map(({ state }) => state)

test('a range that is not done with is left for the next batch, and written with its rest', async ({
  db,
}) => {
  const { alertId, ranges, results, batches, asWritten } = await sending(db, 2)
  const [first, second] = ranges as [HeldRange, HeldRange]
  asWritten.push(() => takes(results, second, 2, 5))
  takes(results, first, 0, 5)
  takes(results, second, 0, 2)
  await expect.poll(() => batches).toEqual([5, 5])
  expect(await statesOf(db, alertId)).toEqual(Array.from({ length: 10 }, () => 'submitted'))
})

test('it is left once: what its carrier owes of it keeps the others waiting no longer', async ({
  db,
}) => {
  const { alertId, ranges, results, batches, asWritten } = await sending(db, 3)
  const [slow, second, third] = ranges as [HeldRange, HeldRange, HeldRange]
  asWritten.push(() => takes(results, third, 0, 5))
  takes(results, slow, 0, 2)
  takes(results, second, 0, 5)
  await expect.poll(() => batches).toEqual([5, 7])
  const states = await statesOf(db, alertId)
  expect(states.slice(0, 3)).toEqual(['submitted', 'submitted', 'queued'])
})

test('where none is done with, nothing is left', async ({ db }) => {
  const { ranges, results, batches } = await sending(db, 2)
  for (const range of ranges) takes(results, range, 0, 3)
  await expect.poll(() => batches).toEqual([6])
})

test('whoever needs what is on record has all of it written', async ({ db }) => {
  const { alertId, ranges, results, batches } = await sending(db, 2)
  const [first, second] = ranges as [HeldRange, HeldRange]
  takes(results, first, 0, 5)
  takes(results, second, 0, 1)
  await results.flush()
  expect(batches).toEqual([5, 1])
  expect((await statesOf(db, alertId)).slice(4, 7)).toEqual(['submitted', 'submitted', 'queued'])
  await wait(50)
  expect(batches).toEqual([5, 1])
})
