import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { openHttp } from '../../src/accounts/settings/http.ts'
import { createJsonGatewayCarrier } from '../../src/carriers/http/json-gateway.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { describedAs } from '../support/described.ts'
import { recordEvents } from '../support/carrier-events.ts'
import { answerJson, type GatewayPeer, startGateway, takeMessage } from '../support/gateway.ts'

const QUICK = { backoffBaseMs: 20, backoffCapMs: 200 }

/** A gateway that takes the tokens of a server beside it, as many as that has given and nobody has revoked. */
async function startGuarded({ expiresIn }: { expiresIn?: number } = {}) {
  const good = new Set<string>()
  let given = 0
  const give = (response: ServerResponse) => {
    const token = `canary-${++given}`
    good.add(token)
    const named = expiresIn === undefined ? {} : { expires_in: expiresIn }
    answerJson(response, { json: { access_token: token, token_type: 'Bearer', ...named } })
  }
  const server = await startGateway({ message: (_form, response) => give(response) })
  const isGood = () => {
    const { authorization = '' } = gateway.requests.at(-1)!.headers
    return good.has(authorization.replace('Bearer ', ''))
  }
  const gateway: GatewayPeer = await startGateway({
    message: (_message, response) =>
      isGood() ? takeMessage(response) : answerJson(response, { status: 401 }),
    probe: response => answerJson(response, { status: isGood() ? 200 : 401 }),
  })
  onTestFinished(async () => {
    await Promise.all([server.close(), gateway.close()])
  })
  return {
    gateway,
    server,
    give,
    revoke: () => good.clear(),
    bearers: () =>
      gateway.requests
        .filter(({ method }) => method === 'POST')
        .map(({ headers }) => headers.authorization),
  }
}

async function connect(
  gatewayUrl: string,
  tokenUrl: string,
  { auth = {}, window = 10, allowPrivateTokens = true } = {},
) {
  const { secrets, ...description } = describedAs({
    url: `${gatewayUrl}/send`,
    auth: {
      scheme: 'oauth2',
      tokenUrl,
      clientId: 'county & co',
      clientSecret: '{secret.client}',
      ...auth,
    },
    body: { type: 'form', template: { To: '{to}', Body: '{text}' } },
    answer: { id: '/sid' },
    secrets: { client: 's3cret:+' },
  })
  const installation = {
    webhookUrl: 'https://alerts.example/v1/carriers/0/webhook',
    allowPrivate: true,
    allowPrivateTokens,
  }
  const carrier = createJsonGatewayCarrier(
    {
      id: '0',
      name: 'Guarded',
      protocol: 'http',
      segmentsPerSecond: 1_000,
      window,
      binds: 1,
      sourceAddress: '72345',
      routes: [],
      http: { ...openHttp(description, { secrets }, installation), answerMs: 500 },
    },
    QUICK,
  )
  const events = recordEvents()
  onTestFinished(() => carrier.close(AbortSignal.timeout(100)))
  await carrier.open(events, AbortSignal.timeout(300))
  let refs = 0
  return {
    carrier,
    events,
    /** @returns their ends, in the order in which they came */
    async send(count: number) {
      const before = events.outcomes.length
      const text = encodeText('Flash flood. Move to higher ground.')
      for (let i = 0; i < count; i++) {
        const to = `+1555${2_000_000 + refs}`
        carrier.submit({ to, text, expiresAt: Date.now() + 60_000 }, refs++)
      }
      await events.until('ended', () => events.outcomes.length === before + count)
      return events.outcomes.slice(before).map(({ outcome }) => outcome)
    },
  }
}

const taken = { messageIds: [expect.stringMatching(/^SM/)] }
const takenTimes = (count: number) => Array.from({ length: count }, () => taken)

test('a token is had once for many messages, by credentials in the header', async () => {
  const { gateway, server, bearers } = await startGuarded({ expiresIn: 3_600 })
  const { send } = await connect(gateway.url, `${server.url}/oauth2/token?tenant=1`, {
    auth: { parameters: { scope: 'sms:send' } },
  })
  for (let i = 0; i < 3; i++) expect(await send(10)).toEqual(takenTimes(10))
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /oauth2/token?tenant=1',
  ])
  expect(Object.fromEntries(server.messages[0]!)).toEqual({
    grant_type: 'client_credentials',
    scope: 'sms:send',
  })
  // RFC 6749 §2.3.1: each encoded as in a form, then joined.
  const pair = Buffer.from('county+%26+co:s3cret%3A%2B').toString('base64')
  expect(server.requests[0]!.headers).toMatchObject({ authorization: `Basic ${pair}` })
  expect(bearers()).toEqual(Array(30).fill('Bearer canary-1'))
})

