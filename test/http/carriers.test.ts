import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { v7 as uuid } from 'uuid'
import { openAccounts } from '../../src/accounts/accounts.ts'
import { reportLink } from '../../src/store/links.ts'
import { test as edgeTest, type Caller } from '../support/edge.ts'
import { insertSendingAlert } from '../support/sending.ts'

const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

// The example of API.md, "Carriers".
const north = (name: string) => ({
  name,
  protocol: 'smpp',
  segmentsPerSecond: 500,
  window: 200,
  binds: 2,
  sourceAddress: '72345',
  smpp: {
    host: '127.0.0.1',
    port: 2775,
    systemId: 'north',
    password: 'canary-1',
    bindType: 'transceiver',
    tls: false,
  },
  routes: [{ prefix: '+1', weight: 1 }],
  enabled: true,
})

const create = async (administrator: Caller, name: string) => {
  const answer = await administrator.call('POST', '/v1/carriers', { json: north(name) })
  expect(answer.status).toBe(201)
  return answer
}

test('a carrier is set up; its password goes in, and out to the dispatcher alone', async ({
  edge,
  administrator,
  db,
}) => {
  const created = await create(administrator, 'North')
  const { password: _password, ...smpp } = north('North').smpp
  expect(created.body).toMatchObject({
    ...north('North'),
    smpp,
    state: 'unbound',
    perSecond: 0,
    inFlight: 0,
    lastError: null,
  })
  const read = await administrator.call('GET', `/v1/carriers/${created.body.id}`)
  const listed = await administrator.call('GET', '/v1/carriers')
  const trail = await administrator.call('GET', '/v1/audit')
  const stored = await db.execute(sql`select * from carriers, carrier_pace`)
  for (const shown of [created.body, read.body, listed.body, trail.body, stored]) {
    expect(JSON.stringify(shown)).not.toContain('canary-1')
  }

  const accounts = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
  expect(accounts.find(account => account.id === created.body.id)).toMatchObject({
    name: 'North',
    segmentsPerSecond: 500,
    routes: [{ prefix: '+1', weight: 1 }],
    smpp: {
      host: '127.0.0.1',
      systemId: 'north',
      password: 'canary-1',
      enquireLinkMs: 15_000,
      responseTimeoutMs: 10_000,
    },
  })
})

// What has a default is left out.
const hosted = (name: string, twilio: object = {}) => ({
  name,
  protocol: 'twilio',
  segmentsPerSecond: 50,
  sourceAddress: '+15550009999',
  twilio: { accountSid: 'AC0123', authToken: 'canary-3', ...twilio },
})

test('an account at Twilio is set up; its token goes in, and out to the dispatcher alone', async ({
  edge,
  administrator,
  db,
}) => {
  const created = await administrator.call('POST', '/v1/carriers', { json: hosted('Hosted') })
  expect(created).toMatchObject({
    status: 201,
    body: {
      protocol: 'twilio',
      twilio: {
        baseUrl: 'https://api.twilio.com',
        accountSid: 'AC0123',
        statusCallbacks: true,
        responseTimeoutSeconds: 10,
      },
    },
  })
  const path = `/v1/carriers/${created.body.id}`
  const json = { twilio: { authToken: 'canary-4', formerAuthToken: 'canary-3' } }
  const changed = await administrator.call('PATCH', path, { json })
  const stored = await db.execute(sql`select * from carriers`)
  const trail = await administrator.call('GET', '/v1/audit')
  for (const shown of [created.body, changed.body, stored, trail.body]) {
    expect(JSON.stringify(shown)).not.toMatch(/canary-[34]/)
  }
  const accounts = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
  expect(accounts.find(({ id }) => id === created.body.id)?.twilio).toEqual({
    baseUrl: 'https://api.twilio.com',
    allowPrivate: false,
    accountSid: 'AC0123',
    authToken: 'canary-4',
    formerAuthToken: 'canary-3',
    messagingServiceSid: undefined,
    statusCallback: `http://tocsin.test/v1/carriers/${created.body.id}/webhook`,
    answerMs: 10_000,
  })
})

