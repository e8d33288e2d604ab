import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sql } from 'drizzle-orm'
import { RelaxNGValidator, XmlDocument } from 'libxml2-wasm'
import { expect, vi } from 'vitest'
import { readCapXml } from '../../src/cap/xml-reader.ts'
import { createApp } from '../../src/http/app.ts'
import { verifyXmlSignature } from '../../src/signing/xml-signature.ts'
import {
  aDrill,
  aListedGroup,
  anAlert,
  aSigner,
  contactsAt,
  compose,
  type Signer,
} from '../alerts/people.ts'
import { capXml } from '../cap/messages.ts'
import { type Edge, test as edgeTest } from '../support/edge.ts'

// A key for XML is made once, and takes its second.
vi.setConfig({ testTimeout: 60_000 })

const ATOM = { a: 'http://www.w3.org/2005/Atom' }
const atomGrammar = RelaxNGValidator.fromDoc(
  XmlDocument.fromBuffer(readFileSync(new URL('../data/atom.rng', import.meta.url))),
)

interface Pair {
  readonly author: Signer
  readonly approver: Signer
}

const test = edgeTest.extend<{ $file: { live: Pair } }>({
  live: [
    async ({ edge, db }, use) => {
      await contactsAt(db, [[-96.5, 30.5]])
      await use(await aPair(edge))
    },
    { scope: 'file' },
  ],
})

const aPair = async (edge: Edge): Promise<Pair> => ({
  author: await aSigner(edge, ['author']),
  approver: await aSigner(edge, ['approver']),
})

async function dispatched({ author, approver }: Pair, id: string, json: object = {}) {
  expect((await author.submit(id)).status).toBe(200)
  expect((await approver.approve(id)).status).toBe(200)
  const headers = { 'Idempotency-Key': randomUUID() }
  const answer = await author.call('POST', `/v1/alerts/${id}/dispatch`, { headers, json })
  expect(answer.status, JSON.stringify(answer.body)).toBe(202)
  return id
}

const send = async (pair: Pair, fields: Parameters<typeof anAlert>[0] = {}) =>
  dispatched(pair, await compose(pair.author, anAlert(fields)))

/** Ids of what is in the feed, newest first; the moment in which it may answer from memory has passed. */
async function shown(edge: Edge): Promise<string[]> {
  edge.pass(1)
  const { body } = await edge.call('GET', '/v1/feed.geojson')
  return body.features.map(({ id }: { id: string }) => id)
}

/** Sends the cancellation that was approved with the alert. */
async function cancel({ author }: Pair, id: string): Promise<string> {
  const signature = await author.sign(id, 'author', 'cancel')
  const answer = await author.call('POST', `/v1/alerts/${id}/cancel`, { json: { signature } })
  expect(answer.status, JSON.stringify(answer.body)).toBe(202)
  return answer.body.correctionId
}

const CANCELLABLE = {
  corrections: { cancel: [{ language: 'en-US', sms: 'SENT IN ERROR. There is no flood.' }] },
}

test('what goes out to the public is in the feed for anybody, with its signed CAP', async ({
  edge,
  db,
  live,
}) => {
  const id = await compose(live.author, anAlert({ info: { headline: 'Water over the dam' } }))
  await live.author.submit(id)
  expect(await shown(edge)).toEqual([])
  await live.approver.approve(id)
  expect(await shown(edge)).toEqual([])
  const headers = { 'Idempotency-Key': randomUUID() }
  await live.author.call('POST', `/v1/alerts/${id}/dispatch`, { headers })
  const restricted = await send(live, { scope: 'Restricted', restriction: 'staff' })
  const exercise = await aSigner(edge, ['author'], { mode: 'exercise' })
  const roster = await aListedGroup(db, await contactsAt(db, [[-96.5, 30.5]]))
  const drill = await compose(exercise, aDrill(roster))
  await exercise.submit(drill)
  await exercise.call('POST', `/v1/alerts/${drill}/dispatch`, {
    headers: { 'Idempotency-Key': randomUUID() },
  })
  expect(await shown(edge)).toEqual([id])

  const atom = await edge.call('GET', '/v1/feed.atom')
  expect(atom.headers.get('Content-Type')).toBe('application/atom+xml; charset=utf-8')
  const href = `http://tocsin.test/v1/feed/${id}.cap`
  expect(atom.body).toContain(`<link rel="alternate" type="application/cap+xml" href="${href}"/>`)
  const cap = await edge.call('GET', `/v1/feed/${id}.cap`)
  expect(cap.status).toBe(200)
  const { message, signature } = readCapXml(Buffer.from(cap.body))
  expect(message).toMatchObject({ identifier: id, status: 'Actual', scope: 'Public' })
  const pinned = await edge.call('GET', '/.well-known/cap-certificates.pem')
  expect(verifyXmlSignature(cap.body, signature!, pinned.body)).toContain('Water over the dam')
  const again = await edge.call('GET', `/v1/feed/${id}.cap`, {
    headers: { 'If-None-Match': cap.headers.get('ETag')! },
  })
  expect(again.status).toBe(304)

  for (const hidden of [restricted, drill, randomUUID(), 'x']) {
    const answer = await edge.call('GET', `/v1/feed/${hidden}.cap`)
    expect([answer.status, answer.body.code], hidden).toEqual([404, 'not_found'])
  }
  await live.author.call('POST', `/v1/alerts/${id}/stop`, { json: {} })
})

