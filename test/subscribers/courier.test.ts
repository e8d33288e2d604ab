import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterEach, expect, onTestFinished, vi } from 'vitest'
import { endAlert } from '../../src/alerts/end.ts'
import { completeNotices } from '../../src/alerts/notice-cap.ts'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { verifyXmlSignature } from '../../src/signing/xml-signature.ts'
import { transact, type Database } from '../../src/store/database.ts'
import { claimNotices } from '../../src/store/notices.ts'
import { startCourier } from '../../src/subscribers/courier.ts'
import { aDrill, aListedGroup, anAlert, aSigner, compose, contactsAt } from '../alerts/people.ts'
import { type Caller, type Edge, test as edgeTest } from '../support/edge.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

// The first that meets a part of the edge waits for it to be made ready.
vi.setConfig({ testTimeout: 60_000 })

const receivers: Receiver[] = []
const receive = async () => {
  const receiver = await startReceiver()
  receivers.push(receiver)
  return receiver
}

const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge, db }, use) => {
      await contactsAt(db, [[-96.5, 30.5]])
      await use(await edge.caller({ roles: ['administrator'] }))
    },
    { scope: 'file' },
  ],
})

afterEach<{ db: Database }>(async ({ db }) => {
  await Promise.all(receivers.splice(0).map(receiver => receiver.close()))
  await db.execute(sql`delete from subscribers`)
})

const ALL = [
  'alert.submitted',
  'alert.approved',
  'alert.rejected',
  'alert.withdrawn',
  'alert.sending',
  'alert.paused',
  'alert.sent',
  'alert.stopped',
  'alert.expired',
]

/** Enters a system and lets it know its secret. @returns its path */
async function subscribe(administrator: Caller, receiver: Receiver, more: object = {}) {
  const json = { url: receiver.url, description: 'The siren network', events: ALL, ...more }
  const { status, body } = await administrator.call('POST', '/v1/subscribers', { json })
  expect(status, JSON.stringify(body)).toBe(201)
  receiver.secrets.push(body.secret)
  return `/v1/subscribers/${body.id}`
}

const courierOf = ({ masterKey, deps }: Edge, db: Database) =>
  startCourier({
    db,
    masterKey,
    privateHosts: deps.config.privateHosts,
    now: () => new Date(),
    wake: () => undefined,
  })

const signerOf = ({ masterKey }: Edge, db: Database) => ({ db, masterKey, now: () => new Date() })

/** Brings all that is due, until nothing is. */
async function bring(edge: Edge, db: Database) {
  await completeNotices(signerOf(edge, db))
  const courier = courierOf(edge, db)
  for (let round = 0; round < 10; round++) {
    await courier.turn()
    await courier.idle()
  }
}

const sendTest = async (administrator: Caller, path: string): Promise<string> => {
  const { status, body } = await administrator.call('POST', `${path}/test`)
  expect(status).toBe(202)
  return body.id
}

const deliveries = async (administrator: Caller, path: string) =>
  (await administrator.call('GET', `${path}/deliveries`)).body.items

/** The time of a pause or a lease has passed. */
const passTime = (db: Database) =>
  db.execute(sql`update notice_deliveries set due_at = now() where state = 'waiting'`)

