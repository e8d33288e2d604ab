import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { Carrier, CarrierConfig, Outcome, TwilioSettings } from '../../src/carriers/carrier.ts'
import type { ProbeTuning } from '../../src/carriers/http/http-carrier.ts'
import { createTwilioCarrier } from '../../src/carriers/twilio/messages.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { type RecordedEvents, recordEvents } from '../support/carrier-events.ts'
import {
  answerJson,
  type GatewayPeer,
  type GatewayScript,
  type Said,
  startGateway,
  takeMessage,
} from '../support/gateway.ts'
import { gatewayConformance } from './gateway-conformance.ts'

const QUICK: ProbeTuning = { backoffBaseMs: 20, backoffCapMs: 200 }
const text = encodeText('Flash flood. Move to higher ground.')

interface Settings extends Partial<TwilioSettings> {
  window?: number
  binds?: number
}

function configFor(
  baseUrl: string,
  { window = 10, binds = 1, ...twilio }: Settings = {},
): CarrierConfig {
  return {
    id: '0',
    name: 'North',
    protocol: 'twilio',
    segmentsPerSecond: 1_000,
    window,
    binds,
    sourceAddress: '+15550009999',
    routes: [],
    twilio: {
      baseUrl,
      allowPrivate: true,
      accountSid: 'AC0123',
      authToken: 'canary-1',
      statusCallback: 'https://alerts.example/v1/carriers/0/webhook',
      answerMs: 5_000,
      ...twilio,
    },
  }
}

gatewayConformance("Twilio's Messages API", configFor, config => createTwilioCarrier(config, QUICK))

interface Setting {
  gateway: GatewayPeer
  carrier: Carrier
  events: RecordedEvents
  submit(ref: number, expiresAt?: number): void
  /** Hands one message over and waits for its end. */
  send(ref: number): Promise<Outcome>
}

async function connect(script: GatewayScript = {}, settings: Settings = {}): Promise<Setting> {
  const gateway = await startGateway(script)
  const carrier = createTwilioCarrier(configFor(gateway.url, settings), QUICK)
  const events = recordEvents()
  onTestFinished(async () => {
    await carrier.close(AbortSignal.timeout(100))
    await gateway.close()
  })
  await carrier.open(events, AbortSignal.timeout(5_000))
  const submit = (ref: number, expiresAt = Date.now() + 3_600_000) => {
    carrier.submit({ to: `+1555${2_000_000 + ref}`, text, expiresAt }, ref)
  }
  return {
    gateway,
    carrier,
    events,
    submit,
    async send(ref) {
      submit(ref)
      await events.until('ended', () => events.outcomes.some(one => one.ref === ref))
      return events.outcomes.find(one => one.ref === ref)!.outcome
    },
  }
}

const refuse = (said: Said) => (_message: unknown, response: ServerResponse) =>
  answerJson(response, said)
const error = (status: number, code: number): Said => ({ status, json: { code, status } })

test.each([
  ['3', { messageIds: ['SM1'], segments: 3 }],
  // A messaging service has not chosen its number yet.
  ['0', { messageIds: ['SM1'] }],
  [null, { messageIds: ['SM1'] }],
])('segments are as many as Twilio says: num_segments %j', async (num_segments, outcome) => {
  const { send } = await connect({
    message: (_message, response) =>
      answerJson(response, { status: 201, json: { sid: 'SM1', num_segments, error_code: null } }),
  })
  expect(await send(1)).toEqual(outcome)
})

test('a request names the account and says everything that Twilio needs', async () => {
  const { gateway, submit, events } = await connect()
  submit(1, Date.now() + 90_500)
  await events.until('taken', () => events.outcomes.length === 1)
  const [probe, sent] = gateway.requests
  expect(probe).toMatchObject({ method: 'GET', path: '/2010-04-01/Accounts/AC0123.json' })
  expect(sent).toMatchObject({
    method: 'POST',
    path: '/2010-04-01/Accounts/AC0123/Messages.json',
    headers: {
      // base64 of AC0123:canary-1 (RFC 7617)
      authorization: 'Basic QUMwMTIzOmNhbmFyeS0x',
      'content-type': 'application/x-www-form-urlencoded',
    },
  })
  expect(Object.fromEntries(gateway.messages[0]!)).toEqual({
    From: '+15550009999',
    To: '+15552000001',
    Body: 'Flash flood. Move to higher ground.',
    ValidityPeriod: '90',
    StatusCallback: 'https://alerts.example/v1/carriers/0/webhook',
  })
})

