import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { v7 as uuid } from 'uuid'
import { until } from '../../scripts/rehearsal.ts'
import { createCallbackDesk } from '../../src/dispatch/callbacks.ts'
import { createIntake } from '../../src/dispatch/intake.ts'
import { startCounts } from '../../src/dispatch/lane-counts.ts'
import { createLeftCallbacks } from '../../src/dispatch/left-callbacks.ts'
import { MessageIds } from '../../src/inbound/message-ids.ts'
import { recount } from '../../src/reports/recount.ts'
import type { Database } from '../../src/store/database.ts'
import { recordsOf, wasGiven } from '../support/blocks.ts'
import { test as edgeTest, type Caller, type Edge } from '../support/edge.ts'
import { aSentAlert } from '../support/sent-alert.ts'
import { signedForm } from '../support/twilio-sign.ts'

interface Hosted {
  readonly id: string
  readonly administrator: Caller
  /** Calls the webhook as Twilio does. */
  tell(form: Readonly<Record<string, string>>, token?: string): ReturnType<Edge['call']>
}

async function setUp(edge: Edge): Promise<Hosted> {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const json = {
    name: uuid(),
    protocol: 'twilio',
    segmentsPerSecond: 50,
    sourceAddress: '+15550009999',
    twilio: { accountSid: 'AC0123', authToken: 'canary-1' },
  }
  const { id } = (await administrator.call('POST', '/v1/carriers', { json })).body
  const path = `/v1/carriers/${id}/webhook`
  return {
    id,
    administrator,
    tell: (form, token = 'canary-1') =>
      edge.call('POST', path, signedForm(`http://tocsin.test${path}`, token, form)),
  }
}

const test = edgeTest.extend<{ hosted: Hosted }>({
  hosted: async ({ edge }, use) => use(await setUp(edge)),
})

const waiting = async (db: Database, carrierId: string) =>
  (
    await db.execute<{ callback: object }>(sql`
      select callback from callbacks where carrier_id = ${carrierId}::uuid order by no`)
  ).map(row => row.callback)

const reply = { MessageSid: 'SM1', SmsStatus: 'received', From: '+15550000001', Body: '1' }

test('pitfall 41: what is signed is stored before it is answered', async ({ hosted, db }) => {
  const answer = await hosted.tell({ ...reply, To: '+15550009999' })
  expect([answer.status, answer.body]).toEqual([200, '<Response></Response>'])
  expect(answer.headers.get('Content-Type')).toBe('text/xml')
  expect(await waiting(db, hosted.id)).toEqual([
    { is: 'reply', id: 'SM1', from: '+15550000001', to: '+15550009999', text: '1' },
  ])
})

test('a bad signature is 403 and changes nothing, whatever the host is said to be', async ({
  edge,
  hosted,
  db,
}) => {
  const path = `/v1/carriers/${hosted.id}/webhook`
  expect(await hosted.tell(reply, 'canary-2')).toMatchObject({
    status: 403,
    body: { code: 'bad_webhook_signature' },
  })
  const spoofed = signedForm(`http://evil.example${path}`, 'canary-1', reply)
  const headers = {
    ...spoofed.headers,
    Host: 'evil.example',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'http',
  }
  expect((await edge.call('POST', path, { ...spoofed, headers })).status).toBe(403)
  const unsigned = { text: 'a=1', headers: { 'Content-Type': 'application/json' } }
  expect((await edge.call('POST', path, unsigned)).status).toBe(403)
  expect(await waiting(db, hosted.id)).toEqual([])
  const nobody = `/v1/carriers/${uuid()}/webhook`
  expect((await edge.call('POST', nobody, unsigned)).status).toBe(404)
})

test('what is too large is refused, however it comes', async ({ edge, hosted }) => {
  const path = `/v1/carriers/${hosted.id}/webhook`
  const text = 'a'.repeat(256 * 1024 + 1)
  expect((await edge.call('POST', path, { text })).status).toBe(413)
  const many = 'a=&'.repeat(10_000)
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  expect((await edge.call('POST', path, { text: many, headers })).status).toBe(413)
})

