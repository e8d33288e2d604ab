import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { sleep } from '../../src/clock.ts'
import { startDispatcher } from '../../src/dispatch/dispatcher.ts'
import { anAlert, contactsAt } from '../alerts/people.ts'
import { dispatched, onDuty } from '../support/corrections.ts'
import { test } from '../support/edge.ts'

/** In which a planner that waits for nothing has long laid out a few people. */
const LONG_MS = 700

test('a dispatcher that starts lays nothing out before it knows the carriers', async ({
  edge,
  database,
  db,
}) => {
  const admin = await edge.caller({ roles: ['administrator'] })
  const carrier = await admin.call('POST', '/v1/carriers', {
    json: {
      name: 'North',
      protocol: 'smpp',
      segmentsPerSecond: 10,
      window: 10,
      binds: 1,
      sourceAddress: '72345',
      // Nobody listens there: what matters is where the messages wait.
      smpp: { host: '127.0.0.1', port: 9, systemId: 'x', password: 'x', bindType: 'transceiver' },
      routes: [{ prefix: '+1' }],
    },
  })
  expect([carrier.status, carrier.body.code]).toEqual([201, undefined])
  await contactsAt(db, [
    [-96.5, 30.5],
    [-96.4, 30.4],
  ])
  const id = await dispatched(await onDuty(edge), anAlert({ info: { severity: 'Minor' } }))

  const { config, masterKey } = edge.deps
  let release = () => {}
  const held = new Promise<void>(resolve => (release = resolve))
  let locked = () => {}
  const isLocked = new Promise<void>(resolve => (locked = resolve))
  const holding = db.transaction(async tx => {
    await tx.execute(sql`lock table carriers in access exclusive mode`)
    locked()
    await held
  })
  await isLocked
  const installation = { ...config, masterKey }
  const dispatcher = await startDispatcher({ database, installation })
  onTestFinished(() => dispatcher.stop())
  onTestFinished(() => release())
  await sleep(LONG_MS)
  const planOf = async () => {
    const [row] = await db.execute<{ plan_state: string }>(
      sql`select plan_state from alerts where id = ${id}::uuid`,
    )
    return row?.plan_state
  }
  expect(await planOf()).toBe('pending')
  release()
  await holding
  await expect.poll(planOf, { timeout: 10_000 }).toBe('done')
  const classes = await db.execute(
    sql`select distinct route_class from ranges where alert_id = ${id}::uuid`,
  )
  expect(classes.map(row => ({ ...row }))).toEqual([{ route_class: '+1' }])
})
