import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { expect } from 'vitest'
import { transact, type Database } from '../../src/store/database.ts'
import type { MarkRequest } from '../../src/store/intents.ts'
import { readProgress } from '../../src/store/progress.ts'
import { claimRanges, type ClaimedRange } from '../../src/store/ranges.ts'
import { recordAndMark, type RangeResults } from '../../src/store/results.ts'
import { test } from '../support/database.ts'
import { insertCarrier, insertSendingAlert } from '../support/sending.ts'

let priority = -20_000

/** Three ranges of five, all claimed by one carrier. */
async function sending(db: Database) {
  const carrierId = await insertCarrier(db, `along ${priority}`)
  const { alertId } = await insertSendingAlert(db, {
    recipients: 15,
    rangeSize: 5,
    priority: priority--,
  })
  const classes = [{ routeClass: '', after: [], waitSeconds: 0 }]
  const claim = { dispatcherId: uuid(), carrierId, classes, patienceSeconds: 60, limit: 3 }
  const ranges = await transact(db, tx => claimRanges(tx, claim))
  expect(ranges.map(range => [range.alertId, range.blockNo])).toEqual([
    [alertId, 1],
    [alertId, 6],
    [alertId, 11],
  ])
  const [first, second, third] = ranges as [ClaimedRange, ClaimedRange, ClaimedRange]
  const record = (results: readonly RangeResults[], next: MarkRequest) =>
    recordAndMark(db, { id: uuid(), alertId, carrierId, ranges: results }, next)
  return { carrierId, alertId, first, second, third, record }
}

const taken = (range: ClaimedRange, finished = true): RangeResults => {
  const seqs = Array.from({ length: 5 }, (_, i) => range.fromSeq + i)
  return {
    lease: range,
    blockNo: range.blockNo,
    generation: range.generation,
    taken: seqs,
    messageIds: { seqs, parts: seqs.map(() => 0), ids: seqs.map(seq => `id ${seq}`) },
    ended: [],
    retries: [],
    finished,
  }
}

const markOf = (carrierId: string, ...ranges: readonly ClaimedRange[]): MarkRequest => ({
  carrierId,
  marks: ranges.map(range => ({ ...range, hwm: range.fromSeq + 2 })),
  wish: { slots: 3, priority: 5, isPressing: true },
  segmentsPerSecond: 100,
})

/** State and mark of each range. */
const rangesOf = async (db: Database, alertId: string) => {
  const rows = await db.execute<{ state: string; hwm: number }>(sql`
    select state, hwm from ranges where alert_id = ${alertId}::uuid order by range_no
  `)
  return rows.map(({ state, hwm }) => [state, hwm])
}

test('results and the next mark are one commit, with the slots of the mark', async ({ db }) => {
  const { carrierId, alertId, first, second, third, record } = await sending(db)
  const { written, marks } = await record(
    [taken(first), taken(second, false)],
    markOf(carrierId, second, third),
  )
  expect(written.map(({ blockNo }) => blockNo)).toEqual([1, 6])
  expect(marks?.marked.map(({ rangeNo }) => rangeNo).toSorted((a, b) => a - b)).toEqual([6, 11])
  expect(marks?.reservation).toMatchObject({ intervalMs: 10, slots: 3 })
  expect(await rangesOf(db, alertId)).toEqual([
    ['done', 0],
    ['leased', 8],
    ['leased', 13],
  ])
  expect((await readProgress(db, alertId)).get(carrierId)).toMatchObject({ submitted: 10 })
})

test('where one of the results is not written with the others, nothing is marked, and all are recorded', async ({
  db,
}) => {
  const { carrierId, alertId, first, second, third, record } = await sending(db)
  // Of one block something is known: it is written the long way.
  await db.execute(sql`
    update blocks set extras = decode(repeat('00', size * 4), 'hex')
    where alert_id = ${alertId}::uuid and block_no = 6`)
  const { written, marks } = await record([taken(first), taken(second)], markOf(carrierId, third))
  expect(marks).toBeUndefined()
  expect(written.map(({ blockNo }) => blockNo)).toEqual([1, 6])
  const failed = { seq: third.fromSeq, reason: 'x', state: 'failed', handedOver: true } as const
  const other = await record(
    [
      {
        ...taken(third, false),
        taken: [],
        messageIds: { seqs: [], parts: [], ids: [] },
        ended: [failed],
      },
    ],
    markOf(carrierId, third),
  )
  expect(other.marks).toBeUndefined()
  expect(await rangesOf(db, alertId)).toEqual([
    ['done', 0],
    ['done', 0],
    ['leased', 0],
  ])
  const [pace] = await db.execute<{ untouched: boolean }>(sql`
    select tat <= now() as untouched from carrier_pace where carrier_id = ${carrierId}::uuid`)
  expect(pace?.untouched).toBe(true)
  expect((await readProgress(db, alertId)).get(carrierId)).toMatchObject({
    submitted: 10,
    failed: 1,
  })
})

test('what may not leave any more is not marked, whatever is recorded with it', async ({ db }) => {
  const { carrierId, alertId, first, second, third, record } = await sending(db)
  await db.execute(sql`
    update ranges set fence = fence + 1 where alert_id = ${alertId}::uuid and range_no = 11`)
  const lost = await record([taken(first)], markOf(carrierId, second, third))
  expect(lost.marks?.marked.map(({ rangeNo }) => rangeNo)).toEqual([6])
  await db.execute(sql`update alerts set state = 'paused' where id = ${alertId}::uuid`)
  const paused = await record([taken(second, false)], markOf(carrierId, second))
  expect(paused.written).toHaveLength(1)
  expect(paused.marks).toMatchObject({ marked: [], reservation: undefined })
})
