import { createHmac, randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { changeAccount, createAccount, openAccounts } from '../../src/accounts/accounts.ts'
import { newHttpSchema } from '../../src/accounts/settings/http.ts'
import { HOSTILE_URLS } from '../network/hostile-urls.ts'
import { test as edgeTest, type Caller } from '../support/edge.ts'

const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

const described = (name: string, http: object = {}) => ({
  name,
  protocol: 'http',
  segmentsPerSecond: 50,
  sourceAddress: '72345',
  http: {
    url: 'https://gateway.example/messages',
    auth: { scheme: 'bearer', token: '{secret.token}' },
    body: { type: 'json', template: { to: '{to}', text: '{text}' } },
    answer: { id: '/id' },
    webhook: {
      signature: {
        scheme: 'hmac',
        algorithm: 'sha256',
        header: 'X-Signature',
        encoding: 'hex',
        secrets: ['hook'],
      },
      receipts: { id: '/id', state: '/state', states: { delivered: 'delivered' } },
    },
    secrets: { token: 'canary-1', hook: 'canary-2' },
    ...http,
  },
})

test('a gateway is described; its secrets go in one by one, and out to the dispatcher alone', async ({
  edge,
  administrator,
  db,
}) => {
  const created = await administrator.call('POST', '/v1/carriers', { json: described('North') })
  expect(created.status).toBe(201)
  const { secrets: _secrets, ...shown } = described('North').http
  expect(created.body.http).toMatchObject({ ...shown, method: 'POST', responseTimeoutSeconds: 10 })
  const path = `/v1/carriers/${created.body.id}`
  const changed = await administrator.call('PATCH', path, {
    json: { http: { secrets: { token: 'canary-3' }, responseTimeoutSeconds: 5 } },
  })
  expect(changed.status).toBe(200)
  const opened = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
  expect(opened.find(({ id }) => id === created.body.id)?.http).toMatchObject({
    ...shown,
    secrets: { token: 'canary-3', hook: 'canary-2' },
    allowPrivate: false,
    webhookUrl: `http://tocsin.test${path}/webhook`,
    answerMs: 5_000,
  })
  const listed = await administrator.call('GET', '/v1/carriers')
  const trail = await administrator.call('GET', '/v1/audit')
  const stored = await db.execute(sql`select * from carriers`)
  for (const answer of [created.body, changed.body, listed.body, trail.body, stored]) {
    expect(JSON.stringify(answer)).not.toMatch(/canary/)
  }
})

test('every fault of a description is told at once, of an edit together with what stays', async ({
  administrator,
}) => {
  const faulty = described('West', {
    url: 'https://169.254.169.254/latest',
    headers: { 'X-Key': '{secret.absent}' },
    query: { text: '{txt}' },
    secrets: { token: 'canary-1' },
  })
  const refused = await administrator.call('POST', '/v1/carriers', { json: faulty })
  expect(refused).toMatchObject({ status: 422, body: { code: 'invalid_carrier' } })
  expect(refused.body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual([
    '/http/url',
    '/http/headers/X-Key',
    '/http/query/text',
    '/http/webhook/signature/secrets',
  ])
  const { body } = await administrator.call('POST', '/v1/carriers', { json: described('West') })
  const edit = (http: object) =>
    administrator.call('PATCH', `/v1/carriers/${body.id}`, { json: { http } })
  expect(await edit({ secrets: { token: '' } })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/http/auth/token' }] },
  })
  expect(await edit({ method: 'GET' })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/http/body' }] },
  })
  expect((await edit({ headers: { 'X-Key': '{secret.hook}' } })).status).toBe(200)
  expect(
    await administrator.call('POST', '/v1/carriers', {
      json: { ...described('East'), http: undefined },
    }),
  ).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/http' }] },
  })
})

test.for(HOSTILE_URLS.filter(url => url !== ''))(
  'W10: %s is refused at save where no host may be private',
  async (url, { edge, db }) => {
    const { config, masterKey } = edge.deps
    const { http, ...rest } = described('Hostile', { url })
    const draft = {
      ...rest,
      protocol: 'http',
      http: newHttpSchema.parse(http),
      window: 10,
      binds: 1,
      routes: [],
      enabled: true,
      draining: false,
    } as const
    const by = { operatorId: randomUUID(), now: new Date() }
    await expect(
      createAccount(db, { ...config, masterKey, privateHosts: [] }, by, draft),
    ).rejects.toMatchObject({
      code: 'invalid_carrier',
      faults: [{ pointer: '/http/url' }],
    })
  },
)

test('what may be absent is taken away by null, as a merge patch has it, and a secret with it', async ({
  edge,
  administrator,
  db,
}) => {
  const { http } = described('Merged')
  const created = await administrator.call('POST', '/v1/carriers', {
    json: { ...described('Merged'), http: { ...http, probePath: '/ping' } },
  })
  const path = `/v1/carriers/${created.body.id}`
  const edit = (change: object) => administrator.call('PATCH', path, { json: { http: change } })
  // Something still names it.
  expect(await edit({ secrets: { hook: null } })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/http/webhook/signature/secrets' }] },
  })
  const bare = await edit({
    auth: null,
    webhook: null,
    probePath: null,
    body: null,
    method: 'GET',
    query: { to: '{to}', text: '{text}', key: '{secret.token}' },
    secrets: { hook: null },
  })
  expect(bare.status).toBe(200)
  const left = Object.keys(bare.body.http)
  expect(left).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(auth|body|probePath|webhook)$/)]),
  )
  expect((await administrator.call('GET', path)).body.http).toEqual(bare.body.http)
  const opened = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
  expect(opened.find(({ id }) => id === created.body.id)?.http).toMatchObject({
    secrets: { token: 'canary-1' },
  })
  expect(opened.find(({ id }) => id === created.body.id)?.http?.secrets).toEqual({
    token: 'canary-1',
  })
  for (const required of ['url', 'answer', 'headers', 'method', 'validity', 'secrets']) {
    expect((await edit({ [required]: null })).status).toBe(400)
  }
})