test('a base URL that leads to a private place is refused, but for hosts that the configuration names', async ({
  administrator,
}) => {
  for (const baseUrl of ['http://api.example', 'https://10.0.0.1', 'https://169.254.169.254']) {
    const json = hosted('Private', { baseUrl })
    expect(await administrator.call('POST', '/v1/carriers', { json })).toMatchObject({
      status: 422,
      body: { code: 'invalid_carrier', errors: [{ pointer: '/twilio/baseUrl' }] },
    })
  }
  const json = hosted('Local', { baseUrl: 'http://127.0.0.1:8081' })
  expect((await administrator.call('POST', '/v1/carriers', { json })).status).toBe(201)
})

test('names are unique while they are used', async ({ administrator }) => {
  const { body } = await create(administrator, 'East')
  expect(await administrator.call('POST', '/v1/carriers', { json: north('East') })).toMatchObject({
    status: 409,
    body: { code: 'already_exists', errors: [{ pointer: '/name' }] },
  })
  const stale = { headers: { 'If-Match': '"999"' } }
  expect(await administrator.call('DELETE', `/v1/carriers/${body.id}`, stale)).toMatchObject({
    status: 412,
    body: { code: 'stale_revision' },
  })
  expect((await administrator.call('DELETE', `/v1/carriers/${body.id}`)).status).toBe(204)
  expect((await administrator.call('GET', `/v1/carriers/${body.id}`)).status).toBe(404)
  await create(administrator, 'East')
})

test('an edit keeps what it leaves out, the password too', async ({ edge, administrator, db }) => {
  const { body } = await create(administrator, 'South')
  const path = `/v1/carriers/${body.id}`
  const json = { segmentsPerSecond: 50, smpp: { port: 2776 } }
  const changed = await administrator.call('PATCH', path, { json })
  expect(changed.body).toMatchObject({
    segmentsPerSecond: 50,
    window: 200,
    smpp: { host: '127.0.0.1', port: 2776 },
    revision: 2,
  })
  const openSouth = async () =>
    (await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })).find(
      account => account.id === body.id,
    )
  expect((await openSouth())?.smpp?.password).toBe('canary-1')

  await administrator.call('PATCH', path, { json: { smpp: { password: 'canary-2' } } })
  expect((await openSouth())?.smpp).toMatchObject({ port: 2776, password: 'canary-2' })
  await administrator.call('PATCH', path, { json: { enabled: false } })
  expect(await openSouth()).toBeUndefined()
  expect((await administrator.call('PATCH', path, { json: { protocol: 'http' } })).status).toBe(400)
})

test('a password is not shown to another host than it was given for', async ({
  edge,
  administrator,
  db,
}) => {
  const { body } = await create(administrator, 'Led away')
  const path = `/v1/carriers/${body.id}`
  const elsewhere = { host: 'smpp.example', port: 2777 }
  expect(await administrator.call('PATCH', path, { json: { smpp: elsewhere } })).toMatchObject({
    status: 422,
    body: { code: 'invalid_carrier', errors: [{ pointer: '/smpp/password' }] },
  })
  const json = { smpp: { ...elsewhere, password: 'canary-3' } }
  expect((await administrator.call('PATCH', path, { json })).status).toBe(200)
  const account = (await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })).find(
    ({ id }) => id === body.id,
  )
  expect(account?.smpp).toMatchObject(json.smpp)
})