test('each form is valid, whatever people write', async ({ edge, live }) => {
  const headline = 'Dam & <weir> "full" ]]> \u{1F30A}'
  const id = await send(live, {
    info: {
      headline,
      description: 'First line\n\n  second',
      instruction: 'Go <up> & stay',
      senderName: 'The County\'s "gauges"',
      area: [
        {
          areaDesc: 'The valley',
          polygon: [
            {
              type: 'Polygon',
              coordinates: [
                [
                  [-97, 30],
                  [-97, 31],
                  [-96, 31],
                  [-96, 30],
                  [-97, 30],
                ],
              ],
            },
            {
              type: 'Polygon',
              coordinates: [
                [
                  [179, 10],
                  [-179, 10],
                  [-179, 11],
                  [179, 11],
                  [179, 10],
                ],
              ],
            },
          ],
          circle: [{ center: [-96.5, 30.5], radiusKm: 2 }],
        },
      ],
    },
  })
  edge.pass(1)
  const atom = await edge.call('GET', '/v1/feed.atom')
  const document = XmlDocument.fromString(atom.body)
  atomGrammar.validate(document)
  const text = (path: string) => document.root.find(path, ATOM).map(node => node.content)
  expect(text('/a:feed/a:entry/a:id')).toEqual([`urn:uuid:${id}`])
  expect(text('/a:feed/a:entry/a:title')).toEqual([headline])
  expect(text('/a:feed/a:entry/a:summary')).toEqual(['First line\n\n  second\n\nGo <up> & stay'])
  expect(text('/a:feed/a:entry/a:author/a:name')).toEqual(['The County\'s "gauges"'])
  document.dispose()

  // RSS 2.0, "Elements of <channel>", "Elements of <item>".
  const rss = await edge.call('GET', '/v1/feed.rss')
  expect(rss.headers.get('Content-Type')).toBe('application/rss+xml; charset=utf-8')
  const channel = XmlDocument.fromString(rss.body)
  const values = (path: string) => channel.root.find(path).map(node => node.content)
  expect(channel.root.attr('version')?.value).toBe('2.0')
  for (const once of ['title', 'link', 'description', 'lastBuildDate']) {
    expect(values(`/rss/channel/${once}`), once).toHaveLength(1)
  }
  expect(values('/rss/channel/item/title')).toEqual([headline])
  expect(values('/rss/channel/item/guid')).toEqual([`urn:uuid:${id}`])
  expect(values('/rss/channel/item/link')).toEqual([`http://tocsin.test/v1/feed/${id}.cap`])
  for (const date of [...values('//pubDate'), ...values('//lastBuildDate')]) {
    expect(date).toMatch(/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
  }
  channel.dispose()

  const geoJson = await edge.call('GET', '/v1/feed.geojson')
  expect(geoJson.headers.get('Content-Type')).toBe('application/geo+json; charset=utf-8')
  const [feature] = geoJson.body.features
  expect(feature).toMatchObject({
    type: 'Feature',
    id,
    geometry: { type: 'MultiPolygon' },
    properties: {
      msgType: 'Alert',
      info: [{ headline, severity: 'Extreme', areaDesc: ['The valley'] }],
    },
  })
  // The square, the two halves of the one across ±180°, and the circle.
  const polygons = feature.geometry.coordinates as [number, number][][][]
  expect(polygons.map(([ring]) => ring!.length)).toEqual([5, 5, 5, 65])
  for (const [ring] of polygons) {
    // RFC 7946 §3.1.6: counter-clockwise.
    const area = ring!
      .slice(1)
      .reduce((sum, [x, y], at) => sum + ring![at]![0] * y - x * ring![at]![1], 0)
    expect(area).toBeGreaterThan(0)
    expect(Math.max(...ring!.map(([x]) => Math.abs(x)))).toBeLessThanOrEqual(180)
  }
  await live.author.call('POST', `/v1/alerts/${id}/stop`, { json: {} })
})

test('an alert leaves the feed when it is stopped or cancelled; what cancels it is seen in its place', async ({
  edge,
  live,
}) => {
  const [stopped, wrong] = [await send(live), await send(live, CANCELLABLE)]
  const right = await send(live)
  expect(await shown(edge)).toEqual([right, wrong, stopped])
  await live.author.call('POST', `/v1/alerts/${stopped}/stop`, { json: {} })
  expect(await shown(edge)).toEqual([right, wrong])
  const cancellation = await cancel(live, wrong)
  expect(await shown(edge)).toEqual([cancellation, right])
  const { body } = await edge.call('GET', '/v1/feed.geojson')
  const [feature] = body.features
  expect(feature.properties).toMatchObject({
    msgType: 'Cancel',
    references: [{ identifier: wrong, sender: 'tocsin@tocsin.test' }],
  })
  // Whoever has its address can still see what was said.
  expect((await edge.call('GET', `/v1/feed/${wrong}.cap`)).status).toBe(200)
  // A cancellation that is stopped half way took it back all the same.
  await live.author.call('POST', `/v1/alerts/${cancellation}/stop`, { json: {} })
  expect(await shown(edge)).toEqual([right])
  await live.author.call('POST', `/v1/alerts/${right}/stop`, { json: {} })
})

test('an imported alert leaves when its sender’s own cancellation is sent on', async ({
  edge,
  live,
}) => {
  const sms = '<parameter><valueName>tocsin:sms</valueName><value>Go up.</value></parameter>'
  const take = async (identifier: string, msgType: string, references = '') => {
    const text = capXml(
      ['river-7', identifier],
      ['<msgType>Alert', `<msgType>${msgType}`],
      ['2026-11-22T18:00:00-06:00', new Date().toISOString()],
      ['2027-11-22T20:00:00-06:00', new Date(Date.now() + 3_600_000).toISOString()],
      ['</parameter>', `</parameter>${sms}`],
      ['<incidents>', `${references}<incidents>`],
    ).toString()
    const headers = { 'Content-Type': 'application/cap+xml' }
    const { status, body } = await live.author.call('POST', '/v1/alerts/import', { text, headers })
    expect(status, JSON.stringify(body)).toBe(201)
    return dispatched(live, body.id)
  }
  const first = await take('dam-1', 'Alert')
  const other = await take('dam-2', 'Alert')
  const named = `gauges@example.org,dam-1,${new Date().toISOString()}`
  const update = await take('dam-3', 'Update', `<references>${named}</references>`)
  expect(await shown(edge)).toEqual([update, other])
  expect(first).not.toBe(other)
  for (const id of [update, other]) await live.author.call('POST', `/v1/alerts/${id}/stop`)
})

test('what is held back is not told before its time', async ({ edge, live }) => {
  const id = await dispatched(live, await compose(live.author, anAlert()), { holdSeconds: 30 })
  expect(await shown(edge)).toEqual([])
  edge.pass(30)
  expect(await shown(edge)).toEqual([id])
  await live.author.call('POST', `/v1/alerts/${id}/stop`)
})

test('who has read it before is told that nothing is new, and at once when something is', async ({
  edge,
  live,
}) => {
  const id = await send(live)
  edge.pass(1)
  for (const path of ['/v1/feed.atom', '/v1/feed.rss', '/v1/feed.geojson']) {
    const { headers } = await edge.call('GET', path)
    expect(headers.get('Cache-Control')).toBe('public, max-age=10')
    const [etag, modified] = [headers.get('ETag')!, headers.get('Last-Modified')!]
    const ask = (conditions: Record<string, string>) =>
      edge.call('GET', path, { headers: conditions })
    expect(await ask({ 'If-None-Match': etag })).toMatchObject({ status: 304, body: '' })
    expect((await ask({ 'If-None-Match': `"x", W/${etag}` })).status).toBe(304)
    expect((await ask({ 'If-None-Match': '"x"' })).status).toBe(200)
    // The time alone proves nothing while it is fresh: two changes may fall into one second.
    expect((await ask({ 'If-Modified-Since': modified })).status).toBe(200)
    edge.pass(301)
    expect((await ask({ 'If-Modified-Since': modified })).status).toBe(304)
    expect((await ask({ 'If-Modified-Since': modified, 'If-None-Match': '"x"' })).status).toBe(200)
    const before = new Date(Date.parse(modified) - 1000).toUTCString()
    expect((await ask({ 'If-Modified-Since': before })).status).toBe(200)
    edge.pass(-301)
  }
  const { headers } = await edge.call('GET', '/v1/feed.atom')
  const etag = headers.get('ETag')!
  await live.author.call('POST', `/v1/alerts/${id}/stop`, { json: {} })
  edge.pass(1)
  const changed = await edge.call('GET', '/v1/feed.atom', { headers: { 'If-None-Match': etag } })
  expect(changed.status).toBe(200)
  expect(Date.parse(changed.headers.get('Last-Modified')!)).toBeGreaterThanOrEqual(
    Date.parse(headers.get('Last-Modified')!),
  )
})

test('a hundred readers at once cost one question', async ({ edge, live }) => {
  const ids = [await send(live), await send(live)]
  let questions = 0
  const counted = new Proxy(edge.deps.database.db, {
    get(target, name) {
      if (['execute', 'select', 'insert', 'transaction'].includes(String(name))) questions++
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const app = createApp({ ...edge.deps, database: { ...edge.deps.database, db: counted } })
  await app.request('/v1/feed.atom')
  expect(questions).toBeGreaterThan(1)

  edge.pass(2)
  questions = 0
  const forms = ['atom', 'rss', 'geojson']
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, no) => app.request(`/v1/feed.${forms[no % 3]}`)),
  )
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(questions).toBe(1)
  for (const id of ids) await live.author.call('POST', `/v1/alerts/${id}/stop`)
})

test('an alert that is not stored as it was signed is left out, and takes no other with it', async ({
  edge,
  db,
  live,
}) => {
  const [altered, good] = [await send(live), await send(live)]
  await db.transaction(async tx => {
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(sql`
      update alerts set content = b, content_digest = encode(sha256(b), 'hex')
      from (select convert_to(replace(convert_from(content, 'UTF8'), 'higher', 'lower'), 'UTF8') as b
        from alerts where id = ${altered}) as changed where id = ${altered}`)
  })
  expect(await shown(edge)).toEqual([good])
  for (const id of [altered, good]) await live.author.call('POST', `/v1/alerts/${id}/stop`)
})

test('an alert leaves the feed the moment it expires, as does what cancelled another', async ({
  edge,
  db,
  live,
}) => {
  const soon = new Date(edge.deps.now().getTime() + 120_500).toISOString()
  const [short, long] = [await send(live, { info: { expires: soon } }), await send(live)]
  const wrong = await send(live, CANCELLABLE)
  const cancellation = await cancel(live, wrong)
  expect(await shown(edge)).toEqual([cancellation, long, short])
  edge.pass(118)
  expect(await shown(edge)).toEqual([cancellation, long, short])
  // Within the second in which it answers from memory.
  edge.pass(0.6)
  const { body } = await edge.call('GET', '/v1/feed.geojson')
  expect(body.features.map(({ id }: { id: string }) => id)).toEqual([cancellation, long])
  edge.pass(3_600)
  // A cancellation is told for a day.
  expect(await shown(edge)).toEqual([cancellation])
  edge.pass(86_400)
  // The cancellation is over before what it took back would have been: that doesn't come back.
  await db.execute(sql`
    update alerts set expires = now() + interval '3 days' where id = ${wrong}`)
  expect(await shown(edge)).toEqual([])
})