test('a subscriber hears of each state that an alert comes into, signed', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const id = await compose(author, anAlert())
  await author.call('PATCH', `/v1/alerts/${id}`, { json: { note: 'a second look' } })
  await author.submit(id)
  const json = { reason: 'the area is too small' }
  await approver.call('POST', `/v1/alerts/${id}/return`, { json })
  await author.submit(id)
  await approver.approve(id)
  const headers = { 'Idempotency-Key': randomUUID() }
  await author.call('POST', `/v1/alerts/${id}/dispatch`, { headers })
  await approver.call('POST', `/v1/alerts/${id}/pause`)
  await approver.call('POST', `/v1/alerts/${id}/resume`)
  await transact(db, tx => endAlert(tx, id, 'sent', new Date()))
  await bring(edge, db)

  const told = receiver.received
    .map(({ body }) => body)
    .sort((a, b) => a.data.alert.revision - b.data.alert.revision)
  expect(told.map(({ type, data }) => [type, data.from, data.action])).toEqual([
    ['alert.submitted', 'draft', 'submitted'],
    ['alert.withdrawn', 'submitted', 'returned'],
    ['alert.submitted', 'draft', 'submitted'],
    ['alert.approved', 'submitted', 'approved'],
    ['alert.sending', 'approved', 'dispatched'],
    ['alert.paused', 'sending', 'paused'],
    ['alert.sending', 'paused', 'resumed'],
    ['alert.sent', 'sending', 'ended'],
  ])
  const { body: shown } = await author.call('GET', `/v1/alerts/${id}`)
  expect(told.at(-1)).toMatchObject({
    timestamp: expect.any(String),
    data: { alert: { id, state: 'sent', mode: 'live', status: 'Actual', note: 'a second look' } },
  })
  expect(told.at(-1).data.alert.info).toEqual(shown.info)
  expect(new Set(receiver.received.map(received => received.id)).size).toBe(8)
  // Who it is, whom it goes to and why somebody gave it back is nobody's business outside.
  const everything = receiver.received.map(({ raw }) => raw).join()
  for (const inside of ['too small', author.id, approver.id, 'maxRecipients', 'replies']) {
    expect(everything).not.toContain(inside)
  }
  const listed = await deliveries(administrator, path)
  expect(listed).toHaveLength(8)
  for (const item of listed) {
    expect(item).toMatchObject({ state: 'delivered', attempts: 1, lastStatus: 204, alertId: id })
  }
})

test('a drill is told of only where drills are wanted, and only the events that were asked for', async ({
  edge,
  db,
  administrator,
}) => {
  const [real, drills] = [await receive(), await receive()]
  await subscribe(administrator, real)
  await subscribe(administrator, drills, {
    events: ['alert.approved'],
    statuses: ['Exercise', 'Test'],
  })
  const roster = await aListedGroup(db, await contactsAt(db, [[-96.5, 30.5]]))
  const author = await aSigner(edge, ['author'], { mode: 'exercise' })
  // Policy asks for a second person only for the real thing: this goes straight to approved.
  await author.submit(await compose(author, aDrill(roster)))
  await bring(edge, db)
  expect(real.received).toEqual([])
  expect(drills.received.map(({ body }) => [body.type, body.data.alert.status])).toEqual([
    ['alert.approved', 'Exercise'],
  ])
})

test('a step that is undone tells nobody', async ({ edge, db, administrator }) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  const author = await aSigner(edge, ['author'])
  const id = await compose(author, anAlert())
  await db.execute(sql`
    create function no_audit() returns trigger language plpgsql as $$
    begin raise exception 'the disk is full'; end $$`)
  await db.execute(sql`
    create trigger no_audit before insert on audit for each row execute function no_audit()`)
  onTestFinished(async () => void (await db.execute(sql`drop trigger if exists no_audit on audit`)))
  const failed = await author.submit(id)
  await db.execute(sql`drop trigger no_audit on audit`)
  expect(failed.status, JSON.stringify(failed.body)).toBe(500)
  expect(await deliveries(administrator, path)).toEqual([])

  await author.submit(id)
  expect(await deliveries(administrator, path)).toMatchObject([
    { event: 'alert.submitted', state: 'waiting', attempts: 0 },
  ])
})

test('a courier that dies between sending and writing it down: the same id again, told once more', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  const id = await sendTest(administrator, path)
  // The notice arrives; its end is never written, for its courier is gone by then.
  await db.execute(sql`
    create function die() returns trigger language plpgsql as $$
    begin raise exception 'killed'; end $$`)
  await db.execute(sql`
    create trigger die before update on notice_deliveries for each row
    when (new.state = 'delivered') execute function die()`)
  onTestFinished(
    async () => void (await db.execute(sql`drop trigger if exists die on notice_deliveries`)),
  )
  await bring(edge, db)
  await db.execute(sql`drop trigger die on notice_deliveries`)
  expect(receiver.received.map(received => received.id)).toEqual([id])

  // While the lease lasts nobody sends it.
  await bring(edge, db)
  expect(receiver.received).toHaveLength(1)
  await passTime(db)
  await bring(edge, db)
  expect(receiver.received.map(received => received.id)).toEqual([id, id])
  expect(receiver.received[1]?.raw).toBe(receiver.received[0]?.raw)
  expect(await deliveries(administrator, path)).toMatchObject([
    { id, state: 'delivered', attempts: 2 },
  ])
})

