import { expect, onTestFinished, test } from 'vitest'
import { openHttp } from '../../src/accounts/settings/http.ts'
import type { CarrierConfig } from '../../src/carriers/carrier.ts'
import type { ProbeTuning } from '../../src/carriers/http/http-carrier.ts'
import { createJsonGatewayCarrier } from '../../src/carriers/http/json-gateway.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { describedAs } from '../support/described.ts'
import { recordEvents } from '../support/carrier-events.ts'
import { answerJson, type GatewayScript, startGateway } from '../support/gateway.ts'
import { startWebPeer } from '../support/web-peer.ts'
import { gatewayConformance } from './gateway-conformance.ts'

const QUICK: ProbeTuning = { backoffBaseMs: 20, backoffCapMs: 200 }

/** A gateway that takes forms and answers JSON. */
function configFor(
  url: string,
  { window = 10, binds = 1, allowPrivate = true, answerMs = 5_000 } = {},
): CarrierConfig {
  const { secrets, ...description } = describedAs({
    url: `${url}/send`,
    auth: { scheme: 'bearer', token: '{secret.token}' },
    body: { type: 'form', template: { To: '{to}', Body: '{text}' } },
    answer: { id: '/sid', code: ['/code'], codes: { '21610': 'permanent' } },
    secrets: { token: 'canary-1' },
  })
  const webhookUrl = 'https://alerts.example/v1/carriers/0/webhook'
  return {
    id: '0',
    name: 'North',
    protocol: 'http',
    segmentsPerSecond: 1_000,
    window,
    binds,
    sourceAddress: '+15550009999',
    routes: [],
    http: { ...openHttp(description, { secrets }, { webhookUrl, allowPrivate }), answerMs },
  }
}

gatewayConformance('to a described gateway', configFor, config =>
  createJsonGatewayCarrier(config, QUICK),
)

async function connect(config: CarrierConfig) {
  const carrier = createJsonGatewayCarrier(config, QUICK)
  const events = recordEvents()
  onTestFinished(() => carrier.close(AbortSignal.timeout(100)))
  await carrier.open(events, AbortSignal.timeout(1_000))
  return {
    carrier,
    events,
    async send(ref: number) {
      const text = encodeText('Flash flood. Move to higher ground.')
      carrier.submit({ to: `+1555${2_000_000 + ref}`, text, expiresAt: Date.now() + 60_000 }, ref)
      await events.until('ended', () => events.outcomes.some(one => one.ref === ref))
      return events.outcomes.find(one => one.ref === ref)!.outcome
    },
  }
}

async function gatewayThat(script: GatewayScript) {
  const gateway = await startGateway(script)
  onTestFinished(() => gateway.close())
  return gateway
}

test('a message is put to the gateway as described, and its end is as the answer says', async () => {
  const answers = [
    { status: 200, json: { sid: 'm1' } },
    { status: 400, json: { code: 21610 } },
    { status: 302, headers: { location: '/elsewhere' } },
  ]
  const gateway = await gatewayThat({
    message: (_message, response) => answerJson(response, answers.shift() ?? {}),
  })
  const { send } = await connect(configFor(gateway.url))
  expect(await send(1)).toEqual({ messageIds: ['m1'] })
  expect(await send(2)).toEqual({ kind: 'permanent', reason: '21610', messageIds: [] })
  // SECURITY.md W12: it is not followed, and whoever set the carrier up has to look.
  expect(await send(3)).toEqual({ kind: 'configuration', reason: 'http_302', messageIds: [] })
  expect(gateway.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /send',
    'POST /send',
    'POST /send',
    'POST /send',
  ])
  expect(gateway.requests[1]!.headers).toMatchObject({ authorization: 'Bearer canary-1' })
  expect(Object.fromEntries(gateway.messages[0]!)).toEqual({
    To: '+15552000001',
    Body: 'Flash flood. Move to higher ground.',
  })
})

test('pitfall 43: a gateway at 169.254.169.254 or within is never asked, and is no carrier that is bound', async () => {
  const gateway = await gatewayThat({})
  for (const config of [
    configFor('http://169.254.169.254'),
    configFor('https://169.254.169.254', { allowPrivate: false }),
    configFor(gateway.url, { allowPrivate: false }),
    configFor(gateway.url.replace('127.0.0.1', 'localhost'), { allowPrivate: false }),
  ]) {
    const { carrier, events } = await connect(config)
    expect(events.states).toContainEqual(
      expect.objectContaining({ state: 'unbound', reason: 'refused_address' }),
    )
    expect(carrier.room).toBe(0)
  }
  expect(gateway.sockets.size).toBe(0)
})

test('pitfall 43: a gateway that sends an octet a second holds one message up, and no longer than its deadline', async () => {
  // An octet each 20 ms, 300 ms for the whole.
  const peer = await startWebPeer((socket, request) => {
    if (request.startsWith('GET')) {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
      return
    }
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
    const drip = setInterval(() => socket.write(' '), 20)
    socket.on('close', () => clearInterval(drip))
  })
  onTestFinished(() => peer.close())
  const { carrier, events, send } = await connect(configFor(peer.url.origin, { answerMs: 300 }))
  expect(await send(1)).toEqual({ kind: 'uncertain', reason: 'response_timeout', messageIds: [] })
  expect(carrier.inFlight).toBe(0)
  expect(events.outcomes.length).toBe(1)
  // It was never sent again from here.
  expect(peer.requests.filter(request => request.startsWith('POST')).length).toBe(1)
})

test('an answer without end may have been one of acceptance', async () => {
  const peer = await startWebPeer((socket, request) => {
    const isProbe = request.startsWith('GET')
    const length = isProbe ? 2 : 1_000_000
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${'{}'.repeat(length / 2)}`)
  })
  onTestFinished(() => peer.close())
  const { send } = await connect(configFor(peer.url.origin))
  expect(await send(1)).toEqual({ kind: 'uncertain', reason: 'answer_too_large', messageIds: [] })
})
