import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { recordReplies } from '../../src/inbound/replies.ts'
import { transact, type Database } from '../../src/store/database.ts'
import { test as edgeTest, type Caller } from '../support/edge.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

const test = edgeTest.extend<{ $file: { author: Caller; approver: Caller } }>({
  author: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['author'] })),
    { scope: 'file' },
  ],
  approver: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['approver'] })),
    { scope: 'file' },
  ],
})

const options = [
  { code: '1', label: 'Safe', words: ['safe'] },
  { code: '2', label: 'Need help', urgent: true },
]

/** People who were sent an alert, each by a number, and a way for them to text back. */
async function anAlertThatAsks(db: Database, people: number) {
  const carrierId = await aCarrier(db)
  const phones = Array.from({ length: people }, () => aPhone())
  const alertId = await aSentAlert(db, {
    options,
    areas: ['The valley', 'The hill'],
    recipients: phones.map((phone, i) => ({ phone, carrierId, areaNo: i % 2 })),
  })
  const says = (...said: readonly (readonly [no: number, text: string])[]) =>
    recordReplies(
      db,
      carrierId,
      said.map(([no, text]) => ({ from: phones[no]!, to: '72345', text })),
    )
  return { alertId, phones, says }
}

const listOf = async (caller: Caller, alertId: string, query = '') =>
  (await caller.call('GET', `/v1/alerts/${alertId}/requests?${query}`)).body.items
const requestsOf = async (caller: Caller, alertId: string) =>
  (await caller.call('GET', `/v1/alerts/${alertId}/tally`)).body.requests

test('whoever asks for help, or may, is on the list once, whatever they go on to send', async ({
  db,
  author,
}) => {
  const { alertId, phones, says } = await anAlertThatAsks(db, 5)
  await says([0, '2'], [1, 'HELP'], [2, 'safe'], [3, 'my father is trapped'], [4, 'hello'])
  await says([0, 'HELP'], [0, '2'], [3, '2'])
  await says([1, 'safe'])
  const items = await listOf(author, alertId)
  expect(items).toMatchObject([
    { phone: phones[0], state: 'open', certain: true, texts: 3, text: '2', reply: '2', areaNo: 0 },
    { phone: phones[1], state: 'open', certain: true, texts: 1, text: 'HELP', reply: '1' },
    { phone: phones[3], state: 'open', certain: true, texts: 2, text: '2', areaNo: 1 },
  ])
  expect(items).toHaveLength(3)
  expect(await requestsOf(author, alertId)).toEqual({ open: 3, taken: 0, closed: 0 })
})

test('a request is taken, noted on, handed over and closed; who asks again is open again', async ({
  db,
  edge,
  author,
  approver,
}) => {
  const { alertId, says } = await anAlertThatAsks(db, 2)
  await says([0, '2'], [1, '2'])
  const [{ id }] = await listOf(author, alertId)
  const does = (who: Caller, step: string, json: object = {}) =>
    who.call('POST', `/v1/requests/${id}/${step}`, { json })

  expect((await does(author, 'take')).body).toMatchObject({ state: 'taken', operatorId: author.id })
  // Somebody has it.
  expect(await does(approver, 'take')).toMatchObject({ status: 409, body: { code: 'wrong_state' } })
  expect((await does(approver, 'note', { note: 'Two people, a wheelchair.' })).status).toBe(200)
  const handed = await does(author, 'hand-over', { operatorId: approver.id, note: 'Your shift' })
  expect(handed.body).toMatchObject({ state: 'taken', operatorId: approver.id })
  const closed = await does(approver, 'close', { outcome: 'passedOn', note: 'Fire, 14:05' })
  expect(closed.body).toMatchObject({ state: 'closed', outcome: 'passedOn' })
  expect((await does(author, 'close', { outcome: 'helped' })).body.code).toBe('wrong_state')
  expect(await requestsOf(author, alertId)).toEqual({ open: 1, taken: 0, closed: 1 })
  await says([0, 'HELP'])
  expect((await author.call('GET', `/v1/requests/${id}`)).body).toMatchObject({
    state: 'open',
    operatorId: null,
    outcome: null,
    steps: [
      { step: 'taken', operatorId: author.id },
      { step: 'noted', operatorId: approver.id, note: 'Two people, a wheelchair.' },
      { step: 'handedOver', toOperatorId: approver.id, note: 'Your shift' },
      { step: 'closed', operatorId: approver.id, outcome: 'passedOn', note: 'Fire, 14:05' },
      { step: 'askedAgain', operatorId: null },
    ],
  })
  expect((await does(author, 'close', { outcome: 'mistake' })).status).toBe(200)
  expect((await does(author, 'reopen', { note: 'Not sure' })).body).toMatchObject({
    state: 'open',
    operatorId: null,
  })

  const auditor = await edge.caller({ roles: ['auditor'] })
  const { items } = (await auditor.call('GET', '/v1/audit?limit=100')).body
  const trail = items.filter(({ subject }: { subject: string }) => subject === id)
  expect(trail.map(({ action }: { action: string }) => action).toReversed()).toEqual([
    'request.taken',
    'request.noted',
    'request.handedOver',
    'request.closed',
    'request.closed',
    'request.reopened',
  ])
  expect(JSON.stringify(trail)).not.toMatch(/wheelchair|Fire/)
})

