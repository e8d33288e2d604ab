import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { sql } from 'drizzle-orm'
import { expect, vi } from 'vitest'
import { ADVISORY_LOCK } from '../../src/store/advisory-locks.ts'
import { transact, type Database } from '../../src/store/database.ts'
import { anAlert, aSigner, compose, contactsAt, type Signer } from '../alerts/people.ts'
import { type Edge, test } from '../support/edge.ts'

/** Keeps what `lock` locks until it is let go. */
async function held(db: Database, lock: (tx: Database) => Promise<unknown>) {
  const steps = new EventEmitter()
  const locked = once(steps, 'locked')
  const done = transact(db, async tx => {
    await lock(tx)
    const released = once(steps, 'released')
    steps.emit('locked')
    await released
  })
  await locked
  return async () => {
    steps.emit('released')
    await done
  }
}

const lockAlert = (id: string) => (tx: Database) =>
  tx.execute(sql`select from alerts where id = ${id}::uuid for update`)

/** So many statements wait for a lock. */
const waiting = (db: Database, count: number) =>
  vi.waitUntil(
    async () => {
      const [row] = await db.execute<{ count: number }>(sql`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`)
      return row!.count >= count
    },
    { timeout: 10_000, interval: 20 },
  )

const stateOf = async (db: Database, id: string) => {
  const [row] = await db.execute<{ state: string }>(
    sql`select state from alerts where id = ${id}::uuid`,
  )
  return row!.state
}

async function anApproved({ author, approver }: Duty): Promise<string> {
  const id = await compose(author, anAlert())
  await author.submit(id)
  expect((await approver.approve(id)).body.state).toBe('approved')
  return id
}

interface Duty {
  readonly author: Signer
  readonly approver: Signer
}

async function onDuty(edge: Edge, db: Database): Promise<Duty> {
  await contactsAt(db, [[-96.5, 30.5]])
  return { author: await aSigner(edge, ['author']), approver: await aSigner(edge, ['approver']) }
}

const call = (who: Signer, path: string, json?: object) =>
  who.call('POST', path, {
    headers: { 'Idempotency-Key': randomUUID() },
    ...(json && { json }),
  })
const stop = (who: Signer) => call(who, '/v1/stop', { reason: 'Wrong county' })

test('what is being dispatched when everything is stopped does not begin', async ({ edge, db }) => {
  const duty = await onDuty(edge, db)
  const id = await anApproved(duty)
  const release = await held(db, lockAlert(id))
  const dispatched = call(duty.author, `/v1/alerts/${id}/dispatch`)
  await waiting(db, 1)
  expect((await stop(duty.approver)).body.alerts).toEqual([])
  await release()
  expect((await dispatched).body.code).toBe('wrong_state')
  expect(await stateOf(db, id)).toBe('approved')
  // It was refused, and nothing is wrong with it.
  expect((await call(duty.author, `/v1/alerts/${id}/dispatch`)).status).toBe(202)
  await stop(duty.approver)
})

test('what has all but begun is waited for, and stopped', async ({ edge, db }) => {
  const duty = await onDuty(edge, db)
  const id = await anApproved(duty)
  const release = await held(db, tx =>
    tx.execute(sql`select pg_advisory_xact_lock(${ADVISORY_LOCK.audit})`),
  )
  const dispatched = call(duty.author, `/v1/alerts/${id}/dispatch`)
  await waiting(db, 1)
  const stopped = stop(duty.approver)
  await waiting(db, 2)
  await release()
  expect((await dispatched).status).toBe(202)
  expect((await stopped).body.alerts).toMatchObject([{ alertId: id }])
  expect(await stateOf(db, id)).toBe('stopped')
})

test('what is sent again when everything is stopped does not begin', async ({ edge, db }) => {
  const duty = await onDuty(edge, db)
  const id = await anApproved(duty)
  await call(duty.author, `/v1/alerts/${id}/dispatch`)
  await stop(duty.approver)
  const release = await held(db, lockAlert(id))
  const again = call(duty.author, `/v1/alerts/${id}/retry`)
  await waiting(db, 1)
  await stop(duty.approver)
  await release()
  expect((await again).body.code).toBe('wrong_state')
  expect(await stateOf(db, id)).toBe('stopped')
})

test('of a list the rest is not dispatched once everything is stopped', async ({ edge, db }) => {
  const duty = await onDuty(edge, db)
  const alertIds = [await anApproved(duty), await anApproved(duty), await anApproved(duty)]
  const [first, second, third] = alertIds
  const release = await held(db, lockAlert(second!))
  const dispatched = call(duty.author, '/v1/dispatches', { alertIds })
  await waiting(db, 1)
  expect((await stop(duty.approver)).body.alerts).toMatchObject([{ alertId: first }])
  await release()
  expect((await dispatched).body.results).toMatchObject([
    { alertId: first, status: 202 },
    { alertId: second, status: 409, code: 'wrong_state' },
    { alertId: third, status: 409, code: 'wrong_state' },
  ])
  expect(await stateOf(db, third!)).toBe('approved')
})

test('the stop of one exercise keeps nothing of another, or of live, from beginning', async ({
  edge,
  db,
}) => {
  const duty = await onDuty(edge, db)
  const id = await anApproved(duty)
  const release = await held(db, lockAlert(id))
  const dispatched = call(duty.author, `/v1/alerts/${id}/dispatch`)
  await waiting(db, 1)
  const elsewhere = await aSigner(edge, ['approver'], { mode: 'exercise' })
  expect((await stop(elsewhere)).status).toBe(202)
  await release()
  expect((await dispatched).status).toBe(202)
  await stop(duty.approver)
})