test('a messaging service sends in place of the number, at any base URL', async () => {
  const { gateway, carrier } = await connect()
  await carrier.close(AbortSignal.timeout(1_000))
  const settings = { messagingServiceSid: 'MG77', statusCallback: undefined }
  const other = createTwilioCarrier(configFor(`${gateway.url}/sms/`, settings), QUICK)
  const events = recordEvents()
  await other.open(events, AbortSignal.timeout(5_000))
  other.submit({ to: '+15552000001', text, expiresAt: Date.now() + 86_400_000 }, 1)
  await events.until('taken', () => events.outcomes.length === 1)
  await other.close(AbortSignal.timeout(1_000))
  expect(gateway.requests.at(-1)?.path).toBe('/sms/2010-04-01/Accounts/AC0123/Messages.json')
  expect(Object.fromEntries(gateway.messages[0]!)).toEqual({
    MessagingServiceSid: 'MG77',
    To: '+15552000001',
    Body: 'Flash flood. Move to higher ground.',
    // A day is more than Twilio keeps a message for.
    ValidityPeriod: '36000',
  })
})

test('the one id of a message stands for all its segments', async () => {
  const { carrier, events } = await connect({
    message: (_message, response) => answerJson(response, { status: 201, json: { sid: 'SM1' } }),
  })
  const long = encodeText('A'.repeat(400))
  carrier.submit({ to: '+15552000001', text: long, expiresAt: Date.now() + 60_000 }, 1)
  expect(carrier.inFlight).toBe(3)
  await events.until('taken', () => events.outcomes.length === 1)
  expect(events.outcomes[0]!.outcome).toEqual({ messageIds: ['SM1'] })
})

test.each([
  // Too fast: the same carrier takes it later.
  { said: error(429, 20429), kind: 'throttled', reason: '20429' },
  { said: { status: 429 }, kind: 'throttled', reason: 'http_429' },
  { said: error(400, 21611), kind: 'throttled', reason: '21611' },
  // Final: this number or this text.
  { said: error(400, 21211), kind: 'permanent', reason: '21211' },
  { said: error(400, 21408), kind: 'permanent', reason: '21408' },
  { said: error(400, 21614), kind: 'permanent', reason: '21614' },
  { said: error(400, 21617), kind: 'permanent', reason: '21617' },
  { said: error(400, 21610), kind: 'permanent', reason: '21610', optedOut: true },
  // The account.
  { said: error(401, 20003), kind: 'configuration', reason: '20003' },
  { said: error(404, 20404), kind: 'configuration', reason: '20404' },
  { said: error(400, 21606), kind: 'configuration', reason: '21606' },
  { said: { status: 403 }, kind: 'configuration', reason: 'http_403' },
  // Its own trouble, or something that others may do.
  { said: { status: 503 }, kind: 'elsewhere', reason: 'http_503' },
  { said: error(400, 21612), kind: 'elsewhere', reason: '21612' },
  { said: error(400, 29_999), kind: 'elsewhere', reason: '29999' },
  { said: { status: 302, headers: { Location: '/' } }, kind: 'elsewhere', reason: 'http_302' },
  // It may have been taken before it broke.
  { said: error(500, 20500), kind: 'uncertain', reason: '20500' },
  { said: { status: 502 }, kind: 'uncertain', reason: 'http_502' },
  // Taken, and failed at once.
  {
    said: { status: 201, json: { sid: 'SM1', error_code: 21610 } },
    kind: 'permanent',
    reason: '21610',
    optedOut: true,
  },
])('pitfall 39: $said.status $reason is $kind', async ({ said, kind, reason, optedOut }) => {
  const { gateway, send } = await connect({ message: refuse(said) })
  const fault = { kind, reason, messageIds: [], ...(optedOut === true && { optedOut }) }
  expect(await send(1)).toEqual(fault)
  expect(gateway.messages.length).toBe(1)
})

test('pitfall 39: nothing is sent before Retry-After is over', async () => {
  const said = { ...error(429, 20429), headers: { 'Retry-After': '1' } }
  const { gateway, carrier, events, submit } = await connect({ message: refuse(said) })
  const askedAt = performance.now()
  submit(1)
  await events.until('refused', () => events.outcomes.length === 1)
  gateway.script = {}
  expect(carrier.room).toBe(0)
  expect(events.states.at(-1)).toMatchObject({ state: 'throttled', reason: '20429' })
  await events.until('room again', () => carrier.room > 0)
  expect(performance.now() - askedAt).toBeGreaterThanOrEqual(1_000)
  await events.until('bound again', () => events.states.at(-1)?.state === 'bound')
  submit(2)
  await events.until('taken', () => events.outcomes.length === 2)
  expect(events.outcomes[1]!.outcome).toHaveProperty('messageIds.length', 1)
})

test('pitfall 39: who asks for a long rest is unbound meanwhile, so that others take over', async () => {
  const said = { ...error(429, 20429), headers: { 'Retry-After': '60' } }
  const { carrier, events, submit } = await connect({ message: refuse(said) })
  submit(1)
  await events.until('resting', () => events.states.at(-1)?.state === 'unbound')
  expect(events.states.at(-1)?.reason).toBe('retry_after')
  expect([carrier.room, events.outcomes[0]!.outcome]).toMatchObject([0, { kind: 'throttled' }])
})