test('of two who take a request at once one has it, and a stale reader is told so', async ({
  db,
  author,
  approver,
}) => {
  const { alertId, says } = await anAlertThatAsks(db, 1)
  await says([0, '2'])
  const [{ id, revision }] = await listOf(author, alertId)
  const take = (who: Caller) => who.call('POST', `/v1/requests/${id}/take`, { json: {} })
  let both: Promise<{ status: number }[]> | undefined
  await transact(db, async tx => {
    await tx.execute(sql`select from help_requests where id = ${id}::uuid for update`)
    both = Promise.all([take(author), take(approver)])
    // Both have come as far as the row: neither has seen what the other does.
    const waiting = sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    `
    await expect.poll(() => db.execute(waiting)).toHaveLength(2)
  })
  expect(new Set((await both!).map(({ status }) => status))).toEqual(new Set([200, 409]))
  const headers = { 'If-Match': `"${revision}"` }
  const json = { outcome: 'helped' }
  const stale = await author.call('POST', `/v1/requests/${id}/close`, { json, headers })
  expect(stale).toMatchObject({ status: 412, body: { code: 'stale_revision' } })
  // Texts that say nothing new leave the revision, or who floods us would keep everybody from acting.
  const before = (await author.call('GET', `/v1/requests/${id}`)).headers.get('ETag')!
  await says([0, 'HELP'], [0, 'help!'], [0, '2'])
  const fresh = { json, headers: { 'If-Match': before } }
  expect((await author.call('POST', `/v1/requests/${id}/close`, fresh)).status).toBe(200)
})

test('the list is filtered, paged, and masked for who may not see phones', async ({
  db,
  edge,
  author,
}) => {
  const { alertId, phones, says } = await anAlertThatAsks(db, 6)
  await says([0, '2'], [1, '2'], [2, 'we are on the roof'], [3, '2'])
  const all = await listOf(author, alertId)
  const phonesIn = async (query: string) =>
    (await listOf(author, alertId, query)).map(({ phone }: { phone: string }) => phone)
  await author.call('POST', `/v1/requests/${all[1].id}/take`, { json: {} })
  await author.call('POST', `/v1/requests/${all[3].id}/close`, { json: { outcome: 'safe' } })
  expect(await phonesIn('state=open')).toEqual([phones[0], phones[2]])
  expect(await phonesIn('certain=false')).toEqual([phones[2]])
  expect(await phonesIn('area=1')).toEqual([phones[1], phones[3]])
  expect(await phonesIn(`operator=${author.id}&state=taken`)).toEqual([phones[1]])
  const { items, nextCursor } = (await author.call('GET', `/v1/alerts/${alertId}/requests?limit=2`))
    .body
  const rest = await listOf(author, alertId, `limit=2&cursor=${nextCursor}`)
  expect([...items, ...rest].map(({ id }: { id: string }) => id)).toEqual(
    all.map(({ id }: { id: string }) => id),
  )
  const viewer = await edge.caller({ roles: ['viewer'] })
  for (const { phone } of await listOf(viewer, alertId)) expect(phone).toMatch(/^\D*\d{3}$/)
})

test('where somebody who asks is stands beside it, for who may read contacts alone', async ({
  db,
  edge,
  author,
  approver,
}) => {
  const { alertId, phones, says } = await anAlertThatAsks(db, 2)
  const home = { longitude: -95.4, latitude: 29.7, label: 'Home' }
  const work = { longitude: -95.3, latitude: 29.8, label: null }
  const contact = { phone: phones[0], locations: [home, { longitude: -95.3, latitude: 29.8 }] }
  expect((await author.call('POST', '/v1/contacts', { json: contact })).status).toBe(201)
  await says([0, '2'], [1, '2'])
  const [known, unknown] = await listOf(author, alertId)
  expect(known.locations).toHaveLength(2)
  expect(known.locations).toEqual(expect.arrayContaining([home, work]))
  expect(unknown.locations).toEqual([])
  expect((await author.call('GET', `/v1/requests/${known.id}`)).body.locations).toHaveLength(2)
  const viewer = await edge.caller({ roles: ['viewer'] })
  expect((await listOf(viewer, alertId))[0].locations).toHaveLength(2)
  expect((await listOf(approver, alertId))[0].locations).toBeNull()
  const taken = await approver.call('POST', `/v1/requests/${known.id}/take`, { json: {} })
  expect(taken.body).toMatchObject({ state: 'taken', locations: null })
})

test('what can not be done is refused: by mode, to whom, of what', async ({ db, edge, author }) => {
  const { alertId, says } = await anAlertThatAsks(db, 1)
  await says([0, '2'])
  const [{ id }] = await listOf(author, alertId)
  const rehearsing = await edge.caller({ roles: ['author'], mode: 'exercise' })
  const taken = await rehearsing.call('POST', `/v1/requests/${id}/take`, { json: {} })
  expect(taken).toMatchObject({ status: 403, body: { code: 'wrong_mode' } })
  const viewer = await edge.caller({ roles: ['viewer'] })
  for (const operatorId of [viewer.id, randomUUID()]) {
    const given = await author.call('POST', `/v1/requests/${id}/hand-over`, {
      json: { operatorId },
    })
    expect(given).toMatchObject({
      status: 422,
      body: { code: 'invalid_operator', errors: [{ pointer: '/operatorId' }] },
    })
  }
  const nothing = await author.call('POST', `/v1/requests/${randomUUID()}/take`, { json: {} })
  expect(nothing.status).toBe(404)
  expect((await author.call('GET', `/v1/alerts/${randomUUID()}/requests`)).status).toBe(404)
  const wrong = await author.call('POST', `/v1/requests/${id}/close`, {
    json: { outcome: 'lost', note: '' },
  })
  expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    '/outcome',
    '/note',
  ])
})
