import { sql } from 'drizzle-orm'
import { afterEach, beforeAll, expect, vi } from 'vitest'
import { pollFeeds } from '../../src/feeds/poller.ts'
import {
  createXmlSigningKey,
  signXml,
  type XmlSigningKey,
} from '../../src/signing/xml-signature.ts'
import { claimFeeds } from '../../src/store/cap-feeds.ts'
import type { Database } from '../../src/store/database.ts'
import { aListedGroup, contactsAt } from '../alerts/people.ts'
import { capXml } from '../cap/messages.ts'
import { type Caller, test as edgeTest } from '../support/edge.ts'
import { startWebPeer } from '../support/web-peer.ts'
import { aMessage, alertsOf, enter, named, optionsOf, poll, problemsOf } from './polling.ts'
import { atomOf, type Publisher, rssOf, startPublisher } from './publisher.ts'

// The first that meets a part of the edge waits for it to be made ready.
vi.setConfig({ testTimeout: 60_000 })

const test = edgeTest.extend<{ $file: { administrator: Caller; author: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
  author: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['author'] })),
    { scope: 'file' },
  ],
})

let ours: XmlSigningKey
let strangers: XmlSigningKey
let old: XmlSigningKey
beforeAll(async () => {
  const now = new Date()
  const longAgo = new Date(now.getTime() - 11 * 366 * 86_400_000)
  ours = await createXmlSigningKey('gauges@example.org', now)
  strangers = await createXmlSigningKey('gauges@example.org', now)
  old = await createXmlSigningKey('gauges@example.org', longAgo)
}, 120_000)

const publishers: Publisher[] = []
const publish = async (
  pages: Record<string, Publisher['pages'] extends Map<string, infer Page> ? Page : never>,
) => {
  const publisher = await startPublisher()
  for (const [path, page] of Object.entries(pages)) publisher.pages.set(path, page)
  publishers.push(publisher)
  return publisher
}

afterEach<{ db: Database }>(async ({ db }) => {
  await Promise.all(publishers.splice(0).map(publisher => publisher.close()))
  await db.execute(sql`delete from cap_feeds`)
  await db.execute(sql`delete from imported_messages`)
  await db.execute(sql`delete from alerts`)
})

test('what a feed lists becomes drafts, once, and goes no farther by itself', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const publisher = await publish({
    '/feed': atomOf('/one.cap', '/two.cap'),
    '/one.cap': aMessage(named('one')),
    '/two.cap': aMessage(named('two')),
  })
  const path = await enter(administrator, author, `${publisher.url}/feed`)
  await poll(edge, db)
  const alerts = await alertsOf(author)
  expect(alerts.map(({ state }) => state)).toEqual(['draft', 'draft'])
  const { body } = await author.call('GET', `/v1/alerts/${alerts[0]!.id}`)
  expect(body).toMatchObject({
    createdBy: author.id,
    signatures: [],
    origin: { sender: 'gauges@example.org', identifier: 'two' },
  })

  // The far side is asked whether there is something new, and each message is fetched once.
  await poll(edge, db)
  expect(publisher.requests.map(request => request.path)).toEqual([
    '/feed',
    '/one.cap',
    '/two.cap',
    '/feed',
  ])
  expect(publisher.requests.at(-1)?.headers['if-none-match']).toMatch(/^".*"$/)
  publisher.pages.set('/feed', atomOf('/one.cap', '/two.cap', '/three.cap'))
  publisher.pages.set('/three.cap', aMessage(named('three')))
  await poll(edge, db)
  expect(publisher.requests.slice(4).map(request => request.path)).toEqual(['/feed', '/three.cap'])
  expect(await alertsOf(author)).toHaveLength(3)
  expect((await administrator.call('GET', path)).body).toMatchObject({
    failures: 0,
    problems: [],
    succeededAt: expect.any(String),
  })
})

test('RSS lists too, and one message is a feed of its own', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const publisher = await publish({
    '/one.cap': aMessage(named('one')),
    '/now.cap': aMessage(named('now')),
  })
  publisher.pages.set('/rss', rssOf(publisher.url, '/one.cap'))
  await enter(administrator, author, `${publisher.url}/rss`)
  await enter(administrator, author, `${publisher.url}/now.cap`)
  await poll(edge, db)
  await poll(edge, db)
  expect(await alertsOf(author)).toHaveLength(2)
})