test('of couriers that race each notice goes to one', async ({ edge, db, administrator }) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  for (let i = 0; i < 12; i++) await sendTest(administrator, path)
  const couriers = Array.from({ length: 6 }, () => courierOf(edge, db))
  for (let round = 0; round < 12; round++) {
    await Promise.all(couriers.map(courier => courier.turn()))
    await Promise.all(couriers.map(courier => courier.idle()))
  }
  expect(receiver.received).toHaveLength(12)
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(12)
  const claims = await Promise.all(
    Array.from({ length: 4 }, () => claimNotices(db, { busy: [], each: 4, leaseSeconds: 30 })),
  )
  expect(claims.flat()).toEqual([])
})

test('a courier that comes back after its lease writes over nobody', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  await sendTest(administrator, path)
  let answered = 0
  receiver.answer = () => (++answered === 1 ? undefined : 500)
  const frozen = courierOf(edge, db)
  await frozen.turn()
  await receiver.until('the first attempt', () => receiver.received.length === 1)
  await passTime(db)
  await bring(edge, db)
  const settled = await deliveries(administrator, path)
  expect(settled).toMatchObject([{ state: 'waiting', attempts: 2, lastStatus: 500 }])
  // The first one's connection is lost: that would be written, had it the say.
  await receiver.close()
  await frozen.idle()
  expect(await deliveries(administrator, path)).toEqual(settled)
})

test('what is refused is tried again later, nine times in about a day, and then failed', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  await sendTest(administrator, path)
  const answers = [500, 301, 404, 429, 503, 400, 302, 500, 500]
  const pauses: number[] = []
  for (const status of answers) {
    receiver.answer = () => status
    await bring(edge, db)
    const [delivery] = await deliveries(administrator, path)
    expect(delivery.lastStatus).toBe(status)
    if (delivery.nextAttemptAt !== null) {
      pauses.push((Date.parse(delivery.nextAttemptAt) - Date.now()) / 1000)
    }
    await passTime(db)
  }
  expect(receiver.received).toHaveLength(answers.length)
  expect(await deliveries(administrator, path)).toMatchObject([
    { state: 'failed', attempts: 9, nextAttemptAt: null },
  ])
  const about = [5, 30, 120, 600, 3_600, 10_800, 28_800, 50_400]
  expect(pauses).toHaveLength(about.length)
  for (const [i, seconds] of about.entries()) {
    // A fifth up or down; and what the test itself took.
    expect(pauses[i]).toBeGreaterThan(seconds * 0.8 - 3)
    expect(pauses[i]).toBeLessThan(seconds * 1.2)
  }
})

test('who is away is tried again, and the reason is told', async ({ edge, db, administrator }) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  await sendTest(administrator, path)
  await receiver.close()
  await bring(edge, db)
  expect(await deliveries(administrator, path)).toMatchObject([
    { state: 'waiting', attempts: 1, lastStatus: null, lastFault: 'unreachable' },
  ])
})

test('410 disables: what waits is cancelled, what happens then is not told, and somebody may enable it', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  receiver.answer = () => 410
  const [first, ...others] = [
    await sendTest(administrator, path),
    await sendTest(administrator, path),
    await sendTest(administrator, path),
    await sendTest(administrator, path),
    await sendTest(administrator, path),
  ]
  await bring(edge, db)
  const states = (await deliveries(administrator, path)).map(
    (item: { state: string }) => item.state,
  )
  // Some were under way side by side: the first answer ends those whose own is not written yet.
  expect(states).toContain('failed')
  expect(
    states.filter((state: string) => state === 'failed' || state === 'cancelled'),
  ).toHaveLength(5)
  const before = receiver.received.length
  expect(before).toBeLessThan(5)
  expect((await administrator.call('GET', path)).body).toMatchObject({ enabled: false, gone: true })
  expect((await administrator.call('POST', `${path}/test`)).body.code).toBe('wrong_state')

  receiver.answer = () => 200
  const { body } = await administrator.call('PATCH', path, { json: { enabled: true } })
  expect(body).toMatchObject({ enabled: true, gone: false })
  for (const id of [first, ...others]) {
    expect((await administrator.call('POST', `${path}/deliveries/${id}/replay`)).status).toBe(202)
  }
  await bring(edge, db)
  expect(receiver.received).toHaveLength(before + 5)
  for (const item of await deliveries(administrator, path)) expect(item.state).toBe('delivered')
})

