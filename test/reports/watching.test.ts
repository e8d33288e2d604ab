import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { startServer } from '../../src/http/server.ts'
import { MessageIds } from '../../src/inbound/message-ids.ts'
import { openReceiptBook } from '../../src/inbound/receipts.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import { notify, type Database } from '../../src/store/database.ts'
import { reportLink } from '../../src/store/links.ts'
import { recordResults } from '../../src/store/results.ts'
import { sql } from 'drizzle-orm'
import { wasGiven } from '../support/blocks.ts'
import { test, type Caller, type Edge } from '../support/edge.ts'
import { idleLane } from '../support/lane-figures.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

const options = [
  { code: '1', label: 'Safe', words: ['safe'] },
  { code: '2', label: 'Need help', words: ['help me'] },
]
const HOUR = 3_600_000

/** Six recipients in two areas and a group, each another way along. */
async function anAlertUnderWay(db: Database) {
  const carrierId = await aCarrier(db)
  const groupId = randomUUID()
  const phones = Array.from({ length: 6 }, aPhone)
  const states = ['queued', 'submitted', 'delivered', 'failed', 'unknown', 'submitted']
  const alertId = await aSentAlert(db, {
    options,
    areas: ['The valley', 'The hill'],
    groups: [{ id: groupId, name: 'Schools' }],
    recipients: phones.map((phone, i) => ({
      phone,
      state: states[i]!,
      ...(i !== 0 && { carrierId }),
      areaNo: i % 2,
      groupNos: i < 3 ? [0] : [],
    })),
  })
  await db.execute(sql`update progress set segments = 10 where alert_id = ${alertId}::uuid`)
  return { alertId, carrierId, groupId, phones }
}

test('progress is exclusive counts that add up, by carrier too', async ({ db, edge }) => {
  const { alertId, carrierId } = await anAlertUnderWay(db)
  await reportLink(db, {
    carrierId,
    dispatcherId: randomUUID(),
    state: 'bound',
    perSecond: 9,
    inFlight: 1,
    lastError: undefined,
    // Of the nine a second that it takes, two are this alert's.
    figures: { ...idleLane, alerts: { [alertId]: 2, [randomUUID()]: 7 } },
  })
  const viewer = await edge.caller()
  const { status, body } = await viewer.call('GET', `/v1/alerts/${alertId}/progress`)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    state: 'sending',
    recipients: 6,
    queued: 1,
    submitted: 2,
    delivered: 1,
    failed: 1,
    expired: 0,
    cancelled: 0,
    unknown: 1,
    possibleDuplicates: 0,
    segmentsSubmitted: 10,
    alarms: [],
    firstSubmittedAt: null,
    lastSubmittedAt: null,
    perSecond: 2,
    // One waits; the five before it took two segments each.
    etaSeconds: 1,
  })
  const mine = body.byCarrier.find((one: { carrierId: string }) => one.carrierId === carrierId)
  expect(mine).toMatchObject({
    submitted: 2,
    delivered: 1,
    failed: 1,
    perSecond: 2,
    state: 'bound',
  })
})

test('pitfall 31: a receipt that never comes leaves its message sent, unconfirmed', async ({
  db,
  edge,
}) => {
  const carrierId = await aCarrier(db)
  const viewer = await edge.caller()
  const minute = 60_000
  const alert = (expires: Date) =>
    aSentAlert(db, {
      expires,
      state: 'sent',
      recipients: ['submitted', 'submitted', 'delivered'].map(state => ({ state, carrierId })),
    })
  const progressOf = async (alertId: string) =>
    (await viewer.call('GET', `/v1/alerts/${alertId}/progress`)).body
  const open = await alert(new Date(Date.now() + minute))
  expect(await progressOf(open)).toMatchObject({ submitted: 2, unconfirmed: 0 })

  const over = await alert(new Date(Date.now() - minute))
  const waiting = { state: 'sent', queued: 0, failed: 0, unknown: 0 }
  expect(await progressOf(over)).toMatchObject({ ...waiting, submitted: 2, unconfirmed: 2 })
  // However late, a receipt is a fact.
  await wasGiven(db, over, carrierId, [{ seq: 1, ids: ['late'] }])
  const receipt = { messageId: 'late', state: 'delivered' as const, reason: 'DELIVRD 000' }
  await openReceiptBook(db, new MessageIds(db, carrierId)).record([receipt])
  expect(await progressOf(over)).toMatchObject({ ...waiting, delivered: 2, unconfirmed: 1 })
})

