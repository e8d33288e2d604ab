import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { countEndedAlerts } from '../../src/reports/ended-alerts.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import { changeLocked, contactIdAt, readBlocks } from '../../src/store/blocks.ts'
import { type Database, transact } from '../../src/store/database.ts'
import { purgeFailures } from '../../src/store/ended-alerts.ts'
import { test } from '../support/edge.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

const MINUTE = 60_000

/** An alert that ended an hour after its dispatch, to contacts with these phones. */
async function anEndedAlert(
  db: Database,
  given: Parameters<typeof aSentAlert>[1] & { readonly dispatchedAt: Date },
): Promise<string> {
  const alertId = await aSentAlert(db, { state: 'sending', ...given })
  for (const { phones, contactIds, block } of await readBlocks(db, alertId, 1, 100)) {
    for (let offset = 0; offset < block.size; offset++) {
      const phone = `+${phones.readBigUInt64BE(offset * 8)}`
      const rows = await db.execute<{ id: string }>(sql`
        insert into contacts (id, phone) values (${contactIdAt(contactIds, offset)}::uuid, ${phone})
        on conflict (phone) do update set updated_at = now() returning id`)
      // The same person in every alert.
      Buffer.from(rows[0]!.id.replaceAll('-', ''), 'hex').copy(contactIds, offset * 16)
    }
    await db.execute(sql`
      update blocks set contact_ids = decode(${contactIds.toString('hex')}, 'hex')
      where alert_id = ${alertId}::uuid and block_no = ${block.blockNo}`)
  }
  await db.execute(sql`
    update alerts set state = 'sent', finished_at = dispatched_at + interval '1 hour'
    where id = ${alertId}::uuid`)
  return alertId
}

test('ended alerts are counted by area, once among many nodes, and again when receipts have come', async ({
  db,
  edge,
}) => {
  const carrierId = await aCarrier(db)
  const phones = Array.from({ length: 5 }, aPhone)
  const dispatchedAt = new Date('2026-06-01T12:00:00Z')
  const alertId = await anEndedAlert(db, {
    dispatchedAt,
    areas: ['The valley', 'The hills'],
    options: [{ code: '1', label: 'Safe' }],
    recipients: [
      { phone: phones[0]!, areaNo: 0, state: 'delivered', carrierId },
      { phone: phones[1]!, areaNo: 0, state: 'submitted', carrierId },
      { phone: phones[2]!, areaNo: 1, state: 'failed', carrierId },
      { phone: phones[3]!, areaNo: 1, state: 'unknown', carrierId },
      { phone: phones[4]!, areaNo: null, state: 'delivered', carrierId },
    ],
  })
  await anEndedAlert(db, {
    dispatchedAt: new Date('2026-06-02T12:00:00Z'),
    areas: ['The hills'],
    recipients: [{ areaNo: 0, state: 'delivered', carrierId }],
  })
  await recordReplies(db, carrierId, [{ from: phones[0]!, to: '72345', text: '1' }])
  const at = (minutes: number) => new Date(Date.parse('2026-06-02T13:00:00Z') + minutes * MINUTE)
  const looks = await Promise.all(Array.from({ length: 4 }, () => countEndedAlerts(db, at(1))))
  expect(looks.reduce((sum, n) => sum + n) + (await countEndedAlerts(db, at(1)))).toBe(2)

  const viewer = await edge.caller({ roles: ['viewer'] })
  const read = async () =>
    (
      await viewer.call(
        'GET',
        '/v1/statistics?since=2026-06-01T00:00:00Z&until=2026-06-03T00:00:00Z',
      )
    ).body.byArea
  const none = { failed: 0, unknown: 0, expired: 0, cancelled: 0, replied: 0, optedOut: 0 }
  const hills = { areaDesc: 'The hills', alerts: 2, recipients: 3, delivered: 1, unconfirmed: 0 }
  const outside = { areaDesc: null, alerts: 1, recipients: 1, delivered: 1, unconfirmed: 0 }
  const valley = { areaDesc: 'The valley', alerts: 1, recipients: 2 }
  expect(await read()).toEqual([
    { ...none, ...hills, failed: 1, unknown: 1 },
    { ...none, ...valley, delivered: 1, unconfirmed: 1, replied: 1 },
    { ...none, ...outside },
  ])

  await transact(db, tx =>
    changeLocked(tx, alertId, [1], block =>
      block.segmentDelivered({ offset: 1, part: 0, tryNo: 0 }, carrierId),
    ),
  )
  expect(await countEndedAlerts(db, at(30))).toBe(0)
  expect(await countEndedAlerts(db, at(24 * 60))).toBe(1)
  expect((await read())[1]).toMatchObject({ ...valley, delivered: 2, unconfirmed: 0 })
  expect(await countEndedAlerts(db, at(72 * 60))).toBe(0)
})

