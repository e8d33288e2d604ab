import { readFileSync } from 'node:fs'
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

const pem = (file: string) =>
  readFileSync(new URL(`../data/tls/${file}.pem`, import.meta.url), 'utf8')
const KEY = pem('stranger.key')
const OURS = { tlsCertificate: pem('stranger.cert'), tlsKey: KEY }
const THEIRS = { tlsCa: pem('localhost.cert'), tlsServerName: 'smsc.north.example' }
/** A line of the key, as it would stand in any place that shows it. */
const INSIDE = KEY.split('\n')[1]!

const carrier = (name: string, smpp: object) => ({
  name,
  protocol: 'smpp',
  segmentsPerSecond: 500,
  sourceAddress: '72345',
  smpp: { host: '127.0.0.1', systemId: 'north', password: 'canary-1', tls: true, ...smpp },
})

// The first of a file waits for its database and its people as well.
test(
  'whom to trust is shown, our key is not: it goes to the dispatcher alone',
  { timeout: 60_000 },
  async ({ edge, administrator, db }) => {
    const json = carrier('North', { ...OURS, ...THEIRS })
    const created = await administrator.call('POST', '/v1/carriers', { json })
    expect(created.status).toBe(201)
    expect(created.body.smpp).toMatchObject({
      ...THEIRS,
      tlsCertificate: OURS.tlsCertificate,
      tls: true,
    })
    const read = await administrator.call('GET', `/v1/carriers/${created.body.id}`)
    const trail = await administrator.call('GET', '/v1/audit')
    const stored = await db.execute(sql`select * from carriers`)
    for (const shown of [created.body, read.body, trail.body, stored]) {
      expect(JSON.stringify(shown)).not.toContain(INSIDE)
      expect(JSON.stringify(shown)).not.toContain('tlsKey')
    }
    const [account] = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
    expect(account?.smpp?.tls).toEqual({
      ca: THEIRS.tlsCa,
      serverName: THEIRS.tlsServerName,
      certificate: OURS.tlsCertificate,
      key: KEY,
    })
  },
)

test('an edit keeps the key, and an empty text takes something away', async ({
  edge,
  administrator,
  db,
}) => {
  const json = carrier('South', { ...OURS, ...THEIRS })
  const { body } = await administrator.call('POST', '/v1/carriers', { json })
  const path = `/v1/carriers/${body.id}`
  const openSouth = async () =>
    (await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })).find(
      account => account.id === body.id,
    )?.smpp
  const edits = [
    [{ password: 'canary-2' }, { certificate: OURS.tlsCertificate, key: KEY }],
    [{ tlsServerName: '' }, { certificate: OURS.tlsCertificate, key: KEY, ca: THEIRS.tlsCa }],
    [{ tlsCertificate: '', tlsKey: '' }, { ca: THEIRS.tlsCa }],
    [{ tlsCa: '' }, {}],
  ] as const
  for (const [smpp, left] of edits) {
    expect((await administrator.call('PATCH', path, { json: { smpp } })).status).toBe(200)
    expect(await openSouth()).toMatchObject({ password: 'canary-2', tls: left })
  }
  expect((await openSouth())?.tls).toEqual({})
  await administrator.call('PATCH', path, { json: { smpp: { tls: false } } })
  expect((await openSouth())?.tls).toBe(false)
})

test('what no message centre could be bound with is refused', async ({ administrator }) => {
  const { body } = await administrator.call('POST', '/v1/carriers', { json: carrier('East', OURS) })
  const refusals: [object, string][] = [
    [{ tlsCa: 'trust me' }, '/smpp/tlsCa'],
    [{ tlsCertificate: KEY, tlsKey: KEY }, '/smpp/tlsCertificate'],
    [{ tlsCertificate: OURS.tlsCertificate, tlsKey: '' }, '/smpp/tlsKey'],
    [{ ...OURS, tlsKey: pem('localhost.key') }, '/smpp/tlsKey'],
    [{ ...OURS, tlsKey: 'open sesame' }, '/smpp/tlsKey'],
  ]
  for (const [smpp, pointer] of refusals) {
    const created = { json: carrier('West', smpp) }
    for (const refused of [
      await administrator.call('POST', '/v1/carriers', created),
      await administrator.call('PATCH', `/v1/carriers/${body.id}`, { json: { smpp } }),
    ]) {
      expect(refused).toMatchObject({
        status: 422,
        body: { code: 'invalid_carrier', errors: [{ pointer }] },
      })
    }
  }
  // The certificate of another key than the one that is kept.
  const other = { json: { smpp: { tlsCertificate: pem('localhost.cert') } } }
  const refused = await administrator.call('PATCH', `/v1/carriers/${body.id}`, other)
  expect(refused.body.errors).toMatchObject([{ pointer: '/smpp/tlsKey' }])
})