test('the tally counts each recipient once, by area and by group', async ({ db, edge }) => {
  const { alertId, carrierId, groupId, phones } = await anAlertUnderWay(db)
  const says = (i: number, text: string) => ({
    from: phones[i]!,
    to: '72345',
    text,
  })
  await recordReplies(db, carrierId, [
    says(1, '1'),
    says(2, '2'),
    says(2, 'thank you'),
    says(3, 'what'),
    says(5, 'STOP'),
  ])
  const viewer = await edge.caller()
  const { body } = await viewer.call('GET', `/v1/alerts/${alertId}/tally`)
  const byOption = (safe: number, help: number) => [
    { code: '1', label: 'Safe', count: safe },
    { code: '2', label: 'Need help', count: help },
  ]
  expect(body).toEqual({
    recipients: 6,
    replied: 3,
    byOption: byOption(1, 1),
    other: 1,
    full: 0,
    optedOut: 1,
    noReply: 3,
    requests: { open: 0, taken: 0, closed: 0 },
    byArea: [
      { areaDesc: 'The valley', recipients: 3, replied: 1, byOption: byOption(0, 1) },
      { areaDesc: 'The hill', recipients: 3, replied: 2, byOption: byOption(1, 0) },
    ],
    byGroup: [{ groupId, name: 'Schools', recipients: 3, replied: 2, byOption: byOption(1, 1) }],
    updatedAt: expect.any(String) as string,
  })
})

test('deliveries come in pages, by state, with phones for those who work with them', async ({
  db,
  edge,
}) => {
  const { alertId, phones } = await anAlertUnderWay(db)
  const viewer = await edge.caller()
  const author = await edge.caller({ roles: ['author'] })
  const path = `/v1/alerts/${alertId}/deliveries`
  const first = await author.call('GET', `${path}?limit=4`)
  const second = await author.call('GET', `${path}?limit=4&cursor=${first.body.nextCursor}`)
  expect([...first.body.items, ...second.body.items].map(item => item.phone)).toEqual(phones)
  expect(second.body.nextCursor).toBeNull()
  expect(first.body.items[1]).toMatchObject({
    seq: 2,
    state: 'submitted',
    reply: null,
    segments: 1,
  })

  const some = await viewer.call('GET', `${path}?state=failed,unknown`)
  expect(some.body.items.map((item: { seq: number }) => item.seq)).toEqual([4, 5])
  expect(some.body.items[0].phone).toBe(`…${phones[3]!.slice(-3)}`)
  expect((await viewer.call('GET', `${path}?state=lost`)).status).toBe(400)
  expect((await viewer.call('GET', `${path}?cursor=eyJhIjoxfQ`)).status).toBe(400)
})

test('replies are listed as they came', async ({ db, edge }) => {
  const { alertId, carrierId, phones } = await anAlertUnderWay(db)
  const texts = ['=cmd|calc', '1', 'STOP']
  for (const text of texts) {
    await recordReplies(db, carrierId, [{ from: phones[1]!, to: '72345', text }])
  }
  const approver = await edge.caller({ roles: ['approver'] })
  const path = `/v1/alerts/${alertId}/replies`
  const first = await approver.call('GET', `${path}?limit=2`)
  const second = await approver.call('GET', `${path}?limit=2&cursor=${first.body.nextCursor}`)
  const items = [...first.body.items, ...second.body.items]
  expect(items.map(item => item.text)).toEqual(texts)
  expect(items.map(item => item.kind)).toEqual(['other', 'option', 'optOut'])
  expect(items[1]).toMatchObject({
    option: '1',
    carrierId,
    phone: `…${phones[1]!.slice(-3)}`,
    late: false,
  })
})

