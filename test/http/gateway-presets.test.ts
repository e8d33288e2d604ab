import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { openAccounts } from '../../src/accounts/accounts.ts'
import { createJsonGatewayCarrier } from '../../src/carriers/http/json-gateway.ts'
import { GATEWAY_PRESETS, type GatewayPreset } from '../../src/carriers/http/presets.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import {
  CASE_TEXT,
  type GatewayCase,
  webhookRequest,
} from '../carriers/json-gateways/gateway-case.ts'
import { infobip } from '../carriers/json-gateways/infobip.ts'
import { messagebird } from '../carriers/json-gateways/messagebird.ts'
import { plivo } from '../carriers/json-gateways/plivo.ts'
import { sinch } from '../carriers/json-gateways/sinch.ts'
import { vonage } from '../carriers/json-gateways/vonage.ts'
import { recordEvents } from '../support/carrier-events.ts'
import { test as edgeTest, type Caller } from '../support/edge.ts'

const test = edgeTest.extend<{ $file: { administrator: Caller } }>({
  administrator: [
    async ({ edge }, use) => use(await edge.caller({ roles: ['administrator'] })),
    { scope: 'file' },
  ],
})

/**
 * The gateway on loopback, as its documentation shows it: it takes the requests that are written there and answers as
 * is written there, one answer after the other; whatever else comes is a fault.
 */
async function startFarSide({ request: documented, answers }: GatewayCase) {
  const left = answers.map(({ status, body }) => ({ status, body }))
  const taken: unknown[] = []
  const faults: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      if (request.method === 'GET') return void response.end('{}')
      if (request.method !== documented.method || request.url !== documented.path) {
        faults.push(`${request.method} ${request.url}`)
      }
      for (const [name, value] of Object.entries(documented.headers)) {
        if (request.headers[name.toLowerCase()] !== value) faults.push(name)
      }
      taken.push(JSON.parse(body))
      const { status, body: answer } = left.shift() ?? { status: 500, body: {} }
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, taken, faults }
}

/** What is another each time: references, ends, our own URL. */
const OTHERWISE = /^(ref-1|https?:|[\da-f-]{36}$|20\d\d-)/

/** Where its preset, or its account, sends messages to, at the fake. */
function urlAt(origin: string, { description: { preset, url } }: GatewayCase): string {
  const { settings }: GatewayPreset = GATEWAY_PRESETS[preset!]
  const { pathname } = new URL(url ?? settings.url!)
  return origin + pathname
}

test.for([infobip, messagebird, plivo, sinch, vonage])(
  'an account at $name is set up by its preset: it sends, understands each answer, and hears what comes back',
  async (gateway, { edge, administrator, db }) => {
    const farSide = await startFarSide(gateway)
    const created = await administrator.call('POST', '/v1/carriers', {
      json: {
        name: gateway.name,
        protocol: 'http',
        segmentsPerSecond: 10,
        sourceAddress: '+15550009999',
        http: { ...gateway.description, url: urlAt(farSide.origin, gateway) },
      },
    })
    expect(created.status).toBe(201)
    expect(created.body.http).not.toHaveProperty('preset')
    const { id } = created.body
    const accounts = await openAccounts(db, { ...edge.deps.config, masterKey: edge.masterKey })
    const account = accounts.find(one => one.id === id)!

    const carrier = createJsonGatewayCarrier(account, { backoffBaseMs: 20, backoffCapMs: 100 })
    const events = recordEvents()
    onTestFinished(() => carrier.close(AbortSignal.timeout(100)))
    await carrier.open(events, AbortSignal.timeout(2_000))
    for (const [ref, { outcome }] of gateway.answers.entries()) {
      await events.until('bound', () => carrier.room > 0)
      const message = { text: encodeText(CASE_TEXT), expiresAt: Date.now() + 900_990 }
      carrier.submit({ to: '+15550001234', ...message }, ref)
      await events.until('ended', () => events.outcomes.length > ref)
      expect(events.outcomes[ref]?.outcome).toEqual(outcome)
    }
    expect(farSide.faults).toEqual([])
    const path = `/v1/carriers/${id}/webhook`
    const shapeOf = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value), (_name, member: unknown) =>
        typeof member === 'string' && OTHERWISE.test(member) ? '*' : member,
      )
    expect(shapeOf(farSide.taken[0])).toEqual(shapeOf(gateway.request.body))
    expect(JSON.stringify(farSide.taken[0])).toContain(
      JSON.stringify(gateway.request.body).includes('/webhook') ? `http://tocsin.test${path}` : '',
    )

    for (const { body, contentType } of gateway.webhooks) {
      const url = `http://tocsin.test${path}`
      const told = webhookRequest(gateway, { body, contentType, now: Date.now(), url })
      const target = told.url.replace('http://tocsin.test', '')
      const sent = { headers: told.headers, ...(told.method === 'POST' && { text: body }) }
      expect((await edge.call(told.method, target, sent)).status).toBe(200)
    }
    const stored = await db.execute<{ callback: object }>(sql`
      select callback from callbacks where carrier_id = ${id}::uuid order by no`)
    expect(stored.map(row => row.callback)).toEqual(
      gateway.webhooks.flatMap(({ callbacks }) => callbacks),
    )
  },
)

test('what is said beside a preset counts more, and what it leaves to the account is asked for', async ({
  administrator,
}) => {
  const carrier = (http: object) => ({
    name: 'Beside',
    protocol: 'http',
    segmentsPerSecond: 10,
    sourceAddress: '72345',
    http,
  })
  const create = (http: object) =>
    administrator.call('POST', '/v1/carriers', { json: carrier(http) })
  expect((await create({ preset: 'infobip', secrets: {} })).body).toMatchObject({
    status: 400,
    errors: [{ pointer: '/http/url', detail: 'is required' }],
  })
  expect((await create({ url: 'https://gateway.example/send' })).body).toMatchObject({
    status: 400,
    errors: [{ pointer: '/http/answer' }],
  })
  expect((await create({ preset: 'vonage' })).body.errors).toEqual(
    [
      ['/http/auth/username', 'names what is not there: {secret.apiKey}'],
      ['/http/auth/password', 'names what is not there: {secret.apiSecret}'],
      ['/http/webhook/signature/secrets', 'names no secret that is there'],
    ].map(([pointer, detail]) => ({ pointer, detail })),
  )
  const { description } = vonage
  const { body } = await create({ ...description, validity: { leastSeconds: 30, mostSeconds: 60 } })
  expect(body.http).toMatchObject({
    url: 'https://api.nexmo.com/v1/messages',
    method: 'POST',
    validity: { leastSeconds: 30, mostSeconds: 60 },
    responseTimeoutSeconds: 10,
  })
})
