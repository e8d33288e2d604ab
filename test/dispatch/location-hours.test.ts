import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { planNext } from '../../src/dispatch/plan.ts'
import type { OpenDatabase } from '../../src/store/database.ts'
import { anAlert, compose, square } from '../alerts/people.ts'
import { dispatch, onDuty, phonesOf, type Duty } from '../support/corrections.ts'
import { test, type Edge } from '../support/edge.ts'

const ZONE = 'America/Denver'
const MINUTE_MS = 60_000
const [HOME, PUPIL, GUARD] = ['+15550100001', '+15550100002', '+15550100003']

/** What a clock in Denver shows so many minutes from now. */
function clockIn(edge: Edge, minutes: number): string {
  const at = new Date(edge.deps.now().getTime() + minutes * MINUTE_MS)
  const style = { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  return new Intl.DateTimeFormat('en-GB', style).format(at)
}

/** One person at home in the valley, one there for ten minutes more, one there from then on. */
async function settle(edge: Edge): Promise<void> {
  const admin = await edge.caller({ roles: ['administrator'] })
  const zone = { json: { timeZone: ZONE } }
  expect((await admin.call('PATCH', '/v1/organisation', zone)).status).toBe(200)
  const daily = (from: number, to: number) => [
    {
      days: ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'],
      from: clockIn(edge, from),
      to: clockIn(edge, to),
    },
  ]
  const valley = { longitude: -96.5, latitude: 30.5 }
  const elsewhere = { longitude: 10, latitude: 10, label: 'home' }
  for (const [phone, locations] of [
    [HOME, [valley]],
    [PUPIL, [{ ...valley, label: 'school', hours: daily(-300, 10) }, elsewhere]],
    [GUARD, [{ ...valley, label: 'work', hours: daily(10, 300) }]],
  ] as const) {
    const { status, body } = await admin.call('POST', '/v1/contacts', {
      json: { phone, locations },
    })
    expect([status, body.code]).toEqual([201, undefined])
  }
}

const heeding = (edge: Edge, changes: object = {}) =>
  anAlert({
    audience: { locationHours: 'respect' },
    info: { expires: new Date(edge.deps.now().getTime() + 60 * MINUTE_MS).toISOString() },
    ...changes,
  })

async function approved({ author, approver }: Duty, alert: object): Promise<string> {
  const id = await compose(author, alert)
  for (const { status, body } of [await author.submit(id), await approver.approve(id)]) {
    expect([status, body.code]).toEqual([200, undefined])
  }
  return id
}

/** By a planner that comes when the snapshot in which the dispatch counted is gone, and whose clock is the edge's. */
async function planLate(edge: Edge, database: OpenDatabase, id: string): Promise<string[]> {
  await database.db.execute(sql`update alerts set plan_snapshot = null where id = ${id}::uuid`)
  expect(await planNext(database, randomUUID(), [], edge.deps.now)).toBe(true)
  return (await phonesOf(database.db, id)).toSorted()
}

const estimateOf = async ({ author }: Duty, id: string) => {
  const { body } = await author.call('GET', `/v1/alerts/${id}/estimate`)
  const { recipients, ifHoursIgnored, byArea } = body
  return { recipients, ifHoursIgnored, inside: byArea[0].recipients }
}

test('whoever is elsewhere at the moment of the dispatch is left out only if the alert says so', async ({
  edge,
  database,
  db,
}) => {
  await settle(edge)
  const duty = await onDuty(edge)
  const everybody = await approved(duty, heeding(edge, { audience: {} }))
  const id = await approved(duty, heeding(edge))
  expect(await estimateOf(duty, everybody)).toEqual({
    recipients: 3,
    ifHoursIgnored: 3,
    inside: 3,
  })
  expect(await estimateOf(duty, id)).toEqual({ recipients: 2, ifHoursIgnored: 3, inside: 2 })
  const { body } = await duty.author.call('GET', `/v1/alerts/${id}/content`)
  expect(body.locationHours).toEqual({ timeZone: ZONE })
  // It may be sent at any hour: its bounds are of no hour.
  expect(body).toMatchObject({ maxRecipients: 4, minRecipients: 0 })
  const ignoring = await duty.author.call('GET', `/v1/alerts/${everybody}/content`)
  expect(ignoring.body).not.toHaveProperty('locationHours')

  await dispatch(duty.author, id)
  edge.pass(11 * 60)
  const later = await onDuty(edge)
  // By now the pupil has left, and the guard has come: of this alert that is of no account.
  expect(await estimateOf(later, id)).toEqual({ recipients: 2, ifHoursIgnored: 3, inside: 2 })
  expect(await planLate(edge, database, id)).toEqual([HOME, PUPIL])
  const [row] = await db.execute(sql`
    select recipients, planned, state from alerts where id = ${id}::uuid`)
  expect(row).toEqual({ recipients: 2, planned: 2, state: 'sending' })
  // Had that planner died before it said that it was done, whoever goes on from there adds nobody.
  await db.execute(sql`
    update alerts set plan_state = 'running', planner_until = now() - interval '1 second'
    where id = ${id}::uuid`)
  expect(await planLate(edge, database, id)).toEqual([HOME, PUPIL])

  await dispatch(later.author, everybody)
  expect(await planLate(edge, database, everybody)).toEqual([HOME, PUPIL, GUARD])

  // What is dispatched now counts as it is now, by the zone that was signed, whatever the organisation's has become.
  const second = await approved(later, heeding(edge))
  const admin = await edge.caller({ roles: ['administrator'] })
  await admin.call('PATCH', '/v1/organisation', { json: { timeZone: 'Asia/Kathmandu' } })
  expect(await estimateOf(later, second)).toEqual({ recipients: 2, ifHoursIgnored: 3, inside: 2 })
  await dispatch(later.author, second)
  expect(await planLate(edge, database, second)).toEqual([HOME, GUARD])
})

test('an alert is prepared while nobody is there, and refuses to be sent until somebody is', async ({
  edge,
  database,
}) => {
  const admin = await edge.caller({ roles: ['administrator'] })
  await admin.call('PATCH', '/v1/organisation', { json: { timeZone: ZONE } })
  const duty = await onDuty(edge)
  const hours = [{ days: ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] }].map(span => ({
    ...span,
    from: clockIn(edge, 5),
    to: clockIn(edge, 300),
  }))
  const locations = [{ longitude: 50.5, latitude: 10.5, hours }]
  const phone = '+15550100009'
  await admin.call('POST', '/v1/contacts', { json: { phone, locations } })
  const alert = heeding(edge)
  const info = [{ ...alert.info[0], area: [{ areaDesc: 'Mill', polygon: [square(50, 10)] }] }]
  const id = await approved(duty, { ...alert, info })
  expect(await estimateOf(duty, id)).toEqual({ recipients: 0, ifHoursIgnored: 1, inside: 0 })
  const headers = { 'Idempotency-Key': randomUUID() }
  const early = await duty.author.call('POST', `/v1/alerts/${id}/dispatch`, { headers })
  expect([early.status, early.body.code]).toEqual([409, 'audience_changed'])
  edge.pass(6 * 60)
  await dispatch((await onDuty(edge)).author, id)
  expect(await planLate(edge, database, id)).toEqual([phone])
})