test('whoever none of the last deliveries has reached is listed, until one does', async ({
  db,
  edge,
}) => {
  await db.execute(sql`delete from contacts`)
  const [dead, late, gone, fine] = Array.from({ length: 4 }, aPhone)
  const day = (no: number) => new Date(Date.UTC(2026, 6, no, 12))
  /** What became of each on that day; the others were not addressed. */
  const on = async (no: number, states: Readonly<Record<string, string>>) => {
    const recipients = Object.entries(states)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([phone, state]) => ({ phone, state }))
    await anEndedAlert(db, { dispatchedAt: day(no), recipients })
    expect(await countEndedAlerts(db, day(no + 1))).toBe(1)
  }
  await on(1, { [dead!]: 'failed', [late!]: 'failed', [gone!]: 'failed', [fine!]: 'delivered' })
  await on(2, { [dead!]: 'failed', [late!]: 'failed', [fine!]: 'failed' })
  // Neither was it sent, nor does anybody know: it says nothing of the number.
  await on(3, { [dead!]: 'cancelled', [late!]: 'unknown', [gone!]: 'failed' })
  await on(4, { [dead!]: 'failed', [late!]: 'failed', [fine!]: 'submitted' })

  const viewer = await edge.caller({ roles: ['viewer'] })
  const author = await edge.caller({ roles: ['author'] })
  const list = async (query: string) =>
    (await viewer.call('GET', `/v1/statistics/unreached?${query}`)).body
  const brief = ({ phone, failures }: Record<string, string>) => [phone, failures]
  const masked = (phone: string) => `…${phone.slice(-3)}`
  const three = await list('')
  expect(new Map(three.items.map(brief))).toEqual(
    new Map([
      [masked(dead!), 3],
      [masked(late!), 3],
    ]),
  )
  expect(three.items[0]).toMatchObject({
    firstAt: day(1).toISOString(),
    lastAt: day(4).toISOString(),
    cause: 'other',
    reachedAt: null,
  })
  const first = await list('failures=2&limit=2')
  const second = await list(`failures=2&limit=2&cursor=${first.nextCursor}`)
  expect([...first.items, ...second.items].map(brief)).toHaveLength(3)
  expect(second.items.map(brief)).toEqual([[masked(gone!), 2]])
  expect(second.nextCursor).toBeNull()
  const full = (await author.call('GET', '/v1/statistics/unreached?failures=2')).body
  expect(full.items.map(({ phone }: { phone: string }) => phone)).toContain(gone)

  await on(5, { [late!]: 'delivered', [dead!]: 'failed' })
  await on(6, { [late!]: 'failed' })
  expect((await list('failures=1')).items.map(brief)).toEqual([
    [masked(dead!), 4],
    [masked(gone!), 2],
    [masked(late!), 1],
  ])
  // What names people goes when its time is over.
  await purgeFailures(db, day(4))
  expect((await list('failures=1')).items.map(brief)).toEqual([
    [masked(dead!), 2],
    [masked(late!), 1],
  ])
  expect((await viewer.call('GET', '/v1/statistics/unreached?failures=0')).status).toBe(400)
})