test('pitfall 41: 10,000 callbacks, shuffled and doubled and before our ids are stored, come to one end each', async ({
  hosted,
  db,
}) => {
  const count = 5_000
  const carrierId = hosted.id
  const recipients = Array.from({ length: count }, () => ({ state: 'submitted', carrierId }))
  const alertId = await aSentAlert(db, { recipients })
  const given = recipients.map((_one, i) => ({ seq: i + 1, ids: [`SM${i}`] }))
  const isFailed = (i: number) => i % 100 === 0
  const forms = given.map((_one, i) => ({
    MessageSid: `SM${i}`,
    MessageStatus: isFailed(i) ? 'undelivered' : 'delivered',
    To: '+15550000001',
    ...(isFailed(i) && { ErrorCode: '30003' }),
  }))
  // The fractional parts of multiples of the golden ratio spread evenly, and nothing like in order.
  const shuffled = [...forms, ...forms]
    .map((form, i) => ({ form, at: (i * 0.618_033_988_749_895) % 1 }))
    .toSorted((a, b) => a.at - b.at)
  const answers = await Promise.all(shuffled.map(({ form }) => hosted.tell(form)))
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])

  const intake = createIntake(
    db,
    new MessageIds(db, carrierId),
    startCounts(),
    () => Promise.resolve(),
    () => undefined,
  )
  const desk = createCallbackDesk({ db, carrierId, dispatcherId: uuid(), ...intake })
  const takeAll = async () => {
    do {
      await desk.take()
      await intake.flush()
      await desk.flush()
    } while ((await waiting(db, carrierId)).length > 0)
  }
  await takeAll()
  expect((await recordsOf(db, alertId)).every(({ state }) => state === 'submitted')).toBe(true)
  await wasGiven(db, alertId, carrierId, given)
  // As once a second: ids that were not there a moment ago are not looked for again at once.
  const states = await until(
    async () => {
      await intake.catchUp()
      return (await recordsOf(db, alertId)).map(({ state }) => state)
    },
    all => !all.includes('submitted'),
    'all are adopted',
  )
  expect(states).toEqual(given.map((_one, i) => (isFailed(i) ? 'failed' : 'delivered')))
  // And all of it once more.
  await Promise.all(shuffled.slice(0, 1_000).map(({ form }) => hosted.tell(form)))
  await takeAll()
  expect((await recordsOf(db, alertId)).map(({ state }) => state)).toEqual(states)
  const { progress } = await recount(db, alertId)
  expect(progress.counters).toEqual(progress.rows)
}, 180_000)

test('a text that is replayed is heard once, though others have come since', async ({
  hosted,
  db,
}) => {
  const carrierId = hosted.id
  const options = [
    { code: '1', label: 'Safe' },
    { code: '2', label: 'Need help' },
  ]
  const phone = '+15550077001'
  await aSentAlert(db, { recipients: [{ phone, carrierId }], options })
  const say = (MessageSid: string, Body: string) =>
    hosted.tell({ ...reply, From: phone, To: '+15550009999', MessageSid, Body })
  for (const [sid, body] of [
    ['SMa', '1'],
    ['SMb', '2'],
    ['SMa', '1'],
    ['SMa', '1'],
  ] as const) {
    expect((await say(sid, body)).status).toBe(200)
  }
  const left = createLeftCallbacks(db, uuid())
  await db.execute(sql`update callbacks set at = now() - interval '1 minute'`)
  await left.take(() => false)
  await left.flush()
  const heard = await db.execute<{ text: string; option: string }>(sql`
    select text, option from inbound where phone = ${phone} order by id`)
  expect(heard.map(({ option }) => option)).toEqual(['1', '2'])
  const [stand] = await db.execute<{ option: string }>(sql`
    select r.option from replies r join blocks b using (alert_id) where b.first_phone = 15550077001`)
  expect(stand?.option).toBe('2')
  expect(await waiting(db, carrierId)).toEqual([])
  // Days later.
  await say('SMa', '1')
  await db.execute(sql`update callbacks set at = now() - interval '1 minute'`)
  await left.take(() => false)
  await left.flush()
  expect((await db.execute(sql`select from inbound where phone = ${phone}`)).length).toBe(2)
})

