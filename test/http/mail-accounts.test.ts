import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { openAccounts } from '../../src/accounts/accounts.ts'
import { test as edgeTest, type Caller } from '../support/edge.ts'

const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

// What has a default is left out.
const post = (name: string, smtp: object = {}) => ({
  name,
  protocol: 'smtp',
  segmentsPerSecond: 20,
  smtp: {
    host: 'mail.county.example',
    user: 'tocsin',
    password: 'canary-mail',
    from: 'alerts@county.example',
    ...smtp,
  },
})

test('a mail account is set up; its password goes in, and out to the dispatcher alone', async ({
  edge,
  administrator,
  db,
}) => {
  const created = await administrator.call('POST', '/v1/carriers', { json: post('Post') })
  expect(created).toMatchObject({
    status: 201,
    body: {
      protocol: 'smtp',
      sourceAddress: '',
      routes: [],
      smtp: {
        host: 'mail.county.example',
        port: 587,
        security: 'starttls',
        user: 'tocsin',
        from: 'alerts@county.example',
        responseTimeoutSeconds: 60,
      },
      state: 'unbound',
    },
  })
  const path = `/v1/carriers/${created.body.id}`
  const json = { smtp: { fromName: 'County Alerts', replyTo: 'duty@county.example' } }
  const changed = await administrator.call('PATCH', path, { json })
  expect(changed).toMatchObject({ status: 200, body: { smtp: json.smtp } })
  const stored = await db.execute(sql`select * from carriers`)
  const trail = await administrator.call('GET', '/v1/audit')
  const listed = await administrator.call('GET', '/v1/carriers')
  for (const shown of [created.body, changed.body, stored, trail.body, listed.body]) {
    expect(JSON.stringify(shown)).not.toContain('canary-mail')
  }
  const accounts = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
  expect(accounts.find(({ id }) => id === created.body.id)?.smtp).toEqual({
    host: 'mail.county.example',
    port: 587,
    security: 'starttls',
    user: 'tocsin',
    password: 'canary-mail',
    from: 'alerts@county.example',
    fromName: 'County Alerts',
    replyTo: 'duty@county.example',
    answerMs: 60_000,
  })
})

test('a password is shown to no other host than it was given for', async ({ administrator }) => {
  const created = await administrator.call('POST', '/v1/carriers', { json: post('Stays') })
  const path = `/v1/carriers/${created.body.id}`
  const stray = await administrator.call('PATCH', path, {
    json: { smtp: { host: 'mail.evil.example' } },
  })
  expect(stray).toMatchObject({
    status: 422,
    body: { code: 'invalid_carrier', errors: [{ pointer: '/smtp/password' }] },
  })
  const moved = await administrator.call('PATCH', path, {
    json: { smtp: { host: 'mail2.county.example', password: 'canary-2' } },
  })
  expect(moved.status).toBe(200)
  // An IPv6 address reads as a URL, and is another host all the same.
  const six = await administrator.call('POST', '/v1/carriers', {
    json: post('Six', { host: 'fd00::1' }),
  })
  const strayed = await administrator.call('PATCH', `/v1/carriers/${six.body.id}`, {
    json: { smtp: { host: 'fd00::2' } },
  })
  expect(strayed).toMatchObject({ status: 422, body: { errors: [{ pointer: '/smtp/password' }] } })
})

for (const [what, smtp, pointers] of [
  ['a public host in the clear', { security: 'none' }, ['/smtp/security']],
  ['a user without a password', { password: undefined }, ['/smtp/password']],
  ['a password without a user', { user: undefined }, ['/smtp/user']],
  ['certificates that are none', { tlsCa: 'trust me' }, ['/smtp/tlsCa']],
  [
    'all of that at once',
    { security: 'none', user: '', tlsCa: 'trust me' },
    ['/smtp/security', '/smtp/user', '/smtp/tlsCa'],
  ],
] as const) {
  test(`${what} is refused`, async ({ administrator }) => {
    const json = post(`Refused for ${what}`, smtp)
    expect(await administrator.call('POST', '/v1/carriers', { json })).toMatchObject({
      status: 422,
      body: { code: 'invalid_carrier', errors: pointers.map(pointer => ({ pointer })) },
    })
  })
}

test('numbers do not belong to a mail account, and a source address to every other', async ({
  administrator,
}) => {
  const numbered = await administrator.call('POST', '/v1/carriers', {
    json: { ...post('Numbered'), sourceAddress: '72345', routes: [{ prefix: '+1' }] },
  })
  expect(numbered).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/routes' }, { pointer: '/sourceAddress' }] },
  })
  const created = await administrator.call('POST', '/v1/carriers', { json: post('Unnumbered') })
  const routed = await administrator.call('PATCH', `/v1/carriers/${created.body.id}`, {
    json: { routes: [{ prefix: '+1' }] },
  })
  expect(routed).toMatchObject({ status: 422, body: { errors: [{ pointer: '/routes' }] } })
  const without = await administrator.call('POST', '/v1/carriers', {
    json: {
      name: 'Without',
      protocol: 'twilio',
      segmentsPerSecond: 1,
      twilio: { accountSid: 'AC1', authToken: 'x' },
    },
  })
  expect(without).toMatchObject({ status: 400, body: { errors: [{ pointer: '/sourceAddress' }] } })
})

test('a letter is in the clear only within a network of our own', async ({ administrator }) => {
  for (const [host, status] of [
    ['10.0.0.25', 201],
    ['127.0.0.1', 201],
    ['fd00::25', 201],
    ['192.0.2.25', 422],
    ['169.254.169.254', 422],
    ['8.8.8.8', 422],
    ['mail.county.example', 422],
  ] as const) {
    const json = post(`Clear ${host}`, { host, security: 'none' })
    expect([host, (await administrator.call('POST', '/v1/carriers', { json })).status]).toEqual([
      host,
      status,
    ])
  }
})

test('a test letter goes to a listed member who has an address', async ({ administrator, db }) => {
  const created = await administrator.call('POST', '/v1/carriers', { json: post('Tested') })
  const path = `/v1/carriers/${created.body.id}/test`
  await administrator.call('POST', '/v1/groups', { json: { name: 'Staff' } })
  const member = (phone: string, email?: string) =>
    administrator.call('POST', '/v1/contacts', { json: { phone, email, groups: ['Staff'] } })
  await member('+15550100001', 'ana@people.example')
  await member('+15550100002')
  await administrator.call('POST', '/v1/contacts', {
    json: { phone: '+15550100003', email: 'stranger@people.example' },
  })
  const sendTo = (phone: string) => administrator.call('POST', path, { json: { phone } })
  expect((await sendTo('+15550100001')).status).toBe(202)
  for (const phone of ['+15550100002', '+15550100003']) {
    expect(await sendTo(phone)).toMatchObject({
      status: 422,
      body: { code: 'recipient_not_listed', errors: [{ pointer: '/phone' }] },
    })
  }
  await db.execute(
    sql`insert into opt_outs (phone, scope, source) values ('+15550100001', 'all', 'x')`,
  )
  expect((await sendTo('+15550100001')).status).toBe(422)
})