test('an alert that is not there is nowhere', async ({ edge }) => {
  const viewer = await edge.caller()
  for (const what of ['progress', 'tally', 'deliveries', 'replies', 'report', 'stream']) {
    const answer = await viewer.call('GET', `/v1/alerts/${randomUUID()}/${what}`)
    expect([what, answer.status, answer.body.code]).toEqual([what, 404, 'not_found'])
    expect((await edge.call('GET', `/v1/alerts/${randomUUID()}/${what}`)).status).toBe(401)
  }
  expect((await viewer.call('GET', `/v1/stream?alerts=${randomUUID()}`)).status).toBe(404)
  expect((await viewer.call('GET', '/v1/stream?alerts=,')).status).toBe(400)
  expect((await viewer.call('GET', '/v1/stream')).status).toBe(400)
})

interface Event {
  id: number
  event: string
  data: Record<string, any> // oxlint-disable-line typescript/no-explicit-any -- as for answers
}

async function openStream(edge: Edge, caller: Caller, path: string, headers = {}) {
  const response = await edge.app.request(path, {
    headers: { Authorization: `Bearer ${caller.token}`, ...headers },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream/)
  const reader = response.body!.getReader()
  /** The events of the next piece; undefined at the end. */
  const read = async (): Promise<Event[] | undefined> => {
    const { done, value } = await reader.read()
    if (done) return undefined
    const text = new TextDecoder().decode(value)
    return text.split('\n\n').flatMap(block => {
      const fields = Object.fromEntries(block.split('\n').map(line => line.split(/: (.*)/s)))
      if (fields['event'] === undefined) return []
      return [
        { id: Number(fields['id']), event: fields['event'], data: JSON.parse(fields['data']) },
      ]
    })
  }
  return { read, close: () => reader.cancel() }
}

test('a stream begins with a snapshot and tells what changes', async ({ db, edge }) => {
  const { alertId, carrierId, phones } = await anAlertUnderWay(db)
  const viewer = await edge.caller()
  const stream = await openStream(edge, viewer, `/v1/alerts/${alertId}/stream`, {
    'Last-Event-ID': '9e99',
  })
  const [snapshot, ...none] = (await stream.read())!
  expect(none).toEqual([])
  expect(snapshot).toMatchObject({
    event: 'snapshot',
    data: { alertId, progress: { submitted: 2 }, tally: { replied: 0 } },
  })
  await recordReplies(db, carrierId, [{ from: phones[1]!, to: '72345', text: '1' }])
  const [tally] = (await stream.read())!
  expect(tally).toMatchObject({ event: 'tally', data: { alertId, replied: 1 } })
  expect(tally!.id).toBeGreaterThan(snapshot!.id)
  await wasGiven(db, alertId, carrierId, [{ seq: 2, ids: ['watched'] }])
  const receipts = openReceiptBook(db, new MessageIds(db, carrierId))
  await receipts.record([{ messageId: 'watched', state: 'delivered', reason: '' }])
  const [progress] = (await stream.read())!
  expect(progress).toMatchObject({
    event: 'progress',
    data: { alertId, delivered: 2, submitted: 1 },
  })
  await stream.close()
})

test('one stream watches several alerts', async ({ db, edge }) => {
  const [one, two] = [await anAlertUnderWay(db), await anAlertUnderWay(db)]
  const viewer = await edge.caller()
  const path = `/v1/stream?alerts=${one.alertId},${two.alertId},${one.alertId.toUpperCase()}`
  const stream = await openStream(edge, viewer, path)
  const snapshots = (await stream.read())!
  expect(snapshots.map(({ event }) => event)).toEqual(['snapshot', 'snapshot'])
  expect(new Set(snapshots.map(({ data }) => data['alertId']))).toEqual(
    new Set([one.alertId, two.alertId]),
  )
  await stream.close()
})

test('a busy alert gives at most four frames a second, and a slow reader the latest', async ({
  db,
  edge,
}) => {
  const { alertId } = await anAlertUnderWay(db)
  const viewer = await edge.caller()
  const quick = await openStream(edge, viewer, `/v1/alerts/${alertId}/stream`)
  const slow = await openStream(edge, viewer, `/v1/alerts/${alertId}/stream`)
  await quick.read()
  await slow.read()
  const busy = { isOver: false }
  const work = (async () => {
    while (!busy.isOver) {
      await db.execute(sql`
        update progress set possible_duplicates = possible_duplicates + 1 where alert_id = ${alertId}::uuid
      `)
      await notify(db, 'alerts', alertId)
    }
  })()
  const times: number[] = []
  let last: Event[] = []
  while (times.length < 9) {
    last = (await quick.read())!
    times.push(performance.now())
  }
  busy.isOver = true
  await work
  for (const [i, at] of times.entries()) {
    expect(times.filter(time => time >= at && time < at + 1_000).length, `from ${i}`).toBeLessThan(
      5,
    )
  }
  const late = (await slow.read())!
  expect(late).toHaveLength(1)
  expect(late[0]!.data['possibleDuplicates']).toBeGreaterThanOrEqual(
    last[0]!.data['possibleDuplicates'] as number,
  )
  await quick.close()
  await slow.close()
})

test('a stream ends when its token does', async ({ db, edge }) => {
  const { alertId } = await anAlertUnderWay(db)
  const viewer = await edge.caller()
  edge.pass(15 * 60 - 1)
  const stream = await openStream(edge, viewer, `/v1/alerts/${alertId}/stream`)
  await stream.read()
  expect(await stream.read()).toBeUndefined()
})

test('one person can hold twenty streams, and opens another when one is closed', async ({
  db,
  edge,
}) => {
  const { alertId } = await anAlertUnderWay(db)
  const hoarder = await edge.caller()
  const open = () => openStream(edge, hoarder, `/v1/alerts/${alertId}/stream`)
  const streams = await Promise.all(Array.from({ length: 20 }, open))
  const refused = await hoarder.call('GET', `/v1/alerts/${alertId}/stream`)
  expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  await streams.pop()!.close()
  streams.push(await open())
  await Promise.all(streams.map(stream => stream.close()))
})

test('a viewer who goes away gives the place back', async ({ db, edge }) => {
  const { alertId } = await anAlertUnderWay(db)
  const viewer = await edge.caller()
  const server = await startServer(edge.app.fetch, { host: '127.0.0.1', port: 0 })
  const hangUp = new AbortController()
  const open = (signal: AbortSignal) =>
    fetch(`http://127.0.0.1:${server.port}/v1/alerts/${alertId}/stream`, {
      headers: { Authorization: `Bearer ${viewer.token}` },
      signal,
    })
  const streams = await Promise.all(Array.from({ length: 20 }, () => open(hangUp.signal)))
  await Promise.all(streams.map(stream => stream.body!.getReader().read()))
  expect((await open(hangUp.signal)).status).toBe(429)
  hangUp.abort()
  const again = new AbortController()
  await expect.poll(async () => (await open(again.signal)).status).toBe(200)
  again.abort()
  await server.stop(AbortSignal.abort())
})

test('what the engine writes and what is watched are the same figures', async ({ db, edge }) => {
  const carrierId = await aCarrier(db)
  const alertId = await aSentAlert(db, {
    recipients: [{ state: 'queued', segments: 2 }, { state: 'queued' }],
  })
  await db.execute(sql`
    insert into ranges (alert_id, range_no, block_no, route_class, from_seq, to_seq, state, fence, hwm, expires)
    values (${alertId}::uuid, 1, 1, '', 1, 1, 'leased', 1, 1, ${new Date(Date.now() + HOUR).toISOString()})
  `)
  const batch = {
    id: randomUUID(),
    alertId,
    carrierId,
    ranges: [
      {
        lease: { alertId, rangeNo: 1, fence: 1 },
        blockNo: 1,
        generation: 0,
        taken: [1],
        messageIds: { seqs: [1, 1], parts: [0, 1], ids: ['e-1', 'e-2'] },
        ended: [],
        retries: [],
        finished: false,
      },
    ],
  }
  const receipts = openReceiptBook(db, new MessageIds(db, carrierId))
  await recordResults(db, batch)
  const viewer = await edge.caller()
  const progress = async () => (await viewer.call('GET', `/v1/alerts/${alertId}/progress`)).body
  expect(await progress()).toMatchObject({ queued: 1, submitted: 1, segmentsSubmitted: 2 })
  const delivered = (messageId: string) => ({ messageId, state: 'delivered' as const, reason: '' })
  await receipts.record([delivered('e-1')])
  expect(await progress()).toMatchObject({ queued: 1, submitted: 1, delivered: 0 })
  // Its commit was not heard of, so it is written again.
  await recordResults(db, batch)
  await receipts.record([delivered('e-2')])
  expect(await progress()).toMatchObject({ queued: 1, submitted: 0, delivered: 1 })
})