test('a replay sends the same octets under the same id; what waits is not replayed', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  const id = await sendTest(administrator, path)
  const replay = () => administrator.call('POST', `${path}/deliveries/${id}/replay`)
  expect((await replay()).body.code).toBe('wrong_state')
  await bring(edge, db)
  expect([(await replay()).status, (await replay()).status]).toEqual([202, 409])
  await bring(edge, db)
  const [first, second] = receiver.received
  expect(receiver.received).toHaveLength(2)
  expect([second?.id, second?.raw]).toEqual([first?.id, first?.raw])
  const other = `${path}/deliveries/${randomUUID()}/replay`
  expect((await administrator.call('POST', other)).status).toBe(404)
})

test('a subscriber that never answers holds up nobody else', async ({
  edge,
  db,
  administrator,
}) => {
  const [mute, well] = [await receive(), await receive()]
  const toMute = await subscribe(administrator, mute)
  const toWell = await subscribe(administrator, well)
  mute.answer = () => undefined
  for (let i = 0; i < 6; i++) await sendTest(administrator, toMute)
  const courier = courierOf(edge, db)
  await courier.turn()
  await mute.until('some wait for an answer', () => mute.received.length === 4)
  await sendTest(administrator, toWell)
  await courier.turn()
  await well.until('the other has its notice', () => well.received.length === 1)
  expect(mute.received).toHaveLength(4)
  await mute.close()
  await courier.idle()
})

test('while a secret takes the place of another both sign; a day later the new one alone', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  const { status, body } = await administrator.call('POST', `${path}/secret`)
  expect(status).toBe(200)
  expect(body.secret).toMatch(/^whsec_[\w+/]{43}=$/)
  expect(body.secret).not.toBe(receiver.secrets[0])
  // The receiver still has the former one.
  await sendTest(administrator, path)
  await bring(edge, db)
  expect(receiver.received.map(({ signatures }) => signatures)).toEqual([2])
  receiver.secrets = [body.secret]
  await sendTest(administrator, path)
  await bring(edge, db)
  expect(receiver.received.map(({ signatures }) => signatures)).toEqual([2, 2])

  await sendTest(administrator, path)
  const { masterKey, deps } = edge
  const tomorrow = startCourier({
    db,
    masterKey,
    privateHosts: deps.config.privateHosts,
    now: () => new Date(Date.now() + 25 * 3_600_000),
    wake: () => undefined,
  })
  await tomorrow.turn()
  await tomorrow.idle()
  // Signed for tomorrow, which no receiver takes today; one signature, and it was not written as arrived.
  expect(receiver.received).toHaveLength(2)
  expect(receiver.refused).toBe(1)
})

test('sealed secrets that change places sign nothing', async ({ edge, db, administrator }) => {
  const [a, b] = [await receive(), await receive()]
  const toA = await subscribe(administrator, a)
  await subscribe(administrator, b)
  await db.execute(sql`
    update subscribers set sealed_secrets =
      (select other.sealed_secrets from subscribers other where other.url = ${b.url})
    where url = ${a.url}`)
  await sendTest(administrator, toA)
  await bring(edge, db)
  expect(a.received).toEqual([])
  expect(a.refused).toBe(0)
  expect(await deliveries(administrator, toA)).toMatchObject([
    { state: 'waiting', lastFault: 'integrity_violation' },
  ])
})

