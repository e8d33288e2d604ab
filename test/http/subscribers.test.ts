import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { test as edgeTest, type Caller } from '../support/edge.ts'

const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

const sirens = (host: string) => ({
  url: `https://${host}/hooks/alerts?key=canary-url`,
  description: 'The siren network',
  events: ['alert.sending', 'alert.stopped'],
})

const enter = async (administrator: Caller, host: string) => {
  const answer = await administrator.call('POST', '/v1/subscribers', { json: sirens(host) })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer
}

test('a subscriber is entered; its secret is shown that once, and nowhere stored in the clear', async ({
  administrator,
  db,
}) => {
  const { headers, body } = await enter(administrator, 'sirens.example.org')
  const { secret, ...shown } = body
  expect(secret).toMatch(/^whsec_[\w+/]{43}=$/)
  expect(headers.get('Cache-Control')).toBe('no-store')
  expect(headers.get('ETag')).toBe('"1"')
  expect(headers.get('Location')).toBe(`/v1/subscribers/${body.id}`)
  expect(shown).toEqual({
    ...sirens('sirens.example.org'),
    id: expect.any(String),
    kind: 'webhook',
    ipaws: null,
    statuses: ['Actual'],
    enabled: true,
    gone: false,
    createdAt: expect.any(String),
    revision: 1,
  })
  const read = await administrator.call('GET', `/v1/subscribers/${body.id}`)
  expect(read.body).toEqual(shown)
  const stored = await db.execute(sql`select * from subscribers`)
  const trail = await administrator.call('GET', '/v1/audit')
  expect(trail.body.items[0]).toMatchObject({ action: 'subscriber.created', subject: body.id })
  for (const place of [read.body, stored, trail.body]) {
    expect(JSON.stringify(place)).not.toContain(secret)
  }
  // A URL may hold a secret of theirs.
  expect(JSON.stringify(trail.body)).not.toContain('canary-url')
})

test('a request that is sent twice gives the secret twice, and keeps it sealed', async ({
  administrator,
  db,
}) => {
  const sent = { json: sirens('twice.example.org'), headers: { 'Idempotency-Key': 'twice' } }
  const first = await administrator.call('POST', '/v1/subscribers', sent)
  const again = await administrator.call('POST', '/v1/subscribers', sent)
  expect(first.status).toBe(201)
  expect([again.status, again.body]).toEqual([201, first.body])
  const [kept] = await db.execute<{ body: string }>(sql`
    select body from idempotency where key = 'twice'`)
  expect(kept?.body).toMatch(/^sealed:/)
  expect(kept?.body).not.toContain(first.body.secret)
  expect(Buffer.from(kept!.body.slice(7), 'base64').toString('latin1')).not.toContain('whsec_')
})

test('an edit keeps what it leaves out and heeds If-Match; one URL has one subscriber', async ({
  administrator,
}) => {
  const { body } = await enter(administrator, 'edited.example.org')
  const path = `/v1/subscribers/${body.id}`
  const edit = (json: object, revision: number) =>
    administrator.call('PATCH', path, { json, headers: { 'If-Match': `"${revision}"` } })
  const changed = await edit({ statuses: ['Actual', 'Exercise'] }, 1)
  expect(changed.body).toMatchObject({
    ...sirens('edited.example.org'),
    statuses: ['Actual', 'Exercise'],
    revision: 2,
  })
  expect(await edit({ enabled: false }, 1)).toMatchObject({ status: 412 })
  const taken = sirens('edited.example.org')
  expect(await administrator.call('POST', '/v1/subscribers', { json: taken })).toMatchObject({
    status: 409,
    body: { code: 'already_exists', errors: [{ pointer: '/url' }] },
  })
  const json = { secret: 'whsec_mine' }
  expect((await administrator.call('PATCH', path, { json })).status).toBe(400)
  expect((await administrator.call('DELETE', path)).status).toBe(204)
  for (const [method, at] of [
    ['GET', path],
    ['DELETE', path],
    ['POST', `${path}/test`],
    ['POST', `${path}/secret`],
    ['GET', `${path}/deliveries`],
  ] as const) {
    expect([method, at, (await administrator.call(method, at)).status]).toEqual([method, at, 404])
  }
})

test('events and statuses are words of a closed list', async ({ administrator }) => {
  const post = (json: object) => administrator.call('POST', '/v1/subscribers', { json })
  const base = sirens('words.example.org')
  expect((await post({ ...base, events: [] })).status).toBe(400)
  expect((await post({ ...base, events: ['alert.created'] })).status).toBe(400)
  expect((await post({ ...base, statuses: ['Drill'] })).status).toBe(400)
  expect((await post({ ...base, description: 'two\nlines' })).status).toBe(400)
})

test('W10: an address inside, a scheme or a port that leads elsewhere is refused at save', async ({
  administrator,
}) => {
  const { body: kept } = await enter(administrator, 'kept.example.org')
  for (const url of [
    'http://169.254.169.254/latest/meta-data',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://0.0.0.0/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://localhost./',
    'https://[fd00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://somebody@sirens.example.org/',
    'https://somebody:secret@sirens.example.org/',
    'https://sirens.example.org:22/',
    'http://sirens.example.org/',
    'file:///etc/passwd',
    'gopher://sirens.example.org/',
    'sirens.example.org',
  ]) {
    // What the test's configuration allows, it allows by name.
    if (new RegExp(String.raw`//(127\.1|0x7f000001|2130706433|localhost\.)/`).test(url)) continue
    const json = { ...sirens('x'), url }
    const refused = await administrator.call('POST', '/v1/subscribers', { json })
    expect([url, refused.status, refused.body.code, refused.body.errors?.[0]?.pointer]).toEqual([
      url,
      422,
      'invalid_subscriber',
      '/url',
    ])
    const path = `/v1/subscribers/${kept.id}`
    const edited = await administrator.call('PATCH', path, { json: { url } })
    expect([url, edited.status]).toEqual([url, 422])
  }
})

test('subscribers and deliveries come in pages', async ({ administrator, db }) => {
  await db.execute(sql`delete from subscribers`)
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) {
    ids.push((await enter(administrator, `${name}.example.org`)).body.id)
  }
  const walk = async (path: string) => {
    const found: string[] = []
    for (let cursor = ''; ;) {
      const { body } = await administrator.call('GET', `${path}?limit=2${cursor}`)
      found.push(...body.items.map((item: { id: string }) => item.id))
      if (body.nextCursor === null) return found
      cursor = `&cursor=${body.nextCursor}`
    }
  }
  expect(await walk('/v1/subscribers')).toEqual(ids)
  const sent: string[] = []
  for (let i = 0; i < 3; i++) {
    sent.push((await administrator.call('POST', `/v1/subscribers/${ids[0]}/test`)).body.id)
  }
  expect(await walk(`/v1/subscribers/${ids[0]}/deliveries`)).toEqual(sent.toReversed())
  expect(await walk(`/v1/subscribers/${ids[1]}/deliveries`)).toEqual([])
})

test('disabling cancels what waits', async ({ administrator, db }) => {
  await db.execute(sql`delete from subscribers`)
  const { body } = await enter(administrator, 'off.example.org')
  const path = `/v1/subscribers/${body.id}`
  await administrator.call('POST', `${path}/test`)
  await administrator.call('PATCH', path, { json: { enabled: false } })
  expect((await administrator.call('GET', `${path}/deliveries`)).body.items).toMatchObject([
    { event: 'subscriber.test', state: 'cancelled', nextAttemptAt: null },
  ])
})