test('a draft that somebody threw away is not made again', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const publisher = await publish({ '/now.cap': aMessage() })
  const path = await enter(administrator, author, `${publisher.url}/now.cap`)
  await poll(edge, db)
  const [alert] = await alertsOf(author)
  await author.call('DELETE', `/v1/alerts/${alert!.id}`)
  // Nor when everything is looked at again.
  await administrator.call('PATCH', path, { json: { description: 'The same' } })
  await poll(edge, db)
  expect(await alertsOf(author)).toEqual([])
  expect(await problemsOf(administrator, path)).toEqual([])
})

test('X4 to X10: where signatures are wanted, only what a pinned certificate signed is read', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const inner = (xml: string) => xml.replace(/^<\?xml.*\?>\n/, '')
  const signed = signXml(aMessage(named('good')), ours)
  const signature = /<Signature [^]*<\/Signature>/.exec(signed)![0]
  const without = signed.replace(signature, '')
  const forged = aMessage(named('forged'), ['Water over', 'Missile over'])
  const pages = {
    '/good': signed,
    '/unsigned': aMessage(named('unsigned')),
    '/stranger': signXml(aMessage(named('stranger')), strangers),
    '/tampered': signed.replace('rising', 'falling'),
    // The signature of another message.
    '/moved': forged.replace('</alert>', `${signature}</alert>`),
    // The signed message inside of one that nobody signed.
    '/nested': forged.replace('</alert>', `${inner(signed)}</alert>`),
    '/nested-in-signature': forged.replace(
      '</alert>',
      `${signature.replace('</Signature>', `<Object>${inner(without)}</Object></Signature>`)}</alert>`,
    ),
    // It still verifies: what stands in the signature is no part of what was signed, and is not read.
    '/object': signed.replace('</Signature>', `<Object>${inner(forged)}</Object></Signature>`),
    '/twice': signed.replace(signature, signature + signature),
    '/early': without.replace('<identifier>', `${signature}<identifier>`),
    '/old': signXml(aMessage(named('old')), old),
    '/comment': signXml(aMessage(named('comment'), ['over the', 'over<!-- x --> the']), ours),
  }
  const paths = Object.keys(pages)
  const publisher = await publish({ '/feed': atomOf(...paths), ...pages })
  const certificates = [ours.certificatePem, old.certificatePem]
  const path = await enter(administrator, author, `${publisher.url}/feed`, { certificates })
  await poll(edge, db)
  const alerts = await alertsOf(author)
  expect(alerts).toHaveLength(1)
  const { body } = await author.call('GET', `/v1/alerts/${alerts[0]!.id}`)
  expect(body.origin.identifier).toBe('good')
  expect(body.info[0].headline).toBe('Water over the dam & rising')

  const feed = await administrator.call('GET', path)
  const reasons = new Map(
    feed.body.problems.map(({ item, reason }: { item: string; reason: string }) => [
      new URL(item).pathname,
      reason,
    ]),
  )
  expect(Object.fromEntries(reasons)).toEqual({
    '/unsigned': 'unsigned',
    '/stranger': 'bad_signature',
    '/tampered': 'bad_signature',
    '/moved': 'bad_signature',
    '/nested': 'unsigned',
    '/nested-in-signature': 'bad_signature',
    '/twice': 'invalid_alert',
    '/early': 'invalid_alert',
    '/old': 'certificate_out_of_date',
    '/comment': 'invalid_alert',
  })
  // Said once, not at every poll.
  await poll(edge, db)
  expect(await problemsOf(administrator, path)).toHaveLength(10)
})

test('a feed that changes an old alert is refused; another feed can’t spoil its name', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const publisher = await publish({ '/now.cap': aMessage() })
  const path = await enter(administrator, author, `${publisher.url}/now.cap`)
  await poll(edge, db)
  publisher.pages.set('/now.cap', aMessage(['rising', 'falling now']))
  // The same moment: the same message, with other words.
  const sent = /<sent>(.*)<\/sent>/
  const [first] = await alertsOf(author)
  const { body } = await author.call('GET', `/v1/alerts/${first!.id}`)
  const changed = (publisher.pages.get('/now.cap') as string).replace(
    sent,
    `<sent>${body.origin.sent}</sent>`,
  )
  publisher.pages.set('/now.cap', changed)
  await poll(edge, db)
  expect(await problemsOf(administrator, path)).toEqual(['changed'])
  expect(await alertsOf(author)).toHaveLength(1)

  const other = await publish({ '/copy.cap': changed })
  const otherPath = await enter(administrator, author, `${other.url}/copy.cap`)
  await poll(edge, db)
  expect(await problemsOf(administrator, otherPath)).toEqual([])
  expect(await alertsOf(author)).toHaveLength(2)
})

