import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { finishAlerts } from '../../src/dispatch/finish.ts'
import { transact, type Database } from '../../src/store/database.ts'
import { nextHoldEnds } from '../../src/store/holds.ts'
import { claimRanges } from '../../src/store/ranges.ts'
import { contactsAt } from '../alerts/people.ts'
import {
  aFlood,
  dispatch,
  dispatched,
  handOver,
  onDuty,
  phonesOf,
  planAll,
  planTurn,
} from '../support/corrections.ts'
import { test } from '../support/edge.ts'
import { insertCarrier } from '../support/sending.ts'

const PLACES: [number, number][] = Array.from({ length: 4 }, () => [-96.5, 30.5])

const alertOf = async (db: Database, id: string) => {
  const [row] = await db.execute<{ state: string; plan: string; planned: number }>(
    sql`select state, plan_state as plan, planned from alerts where id = ${id}::uuid`,
  )
  return row
}

/** The numbers of its ranges that a lane can have now. */
async function claimed(db: Database, id: string): Promise<number[]> {
  const carrierId = await insertCarrier(db, randomUUID())
  const ranges = await transact(db, tx =>
    claimRanges(tx, {
      dispatcherId: randomUUID(),
      carrierId,
      classes: [{ routeClass: '', after: [], waitSeconds: 0 }],
      patienceSeconds: 60,
      limit: 100,
    }),
  )
  return ranges.filter(({ alertId }) => alertId === id).map(({ rangeNo }) => rangeNo)
}

const finish = (db: Database) =>
  finishAlerts(db, () => new Date(), { loaded: () => [], forget: () => undefined })

const endHold = (db: Database, id: string) =>
  db.execute(sql`update alerts set hold_until = now() where id = ${id}::uuid`)

test('while an alert is held it is laid out, and no lane can have any of it', async ({
  edge,
  database,
  db,
}) => {
  await contactsAt(db, PLACES)
  const id = await dispatched(await onDuty(edge), aFlood(), 60)
  expect(await nextHoldEnds(db)).toBeGreaterThan(50_000)
  await planAll(database)
  expect(await alertOf(db, id)).toEqual({ state: 'sending', plan: 'done', planned: 4 })
  expect(await claimed(db, id)).toEqual([])
  await endHold(db, id)
  expect(await nextHoldEnds(db)).toBeUndefined()
  expect(await claimed(db, id)).toEqual([1])
})

test('an alert that has nobody left to reach does not end before its hold does', async ({
  edge,
  database,
  db,
}) => {
  const people = await contactsAt(db, PLACES.slice(0, 1))
  const duty = await onDuty(edge)
  const id = await dispatched(duty, aFlood(), 60)
  await planAll(database)
  expect(people).toHaveLength(1)
  await db.execute(sql`update ranges set state = 'done' where alert_id = ${id}::uuid`)
  await finish(db)
  expect((await alertOf(db, id))?.state).toBe('sending')
  await endHold(db, id)
  await finish(db)
  expect((await alertOf(db, id))?.state).toBe('sent')
})

test('whom an update follows is read when its hold is over, for by then others may have it', async ({
  edge,
  database,
  db,
}) => {
  await contactsAt(db, PLACES)
  const duty = await onDuty(edge)
  const first = await dispatched(duty, aFlood())
  await planAll(database)
  const phones = await phonesOf(db, first)
  await handOver(db, first, phones.slice(0, 1))
  const { body: draft } = await duty.author.call('POST', `/v1/alerts/${first}/update`)
  await duty.author.submit(draft.id)
  await duty.approver.approve(draft.id)
  const update: string = draft.id
  await dispatch(duty.author, update, 60)
  await planTurn(database)
  expect(await alertOf(db, update)).toMatchObject({ plan: 'running', planned: 0 })
  // It is looked at now and then, and not all the time.
  expect(await planTurn(database)).toBe(false)
  // One that is stopped is not waited with.
  const { status } = await duty.author.call('POST', `/v1/alerts/${update}/stop`, {})
  expect(status).toBe(202)
  await planAll(database)
  expect(await alertOf(db, update)).toMatchObject({ state: 'stopped', plan: 'done' })
  const everyone = (await phonesOf(db, first)).toSorted()
  expect((await phonesOf(db, update)).toSorted()).toEqual(everyone)
})

test('who is sent it again after a stop waits for no hold', async ({ edge, database, db }) => {
  await contactsAt(db, PLACES)
  const duty = await onDuty(edge)
  const id = await dispatched(duty, aFlood(), 60)
  await planAll(database)
  await duty.author.call('POST', `/v1/alerts/${id}/stop`, {})
  await finish(db)
  expect(await claimed(db, id)).toEqual([])
  const headers = { 'Idempotency-Key': randomUUID() }
  const { status } = await duty.author.call('POST', `/v1/alerts/${id}/retry`, { headers })
  expect(status).toBe(202)
  expect(await claimed(db, id)).toHaveLength(1)
})
