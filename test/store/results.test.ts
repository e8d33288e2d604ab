import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { expect } from 'vitest'
import { MessageIds } from '../../src/inbound/message-ids.ts'
import { openReceiptBook } from '../../src/inbound/receipts.ts'
import { transact, type Database } from '../../src/store/database.ts'
import { readProgress } from '../../src/store/progress.ts'
import { claimRanges, type ClaimedRange } from '../../src/store/ranges.ts'
import { recordResults, type RangeResults } from '../../src/store/results.ts'
import { countRows } from '../../src/store/tallies.ts'
import { recordsOf } from '../support/blocks.ts'
import { test } from '../support/database.ts'
import { fc } from '../support/property.ts'
import { insertCarrier, insertSendingAlert } from '../support/sending.ts'

const RECIPIENTS = 12

async function claimAll(db: Database, carrierId: string, alertId: string): Promise<ClaimedRange[]> {
  const classes = [{ routeClass: '', after: [], waitSeconds: 0 }]
  const claim = { dispatcherId: uuid(), carrierId, classes, patienceSeconds: 60, limit: 50 }
  const claimed = await transact(db, tx => claimRanges(tx, claim))
  return claimed
    .filter(range => range.alertId === alertId)
    .toSorted((a, b) => a.blockNo - b.blockNo)
}

const resultsOf = (range: ClaimedRange, seqs: number[], finished: boolean): RangeResults => ({
  lease: range,
  blockNo: range.blockNo,
  generation: range.generation,
  taken: seqs,
  messageIds: { seqs, parts: seqs.map(() => 0), ids: seqs.map(seq => `{"id"\\ ${seq},}`) },
  ended: [],
  retries: [],
  finished,
})

const withLineFeeds = (results: RangeResults): RangeResults => ({
  ...results,
  messageIds: { ...results.messageIds, ids: results.messageIds.ids.map(id => `\n${id}\n\n`) },
})

/** Something is known of everybody, though it changes nothing: so nothing is written the short way. */
const knowSomething = (db: Database, alertId: string) =>
  db.execute(sql`
    update blocks set extras = decode(repeat('00', size * 4), 'hex') where alert_id = ${alertId}::uuid
  `)

test('the short way of writing what was taken says what the long way says', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'both ways')
  let priority = -1_000
  const seq = fc.integer({ min: 1, max: RECIPIENTS })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(seq, { minLength: 1 }), { maxLength: 4 }),
      async batches => {
        const outcomes = []
        for (const way of ['short', 'long']) {
          const { alertId } = await insertSendingAlert(db, {
            recipients: RECIPIENTS,
            rangeSize: 5,
            priority: priority--,
          })
          if (way === 'long') await knowSomething(db, alertId)
          const ranges = await claimAll(db, carrierId, alertId)
          expect(ranges).toHaveLength(3)
          for (const seqs of batches) {
            const held = ranges.map(range =>
              seqs.filter(n => n >= range.fromSeq && n <= range.toSeq),
            )
            const results = ranges.flatMap((range, i) =>
              held[i]!.length === 0 ? [] : [withLineFeeds(resultsOf(range, held[i]!, false))],
            )
            await recordResults(db, { id: uuid(), alertId, carrierId, ranges: results })
          }
          const counters = (await readProgress(db, alertId)).get(carrierId)
          const rows = (await countRows(db, alertId)).progress.get(carrierId)
          expect(counters?.submitted).toBe(rows?.submitted)
          const given = await db.execute(sql`
            select block_no, ids, encode(refs, 'hex') as refs from submissions
            where alert_id = ${alertId}::uuid order by block_no, no
          `)
          outcomes.push([counters, [...given], await recordsOf(db, alertId)])
        }
        expect(outcomes[0]).toEqual(outcomes[1])
      },
    ),
    { numRuns: 25 },
  )
})

test('a batch whose commit nobody heard of counts once, and its ids stand once', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'twice')
  const { alertId } = await insertSendingAlert(db, { priority: -5_000 })
  const [range] = await claimAll(db, carrierId, alertId)
  const batch = { id: uuid(), alertId, carrierId, ranges: [resultsOf(range!, [1, 2, 3], false)] }
  const first = await recordResults(db, batch)
  expect(await recordResults(db, batch)).toEqual(first)
  expect((await readProgress(db, alertId)).get(carrierId)).toMatchObject({ submitted: 3 })
  const rows = await db.execute(sql`select from submissions where alert_id = ${alertId}::uuid`)
  expect(rows).toHaveLength(1)
})

