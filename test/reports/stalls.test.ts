import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { whyStalled, type StallFacts } from '../../src/reports/stalls.ts'
import type { Database } from '../../src/store/database.ts'
import { noteSubmissions, reportLink, type LiveLink } from '../../src/store/links.ts'
import { test } from '../support/edge.ts'
import { idleLane } from '../support/lane-figures.ts'
import { insertCarrier } from '../support/sending.ts'
import { aSentAlert } from '../support/sent-alert.ts'

const NORTH = { id: 'north', name: 'North', routes: [{ prefix: '+1', weight: 1 }] }
const SOUTH = { id: 'south', name: 'South', routes: [{ prefix: '+44', weight: 1 }] }
const link = (change: Partial<LiveLink> = {}): LiveLink => ({
  carrierId: 'north',
  dispatcherId: 'one',
  state: 'bound',
  lastError: null,
  figures: idleLane,
  ...change,
})
const lane = (change: Partial<typeof idleLane>) => link({ figures: { ...idleLane, ...change } })
const facts = (change: Partial<StallFacts> = {}): StallFacts => ({
  isPlanned: true,
  routeClasses: ['+1'],
  carriers: [NORTH, SOUTH],
  links: [link()],
  ...change,
})

test.for<[string, Partial<StallFacts>]>([
  ['no_carrier', { carriers: [] }],
  ['no_dispatcher', { links: [] }],
  ['not_planned', { isPlanned: false, routeClasses: [] }],
  ['no_route', { routeClasses: ['+49'] }],
  ['no_carrier_bound', { links: [link({ state: 'unbound', lastError: 'link_lost' })] }],
  // The one that is bound takes other numbers.
  ['no_carrier_bound', { links: [link({ carrierId: 'south' })] }],
  ['carriers_resting', { links: [lane({ isResting: true })] }],
  ['outranked', { links: [lane({ alerts: { another: 12 }, room: 0 })] }],
  ['window_full', { links: [lane({ room: 0 })] }],
  ['throttled', { links: [link({ state: 'throttled' })] }],
  ['database', { links: [lane({ faultsLately: 2 })] }],
  ['unclear', {}],
  // One of two dispatchers could send.
  ['unclear', { links: [lane({ isResting: true }), link({ dispatcherId: 'two' })] }],
])('an alert stands still: %s', ([reason, change]) => {
  expect(whyStalled(facts(change)).reason).toBe(reason)
})

test('the reason names what the carrier said', () => {
  const down = link({ state: 'unbound', lastError: 'bind_refused' })
  expect(whyStalled(facts({ links: [down] })).detail).toBe('no bind is up of North: bind_refused')
})

/** Being sent, and one recipient of it due. */
async function anAlertUnderWay(db: Database): Promise<string> {
  const alertId = await aSentAlert(db, { recipients: [{ state: 'queued' }] })
  await db.execute(sql`
    insert into ranges (alert_id, range_no, block_no, route_class, from_seq, to_seq, expires)
    values (${alertId}::uuid, 1, 1, '', 1, 1, now() + interval '1 h')
  `)
  return alertId
}

/** As if everything of it had happened so much earlier. */
async function age(db: Database, alertId: string, seconds: number): Promise<void> {
  await db.execute(sql`
    update alerts set dispatched_at = dispatched_at - make_interval(secs => ${seconds}),
      last_submitted_at = last_submitted_at - make_interval(secs => ${seconds})
    where id = ${alertId}::uuid
  `)
  await db.execute(sql`
    update ranges set due_at = due_at - make_interval(secs => ${seconds}) where alert_id = ${alertId}::uuid
  `)
}

test('an alert of which nothing leaves for half a minute raises an alarm, and withdraws it', async ({
  db,
  edge,
}) => {
  const carrierId = await insertCarrier(db, 'North')
  const viewer = await edge.caller()
  // What is asked for the first time waits for the edge to be made ready.
  await edge.call('GET', '/metrics')
  const alertId = await anAlertUnderWay(db)
  const alarms = async () =>
    (await viewer.call('GET', `/v1/alerts/${alertId}/progress`)).body.alarms as unknown[]
  const stalledByMetrics = async () =>
    /tocsin_stalled_alerts\{reason="no_dispatcher"\} (\d+)/.exec(
      (await edge.call('GET', '/metrics')).body as string,
    )?.[1]
  await age(db, alertId, 29)
  expect(await Promise.all([alarms(), stalledByMetrics()])).toEqual([[], '0'])
  await age(db, alertId, 2)
  expect(await alarms()).toEqual([
    {
      code: 'stalled',
      detail: 'no dispatcher reports: none runs, or none reaches the database',
      since: expect.any(String) as string,
    },
  ])
  expect(await stalledByMetrics()).toBe('1')

  const report = { carrierId, dispatcherId: randomUUID(), perSecond: 0, inFlight: 0 }
  await reportLink(db, { ...report, state: 'unbound', lastError: 'link_lost' })
  expect(await alarms()).toMatchObject([{ detail: 'no bind is up of North: link_lost' }])

  await noteSubmissions(db, [{ alertId, firstAt: Date.now(), lastAt: Date.now() }])
  expect(await alarms()).toEqual([])
  expect(await stalledByMetrics()).toBe('0')
})

test('what is paused, held, waits for its time or went on just now does not stand still', async ({
  db,
  edge,
}) => {
  const viewer = await edge.caller()
  const alarmsOf = async (alertId: string) =>
    (await viewer.call('GET', `/v1/alerts/${alertId}/progress`)).body.alarms as unknown[]
  const alertId = await anAlertUnderWay(db)
  await age(db, alertId, 60)
  expect(await alarmsOf(alertId)).toHaveLength(1)

  await db.execute(sql`update alerts set state = 'paused' where id = ${alertId}::uuid`)
  expect(await alarmsOf(alertId)).toEqual([])
  await db.execute(sql`
    insert into alert_history (alert_id, at, action) values (${alertId}::uuid, now(), 'resumed')
  `)
  await db.execute(sql`update alerts set state = 'sending' where id = ${alertId}::uuid`)
  expect(await alarmsOf(alertId)).toEqual([])
  await db.execute(sql`delete from alert_history where alert_id = ${alertId}::uuid`)

  await db.execute(
    sql`update ranges set due_at = now() + interval '20 s' where alert_id = ${alertId}::uuid`,
  )
  expect(await alarmsOf(alertId)).toEqual([])
  await age(db, alertId, 60)
  expect(await alarmsOf(alertId)).toHaveLength(1)

  await db.execute(
    sql`update alerts set hold_until = now() + interval '5 s' where id = ${alertId}::uuid`,
  )
  expect(await alarmsOf(alertId)).toEqual([])
})