test('failures of long ago are forgotten some at a time, and the rest still add up', async ({
  db,
}) => {
  await db.execute(sql`delete from contacts`)
  const phones = Array.from({ length: 7 }, aPhone).toSorted()
  const day = (no: number) => new Date(Date.UTC(2026, 8, no, 12))
  for (const no of [1, 2, 3]) {
    // One more is without fault each day.
    const recipients = phones.map((phone, i) => ({
      phone,
      state: i < no - 1 ? 'delivered' : 'failed',
    }))
    await anEndedAlert(db, { dispatchedAt: day(no), recipients })
    expect(await countEndedAlerts(db, day(no + 1))).toBe(1)
  }
  await db.execute(sql`create table forgotten_at_once (rows int)`)
  await db.execute(sql`
    create function note_forgotten() returns trigger language plpgsql as $$ begin
      insert into forgotten_at_once select count(*) from gone; return null; end $$`)
  for (const table of ['failed_deliveries', 'unreached_contacts']) {
    await db.execute(sql`
      create trigger note_forgotten after delete on ${sql.identifier(table)} referencing old table as gone
      for each statement execute function note_forgotten()`)
  }
  // Two nodes at it at once come to the same.
  await Promise.all([purgeFailures(db, day(3), 2), purgeFailures(db, day(3), 2)])
  // Ten deliveries, for what somebody had later has undone theirs.
  expect(await forgotten(db)).toEqual({ most: 2, all: 10 })
  expect(await failuresLeft(db)).toEqual([
    { failures: 0, people: 2 },
    { failures: 1, people: 5 },
  ])
  // The last five, and then all seven people.
  await purgeFailures(db, day(4), 2)
  expect(await forgotten(db)).toEqual({ most: 2, all: 10 + 5 + 7 })
  expect(await failuresLeft(db)).toEqual([])
})

const forgotten = async (db: Database) => {
  const [row] = await db.execute(
    sql`select max(rows) as most, sum(rows)::int as all from forgotten_at_once`,
  )
  return row
}

const failuresLeft = async (db: Database) => [
  ...(await db.execute(sql`
    select failures, count(*)::int as people from unreached_contacts group by 1 order by 1`)),
]

test('one that can not be counted keeps no later one from being counted, and is tried again', async ({
  db,
}) => {
  const carrierId = await aCarrier(db)
  const endedAt = (hour: string) => ({
    dispatchedAt: new Date(`2026-08-01T${hour}:00:00Z`),
    recipients: [{ areaNo: 0, state: 'delivered', carrierId }],
  })
  const damaged = await anEndedAlert(db, endedAt('10'))
  const sound = await anEndedAlert(db, endedAt('11'))
  const [kept] = await db.execute<{ areas: string }>(sql`
    select encode(area_nos, 'hex') as areas from blocks where alert_id = ${damaged}::uuid`)
  const write = (areas: string) =>
    db.execute(sql`
      update blocks set area_nos = decode(${areas}, 'hex') where alert_id = ${damaged}::uuid`)
  const counted = async () =>
    (
      await db.execute<{ alert_id: string }>(sql`
        select alert_id from counted_alerts
        where alert_id in (${damaged}::uuid, ${sound}::uuid) order by counted_at`)
    ).map(row => row.alert_id)
  await write('')
  const at = (minutes: number) => new Date(Date.parse('2026-08-01T13:00:00Z') + minutes * MINUTE)
  await countEndedAlerts(db, at(0))
  expect(await counted()).toEqual([sound])

  await write(kept!.areas)
  await countEndedAlerts(db, at(0.5))
  expect(await counted()).toEqual([sound])
  await countEndedAlerts(db, at(2))
  expect(await counted()).toEqual([sound, damaged])
})
