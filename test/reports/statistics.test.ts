import { sql } from 'drizzle-orm'
import { describe, expect } from 'vitest'
import { recordReplies } from '../../src/inbound/replies.ts'
import { optOutSpikes } from '../../src/reports/statistics.ts'
import type { Database } from '../../src/store/database.ts'
import { test } from '../support/edge.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

/** Four recipients, one way along each; the second has answered, and the third has opted out by an answer. */
async function anAlertAt(db: Database, dispatchedAt: Date, carrierId: string): Promise<string> {
  const phones = Array.from({ length: 4 }, aPhone)
  const states = ['queued', 'delivered', 'submitted', 'failed']
  const alertId = await aSentAlert(db, {
    options: [{ code: '1', label: 'Safe' }],
    dispatchedAt,
    recipients: phones.map((phone, i) => ({
      phone,
      state: states[i]!,
      ...(i > 0 && { carrierId }),
    })),
  })
  const says = (i: number, text: string) => ({ from: phones[i]!, to: '72345', text })
  await recordReplies(db, carrierId, [says(1, '1'), says(2, 'STOP')])
  return alertId
}

const become = (db: Database, alertId: string, change: ReturnType<typeof sql>) =>
  db.transaction(async tx => {
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(sql`update alerts set ${change} where id = ${alertId}::uuid`)
  })

const one = {
  recipients: 4,
  delivered: 1,
  unconfirmed: 1,
  failed: 1,
  unknown: 0,
  expired: 0,
  cancelled: 0,
  replied: 1,
  optedOut: 1,
}
const times = (n: number) =>
  Object.fromEntries(Object.entries(one).map(([name, count]) => [name, count * n]))

test('many alerts are counted by event, hour and carrier, drills apart', async ({ db, edge }) => {
  await db.execute(sql`update organisation set time_zone = 'America/Chicago'`)
  const [north, south] = [await aCarrier(db, 'North'), await aCarrier(db, 'South')]
  // Chicago is six hours behind in November.
  await anAlertAt(db, new Date('2026-11-20T05:10:00Z'), north)
  await anAlertAt(db, new Date('2026-11-21T05:50:00Z'), north)
  const fire = await anAlertAt(db, new Date('2026-11-21T20:00:00Z'), south)
  await become(db, fire, sql`draft = jsonb_set(draft, '{info,0,event}', '"Fire Warning"')`)
  const drill = await anAlertAt(db, new Date('2026-11-21T21:00:00Z'), south)
  await become(db, drill, sql`status = 'Exercise'`)
  await anAlertAt(db, new Date('2025-01-01T00:00:00Z'), south)

  const viewer = await edge.caller()
  const since = '2026-11-01T00:00:00Z'
  const read = async (query: string) => (await viewer.call('GET', `/v1/statistics?${query}`)).body
  const all = await read(`since=${since}&until=2026-12-01T00:00:00Z`)
  expect(all).toMatchObject({
    timeZone: 'America/Chicago',
    total: { alerts: 3, ...times(3) },
    byEvent: [
      { event: 'Flash Flood Warning', alerts: 2, ...times(2) },
      { event: 'Fire Warning', alerts: 1, ...one },
    ],
    byHour: [
      { hour: 14, alerts: 1, ...one },
      { hour: 23, alerts: 2, ...times(2) },
    ],
    byCarrier: [
      { carrierId: north, name: 'North', alerts: 2, delivered: 2, unconfirmed: 2, failed: 2 },
      { carrierId: south, name: 'South', alerts: 1, delivered: 1, unconfirmed: 1, failed: 1 },
    ],
  })
  const some = await read(`since=2026-11-21T00:00:00Z&until=2026-11-21T20:00:00Z`)
  expect(some.total.alerts).toBe(1)
  const drills = await read(`since=${since}&until=2026-12-01T00:00:00Z&status=Exercise,Test`)
  expect(drills).toMatchObject({ total: { alerts: 1 }, byCarrier: [{ name: 'South' }] })
  const none = await read('since=2030-01-01T00:00:00Z&until=2031-01-01T00:00:00Z')
  expect(none).toMatchObject({ total: { alerts: 0, recipients: 0 }, byEvent: [], byHour: [] })
  expect((await viewer.call('GET', '/v1/statistics?since=yesterday')).status).toBe(400)
})

