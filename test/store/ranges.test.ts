import { sql, type SQL } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { expect } from 'vitest'
import { transact, type Database } from '../../src/store/database.ts'
import { endOfAlert, endRanges } from '../../src/store/finish.ts'
import { markIntents, type IntentMark } from '../../src/store/intents.ts'
import { readProgress } from '../../src/store/progress.ts'
import {
  claimRanges,
  loadRanges,
  releaseRanges,
  renewLeases,
  requeueFailed,
  type ClaimedRange,
} from '../../src/store/ranges.ts'
import { recordResults, type ResultBatch, type RetriedDelivery } from '../../src/store/results.ts'
import { test } from '../support/database.ts'
import { insertCarrier, insertSendingAlert } from '../support/sending.ts'

/** The numbers of the rest of the world, as one that nobody stands before takes them. */
const ANY = {
  classes: [{ routeClass: '', after: [], waitSeconds: 0 }],
  patienceSeconds: 60,
}

const claimOne = async (db: Database, carrierId: string, dispatcherId = uuid(), limit = 1) =>
  transact(db, tx => claimRanges(tx, { dispatcherId, carrierId, limit, ...ANY }))

const taken = (
  carrierId: string,
  range: ClaimedRange,
  seqs: number[],
  finished: boolean,
  retries: RetriedDelivery[] = [],
): ResultBatch => ({
  id: uuid(),
  alertId: range.alertId,
  carrierId,
  ranges: [
    {
      lease: range,
      blockNo: range.blockNo,
      generation: range.generation,
      taken: seqs,
      messageIds: {
        seqs,
        parts: seqs.map(() => 0),
        ids: seqs.map(seq => `${range.alertId}-${seq}`),
      },
      ended: [],
      retries,
      finished,
    },
  ],
})

const load = async (db: Database, range: ClaimedRange | undefined) => {
  const [loaded] = await loadRanges(db, range!.alertId, [range!])
  return loaded!.recipients
}

const slotsFor = (priority: number, slots: number, isPressing = true) => ({
  slots,
  priority,
  isPressing,
})

const mark = (db: Database, carrierId: string, marks: IntentMark[]) =>
  markIntents(db, {
    carrierId,
    marks,
    wish: slotsFor(5, marks.length),
    segmentsPerSecond: 100,
  })

/** Lets a lease run out without waiting for it. */
const expireLeases = (db: Database, alertId: string) =>
  db.execute(
    sql`update ranges set lease_until = now() - interval '1 s' where alert_id = ${alertId}::uuid`,
  )

const totals = async (db: Database, alertId: string) => {
  const sum: Record<string, number> = {}
  for (const counts of (await readProgress(db, alertId)).values()) {
    for (const [name, value] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + value
  }
  return sum
}

test('two claimers never share a range', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'shared')
  const { alertId } = await insertSendingAlert(db, { recipients: 200, rangeSize: 10 })
  const claims = await Promise.all(
    Array.from({ length: 20 }, () => claimOne(db, carrierId, uuid(), 3)),
  )
  const mine = claims.flat().filter(range => range.alertId === alertId)
  expect(mine).toHaveLength(20)
  expect(new Set(mine.map(range => range.rangeNo)).size).toBe(20)
})

test('the most urgent alert is claimed first', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'urgent')
  await insertSendingAlert(db, { priority: 4 })
  const extreme = await insertSendingAlert(db, { priority: 0 })
  await insertSendingAlert(db, { priority: 6 })
  const [first] = await claimOne(db, carrierId)
  expect(first?.alertId).toBe(extreme.alertId)
})

test('among equals the least served is claimed first', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'fair')
  const one = await insertSendingAlert(db, { priority: -1, recipients: 40 })
  const other = await insertSendingAlert(db, { priority: -1, recipients: 40 })
  const order: string[] = []
  for (let i = 0; i < 8; i++) order.push(...(await claimOne(db, carrierId)).map(r => r.alertId))
  expect(order.filter(id => id === one.alertId)).toHaveLength(4)
  expect(order.filter(id => id === other.alertId)).toHaveLength(4)
  expect(order[0]).not.toBe(order[1])
})

