import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { expect } from 'vitest'
import { startCounts } from '../../src/dispatch/lane-counts.ts'
import { createHeldRanges } from '../../src/dispatch/held.ts'
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
  const spoilt: HeldRange[] = []
  const results = createResultWriter(
    db,
    carrierId,
    startCounts(),
    written => {
      batches.push(written)
      asWritten.shift()?.()
    },
    () => undefined,
    range => spoilt.push(range),
  )
  return { alertId, ranges, results, batches, asWritten, spoilt }
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

test('a range of which the database refuses a result is nobody’s loss: it is not done, and its mark stays', async ({
  db,
}) => {
  const { alertId, ranges, results, spoilt } = await sending(db, 2)
  const [bad, good] = ranges as [HeldRange, HeldRange]
  await db.execute(sql`update ranges set hwm = 5 where alert_id = ${alertId}::uuid`)
  const seq = bad.place.fromSeq
  // As no carrier gives them, for they are cleaned where they come in.
  results.outcome({ range: bad, seq, attempts: 0 }, { messageIds: ['\0'] })
  takes(results, good, 0, 5)
  await results.flush()
  expect(spoilt).toEqual([bad])
  takes(results, bad, 1, 5)
  await results.flush()
  const rows = await db.execute<{ state: string; hwm: number }>(sql`
    select state, hwm from ranges where alert_id = ${alertId}::uuid order by range_no`)
  expect(rows.map(({ state, hwm }) => [state, hwm])).toEqual([
    ['leased', 5],
    ['done', 5],
  ])
  expect(await statesOf(db, alertId)).toEqual([
    'queued',
    ...Array.from({ length: 9 }, () => 'submitted'),
  ])
})

test('a spoilt range is given back by its lease alone', async ({ db }) => {
  const { alertId, ranges } = await sending(db, 2)
  await db.execute(sql`update ranges set hwm = 5 where alert_id = ${alertId}::uuid`)
  const [bad, good] = ranges as [HeldRange, HeldRange]
  // Known to be spoilt only when what was collected of it is written, before it is given back.
  const held = createHeldRanges(db, 'carrier', async () => {
    bad.spoilt = true
  })
  for (const range of [bad, good]) held.add(range)
  held.withdrawAll()
  await expect
    .poll(async () => {
      const rows = await db.execute<{ state: string; hwm: number }>(sql`
        select state, hwm from ranges where alert_id = ${alertId}::uuid order by range_no`)
      return rows.map(({ state, hwm }) => [state, hwm])
    })
    .toEqual([
      ['leased', 5],
      ['ready', 0],
    ])
  expect(held.count).toBe(0)
})