test('callbacks of a carrier that no lane has are taken by any dispatcher, and by one at a time', async ({
  hosted,
  db,
}) => {
  await hosted.administrator.call('PATCH', `/v1/carriers/${hosted.id}`, {
    json: { enabled: false },
  })
  expect((await hosted.tell(reply)).status).toBe(200)
  const [one, other] = [createLeftCallbacks(db, uuid()), createLeftCallbacks(db, uuid())]
  await one.take(() => false)
  // A lane somewhere may be about to take it.
  expect((await waiting(db, hosted.id)).length).toBe(1)
  await db.execute(sql`update callbacks set at = now() - interval '1 minute'`)
  await Promise.all([one.take(() => false), other.take(() => false)])
  await Promise.all([one.flush(), other.flush()])
  expect(await waiting(db, hosted.id)).toEqual([])
  const heard = await db.execute(sql`
    select from inbound where carrier_id = ${hosted.id}::uuid and source_id = 'SM1'`)
  expect(heard.length).toBe(1)
})

test('pitfall 40: who has opted out at the carrier is marked so, until they opt in there', async ({
  hosted,
  db,
}) => {
  const phone = '+15550077002'
  const marks = () =>
    db.execute(sql`select scope, category from opt_outs where phone = ${phone} order by scope`)
  const take = async () => {
    const left = createLeftCallbacks(db, uuid())
    await db.execute(sql`update callbacks set at = now() - interval '1 minute'`)
    await left.take(() => false)
    await left.flush()
  }
  await hosted.tell({
    MessageSid: 'SM9',
    MessageStatus: 'failed',
    ErrorCode: '21610',
    To: phone,
  })
  await take()
  expect(await marks()).toEqual([{ scope: 'carrier', category: hosted.id }])
  await hosted.tell({ ...reply, From: phone, MessageSid: 'SM10', Body: 'ALTO', OptOutType: 'STOP' })
  await take()
  expect(await marks()).toEqual([
    { scope: 'carrier', category: hosted.id },
    { scope: 'nonEmergency', category: '' },
  ])
  // Twilio has answered it already.
  expect((await db.execute(sql`select from answers where phone = ${phone}`)).length).toBe(0)
  await hosted.tell({ ...reply, From: phone, MessageSid: 'SM11', Body: 'START' })
  await take()
  expect(await marks()).toEqual([])
})

test('pitfall 40: a text that networks filter is an alarm past a share of the receipts', async ({
  hosted,
  db,
}) => {
  const carrierId = hosted.id
  const recipients = Array.from({ length: 100 }, () => ({ state: 'submitted', carrierId }))
  const alertId = await aSentAlert(db, { recipients })
  await wasGiven(
    db,
    alertId,
    carrierId,
    recipients.map((_one, i) => ({ seq: i + 1, ids: [`F${i}`] })),
  )
  const intake = createIntake(
    db,
    new MessageIds(db, carrierId),
    startCounts(),
    () => Promise.resolve(),
    () => undefined,
  )
  const tell = async (from: number, to: number, said: object) => {
    for (let i = from; i < to; i++) {
      const acknowledge = () => undefined
      const receipt = { messageId: `F${i}`, reason: '', acknowledge }
      intake.receipt({ ...receipt, state: 'delivered', ...said })
    }
    await intake.flush()
  }
  const alarms = async () =>
    (
      await db.execute<{ alarms: { code: string }[] }>(
        sql`select alarms from alerts where id = ${alertId}::uuid`,
      )
    )[0]!.alarms.map(({ code }) => code)
  await tell(0, 80, {})
  await tell(80, 84, { state: 'failed', filtered: true })
  // 4 of 84 are less than a twentieth.
  expect(await alarms()).toEqual([])
  await tell(84, 90, { state: 'failed', filtered: true })
  await tell(90, 100, { state: 'failed', filtered: true })
  expect(await alarms()).toEqual(['messages_filtered'])
})