test('no intent is granted for an alert that was stopped, paused or has expired', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'intent')
  for (const change of [
    sql`update alerts set state = 'stopped' where id = `,
    sql`update alerts set state = 'paused' where id = `,
    sql`update ranges set expires = now() - interval '1 s' where alert_id = `,
  ]) {
    const { alertId } = await insertSendingAlert(db, { priority: -2 })
    const [range] = await claimOne(db, carrierId)
    const marked = { ...(range as ClaimedRange), hwm: 5 }
    expect((await mark(db, carrierId, [marked])).marked).toHaveLength(1)
    await db.execute(sql`${change}${alertId}::uuid`)
    expect((await mark(db, carrierId, [marked])).marked).toHaveLength(0)
  }
})

test('what a dead owner had marked is a possible duplicate, counted once, before anyone sends it again', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'dead')
  const { alertId } = await insertSendingAlert(db, { priority: -3 })
  const [range] = await claimOne(db, carrierId)
  await mark(db, carrierId, [{ ...(range as ClaimedRange), hwm: 6 }])
  await recordResults(db, taken(carrierId, range as ClaimedRange, [1, 2], false))
  await expireLeases(db, alertId)

  const [again] = await claimOne(db, carrierId)
  expect(again).toMatchObject({ alertId, fence: 2, hwm: 6 })
  expect((await load(db, again)).map(row => row.seq)).toEqual([3, 4, 5, 6, 7, 8, 9, 10])
  expect(await totals(db, alertId)).toMatchObject({ submitted: 2, possibleDuplicates: 4 })
  await expireLeases(db, alertId)
  await claimOne(db, carrierId)
  expect(await totals(db, alertId)).toMatchObject({ submitted: 2, possibleDuplicates: 4 })
})

test('an at-most-once alert never sends again what may have left', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'once')
  const { alertId } = await insertSendingAlert(db, { priority: -4, delivery: 'at-most-once' })
  const [range] = await claimOne(db, carrierId)
  await mark(db, carrierId, [{ ...(range as ClaimedRange), hwm: 3 }])
  await expireLeases(db, alertId)
  const [again] = await claimOne(db, carrierId)
  expect((await load(db, again)).map(row => row.seq)).toEqual([4, 5, 6, 7, 8, 9, 10])
  expect(await totals(db, alertId)).toMatchObject({ unknown: 3, possibleDuplicates: 0 })
})

test('an owner that wakes after its lease changes no state, but its message ids are kept', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'zombie')
  const { alertId } = await insertSendingAlert(db, { priority: -5 })
  const [zombie] = await claimOne(db, carrierId)
  await expireLeases(db, alertId)
  const [heir] = await claimOne(db, carrierId)
  await recordResults(db, taken(carrierId, zombie as ClaimedRange, [1, 2, 3], true))
  expect(await totals(db, alertId)).toMatchObject({})
  expect(await renewLeases(db, [zombie as ClaimedRange])).toHaveLength(0)
  expect(await renewLeases(db, [heir as ClaimedRange])).toHaveLength(1)
  const [row] = await db.execute(sql`select ids from submissions where alert_id = ${alertId}::uuid`)
  expect(row).toEqual({ ids: [1, 2, 3].map(seq => `${alertId}-${seq}`).join('\n') })
})

test('a range that is given back whole carries no suspicion', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'back')
  const { alertId } = await insertSendingAlert(db, { priority: -6 })
  const [range] = await claimOne(db, carrierId)
  await mark(db, carrierId, [{ ...(range as ClaimedRange), hwm: 10 }])
  await releaseRanges(db, [range as ClaimedRange])
  const [again] = await claimOne(db, carrierId)
  expect(again).toMatchObject({ alertId, hwm: 0 })
  expect(await totals(db, alertId)).toEqual({})
})

test('a retry goes to a new range that its carrier leaves to others at first', async ({ db }) => {
  const [failing, other] = [await insertCarrier(db, 'failing'), await insertCarrier(db, 'other')]
  const { alertId } = await insertSendingAlert(db, { priority: -7, recipients: 3 })
  const [range] = await claimOne(db, failing)
  const lease = range as ClaimedRange
  const retries = [2, 3].map(seq => ({
    seq,
    reason: 'ESME_RSYSERR',
    uncertain: seq === 3,
    spendsAttempt: true,
    avoidCarrier: true,
    delaySeconds: 0,
  }))
  await recordResults(db, taken(failing, lease, [1], true, retries))
  expect(await totals(db, alertId)).toMatchObject({ submitted: 1, possibleDuplicates: 1 })
  expect((await claimOne(db, failing)).some(r => r.alertId === alertId)).toBe(false)
  const [retry] = await claimOne(db, other)
  expect(retry).toMatchObject({ alertId, seqs: [2, 3], hwm: 0 })
  const rows = await load(db, retry)
  expect(rows.map(row => [row.seq, row.attempts])).toEqual([
    [2, 1],
    [3, 1],
  ])
})

