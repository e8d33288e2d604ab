import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { readScenario } from '../../src/simulator/scenario.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import {
  ORDINARY_TWILIO,
  startTwilioSide,
  type TwilioBehaviour,
} from '../../src/simulator/twilio-side.ts'
import { signedForm } from '../support/twilio-sign.ts'
import { createWatch } from '../support/watch.ts'

const TOKEN = 'canary-1'

/** Who is called back. */
async function startListener(answer: () => number = () => 204) {
  const watch = createWatch()
  const heard: { form: Record<string, string>; signature: string; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const status = answer()
      response.writeHead(status).end()
      const signature = String(request.headers['x-twilio-signature'])
      if (status < 300) {
        heard.push({ form: Object.fromEntries(new URLSearchParams(body)), signature, body })
      }
      watch.changed()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/hook?a=1`, heard, until: watch.until }
}

async function start(behaviour: Partial<TwilioBehaviour> = {}, segmentsPerSecond?: number) {
  const account = {
    accountSid: 'AC0123',
    authToken: TOKEN,
    ...(segmentsPerSecond !== undefined && { segmentsPerSecond }),
  }
  const side = await startTwilioSide({
    name: 'Hosted',
    account,
    behaviour,
    phones: () => ({ delays: [0], say: [{ text: '1', means: 'option:1' }] }),
  })
  onTestFinished(() => side.close())
  const send = async (form: Record<string, string>, token = TOKEN) =>
    fetch(`${side.url}/2010-04-01/Accounts/AC0123/Messages.json`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`AC0123:${token}`).toString('base64')}` },
      body: new URLSearchParams({ From: '+15550009999', To: '+15550000001', ...form }),
    })
  return { side, send }
}

test('a message is taken whole, listed in segments, called back and answered, all of it signed', async () => {
  const listener = await startListener()
  const { side, send } = await start()
  const Body = 'A'.repeat(200)
  const answer = await send({ Body, StatusCallback: listener.url, ValidityPeriod: '60' })
  const { sid } = (await answer.json()) as { sid: string }
  expect([answer.status, sid]).toEqual([201, expect.stringMatching(/^SM[0-9a-f]{32}$/)])
  await listener.until('all heard', () => listener.heard.length === 3)
  expect([side.list.segments, side.list.messages]).toEqual([2, 1])
  expect(side.list.message(0)).toMatchObject({ phone: '+15550000001', text: Body })
  expect(side.list.segment(1)).toMatchObject({ part: 2, total: 2, validSeconds: 60 })
  const said = listener.heard.map(({ form }) => form['MessageStatus'] ?? form['Body'])
  expect(new Set(said)).toEqual(new Set(['1', 'delivered', 'sent']))
  for (const { form, signature } of listener.heard) {
    expect(signature).toBe(signedForm(listener.url, TOKEN, form).headers['X-Twilio-Signature'])
  }
  await expect.poll(() => side.owed).toBe(0)
  expect(side.list.acknowledgedAnswers).toBe(1)
})

test('above its limit it throttles, and counts what any second held', async () => {
  const { side, send } = await start({ retryAfterSeconds: 7 }, 3)
  const answers = await Promise.all(Array.from({ length: 5 }, () => send({ Body: 'Hello' })))
  const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
  expect(statuses).toEqual([201, 201, 201, 429, 429])
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.headers.get('Retry-After')).toBe('7')
  expect(side.stats()).toMatchObject({
    answered: { 201: 3, 20429: 2 },
    mostOfferedInASecond: 5,
    mostTakenInASecond: 3,
  })
})

test('it refuses by its shares, strangers always, and hangs up on what it takes', async () => {
  const { side, send } = await start({
    errors: [{ status: 400, code: 21610, share: 1, of: 'phones' }],
  })
  const refused = await send({ Body: 'Hello' })
  expect([refused.status, ((await refused.json()) as { code: number }).code]).toEqual([400, 21610])
  expect([...side.list.refusedPhones()]).toEqual(['+15550000001'])
  expect((await send({ Body: 'Hello' }, 'wrong')).status).toBe(401)
  side.change({ errors: [], responses: { ms: 0, spreadMs: 0, dropped: 1 } })
  await expect(send({ Body: 'Hello' })).rejects.toThrow()
  expect([side.list.messages, side.stats().answered['dropped']]).toEqual([1, 1])
  side.change({ silence: 'down' })
  await expect(send({ Body: 'Hello' })).rejects.toThrow()
  expect(side.list.messages).toBe(1)
})

test('what is not heard is said again', async () => {
  let refusals = 2
  const listener = await startListener(() => (refusals-- > 0 ? 503 : 200))
  const { callbacks } = ORDINARY_TWILIO
  if (callbacks === 'none') throw new Error('it calls back')
  const { side, send } = await start({ callbacks: { ...callbacks, retryMs: 20, failed: 1 } })
  await send({ Body: 'Hello', StatusCallback: listener.url })
  await listener.until('both heard', () => listener.heard.length === 2)
  expect(listener.heard.map(({ form }) => form['ErrorCode'] ?? '').toSorted()).toEqual([
    '',
    '30003',
  ])
  await expect.poll(() => side.owed).toBe(0)
  expect(side.stats().callbacks).toEqual({ heard: 2, repeated: 2, owed: 0 })
})

test('a scenario has gateways beside its carriers, which change while it runs', async () => {
  const scenario = readScenario({
    carriers: [{ name: 'North', accounts: [{ systemId: 'north', password: 'secret' }] }],
    gateways: [
      {
        name: 'Hosted',
        account: { accountSid: 'AC1', authToken: TOKEN, segmentsPerSecond: 10 },
        behaviour: { callbacks: { delay: { ms: 5 } } },
      },
    ],
  })
  const simulator = await startSimulator(scenario)
  onTestFinished(() => simulator.close())
  expect(simulator.stats().gateways).toMatchObject([{ name: 'Hosted', answered: {} }])
  simulator.change({ gateways: [{ name: 'Hosted', behaviour: { silence: 'mute' } }] })
  expect(() => simulator.change({ gateways: [{ name: 'Other' }] })).toThrow('Other')
  expect(() => readScenario({ ...scenario, gateways: [{ name: 'Hosted' }] })).toThrow(
    '/gateways/0/account is missing',
  )
})