test('pitfall 39: wrong credentials stop the link, which looks again by and by, and name no secret', async () => {
  const { gateway, carrier, events, submit } = await connect({
    message: refuse(error(401, 20003)),
    probe: response => answerJson(response, error(401, 20003)),
  })
  expect(carrier.room).toBe(0)
  await events.until('asked twice', () => events.states.length >= 2)
  expect(events.states.every(({ reason }) => reason === 'http_401')).toBe(true)
  submit(1)
  await events.until('refused', () => events.outcomes.length === 1)
  expect(events.outcomes[0]!.outcome).toMatchObject({ kind: 'elsewhere', reason: 'unbound' })
  expect(gateway.messages).toEqual([])
  gateway.script = { message: refuse(error(401, 20003)) }
  await events.until('mended', () => events.states.at(-1)?.state === 'bound')
  submit(2)
  await events.until('down again', () => events.states.at(-1)?.state === 'unbound')
  expect(events.outcomes[1]!.outcome).toMatchObject({ kind: 'configuration', reason: '20003' })
  expect(JSON.stringify(events.states)).not.toContain('canary')
})

test('a gateway that is down is asked again until it is there', async () => {
  const before = await startGateway()
  const port = Number(new URL(before.url).port)
  await before.close()
  const carrier = createTwilioCarrier(configFor(before.url), QUICK)
  const events = recordEvents()
  onTestFinished(() => carrier.close(AbortSignal.timeout(100)))
  await carrier.open(events, AbortSignal.timeout(150))
  await events.until('refused a few times', () => events.states.length >= 3)
  expect(events.states.every(({ state }) => state === 'unbound')).toBe(true)
  expect(events.states[0]!.reason).toBe('unreachable')
  const gateway = await startGateway({}, port)
  onTestFinished(() => gateway.close())
  await events.until('up', () => carrier.room > 0)
  expect(events.states.at(-1)).toMatchObject({ state: 'bound', reason: '' })
  // And when it goes: what could not leave goes elsewhere.
  await gateway.close()
  carrier.submit({ to: '+15552000001', text, expiresAt: Date.now() + 60_000 }, 1)
  await events.until('unbound', () => events.states.at(-1)?.state === 'unbound')
  expect(events.outcomes[0]!.outcome).toMatchObject({ kind: 'elsewhere', reason: 'unbound' })
})

test('pitfall 38: no answer in time, or none at all, is uncertain and is never sent again from here', async () => {
  const { gateway, carrier, send } = await connect({ message: () => undefined }, { answerMs: 200 })
  expect(await send(1)).toEqual({ kind: 'uncertain', reason: 'response_timeout', messageIds: [] })
  gateway.script = { message: (_message, response) => void response.socket?.destroy() }
  expect(await send(2)).toEqual({ kind: 'uncertain', reason: 'link_lost', messageIds: [] })
  gateway.script = {}
  expect(await send(3)).toHaveProperty('messageIds.length', 1)
  expect(gateway.messages.map(message => message.get('To'))).toEqual([
    '+15552000001',
    '+15552000002',
    '+15552000003',
  ])
  expect(carrier.inFlight).toBe(0)
})

test('a gateway that takes and hangs up, time after time, is unbound until it answers', async () => {
  const hangUp = (response: ServerResponse) => void response.socket?.destroy()
  const { gateway, events, send } = await connect({
    message: (_message, response) => hangUp(response),
  })
  gateway.script = { ...gateway.script, probe: hangUp }
  for (let ref = 1; ref <= 5; ref++) await send(ref)
  await events.until('unbound', () => events.states.at(-1)?.state === 'unbound')
  gateway.script = {}
  await events.until('bound', () => events.states.at(-1)?.state === 'bound')
})

test('pitfall 42: a connection that the gateway closes while it is idle loses and doubles nothing', async () => {
  const { gateway, events, send } = await connect({
    message(_message, response) {
      takeMessage(response)
      const { socket } = response
      setTimeout(() => socket?.end(), 50)
    },
  })
  for (let ref = 1; ref <= 3; ref++) {
    expect(await send(ref)).toHaveProperty('messageIds.length', 1)
    await gateway.until('closed', () => gateway.sockets.size === 0)
  }
  expect(gateway.messages.length).toBe(3)
  expect(events.states.map(({ state }) => state)).toEqual(['bound'])
})

test('pitfall 42: a request that meets the end of its connection is not repeated', async () => {
  let isClosing = false
  const { gateway, send } = await connect({
    message(_message, response) {
      // It had gone when the request came: not an octet is answered.
      if (isClosing) response.socket?.resetAndDestroy()
      else takeMessage(response)
      isClosing = true
    },
  })
  expect(await send(1)).toHaveProperty('messageIds.length', 1)
  expect(await send(2)).toEqual({ kind: 'uncertain', reason: 'link_lost', messageIds: [] })
  expect(gateway.messages.length).toBe(2)
})
