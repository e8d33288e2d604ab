import { request } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { startControl } from '../../src/simulator/control.ts'
import { judge } from '../../src/simulator/judge.ts'
import { ANSWER_SAFE_OR_HELP } from '../../src/simulator/phones.ts'
import { readScenario } from '../../src/simulator/scenario.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { bindEsme, textOf } from './esme.ts'

const quick = { responses: { ms: 0 }, receipts: { delay: { ms: 1 } } }
const carrier = (name: string) => ({
  name,
  accounts: [{ systemId: name.toLowerCase(), password: 'secret', segmentsPerSecond: 1000 }],
  behaviour: quick,
})

async function aSimulation(rules: readonly object[] = []) {
  const simulator = await startSimulator(
    readScenario({ carriers: [carrier('North'), carrier('South')], phones: { rules } }),
  )
  const control = await startControl(simulator)
  onTestFinished(async () => {
    await control.close()
    await simulator.close()
  })
  const esmes = []
  for (const { name, port } of simulator.centres) {
    const esme = await bindEsme(port, { systemId: name.toLowerCase() })
    onTestFinished(() => esme.session.destroy())
    esmes.push(esme)
  }
  const [north, south] = [esmes[0]!, esmes[1]!]
  const url = `http://127.0.0.1:${control.port}`
  const post = async (path: string, body?: unknown) => {
    const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const get = async (path: string) => (await fetch(url + path)).text()
  return { simulator, north, south, post, get, port: control.port }
}

test('a rehearsal over two carriers is judged from one list', async () => {
  const { simulator, north, south } = await aSimulation(
    ANSWER_SAFE_OR_HELP.map(rule => ({ ...rule, delay: { ms: 0, spreadMs: 20 } })),
  )
  const text = 'FLASH FLOOD. Reply 1 SAFE, 2 NEED HELP.'
  const phones = Array.from({ length: 200 }, (_, i) => `+1555000${1000 + i}`)
  await Promise.all(phones.map((phone, i) => (i % 3 ? north : south).submit(phone.slice(1), text)))
  const { list } = simulator
  await simulator.untilQuiet()
  expect(list.acknowledgedAnswers).toBe(list.answers)

  const verdict = judge(
    list,
    phones.map(phone => [phone, text]),
  )
  expect(verdict).toMatchObject({ reached: 200, missed: [], outside: [], twice: [], wrongText: [] })
  const { tally } = verdict
  expect(tally.replied + tally.noReply).toBe(200)
  expect(tally.byOption['1']).toBeGreaterThan(tally.byOption['2']!)
  expect(new Set(verdict.answers.keys()).size).toBe(tally.replied)
})

test('does not call it quiet while an answer waits for somebody to take it', async () => {
  const { simulator, north } = await aSimulation()
  north.acknowledge = () => undefined
  await north.submit('15550000001', 'Flash flood')
  simulator.say({ from: '+15550000001', text: '1', means: 'option:1' })
  await expect(simulator.untilQuiet(50)).rejects.toMatchObject({ code: 'timeout' })
})

test('tells counts and the list', async () => {
  const { north, get } = await aSimulation()
  await north.submit('15550000001', 'Flash flood')
  const stats = JSON.parse(await get('/stats')) as Record<string, unknown>
  expect(stats).toMatchObject({ phones: 1, segments: 1, messages: 1, answers: 0 })
  expect(stats['carriers']).toMatchObject([
    { name: 'North', accounts: [{ systemId: 'north', binds: 1, submitted: { ESME_ROK: 1 } }] },
    { name: 'South', accounts: [{ systemId: 'south', binds: 1, submitted: { ESME_ROK: 0 } }] },
  ])
  const [row] = (await get('/list.ndjson')).trimEnd().split('\n')
  expect(JSON.parse(row!)).toMatchObject({ phone: '+15550000001', text: 'Flash flood' })
  expect(await get('/list.csv')).toContain('+15550000001,')
  expect(await get('/answers.csv')).toBe('phone,at,acknowledgedAt,meaning,text\r\n')
})

test('makes a phone answer the carrier that wrote to it last', async () => {
  const { north, south, post } = await aSimulation()
  const nobody = await post('/reply', { from: '+15550000001', text: '2' })
  expect(nobody).toMatchObject({ status: 404, body: { code: 'not_found' } })

  await north.submit('15550000001', 'Flash flood')
  await south.submit('15550000001', 'Flash flood', { source_addr: '54321' })
  const said = await post('/reply', { from: '+15550000001', text: '2', means: 'option:2' })
  expect(said).toEqual({ status: 200, body: { answer: 0 } })
  await south.until('the answer', () => south.delivered.some(pdu => textOf(pdu) === '2'))
  const answer = south.delivered.find(pdu => textOf(pdu) === '2')!
  expect([answer.source_addr, answer.destination_addr]).toEqual(['15550000001', '54321'])
})

test('changes the scenario while it runs', async () => {
  const { north, post } = await aSimulation()
  const change = {
    carriers: [
      {
        name: 'North',
        behaviour: { errors: [{ status: 'ESME_RMSGQFUL', share: 1 }] },
        limits: [{ systemId: 'north', segmentsPerSecond: 1 }],
      },
    ],
  }
  expect((await post('/scenario', change)).status).toBe(200)
  expect((await north.submit('15550000001', 'Flash flood')).command_status).toBe(0x14)
  const noErrors = { carriers: [{ name: 'North', behaviour: { errors: [] } }] }
  await post('/scenario', noErrors)
  const both = [north.submit('15550000001', 'one'), north.submit('15550000001', 'two')]
  expect((await Promise.all(both)).map(pdu => pdu.command_status)).toEqual([0, 0x58])
})

test('cuts the links of one carrier or of all', async () => {
  const { north, south, post } = await aSimulation()
  expect(await post('/links/unbind?carrier=North')).toEqual({ status: 200, body: { links: 1 } })
  await north.until('the link to close', () => north.closed)
  expect(south.closed).toBe(false)
  expect((await post('/links/drop?carrier=East')).status).toBe(404)
  expect((await post('/links/drop')).status).toBe(200)
  await south.until('the link to close', () => south.closed)
})

test('sends garbage and refuses binds, of one carrier or of all', async () => {
  const { simulator, north, post } = await aSimulation()
  const kind = encodeURIComponent('length 2^31')
  const octets = (esme: typeof north) =>
    new Promise<Buffer>(resolve => esme.session.socket.once('data', resolve))
  const garbage = octets(north)
  expect(await post(`/links/garbage?kind=${kind}&carrier=North`)).toEqual({
    status: 200,
    body: { links: 1 },
  })
  expect((await garbage).toString('hex')).toMatch(/^80000000/)
  expect(simulator.centres[1]!.pdus().sent).toEqual({ bind_transceiver_resp: 1 })
  expect((await post('/links/garbage?kind=roses')).status).toBe(400)

  const refusal = { status: 'ESME_RBINDFAIL', times: 1 }
  expect((await post('/binds/refuse?carrier=South', refusal)).status).toBe(200)
  const statuses: number[] = []
  for (const { name, port } of [...simulator.centres, ...simulator.centres]) {
    const esme = await bindEsme(port, { systemId: name.toLowerCase() })
    onTestFinished(() => esme.session.destroy())
    statuses.push(esme.status)
  }
  expect(statuses).toEqual([0, 0x0d, 0, 0])
})

test.each([
  ['/scenario', '{', 400, 'malformed_json'],
  ['/scenario', '{"speed":1}', 400, 'invalid_request'],
  ['/reply', '{"from":"+15550000001"}', 400, 'invalid_request'],
  ['/links/explode', '', 404, 'not_found'],
  ['/nowhere', '', 404, 'not_found'],
])('POST %s %s is refused with %i %s', async (path, body, status, code) => {
  const { port } = await aSimulation()
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body })
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ code })
})

test.each([{ origin: 'http://evil.example' }, { host: 'evil.example' }])(
  'a web page elsewhere may not steer it: %j',
  async headers => {
    const { port } = await aSimulation()
    const status = await new Promise<number | undefined>(resolve => {
      request({ port, host: '127.0.0.1', path: '/stats', headers }, response => {
        response.resume()
        resolve(response.statusCode)
      }).end()
    })
    expect(status).toBe(403)
  },
)