test('of a lease that is lost nothing moves, and a range is done with its last result', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'lost')
  const { alertId } = await insertSendingAlert(db, { priority: -6_000 })
  const [range] = await claimAll(db, carrierId, alertId)
  const stale = { ...range!, fence: range!.fence - 1 }
  const write = (results: RangeResults) =>
    recordResults(db, { id: uuid(), alertId, carrierId, ranges: [results] })
  const everyone = Array.from({ length: 10 }, (_, i) => i + 1)
  await write(resultsOf(stale, everyone, true))
  expect((await readProgress(db, alertId)).get(carrierId)).toBeUndefined()
  const stateOf = async () => {
    const [row] = await db.execute<{ state: string }>(sql`
      select state from ranges where alert_id = ${alertId}::uuid
    `)
    return row?.state
  }
  expect(await stateOf()).toBe('leased')
  await write(resultsOf(range!, everyone, true))
  expect((await readProgress(db, alertId)).get(carrierId)).toMatchObject({ submitted: 10 })
  expect(await stateOf()).toBe('done')
})

test('refusals, uncertain ends and retries are written with their reasons', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'refusing')
  const { alertId } = await insertSendingAlert(db, { priority: -7_000 })
  const [range] = await claimAll(db, carrierId, alertId)
  const end = { state: 'failed', reason: 'ESME_RINVDSTADR', handedOver: true } as const
  const again = { reason: 'link "lost"', spendsAttempt: true, avoidCarrier: true, delaySeconds: 2 }
  await recordResults(db, {
    id: uuid(),
    alertId,
    carrierId,
    ranges: [
      {
        ...resultsOf(range!, [1, 2], false),
        ended: [
          { seq: 3, ...end },
          { seq: 4, ...end, state: 'unknown', reason: 'link_lost' },
          { seq: 5, ...end, reason: 'opted_out', handedOver: false },
        ],
        retries: [{ seq: 6, ...again, uncertain: true }],
      },
    ],
  })
  expect((await recordsOf(db, alertId)).slice(0, 7)).toMatchObject([
    { state: 'submitted', carrier: carrierId },
    { state: 'submitted' },
    { state: 'failed', reason: 'ESME_RINVDSTADR', carrier: carrierId },
    { state: 'unknown', reason: 'link_lost' },
    { state: 'failed', reason: 'opted_out', carrier: undefined },
    { state: 'queued', reason: 'link "lost"' },
    { state: 'queued', reason: null },
  ])
  const rows = (await countRows(db, alertId)).progress
  const { segments: _, ...counters } = (await readProgress(db, alertId)).get(carrierId)!
  expect(counters).toEqual(rows.get(carrierId))
})

test('what is counted is what left: segments of the carrier’s own, not those that were approved', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'latin1')
  const { alertId } = await insertSendingAlert(db, {
    recipients: 3,
    rangeSize: 3,
    priority: -3_000,
  })
  const [range] = await claimAll(db, carrierId, alertId)
  const results = { ...resultsOf(range!, [1, 2, 3], true), segments: 2 }
  await recordResults(db, { id: uuid(), alertId, carrierId, ranges: [results] })
  const counters = (await readProgress(db, alertId)).get(carrierId)
  expect(counters).toMatchObject({ submitted: 3, segments: 6 })
})

test('segments that the carrier has counted otherwise are counted as it does, and its ids are of so many parts', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'counts itself')
  const { alertId } = await insertSendingAlert(db, { priority: -7_000 })
  const [range] = await claimAll(db, carrierId, alertId)
  const written = await recordResults(db, {
    id: uuid(),
    alertId,
    carrierId,
    ranges: [
      {
        ...resultsOf(range!, [1, 2, 3], false),
        counted: new Map([[2, 3]]),
        messageIds: {
          seqs: [1, 2, 2, 2, 3],
          parts: [0, 0, 1, 2, 0],
          ids: ['a', 'b', 'c', 'd', 'e'],
        },
      },
    ],
  })
  expect(written.map(({ parts, ids }) => [parts, ids])).toEqual([
    [undefined, ['a', 'e']],
    [3, ['b', 'c', 'd']],
  ])
  const counters = (await readProgress(db, alertId)).get(carrierId)
  expect(counters).toMatchObject({ submitted: 3, segments: 5 })

  // Delivered is who has every part that the carrier made: not the second yet.
  const book = openReceiptBook(db, new MessageIds(db, carrierId))
  const told = (...ids: string[]) =>
    book.record(ids.map(messageId => ({ messageId, state: 'delivered', reason: '' })))
  await told('a', 'b', 'd')
  expect((await readProgress(db, alertId)).get(carrierId)).toMatchObject({ delivered: 1 })
  await told('c')
  expect((await readProgress(db, alertId)).get(carrierId)).toMatchObject({ delivered: 2 })
})