test('X14: what is no warning for people is passed over; a drill reaches its roster', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const references = '<references>gauges@example.org,x,2026-11-22T17:00:00-06:00</references>'
  const before = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
  const publisher = await publish({
    '/feed': atomOf('/test', '/draft', '/ack', '/over', '/own', '/drill'),
    '/test': aMessage(named('test'), ['>Actual<', '>Test<']),
    '/draft': aMessage(named('draft'), ['>Actual<', '>Draft<']),
    '/ack': aMessage(
      named('ack'),
      ['>Alert<', '>Ack<'],
      ['<incidents>', `${references}<incidents>`],
    ),
    '/over': capXml(
      ['2026-11-22T18:00:00-06:00', before(2)],
      ['2027-11-22T20:00:00-06:00', before(1)],
    ).toString(),
    '/own': aMessage(named('own'), ['gauges@example.org', 'tocsin@tocsin.test']),
    '/drill': aMessage(named('drill'), ['>Actual<', '>Exercise<']),
  })
  const roster = await aListedGroup(db, await contactsAt(db, [[10, 50]]))
  const path = await enter(administrator, author, `${publisher.url}/feed`, {
    statuses: ['Actual', 'Exercise'],
    roster,
  })
  await poll(edge, db)
  expect(await problemsOf(administrator, path)).toEqual([])
  expect(await alertsOf(author)).toEqual([])
  const [drill, ...others] = await alertsOf(author, '?status=Actual,Exercise,System,Test')
  expect(others).toEqual([])
  expect((await author.call('GET', `/v1/alerts/${drill!.id}`)).body).toMatchObject({
    mode: 'exercise',
    audience: { roster },
  })
})

test('what comes broken, too large or for nowhere is refused once, and the rest is taken', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const publisher = await publish({
    '/feed': atomOf('/html', '/missing', '/large', '/nowhere', '/inside', '/slow', '/good'),
    '/html': '<html><body>Moved</body></html>',
    '/large': aMessage(['rising', 'x'.repeat(20_000)]),
    '/nowhere': aMessage(['<value>048201', '<value>000000']),
    '/inside': response => response.writeHead(302, { location: 'http://127.0.0.1/admin' }).end(),
    '/slow': response => response.writeHead(503).end(),
    '/good': aMessage(named('good')),
  })
  const path = await enter(administrator, author, `${publisher.url}/feed`, { maxOctets: 16_384 })
  await poll(edge, db)
  expect(await problemsOf(administrator, path)).toEqual([
    'invalid_alert',
    'status_404',
    'answer_too_large',
    'unknown_geocode',
    'status_302',
    'status_503',
  ])
  expect(await alertsOf(author)).toHaveLength(1)
  // Only what may come yet is asked for again.
  publisher.pages.set('/slow', aMessage(named('slow')))
  publisher.requests.length = 0
  await poll(edge, db)
  expect(publisher.requests.map(request => request.path)).toEqual(['/feed', '/slow'])
  expect(await alertsOf(author)).toHaveLength(2)
})

test('what a feed has no time for now is asked for again', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const statuses = [408, 425, 429]
  const publisher = await publish({ '/feed': atomOf(...statuses.map(status => `/${status}`)) })
  for (const status of statuses) {
    publisher.pages.set(`/${status}`, response => response.writeHead(status).end())
  }
  const path = await enter(administrator, author, `${publisher.url}/feed`)
  await poll(edge, db)
  const reasons = statuses.map(status => `status_${status}`)
  expect(await problemsOf(administrator, path)).toEqual(reasons)
  for (const status of statuses) publisher.pages.set(`/${status}`, aMessage(named(`${status}`)))
  await poll(edge, db)
  expect(await alertsOf(author)).toHaveLength(statuses.length)
})