test('what can not be set up is refused, fault by fault', async ({ administrator }) => {
  const { smpp: _smpp, ...rest } = north('West')
  const routes = [{ prefix: '+1' }, { prefix: '+1' }]
  const refused = await administrator.call('POST', '/v1/carriers', { json: { ...rest, routes } })
  expect(refused).toMatchObject({ status: 422, body: { code: 'invalid_carrier' } })
  expect(refused.body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual([
    '/smpp',
    '/routes/1/prefix',
  ])
  const twilio = { ...rest, protocol: 'twilio' }
  expect((await administrator.call('POST', '/v1/carriers', { json: twilio })).status).toBe(422)
  const mixed = { ...north('West'), protocol: 'http' }
  expect(await administrator.call('POST', '/v1/carriers', { json: mixed })).toMatchObject({
    status: 422,
    body: { errors: expect.arrayContaining([expect.objectContaining({ pointer: '/smpp' })]) },
  })
})

test('sealed secrets that change places open nothing, and the others still open', async ({
  edge,
  administrator,
  db,
}) => {
  const [a, b] = [await create(administrator, 'Swap A'), await create(administrator, 'Swap B')]
  await db.execute(sql`
    update carriers set sealed_secrets =
      (select other.sealed_secrets from carriers other where other.id = ${b.body.id}::uuid)
    where id = ${a.body.id}::uuid`)
  const names = (await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })).map(
    account => account.name,
  )
  expect(names).not.toContain('Swap A')
  expect(names).toContain('Swap B')
})

test('the live state is what dispatchers said within five seconds', async ({
  administrator,
  db,
}) => {
  const { body } = await create(administrator, 'Live')
  const state = async () => (await administrator.call('GET', `/v1/carriers/${body.id}`)).body
  const [one, two] = [uuid(), uuid()]
  const link = { carrierId: body.id, perSecond: 100, inFlight: 10, lastError: undefined }
  await reportLink(db, { ...link, dispatcherId: one, state: 'bound' })
  await reportLink(db, { ...link, dispatcherId: two, state: 'unbound', lastError: 'link_lost' })
  expect(await state()).toMatchObject({
    state: 'bound',
    perSecond: 200,
    inFlight: 20,
    lastError: 'link_lost',
  })
  await reportLink(db, { ...link, dispatcherId: two, state: 'throttled' })
  expect(await state()).toMatchObject({ state: 'throttled' })

  await db.execute(sql`update carrier_links set reported_at = now() - interval '6 seconds'`)
  expect(await state()).toMatchObject({ state: 'unbound', perSecond: 0, inFlight: 0 })
  await administrator.call('PATCH', `/v1/carriers/${body.id}`, { json: { enabled: false } })
  expect(await state()).toMatchObject({ state: 'disabled' })
})

test('a test message goes to a member of a listed group, and to nobody else', async ({
  administrator,
  db,
}) => {
  const { body } = await create(administrator, 'Tested')
  const [member, stranger, optedOut] = ['+15550100001', '+15550100002', '+15550100003']
  await db.execute(sql`
    with people as (
      insert into contacts (id, phone) values
        (gen_random_uuid(), ${member}), (gen_random_uuid(), ${stranger}), (gen_random_uuid(), ${optedOut})
      returning id, phone),
    listed as (insert into groups (id, name) values (gen_random_uuid(), 'Testers') returning id),
    members as (
      insert into group_members select listed.id, people.id from listed, people
      where people.phone <> ${stranger})
    insert into opt_outs (phone, scope, source) values (${optedOut}, 'nonEmergency', 'reply')`)
  const send = (phone: string) =>
    administrator.call('POST', `/v1/carriers/${body.id}/test`, { json: { phone } })

  const sent = await send('(555) 010-0001')
  expect(sent.status).toBe(202)
  const [queued] = await db.execute(sql`select * from answers where id = ${sent.body.id}::uuid`)
  expect(queued).toMatchObject({ phone: member, carrier_id: body.id, kind: 'test' })
  expect(queued?.['text']).toMatch(/^TEST/)

  const refused = { status: 422, body: { code: 'recipient_not_listed' } }
  expect(await send(stranger)).toMatchObject(refused)
  expect(await send(optedOut)).toMatchObject(refused)
  expect(await send('911')).toMatchObject(refused)
  const { body: answer } = await send(stranger)
  expect(JSON.stringify(answer)).not.toContain('0100002')

  await administrator.call('PATCH', `/v1/carriers/${body.id}`, { json: { enabled: false } })
  expect(await send(member)).toMatchObject({ status: 409, body: { code: 'wrong_state' } })
})