test('credentials go in the form where the server wants them there, and a token without an end is used until it is refused', async () => {
  const { gateway, server, revoke, bearers } = await startGuarded()
  const { send } = await connect(gateway.url, server.url, { auth: { credentialsIn: 'body' } })
  expect(await send(5)).toEqual(takenTimes(5))
  expect(Object.fromEntries(server.messages[0]!)).toEqual({
    grant_type: 'client_credentials',
    client_id: 'county & co',
    client_secret: 's3cret:+',
  })
  expect(server.requests[0]!.headers).not.toHaveProperty('authorization')
  revoke()
  expect(await send(1)).toEqual([taken])
  expect(bearers().slice(-2)).toEqual(['Bearer canary-1', 'Bearer canary-2'])
})

test('a token is had anew before it ends, and no message meets a refusal for it', async () => {
  const { gateway, server } = await startGuarded({ expiresIn: 1 })
  const { send, events } = await connect(gateway.url, server.url)
  while (server.requests.length < 3) expect(await send(1)).toEqual([taken])
  expect(events.states.filter(({ state }) => state === 'unbound')).toEqual([])
  // Each message was sent once: nothing had to go again.
  expect(gateway.messages.length).toBe(events.outcomes.length)
})

test('messages that are refused by 401 go once more, with one new token for all of them', async () => {
  const { gateway, server, revoke } = await startGuarded()
  const { send } = await connect(gateway.url, server.url)
  revoke()
  expect(await send(10)).toEqual(takenTimes(10))
  expect(server.requests.length).toBe(2)
  const phones = gateway.messages.map(message => message.get('To'))
  expect(phones.length).toBe(20)
  expect(new Set(phones).size).toBe(10)
})

test('a gateway that refuses a new token too has the account wrong: its messages are tried no third time', async () => {
  const { gateway, server, revoke } = await startGuarded()
  const { send, events, carrier } = await connect(gateway.url, server.url)
  const refuse = (response: ServerResponse) => answerJson(response, { status: 401 })
  gateway.script = { message: (_message, response) => refuse(response), probe: refuse }
  revoke()
  expect(await send(1)).toEqual([{ kind: 'configuration', reason: 'http_401', messageIds: [] }])
  expect(gateway.messages.length).toBe(2)
  expect(events.states.at(-1)).toMatchObject({ state: 'unbound', reason: 'http_401' })
  expect(carrier.room).toBe(0)
})

test('a client that the token server refuses sends nothing, and comes back when it is known', async () => {
  const { gateway, server, give } = await startGuarded()
  server.script = {
    message: (_form, response) =>
      answerJson(response, { status: 401, json: { error: 'invalid_client' } }),
  }
  const { events, send } = await connect(gateway.url, server.url)
  expect(events.states.at(-1)).toMatchObject({ state: 'unbound', reason: 'token_invalid_client' })
  expect(gateway.requests).toEqual([])
  server.script = { message: (_form, response) => give(response) }
  await events.until('bound', () => events.states.at(-1)?.state === 'bound')
  expect(await send(1)).toEqual([taken])
})

test.each([
  ['is mute', () => undefined, 'token_timeout'],
  ['fails', (r: ServerResponse) => answerJson(r, { status: 502 }), 'token_http_502'],
  ['gives no token', (r: ServerResponse) => answerJson(r, { json: {} }), 'token_http_200'],
  [
    'leads elsewhere',
    (r: ServerResponse) => answerJson(r, { status: 302, headers: { location: '/x' } }),
    'token_http_302',
  ],
  [
    'gives one that would end a header',
    (r: ServerResponse) => answerJson(r, { json: { access_token: 'a\r\nX-Evil: 1' } }),
    'token_http_200',
  ],
] as const)(
  'a token server that %s is no reason to send without',
  async (_what, answer, reason) => {
    const { gateway, server } = await startGuarded()
    server.script = { message: (_form, response) => answer(response) }
    const { events, carrier } = await connect(gateway.url, server.url)
    await events.until('told', () => events.states.some(told => told.reason === reason))
    expect(carrier.room).toBe(0)
    expect(gateway.requests).toEqual([])
  },
)

test('a token that can’t be had again holds up those messages alone, and none of them twice', async () => {
  const { gateway, server, give, revoke } = await startGuarded()
  const { send, events } = await connect(gateway.url, server.url)
  server.script = { message: (_form, response) => answerJson(response, { status: 503 }) }
  revoke()
  const ends = await send(3)
  for (const end of ends) expect(end).toMatchObject({ kind: 'elsewhere', messageIds: [] })
  server.script = { message: (_form, response) => give(response) }
  await events.until('bound', () => events.states.at(-1)?.state === 'bound')
  expect(await send(1)).toEqual([taken])
})

test('pitfall 43: tokens are asked for nowhere within, whatever the gateway’s own host may be', async () => {
  const { gateway, server } = await startGuarded()
  for (const url of [
    'http://169.254.169.254/latest',
    'https://169.254.169.254/latest',
    server.url,
    server.url.replace('127.0.0.1', 'localhost'),
  ]) {
    const { events, carrier } = await connect(gateway.url, url, { allowPrivateTokens: false })
    const refused = { state: 'unbound', reason: 'token_refused_address' }
    expect(events.states).toContainEqual(expect.objectContaining(refused))
    expect(carrier.room).toBe(0)
  }
  expect(server.sockets.size + gateway.sockets.size).toBe(0)
})
