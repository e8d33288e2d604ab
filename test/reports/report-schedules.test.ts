import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { startCounts } from '../../src/dispatch/lane-counts.ts'
import { startMailLane } from '../../src/dispatch/mail-lane.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import { sendDueReports } from '../../src/reports/due.ts'
import type { Database } from '../../src/store/database.ts'
import { type Caller, type Edge, test as edgeTest } from '../support/edge.ts'
import { startMailServer } from '../support/mail-server.ts'
import { insertCarrier } from '../support/sending.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

const URL = 'https://alerts.county.example'
const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

let people = 0
/** Somebody who gets reports, with the address that they get them at. */
async function aReader(edge: Edge): Promise<{ id: string; email: string }> {
  const email = `reader-${++people}@county.example`
  const { id } = await edge.caller({ email })
  return { id, email }
}

interface Letter {
  readonly address: string
  readonly subject: string
  readonly body: string
  readonly attachment: string | null
}

const lettersOf = async (db: Database, scheduleId: string): Promise<Letter[]> => {
  const rows = await db.execute<Letter & Record<string, unknown>>(sql`
    select l.address, l.subject, l.body, encode(substring(l.attachment for 5), 'escape') as attachment
    from operator_letters l join due_reports d on d.id = l.report_id
    where d.schedule_id = ${scheduleId}::uuid order by d.at, l.address`)
  return [...rows]
}

/** Four nodes look at once, again and again. */
async function look(db: Database, at: string | Date): Promise<void> {
  const now = new Date(at)
  await Promise.all(Array.from({ length: 4 }, () => sendDueReports(db, URL, now)))
  await sendDueReports(db, URL, now)
}

test('whatever is wrong with a schedule is said at once; what is right is on the trail', async ({
  edge,
  administrator,
}) => {
  const nobody = '00000000-0000-7000-8000-000000000000'
  const { id: reader } = await aReader(edge)
  const post = (json: object) => administrator.call('POST', '/v1/report-schedules', { json })
  const wrong = await post({
    kind: 'statistics',
    hoursAfterEnd: 1,
    operatorIds: [reader, nobody],
  })
  expect(wrong).toMatchObject({
    status: 422,
    body: {
      code: 'invalid_schedule',
      errors: [{ pointer: '/every' }, { pointer: '/hoursAfterEnd' }, { pointer: '/operatorIds/1' }],
    },
  })
  expect(
    await post({ kind: 'acknowledgement', every: 'week', operatorIds: [reader] }),
  ).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/hoursAfterEnd' }, { pointer: '/every' }] },
  })
  expect(await post({ kind: 'statistics', every: 'day', operatorIds: [] })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/every' }, { pointer: '/operatorIds' }] },
  })

  const made = await post({ kind: 'acknowledgement', hoursAfterEnd: 2, operatorIds: [reader] })
  expect(made).toMatchObject({
    status: 201,
    body: { every: null, statuses: ['Actual'], language: 'en', enabled: true, latest: null },
  })
  const path = `/v1/report-schedules/${made.body.id}`
  const stale = await administrator.call('PATCH', path, {
    json: { language: 'es' },
    headers: { 'If-Match': '"7"' },
  })
  expect(stale.status).toBe(412)
  const changed = await administrator.call('PATCH', path, {
    json: { language: 'es', hoursAfterEnd: 24 },
  })
  expect(changed).toMatchObject({ status: 200, body: { language: 'es', hoursAfterEnd: 24 } })
  expect((await administrator.call('GET', '/v1/report-schedules')).body.items).toContainEqual(
    changed.body,
  )
  expect((await administrator.call('DELETE', path)).status).toBe(204)
  expect((await administrator.call('GET', path)).status).toBe(404)
  const trail = await administrator.call('GET', `/v1/audit?subject=${made.body.id}`)
  expect(trail.body.items.map(({ action }: { action: string }) => action).toSorted()).toEqual([
    'reportSchedule.changed',
    'reportSchedule.created',
    'reportSchedule.deleted',
  ])
})

