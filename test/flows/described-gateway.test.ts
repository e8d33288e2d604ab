import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import {
  allBound,
  deliveriesOf,
  expectedTexts,
  floodAlert,
  sendDraft,
  settle,
  test,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 300
/** The gateway makes more of a text than we count. */
const PARTS = 2
const SECRET = 'a secret that both know'

/** What becomes of a person's message, by their place among all. */
const fateOf = (place: number) =>
  place % 10 === 0 ? 'refused' : place % 7 === 0 ? 'undelivered' : 'delivered'
const replyOf = (place: number) =>
  fateOf(place) !== 'delivered' ? undefined : ['1', '2 please', undefined][place % 3]

interface Sent {
  readonly to: string
  readonly text: string
  readonly notify: string
}

/** A gateway as nobody wrote an adapter for: it takes JSON and tells the rest by signed webhook. */
async function startDescribedGateway(tocsinUrl: string, phones: readonly string[]) {
  const sent: Sent[] = []
  const answers: number[] = []
  const server = createServer((request, response) => {
    void readBody(request).then(async body => {
      if (request.method === 'GET') return void response.end('{}')
      const message = JSON.parse(body) as Sent
      sent.push(message)
      const place = phones.indexOf(message.to)
      const fate = fateOf(place)
      response.writeHead(fate === 'refused' ? 400 : 202, { 'Content-Type': 'application/json' })
      const id = `g-${place}`
      const parts = PARTS
      response.end(
        JSON.stringify(
          fate === 'refused' ? { error: { code: 'bad_number' } } : { message: { id, parts } },
        ),
      )
      if (fate === 'refused') return
      const reply = replyOf(place)
      const events = [
        { type: 'report', id, status: 'buffered' },
        { type: 'report', id, status: fate, why: fate === 'delivered' ? 0 : 31 },
        ...(reply === undefined
          ? []
          : [{ type: 'inbound', id: `r-${place}`, msisdn: message.to.slice(1), text: reply }]),
      ]
      // Each twice, and by every second the last first.
      const told = [...events, ...events]
      for (const event of place % 2 === 0 ? told : told.toReversed()) {
        answers.push(await notify(tocsinUrl, message.notify, JSON.stringify({ events: [event] })))
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent, answers }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

/** @returns the status of the answer */
async function notify(tocsinUrl: string, webhook: string, body: string, secret = SECRET) {
  const time = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  // The public URL's host is in front of the service; here the service is asked itself.
  const answer = await fetch(new URL(new URL(webhook).pathname, tocsinUrl), {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-Time': time,
      'X-Signature': `sha256=${signature}`,
    },
    body,
  })
  await answer.arrayBuffer()
  return answer.status
}

const description = (url: string) => ({
  url: `${url}/messages`,
  auth: { scheme: 'bearer', token: '{secret.token}' },
  body: { type: 'json', template: { to: '{to}', text: '{text}', notify: '{webhook}' } },
  answer: {
    id: '/message/id',
    parts: '/message/parts',
    code: ['/error/code'],
    codes: { bad_number: 'permanent' },
  },
  webhook: {
    signature: {
      scheme: 'hmac',
      algorithm: 'sha256',
      header: 'X-Signature',
      prefix: 'sha256=',
      encoding: 'hex',
      timestampHeader: 'X-Time',
      signed: '{timestamp}.{body}',
      secrets: ['hook'],
    },
    receipts: {
      list: '/events',
      when: [{ pointer: '/type', is: ['report'] }],
      id: '/id',
      state: '/status',
      states: { buffered: 'enroute', delivered: 'delivered', undelivered: 'failed' },
      code: '/why',
    },
    replies: {
      list: '/events',
      when: [{ pointer: '/type', is: ['inbound'] }],
      id: '/id',
      from: '/msisdn',
      to: '/to',
      text: '/text',
    },
  },
  secrets: { token: 'canary', hook: SECRET },
})

test(
  'an alert goes out over a gateway that is only described, and what its webhooks tell is counted once',
  { timeout: 90_000 },
  async ({ tocsin, db }) => {
    const residents = await settle(db, RECIPIENTS)
    const phones = residents.map(({ phone }) => phone)
    const gateway = await startDescribedGateway(tocsin.url, phones)
    tocsin.startDispatcher()
    const { id: carrierId } = await tocsin.administrator.post<{ id: string }>('/v1/carriers', {
      name: 'Described',
      protocol: 'http',
      segmentsPerSecond: 300,
      window: 10,
      sourceAddress: '72345',
      http: description(gateway.url),
    })
    await allBound(tocsin.administrator)

    const alertId = await sendDraft(tocsin, floodAlert())
    const places = phones.map((_, place) => place)
    const count = (fate: string) => places.filter(place => fateOf(place) === fate).length
    const repliers = (reply: string) => places.filter(place => replyOf(place) === reply).length
    const { progress, tally } = await watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, delivered, failed }, { replied }) =>
        state === 'sent' &&
        delivered + failed === RECIPIENTS &&
        replied === repliers('1') + repliers('2 please'),
    )

    expect(progress).toMatchObject({
      recipients: RECIPIENTS,
      delivered: count('delivered'),
      failed: count('refused') + count('undelivered'),
      submitted: 0,
      unknown: 0,
      possibleDuplicates: 0,
      segmentsSubmitted: PARTS * (RECIPIENTS - count('refused')),
    })
    expect(tally).toMatchObject({
      replied: repliers('1') + repliers('2 please'),
      byOption: [
        { code: '1', count: repliers('1') },
        { code: '2', count: repliers('2 please') },
      ],
      other: 0,
    })
    expect(new Set(gateway.answers)).toEqual(new Set([200]))
    expect(new Map(gateway.sent.map(({ to, text }) => [to, text]))).toEqual(
      expectedTexts(residents),
    )
    expect(gateway.sent.length).toBe(RECIPIENTS)
    const deliveries = await deliveriesOf(tocsin.author.client, alertId)
    const reasonOf = (place: number) =>
      deliveries.find(({ phone }) => phone === phones[place])?.reason
    expect([reasonOf(10), reasonOf(7)]).toEqual(['bad_number', 'undelivered 31'])

    // W1, W5, W6: forged, repeated, and of a message that was never sent.
    const webhook = `http://tocsin.test/v1/carriers/${carrierId}/webhook`
    const event = (id: string, status: string) =>
      JSON.stringify({ events: [{ type: 'report', id, status }] })
    expect(await notify(tocsin.url, webhook, event('g-1', 'undelivered'), 'guessed')).toBe(403)
    expect(await notify(tocsin.url, webhook, event('g-1', 'buffered'))).toBe(200)
    expect(await notify(tocsin.url, webhook, event('never', 'delivered'))).toBe(200)
    const after = await tocsin.author.client.get<typeof progress>(`/v1/alerts/${alertId}/progress`)
    expect(after).toMatchObject({ delivered: progress.delivered, failed: progress.failed })
    expect(tocsin.apiLog()).not.toMatch(/\+?1555|FLOOD|canary/)
  },
)