test('a feed that hangs, lies about its length, leads inwards or is no feed is asked less and less', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const publisher = await publish({
    '/hang': () => undefined,
    '/inwards': response => response.writeHead(301, { location: 'http://127.0.0.1:1/' }).end(),
    '/html': '<html><body>Welcome</body></html>',
  })
  const liar = await startWebPeer(socket => {
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n<feed')
  })
  const paths = [
    await enter(administrator, author, `${publisher.url}/hang`),
    await enter(administrator, author, `${publisher.url}/inwards`),
    await enter(administrator, author, `${publisher.url}/html`),
    await enter(administrator, author, new URL('/lie', liar.url).href),
  ]
  await poll(edge, db)
  const failures = async () => {
    const feeds = await Promise.all(paths.map(async path => administrator.call('GET', path)))
    return feeds.map(({ body }) => [
      body.failures,
      ...body.problems.map((one: { reason: string }) => one.reason),
    ])
  }
  expect(await failures()).toEqual([
    [1, 'timeout'],
    [1, 'status_301'],
    [1, 'no_feed'],
    [1, 'connection_lost'],
  ])
  // Nothing is due before its time, and the pauses grow up to an hour.
  publisher.requests.length = 0
  await pollFeeds(optionsOf(edge, db))
  expect(publisher.requests).toEqual([])
  await db.execute(sql`update cap_feeds set failures = 20, due_at = now() where url like '%html'`)
  await pollFeeds(optionsOf(edge, db))
  const [{ minutes } = { minutes: 0 }] = await db.execute<{ minutes: number }>(sql`
    select extract(epoch from due_at - now())::float8 / 60 as minutes from cap_feeds where url like '%html'`)
  expect(minutes).toBeGreaterThan(25)
  expect(minutes).toBeLessThanOrEqual(60)
  // That it lasts is told by the count, not by a line each time.
  expect(await problemsOf(administrator, paths[2]!)).toEqual(['no_feed'])
  await liar.close()
})

test('two pollers make one draft, and a poll whose node died is done by another', async ({
  edge,
  db,
  administrator,
  author,
}) => {
  const publisher = await publish({ '/now.cap': aMessage() })
  await enter(administrator, author, `${publisher.url}/now.cap`)
  await Promise.all([1, 2, 3].map(async () => pollFeeds(optionsOf(edge, db))))
  expect(publisher.requests).toHaveLength(1)

  publisher.pages.set('/now.cap', aMessage(named('next')))
  await db.execute(sql`update cap_feeds set due_at = now()`)
  // Claimed by one that is never heard of again.
  expect(await claimFeeds(db, { limit: 4, leaseSeconds: 120 })).toHaveLength(1)
  await pollFeeds(optionsOf(edge, db))
  expect(await alertsOf(author)).toHaveLength(1)
  await poll(edge, db)
  expect(await alertsOf(author)).toHaveLength(2)
})

test('drafts keep the limits of their author, and stop with them', async ({
  edge,
  db,
  administrator,
}) => {
  const jurisdiction = { geocodes: [{ valueName: 'FIPS', value: '06' }] }
  const elsewhere = await edge.caller({ roles: ['author'], jurisdiction })
  const publisher = await publish({ '/now.cap': aMessage() })
  const path = await enter(administrator, elsewhere, `${publisher.url}/now.cap`)
  await poll(edge, db)
  expect(await problemsOf(administrator, path)).toEqual(['outside_jurisdiction'])
  await administrator.call('POST', `/v1/operators/${elsewhere.id}/disable`)
  publisher.pages.set('/now.cap', aMessage(named('next')))
  await poll(edge, db)
  expect(await problemsOf(administrator, path)).toEqual(['outside_jurisdiction', 'no_author'])
  // With another author, what was refused is judged again.
  const author = await edge.caller({ roles: ['author'] })
  const json = { authorId: author.id }
  expect((await administrator.call('PATCH', path, { json })).status).toBe(200)
  await poll(edge, db)
  expect(await alertsOf(author)).toHaveLength(1)
})

test('a feed is entered, changed and removed by an administrator, every fault at once', async ({
  administrator,
  author,
}) => {
  const json = {
    url: 'http://10.0.0.1/feed',
    description: 'x',
    authorId: administrator.id,
    certificates: ['none', ours.certificatePem],
  }
  const refused = await administrator.call('POST', '/v1/feeds', { json })
  expect([refused.status, refused.body.code]).toEqual([422, 'invalid_feed'])
  expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    '/url',
    '/authorId',
    '/certificates/0',
  ])
  const path = await enter(administrator, author, 'https://feeds.example.org/atom?key=secret')
  const taken = await administrator.call('POST', '/v1/feeds', {
    json: {
      ...json,
      url: 'https://feeds.example.org/atom?key=secret',
      authorId: author.id,
      certificates: [],
    },
  })
  expect([taken.status, taken.body.code]).toEqual([409, 'already_exists'])
  const stale = await administrator.call('PATCH', path, {
    json: { enabled: false },
    headers: { 'If-Match': '"7"' },
  })
  expect(stale.status).toBe(412)
  const changed = await administrator.call('PATCH', path, { json: { enabled: false } })
  expect(changed.body).toMatchObject({ enabled: false, revision: 2, intervalSeconds: 60 })
  const audit = await administrator.call('GET', '/v1/audit?limit=1000')
  expect(JSON.stringify(audit.body)).not.toContain('secret')
  expect((await administrator.call('DELETE', path)).status).toBe(204)
  expect((await administrator.call('GET', path)).status).toBe(404)
})