test('statistics of a week are in the mail on Monday at seven, once, whoever looks', async ({
  db,
  edge,
  administrator,
}) => {
  await db.execute(
    sql`update organisation set time_zone = 'America/Chicago', name = 'Harris County'`,
  )
  const [first, second, gone] = [await aReader(edge), await aReader(edge), await aReader(edge)]
  const { body: schedule } = await administrator.call('POST', '/v1/report-schedules', {
    json: {
      kind: 'statistics',
      every: 'week',
      operatorIds: [first.id, second.id, gone.id, first.id],
    },
  })
  await administrator.call('POST', `/v1/operators/${gone.id}/disable`)
  // Whenever this runs: the Monday is one of a future week.
  await db.execute(sql`
    update report_schedules set due_at = '2030-01-07T13:00:00Z' where id = ${schedule.id}::uuid`)
  const carrierId = await aCarrier(db, 'North')
  const phones = [aPhone(), aPhone()]
  await aSentAlert(db, {
    options: [{ code: '1', label: 'Safe' }],
    dispatchedAt: new Date('2030-01-01T12:00:00Z'),
    recipients: phones.map(phone => ({ phone, state: 'delivered', carrierId })),
  })
  await recordReplies(db, carrierId, [{ from: phones[0]!, to: '72345', text: '1' }])
  // Before the week, by the clock of Chicago.
  await aSentAlert(db, { dispatchedAt: new Date('2029-12-31T05:59:00Z'), recipients: [{}] })

  await look(db, '2030-01-07T12:59:59Z')
  expect(await lettersOf(db, schedule.id)).toEqual([])
  await look(db, '2030-01-07T13:00:00Z')
  const letters = await lettersOf(db, schedule.id)
  expect(letters.map(({ address }) => address)).toEqual([first.email, second.email])
  expect(letters[0]).toMatchObject({
    subject: 'Alert statistics of the week from December 31, 2029',
    attachment: null,
  })
  expect(letters[0]!.body).toBe(
    [
      'From December 31, 2029 until January 7, 2030: alerts with the status Actual.',
      'Alerts: 1\nAddressed to: 2\nConfirmed by the phone: 2 (100.0%)\n' +
        'Taken by a carrier, without a receipt: 0 (0.0%)\nFailed: 0 (0.0%)\nNobody can say: 0 (0.0%)\n' +
        'Answered: 1 (50.0%)\nOpted out by an answer: 0',
      'By event:\n- Flash Flood Warning: alerts 1, addressed 2, confirmed 2, answered 1',
      'By carrier:\n- North: confirmed 2, without a receipt 0, failed 0',
      `To be read at ${URL}/console/live/reports/statistics`,
      'An administrator of Harris County has this sent to you.\n',
    ].join('\n\n'),
  )
  const { body: now } = await administrator.call('GET', `/v1/report-schedules/${schedule.id}`)
  expect(now).toMatchObject({
    nextAt: '2030-01-14T13:00:00.000Z',
    latest: { waiting: 2, sent: 0, failed: 0, until: '2030-01-07T06:00:00.000Z' },
  })

  // Nothing ran for five weeks: the latest goes out alone.
  await look(db, '2030-02-13T20:00:00Z')
  const later = await lettersOf(db, schedule.id)
  expect(later).toHaveLength(4)
  expect(later[2]!.subject).toContain('February 4, 2030')
  expect(later[2]!.body).toContain('No alert was dispatched in that time.')
  await administrator.call('DELETE', `/v1/report-schedules/${schedule.id}`)
})

test('the report of an alert follows its end by so many hours, as PDF, once', async ({
  db,
  edge,
  administrator,
}) => {
  const reader = await aReader(edge)
  const ended = async (at: Date, change = sql`state = 'sent'`) => {
    const id = await aSentAlert(db, {
      options: [{ code: '1', label: 'Safe' }],
      recipients: [{ state: 'delivered' }, { state: 'failed' }],
    })
    await db.execute(sql`
      update alerts set finished_at = ${at.toISOString()}::timestamptz, ${change} where id = ${id}::uuid`)
    return id
  }
  const before = await ended(new Date(Date.now() - 60_000))
  const { body: schedule } = await administrator.call('POST', '/v1/report-schedules', {
    json: {
      kind: 'acknowledgement',
      hoursAfterEnd: 3,
      language: 'es',
      operatorIds: [reader.id],
    },
  })
  const at = new Date(Date.now() + 60_000)
  const hours = (n: number) => new Date(at.getTime() + n * 3_600_000)
  const alertId = await ended(at)
  // Of these no report of their own is made.
  await ended(at, sql`state = 'sent', priority = 0`)
  await ended(at, sql`state = 'sent', reminder_of = ${alertId}::uuid`)
  await ended(at, sql`state = 'sent', status = 'Exercise'`)

  await look(db, hours(2.9))
  expect(await lettersOf(db, schedule.id)).toEqual([])
  await look(db, hours(3.1))
  await look(db, hours(8))
  const [letter, ...more] = await lettersOf(db, schedule.id)
  expect(more).toEqual([])
  expect(letter).toMatchObject({
    address: reader.email,
    subject: 'Informe posterior a la alerta: Flash Flood Warning',
  })
  expect(letter!.body).toMatch(/^- Safe: 0 \(0,0\s%\)$/m)
  expect(letter!.body).toContain(`${URL}/console/live/reports/${alertId}`)
  expect(letter!.attachment).toBe('%PDF-')
  const mailed = await db.execute<{ key: string }>(sql`
    select key from due_reports where schedule_id = ${schedule.id}::uuid`)
  expect(mailed.map(({ key }) => key)).toEqual([alertId])
  expect(mailed.map(({ key }) => key)).not.toContain(before)
  await administrator.call('DELETE', `/v1/report-schedules/${schedule.id}`)
})