test('a report stands beside earlier alerts and drills of the same event', async ({ db, edge }) => {
  const carrierId = await aCarrier(db)
  const event = '{info,0,event}'
  const ofTornado = async (at: string, status: string) => {
    const id = await anAlertAt(db, new Date(at), carrierId)
    await become(
      db,
      id,
      sql`status = ${status}, draft = jsonb_set(draft, ${event}::text[], '"Tornado"')`,
    )
    return id
  }
  const drills = await ofTornado('2026-03-01T00:00:00Z', 'Exercise')
  const before = await ofTornado('2026-04-01T00:00:00Z', 'Actual')
  await become(
    db,
    before,
    sql`first_submitted_at = dispatched_at, last_submitted_at = dispatched_at + interval '7.5 s'`,
  )
  const alertId = await ofTornado('2026-05-01T00:00:00Z', 'Actual')
  await ofTornado('2026-06-01T00:00:00Z', 'Actual')
  const viewer = await edge.caller()
  const { body } = await viewer.call('GET', `/v1/alerts/${alertId}/report`)
  expect(body.earlier).toEqual([
    {
      id: before,
      status: 'Actual',
      dispatchedAt: '2026-04-01T00:00:00.000Z',
      tookSeconds: 7.5,
      ...one,
    },
    {
      id: drills,
      status: 'Exercise',
      dispatchedAt: '2026-03-01T00:00:00.000Z',
      tookSeconds: null,
      ...one,
    },
  ])
  const page = await viewer.call('GET', `/v1/alerts/${alertId}/report`, {
    headers: { Accept: 'text/html' },
  })
  expect(page.body).toMatch(/Beside earlier alerts and drills[\s\S]*This alert[\s\S]*7\.5 s/)
})

describe('a spike of opt-outs', () => {
  const days = (counts: Record<string, number>) =>
    Object.entries(counts).map(([day, optOuts]) => ({ day, optOuts }))
  const every = (optOuts: number) =>
    Array.from({ length: 28 }, (_, i) => ({
      day: `2026-02-${String(i + 1).padStart(2, '0')}`,
      optOuts,
    }))

  test('is a day of five or more, and over three times the usual', () => {
    const usual = every(2)
    const on = (optOuts: number) =>
      optOutSpikes([...usual, { day: '2026-03-01', optOuts }], '2026-03-01')
    expect(on(6)).toEqual([])
    expect(on(7)).toEqual([{ day: '2026-03-01', optOuts: 7, usual: 2 }])
  })

  test('counts days on which nobody opted out', () => {
    const some = days({ '2026-02-20': 40, '2026-03-01': 5, '2026-03-02': 4 })
    expect(optOutSpikes(some, '2026-03-01')).toEqual([{ day: '2026-03-01', optOuts: 5, usual: 0 }])
  })

  test('is looked for from the first day asked for', () => {
    expect(optOutSpikes(days({ '2026-02-20': 40 }), '2026-02-21')).toEqual([])
  })
})

test('opt-outs by answers are seen as a spike, those that a carrier holds are not', async ({
  db,
  edge,
}) => {
  await db.execute(sql`
    insert into opt_outs (phone, scope, source, at)
    select '+1555800000' || n, scope, 'test', '2024-07-04T15:00:00Z'::timestamptz
    from generate_series(1, 6) n, unnest(array['nonEmergency', 'carrier']) scope
    where scope = 'nonEmergency' or n < 3`)
  const viewer = await edge.caller()
  const { body } = await viewer.call(
    'GET',
    '/v1/statistics?since=2024-07-01T00:00:00Z&until=2024-08-01T00:00:00Z',
  )
  expect(body.optOutSpikes).toEqual([{ day: '2024-07-04', optOuts: 6, usual: 0 }])
})