test('W10: an address that may not be called is not called, whatever stands in the database', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  const { port } = new URL(receiver.url)
  for (const host of ['127.1', '0x7f000001', '[::ffff:7f00:1]', '127.0.0.2', 'localhost.']) {
    await db.execute(sql`update subscribers set url = ${`http://${host}:${port}/alerts`}`)
    await sendTest(administrator, path)
    const { masterKey } = edge
    const options = { db, masterKey, now: () => new Date(), wake: () => undefined }
    const courier = startCourier({ ...options, privateHosts: [] })
    await courier.turn()
    await courier.idle()
    const [latest] = await deliveries(administrator, path)
    expect([host, latest.state, latest.lastFault]).toEqual([host, 'waiting', 'refused_address'])
  }
  expect(receiver.received).toEqual([])
  expect(receiver.refused).toBe(0)
})

test('W12: a redirect is not followed', async ({ edge, db, administrator }) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  await sendTest(administrator, path)
  receiver.answer = () => 302
  await bring(edge, db)
  expect(receiver.received).toHaveLength(1)
  expect(receiver.refused).toBe(0)
  expect(await deliveries(administrator, path)).toMatchObject([
    { state: 'waiting', lastStatus: 302 },
  ])
})

test('each notice brings the signed CAP of what it tells of, and waits for it', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  const path = await subscribe(administrator, receiver)
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const id = await compose(author, anAlert())
  await author.submit(id)
  // Nobody has signed it yet: not even a courier that is at hand takes it.
  const courier = courierOf(edge, db)
  await courier.turn()
  await courier.idle()
  expect(receiver.received).toEqual([])

  await bring(edge, db)
  await approver.approve(id)
  await bring(edge, db)
  const told = receiver.received.map(({ body }) => [body.type, body.data.cap])
  expect(told.map(([type, cap]) => [type, readCapXml(Buffer.from(cap)).message?.status])).toEqual([
    // CAP's own word for what nobody may act on yet.
    ['alert.submitted', 'Draft'],
    ['alert.approved', 'Actual'],
  ])
  const approved = told[1]![1]
  const { body: exported } = await author.call('GET', `/v1/alerts/${id}/cap`)
  expect(approved).toBe(exported)
  const pinned = await edge.call('GET', '/.well-known/cap-certificates.pem')
  const { signature } = readCapXml(Buffer.from(approved))
  expect(verifyXmlSignature(approved, signature!, pinned.body)).toContain(id)
  expect(await deliveries(administrator, path)).toHaveLength(2)
})

test('who is told of an alert that has no CAP any more is told all the same', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  await subscribe(administrator, receiver)
  const author = await aSigner(edge, ['author'])
  const approver = await aSigner(edge, ['approver'])
  const [withdrawn, altered] = [await compose(author, anAlert()), await compose(author, anAlert())]
  await author.submit(withdrawn)
  await author.call('POST', `/v1/alerts/${withdrawn}/withdraw`, { json: {} })
  await author.call('PATCH', `/v1/alerts/${withdrawn}`, { json: { note: 'again' } })
  await author.submit(withdrawn)
  await approver.call('POST', `/v1/alerts/${withdrawn}/reject`, { json: { reason: 'no' } })
  await author.submit(altered)
  await db.transaction(async tx => {
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(sql`update alerts set max_recipients = 7 where id = ${altered}`)
  })
  await bring(edge, db)
  const told = receiver.received.map(({ body }) => [body.data.alert.id, body.type, body.data.cap])
  expect(told).toHaveLength(5)
  expect(told).toEqual(
    expect.arrayContaining([
      [withdrawn, 'alert.submitted', null],
      [withdrawn, 'alert.withdrawn', null],
      [withdrawn, 'alert.rejected', null],
      [altered, 'alert.submitted', null],
    ]),
  )
})

test('two that finish the same notice at once tell the same, once', async ({
  edge,
  db,
  administrator,
}) => {
  const receiver = await receive()
  await subscribe(administrator, receiver)
  const author = await aSigner(edge, ['author'])
  for (let i = 0; i < 4; i++) await author.submit(await compose(author, anAlert()))
  // Those who come later leave the young ones to others.
  await completeNotices(signerOf(edge, db), 30)
  await courierOf(edge, db).turn()
  expect(receiver.received).toEqual([])
  await Promise.all([1, 2, 3].map(async () => completeNotices(signerOf(edge, db))))
  await bring(edge, db)
  expect(receiver.received).toHaveLength(4)
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(4)
})