test('a gateway that tells by GET is heard by its query, once and for all, and by no other method', async ({
  edge,
  administrator,
  db,
}) => {
  const { http } = described('Queries')
  const webhook = {
    method: 'GET',
    signature: { ...http.webhook.signature, signed: '{url}' },
    receipts: http.webhook.receipts,
  }
  const { body } = await administrator.call('POST', '/v1/carriers', {
    json: { ...described('Queries'), http: { ...http, webhook } },
  })
  const path = `/v1/carriers/${body.id}/webhook`
  const tell = (query: string, { method = 'GET', key = 'canary-2', signed = query } = {}) => {
    const url = `http://tocsin.test${path}?${signed}`
    const signature = createHmac('sha256', key).update(url).digest('hex')
    return edge.call(method, `${path}?${query}`, { headers: { 'X-Signature': signature } })
  }
  const stored = async () =>
    (
      await db.execute<{ callback: object }>(sql`
        select callback from callbacks where carrier_id = ${body.id}::uuid`)
    ).map(row => row.callback)

  expect((await tell('id=g1&state=delivered', { key: 'guessed' })).status).toBe(403)
  expect((await tell('id=g2&state=delivered', { signed: 'id=g1&state=delivered' })).status).toBe(
    403,
  )
  expect((await tell('id=g1&state=delivered', { method: 'POST' })).status).toBe(403)
  expect(await stored()).toEqual([])
  const heard = await tell('id=g1&state=delivered&at=2026-11-28T12%3A00%3A00%2B00%3A00')
  expect([heard.status, heard.headers.get('Cache-Control')]).toEqual([200, 'no-store'])
  expect(await stored()).toEqual([
    { is: 'receipt', messageId: 'g1', state: 'delivered', reason: 'delivered' },
  ])
})

const oauth2 = (tokenUrl: string) => ({
  scheme: 'oauth2',
  tokenUrl,
  clientId: 'county',
  clientSecret: '{secret.token}',
})

test.for(HOSTILE_URLS.filter(url => url !== ''))(
  'W10: and so is %s as the place where tokens are had',
  async (url, { edge, administrator }) => {
    const { config, masterKey } = edge.deps
    const auth = { ...oauth2(url), credentialsIn: 'header', parameters: {} } as const
    const { body } = await administrator.call('POST', '/v1/carriers', {
      json: described(`Tokens ${randomUUID()}`),
    })
    const installation = { ...config, masterKey, privateHosts: [] }
    const by = { operatorId: randomUUID(), now: new Date() }
    const { db } = edge.deps.database
    const target = { id: body.id, revision: undefined }
    await expect(
      changeAccount(db, installation, by, target, { http: { auth } }),
    ).rejects.toMatchObject({
      code: 'invalid_carrier',
      faults: expect.arrayContaining([expect.objectContaining({ pointer: '/http/auth/tokenUrl' })]),
    })
  },
)

test('secrets don’t follow an account whose tokens are had elsewhere from now on', async ({
  edge,
  administrator,
  db,
}) => {
  const created = await administrator.call('POST', '/v1/carriers', { json: described('Tokens') })
  const edit = (http: object) =>
    administrator.call('PATCH', `/v1/carriers/${created.body.id}`, { json: { http } })
  const auth = oauth2('https://login.example/token')
  expect((await edit({ auth })).body.errors).toEqual([
    {
      pointer: '/http/secrets/token',
      detail: 'must be given again, for tokenUrl leads to another host',
      code: 'secret_again',
      values: { field: 'tokenUrl' },
    },
    {
      pointer: '/http/secrets/hook',
      detail: 'must be given again, for tokenUrl leads to another host',
      code: 'secret_again',
      values: { field: 'tokenUrl' },
    },
  ])
  const secrets = { token: 'canary-1', hook: 'canary-2' }
  const changed = await edit({ auth, secrets })
  expect(changed.body.http.auth).toEqual({ ...auth, credentialsIn: 'header', parameters: {} })
  // Another path of the same server, and the same again.
  expect((await edit({ auth: oauth2('https://login.example/other') })).status).toBe(200)
  expect((await edit({ auth: oauth2('https://evil.example/token') })).status).toBe(422)
  const opened = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
  expect(opened.find(({ id }) => id === created.body.id)?.http).toMatchObject({
    allowPrivateTokens: false,
  })
})

test('a host that the configuration names may be private, and of another scheme and port', async ({
  edge,
  administrator,
  db,
}) => {
  const local = described('Local', { url: 'http://127.0.0.1:8089/send' })
  const created = await administrator.call('POST', '/v1/carriers', { json: local })
  expect(created.status).toBe(201)
  const opened = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
  expect(opened.find(({ id }) => id === created.body.id)?.http).toMatchObject({
    allowPrivate: true,
  })
  // Somebody started it without the variable since.
  const bare = { ...edge.deps.config, privateHosts: [], masterKey: edge.masterKey }
  const closed = await openAccounts(db, bare)
  expect(closed.find(({ id }) => id === created.body.id)?.http).toMatchObject({
    allowPrivate: false,
  })
})