test('a stop ends what is free as cancelled and what may have left as unknown', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'stop')
  const { alertId } = await insertSendingAlert(db, { priority: -8, recipients: 20 })
  const [range] = await claimOne(db, carrierId)
  await mark(db, carrierId, [{ ...(range as ClaimedRange), hwm: 4 }])
  await db.execute(sql`update alerts set state = 'stopped' where id = ${alertId}::uuid`)
  // The second range is free; the first is still held by a live owner.
  await transact(db, tx => endRanges(tx, alertId))
  expect(await totals(db, alertId)).toMatchObject({ cancelled: 10, unknown: 0 })
  await expireLeases(db, alertId)
  await transact(db, tx => endRanges(tx, alertId))
  expect(await totals(db, alertId)).toMatchObject({ cancelled: 16, unknown: 4 })
})

test('an alert ends when nothing of it is queued, as expired where somebody was too late', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'end')
  const sent = await insertSendingAlert(db, { priority: -9 })
  const [range] = await claimOne(db, carrierId)
  expect(await transact(db, tx => endOfAlert(tx, sent.alertId))).toBeUndefined()
  const all = Array.from({ length: 10 }, (_, i) => i + 1)
  await recordResults(db, taken(carrierId, range as ClaimedRange, all, true))
  expect(await transact(db, tx => endOfAlert(tx, sent.alertId))).toBe('sent')

  const late = await insertSendingAlert(db, { priority: -9, expiresInSeconds: -1 })
  await transact(db, tx => endRanges(tx, late.alertId))
  expect(await totals(db, late.alertId)).toMatchObject({ expired: 10 })
  expect(await transact(db, tx => endOfAlert(tx, late.alertId))).toBe('expired')
})

test('the budget is reserved no further ahead than a third of a second', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'pace')
  await insertSendingAlert(db, { priority: -10 })
  const [range] = await claimOne(db, carrierId)
  const marks = [{ ...(range as ClaimedRange), hwm: 10 }]
  const request = { carrierId, marks, wish: slotsFor(5, 50), segmentsPerSecond: 100 }
  const first = await markIntents(db, request)
  expect(first.reservation).toMatchObject({ intervalMs: 10, slots: 50 })
  const { startsAt = Infinity, databaseNow = 0 } = first.reservation ?? {}
  expect(startsAt - databaseNow).toBeCloseTo(0, -1)
  const second = await markIntents(db, request)
  expect(second.reservation).toBeUndefined()
})

test('one that joins its equals later overtakes nobody', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'joins')
  const early = await insertSendingAlert(db, { priority: -11, recipients: 200 })
  for (let i = 0; i < 8; i++) await claimOne(db, carrierId)
  const late = await insertSendingAlert(db, { priority: -11, recipients: 200 })
  const order: string[] = []
  for (let i = 0; i < 10; i++) order.push(...(await claimOne(db, carrierId)).map(r => r.alertId))
  expect(order.filter(id => id === late.alertId).length).toBeGreaterThanOrEqual(5)
  expect(order.filter(id => id === early.alertId).length).toBeGreaterThanOrEqual(4)
})

test('one claim takes equals in turn, by recipients and not by ranges', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'turns')
  const small = await insertSendingAlert(db, { priority: -12, recipients: 200, rangeSize: 10 })
  const large = await insertSendingAlert(db, { priority: -12, recipients: 200, rangeSize: 30 })
  const claimed = await claimOne(db, carrierId, uuid(), 8)
  expect(claimed.filter(range => range.alertId === small.alertId)).toHaveLength(6)
  expect(claimed.filter(range => range.alertId === large.alertId)).toHaveLength(2)
})

test('with enough in hand only the more urgent are claimed', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'content')
  const { alertId } = await insertSendingAlert(db, { priority: -13 })
  const claimBefore = (before: number) =>
    transact(db, tx =>
      claimRanges(tx, { dispatcherId: uuid(), carrierId, limit: 1, before, ...ANY }),
    )
  expect(await claimBefore(-13)).toEqual([])
  expect(await claimBefore(-12)).toMatchObject([{ alertId }])
})