test('a report that nobody can make is given up, and said', async ({ db, edge, administrator }) => {
  const reader = await aReader(edge)
  const { body: schedule } = await administrator.call('POST', '/v1/report-schedules', {
    json: { kind: 'statistics', every: 'month', operatorIds: [reader.id] },
  })
  await db.execute(sql`
    update report_schedules set due_at = now() - interval '1 minute' where id = ${schedule.id}::uuid`)
  // As after an edit by hand.
  await db.execute(sql`update report_schedules set language = 'xx' where id = ${schedule.id}::uuid`)
  const now = Date.now()
  for (let no = 0; no < 6; no++) await look(db, new Date(now + no * 400_000))
  expect(await lettersOf(db, schedule.id)).toEqual([])
  const { body } = await administrator.call('GET', '/v1/report-schedules')
  const shown = body.items.find(({ id }: { id: string }) => id === schedule.id)
  expect(shown.latest).toMatchObject({ failure: expect.any(String) as string, waiting: 0 })
  await administrator.call('DELETE', `/v1/report-schedules/${schedule.id}`)
})

test('two dispatchers bring each letter once, try again what was refused for now, and say what was not', async ({
  db,
  edge,
  administrator,
}) => {
  await db.execute(sql`delete from operator_letters`)
  const readers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => aReader(edge)))
  let greylisted = 0
  const server = await startMailServer({
    rcptTo(address) {
      if (address === readers[0]!.email) return '550 5.1.1 no such mailbox'
      return address === readers[1]!.email && greylisted++ === 0 ? '450 4.2.1 not now' : undefined
    },
  })
  onTestFinished(() => server.close())
  const { body: schedule } = await administrator.call('POST', '/v1/report-schedules', {
    json: { kind: 'statistics', every: 'week', operatorIds: readers.map(({ id }) => id) },
  })
  await db.execute(
    sql`update report_schedules set due_at = now() - interval '1 minute' where id = ${schedule.id}::uuid`,
  )
  await look(db, new Date())
  const carrierId = await insertCarrier(db, 'Post')
  const lanes = [1, 2].map(() =>
    startMailLane({
      db,
      dispatcherId: crypto.randomUUID(),
      account: {
        id: carrierId,
        name: 'Post',
        protocol: 'smtp',
        segmentsPerSecond: 100,
        window: 1,
        binds: 2,
        sourceAddress: '',
        routes: [],
        smtp: {
          host: '127.0.0.1',
          port: server.port,
          security: 'none',
          from: 'alerts@county.example',
          answerMs: 5_000,
        },
      },
      isDraining: () => false,
      counts: startCounts(),
      sendable: () => Promise.reject(new Error('there is no alert')),
    }),
  )
  onTestFinished(async () => {
    await Promise.all(lanes.map(lane => lane.stop(AbortSignal.timeout(2_000))))
  })
  const latest = async () =>
    (await administrator.call('GET', `/v1/report-schedules/${schedule.id}`)).body.latest
  await expect.poll(latest, { timeout: 15_000 }).toMatchObject({ sent: 4, failed: 1, waiting: 1 })
  // Greylisting is asked again in its time.
  await db.execute(sql`update operator_letters set due_at = now() where state = 'waiting'`)
  await expect.poll(latest, { timeout: 15_000 }).toMatchObject({ sent: 5, failed: 1, waiting: 0 })
  expect(server.mails.map(({ to }) => to).toSorted()).toEqual(
    readers
      .slice(1)
      .map(({ email }) => email)
      .toSorted(),
  )
  expect(server.mails[0]!.raw).toContain('Subject: Alert statistics of the week from')
})
