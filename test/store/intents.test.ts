import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { expect } from 'vitest'
import { transact, type Database } from '../../src/store/database.ts'
import { markIntents, type PaceWish } from '../../src/store/intents.ts'
import { claimRanges } from '../../src/store/ranges.ts'
import { test } from '../support/database.ts'
import { insertCarrier, insertSendingAlert } from '../support/sending.ts'

const RATE = 100
const [RETRACTION, FLOOD] = [0, 1]

/** A dispatcher with one range in its hands, that asks for slots. */
async function aDispatcher(db: Database, carrierId: string) {
  const { alertId } = await insertSendingAlert(db)
  const [range] = await transact(db, tx =>
    claimRanges(tx, {
      dispatcherId: uuid(),
      carrierId,
      classes: [{ routeClass: '', after: [], waitSeconds: 0 }],
      patienceSeconds: 60,
      limit: 1,
    }),
  )
  expect(range?.alertId).toBe(alertId)
  return (priority: number, slots: number, rest: Partial<PaceWish> = {}) =>
    markIntents(db, {
      carrierId,
      marks: [{ ...range!, hwm: 0 }],
      wish: { slots, priority, isPressing: true, ...rest },
      segmentsPerSecond: RATE,
    })
}

/** The last slot that was reserved has been due for a moment. */
const slotsPass = (db: Database, carrierId: string) =>
  db.execute(sql`update carrier_pace set tat = now() where carrier_id = ${carrierId}::uuid`)

/** So long after it that whoever had precedence has lost it. */
const timePasses = (db: Database, carrierId: string) =>
  db.execute(sql`
    update carrier_pace set tat = now() - interval '1 s', precedence_until = precedence_until - interval '1 s'
    where carrier_id = ${carrierId}::uuid`)

test('what is more urgent goes first, whichever dispatcher has it', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'first')
  const [one, other] = [await aDispatcher(db, carrierId), await aDispatcher(db, carrierId)]
  expect((await one(RETRACTION, 29)).reservation?.slots).toBe(29)
  // As far ahead as this there are slots for equals, and none for others.
  const refused = await other(FLOOD, 25)
  expect(refused).toMatchObject({ marked: [{}], reservation: undefined })
  expect(refused.againMs).toBeGreaterThan(0)
  expect((await one(RETRACTION, 25)).reservation?.slots).toBe(25)
})

test('what the more urgent leaves goes to the others, a little at a time', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'leaves')
  const [one, other] = [await aDispatcher(db, carrierId), await aDispatcher(db, carrierId)]
  await one(RETRACTION, 100)
  await slotsPass(db, carrierId)
  expect((await other(FLOOD, 25)).reservation?.slots).toBe(5)
  const { reservation } = await one(RETRACTION, 10)
  expect(reservation?.slots).toBe(10)
  expect(reservation!.startsAt - reservation!.databaseNow).toBeLessThanOrEqual(50)
})

test('equals reserve as if they were alone', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'equals')
  const [one, other] = [await aDispatcher(db, carrierId), await aDispatcher(db, carrierId)]
  await one(FLOOD, 10)
  expect((await other(FLOOD, 25)).reservation?.slots).toBe(25)
})

test('precedence ends with its slots: a dispatcher that died keeps nobody waiting', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'ends')
  const [one, other] = [await aDispatcher(db, carrierId), await aDispatcher(db, carrierId)]
  await one(RETRACTION, 25)
  await timePasses(db, carrierId)
  expect((await other(FLOOD, 25)).reservation?.slots).toBe(25)
  expect((await other(FLOOD, 25)).reservation?.slots).toBe(25)
})

test('one whose windows are full takes no precedence, and yields to nobody less urgent', async ({
  db,
}) => {
  const carrierId = await insertCarrier(db, 'full')
  const [one, other] = [await aDispatcher(db, carrierId), await aDispatcher(db, carrierId)]
  await one(RETRACTION, 10, { isPressing: false })
  expect((await other(FLOOD, 10)).reservation?.slots).toBe(10)
  expect((await one(RETRACTION, 25, { isPressing: false })).reservation?.slots).toBe(25)
})

test('no two dispatchers have the same slots, however urgent their work', async ({ db }) => {
  const carrierId = await insertCarrier(db, 'apart')
  const dispatchers = []
  for (let i = 0; i < 4; i++) dispatchers.push(await aDispatcher(db, carrierId))
  const runs: { from: number; to: number }[] = []
  const until = performance.now() + 1_500
  await Promise.all(
    dispatchers.map(async (ask, i) => {
      while (performance.now() < until) {
        const { reservation } = await ask(i % 2, 3 + i, { isPressing: i !== 0 })
        if (reservation === undefined) continue
        const { startsAt, slots, intervalMs } = reservation
        runs.push({ from: startsAt, to: startsAt + slots * intervalMs })
      }
    }),
  )
  expect(runs.length).toBeGreaterThan(10)
  runs.sort((a, b) => a.from - b.from)
  // The database's clock counts microseconds.
  const overlaps = runs.filter(({ to }, i) => to > (runs[i + 1]?.from ?? Infinity) + 0.002)
  expect(overlaps).toEqual([])
})