test('while an alert is being sent no carrier is deleted', async ({ administrator, db }) => {
  const { body } = await create(administrator, 'Needed')
  const { alertId } = await insertSendingAlert(db, { recipients: 1 })
  const path = `/v1/carriers/${body.id}`
  expect(await administrator.call('DELETE', path)).toMatchObject({
    status: 409,
    body: { code: 'in_use' },
  })
  await db.execute(sql`update alerts set state = 'stopped' where id = ${alertId}::uuid`)
  expect((await administrator.call('DELETE', path)).status).toBe(204)
})

const USUAL = {
  defaultAlphabet: 'GSM7',
  dataCoding: { defaultAlphabet: 0, ucs2: 8 },
  longMessages: 'udh8',
  serviceType: '',
  validity: 'relative',
  registeredDelivery: 'final',
  statuses: {},
}

test('what a message centre does differently is said, kept, shown and edited', async ({
  administrator,
  edge,
  db,
}) => {
  const usual = await create(administrator, 'As usual')
  expect(usual.body.smpp).toMatchObject(USUAL)
  const own = {
    defaultAlphabet: 'latin1',
    dataCoding: { defaultAlphabet: 3, ucs2: 8 },
    longMessages: 'sar',
    destinationTon: 0,
    destinationNpi: 0,
    validity: 'absolute',
    registeredDelivery: 'intermediate',
    serviceType: 'EMRG',
    statuses: { '0x00000401': 'permanent', ESME_RSYSERR: 'throttled' },
  }
  const json = { ...north('Otherwise'), smpp: { ...north('').smpp, ...own } }
  const otherwise = await administrator.call('POST', '/v1/carriers', { json })
  expect(otherwise.status).toBe(201)
  expect(otherwise.body.smpp).toMatchObject(own)
  const path = `/v1/carriers/${otherwise.body.id}`
  const edit = { smpp: { statuses: { '0x401': 'elsewhere' }, longMessages: 'payload' } }
  expect((await administrator.call('PATCH', path, { json: edit })).status).toBe(200)
  const { smpp } = (await administrator.call('GET', path)).body
  expect(smpp).toMatchObject({ ...own, longMessages: 'payload', statuses: edit.smpp.statuses })
  const accounts = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
  expect(accounts.find(({ id }) => id === otherwise.body.id)?.smpp?.dialect).toMatchObject({
    coding: { defaultAlphabet: 'latin1', joining: 'payload' },
    destination: { ton: 0, npi: 0 },
    statuses: new Map([[0x401, 'elsewhere']]),
  })
})

test('a preset fills in what is published of a message centre; what is said beside it counts more', async ({
  administrator,
}) => {
  const json = {
    ...north('Preset'),
    smpp: { ...north('').smpp, preset: 'vibes', validity: 'relative' },
  }
  const { body } = await administrator.call('POST', '/v1/carriers', { json })
  expect(body.smpp).toMatchObject({
    ...USUAL,
    defaultAlphabet: 'ascii',
    longMessages: 'payload',
    sourceTon: 0,
    destinationNpi: 0,
    validity: 'relative',
  })
  expect(body.smpp).not.toHaveProperty('preset')
})

test('settings that contradict each other are refused', async ({ administrator }) => {
  const { body } = await create(administrator, 'Contradictory')
  const faulty = [
    [{ dataCoding: { defaultAlphabet: 1, ucs2: 8 } }, '/smpp/dataCoding/defaultAlphabet'],
    [{ dataCoding: { defaultAlphabet: 8, ucs2: 8 } }, '/smpp/dataCoding/defaultAlphabet'],
    [{ statuses: { ESME_RSYSERR: 'elsewhere', '0x8': 'throttled' } }, '/smpp/statuses/0x8'],
    [{ statuses: { ESME_RNEVER: 'elsewhere' } }, '/smpp/statuses/ESME_RNEVER'],
    [{ statuses: { '0x0': 'permanent' } }, '/smpp/statuses/0x0'],
  ] as const
  for (const [smpp, pointer] of faulty) {
    const changed = await administrator.call('PATCH', `/v1/carriers/${body.id}`, { json: { smpp } })
    expect(changed).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
    const json = { ...north('New'), smpp: { ...north('').smpp, ...smpp } }
    const created = await administrator.call('POST', '/v1/carriers', { json })
    expect(created).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
  }
})