test('lanes that serve several alerts at a time don’t wait for each other in a circle', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'circle')
  const alerts = [
    await insertSendingAlert(db, { priority: -14, recipients: 300, rangeSize: 5 }),
    await insertSendingAlert(db, { priority: -14, recipients: 300, rangeSize: 5 }),
  ].map(({ alertId }) => alertId)
  const claims = await Promise.all(
    Array.from({ length: 20 }, () => claimOne(db, carrierId, uuid(), 6)),
  )
  const mine = claims.flat().filter(range => alerts.includes(range.alertId))
  expect(mine).toHaveLength(120)
})

test('a carrier that others stand before takes what they have failed, and what waits for long', async ({
  db,
}) => {
  const [first, second] = [await insertCarrier(db, 'first'), await insertCarrier(db, 'second')]
  const { alertId } = await insertSendingAlert(db, { priority: -15 })
  const behind = { routeClass: '', after: [first], waitSeconds: 0 }
  const claimBehind = () =>
    transact(db, tx =>
      claimRanges(tx, {
        dispatcherId: uuid(),
        carrierId: second,
        classes: [behind],
        patienceSeconds: 60,
        limit: 1,
        before: -14,
      }),
    )
  const change = (to: SQL) => db.execute(sql`update ranges set ${to} where alert_id = ${alertId}`)
  expect(await claimBehind()).toEqual([])
  await change(sql`not_carriers = array[${first}::uuid]`)
  const [failed] = await claimBehind()
  expect(failed).toMatchObject({ alertId, routeClass: '' })
  await releaseRanges(db, [failed!])
  await change(sql`not_carriers = '{}'`)
  expect(await claimBehind()).toEqual([])
  await change(sql`due_at = now() - interval '61 s'`)
  expect(await claimBehind()).toMatchObject([{ alertId }])
})

test('a dearer carrier takes what has been due for a second', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'dearer')
  const { alertId } = await insertSendingAlert(db, { priority: -16 })
  const claimLate = () =>
    transact(db, tx =>
      claimRanges(tx, {
        dispatcherId: uuid(),
        carrierId,
        classes: [{ routeClass: '', after: [], waitSeconds: 1 }],
        patienceSeconds: 60,
        limit: 1,
        before: -15,
      }),
    )
  expect(await claimLate()).toEqual([])
  await db.execute(sql`
    update ranges set due_at = due_at - interval '1 s' where alert_id = ${alertId}::uuid
  `)
  expect(await claimLate()).toMatchObject([{ alertId }])
})

test('whom an alert of many blocks failed to reach is queued again, everybody once', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'again')
  // Those of other tests are not to be claimed.
  await db.execute(sql`update alerts set state = 'stopped'`)
  const { alertId } = await insertSendingAlert(db, { recipients: 360, rangeSize: 3, priority: 0 })
  const [reached] = await claimOne(db, carrierId)
  const seqs = [1, 3].map(no => reached!.blockNo + no - 1)
  await recordResults(db, taken(carrierId, reached!, seqs, false))
  await expireLeases(db, alertId)
  await db.execute(sql`update alerts set state = 'stopped' where id = ${alertId}::uuid`)
  while (await transact(db, tx => endRanges(tx, alertId)));

  const { count, changes } = await transact(db, async tx => {
    const changed = async () => {
      const [alerts] = await tx.execute<{ changes: number }>(sql`
        select n_tup_upd::int as changes from pg_stat_xact_user_tables where relname = 'alerts'`)
      return alerts!.changes
    }
    const before = await changed()
    return { count: await requeueFailed(tx, alertId), changes: (await changed()) - before }
  })
  expect(count).toBe(358)
  // Each of a transaction's changes to one row passes all those before it: not one for each of 120 blocks.
  expect(changes).toBeLessThanOrEqual(3)
  expect(await totals(db, alertId)).toMatchObject({ submitted: 2, cancelled: 0 })

  await db.execute(sql`update alerts set state = 'sending' where id = ${alertId}::uuid`)
  const claimed = await claimOne(db, carrierId, uuid(), 1_000)
  const ranges = claimed.filter(range => range.alertId === alertId)
  expect(ranges).toHaveLength(120)
  const loaded = await loadRanges(db, alertId, ranges)
  const again = loaded.flatMap(({ recipients }) => recipients.map(({ seq }) => seq))
  const everybody = Array.from({ length: 360 }, (_, i) => i + 1)
  expect(again.toSorted((a, b) => a - b)).toEqual(everybody.filter(seq => !seqs.includes(seq)))
  expect(await transact(db, tx => requeueFailed(tx, alertId))).toBe(0)
})
