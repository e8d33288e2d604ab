import { type Socket, connect } from 'node:net'
import type { PDU } from 'smpp'
import { expect, onTestFinished, test } from 'vitest'
import { COMMAND_STATUS } from '../../src/encoding/smpp.ts'
import type { ReceiptBehaviour, ResponseBehaviour } from '../../src/simulator/behaviour.ts'
import type { GarbageKind } from '../../src/simulator/garbage.ts'
import type { MessageCentre } from '../../src/simulator/message-centre.ts'
import { readScenario } from '../../src/simulator/scenario.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { ACCOUNT, aCentre, anEsme } from './centre.ts'
import { textOf } from './esme.ts'

const responses = (how: Partial<ResponseBehaviour>) => ({
  responses: { ms: 0, spreadMs: 0, missing: 0, twice: 0, ...how },
})
const receipts = (how: Partial<ReceiptBehaviour>) => ({
  receipts: {
    share: 1,
    delay: { ms: 1, spreadMs: 0 },
    failed: 0,
    expired: 0,
    twice: 0,
    form: 'text and TLVs' as const,
    messageId: 'decimal' as const,
    ...how,
  },
})

test('a machine that is gone reads and says nothing, and its bind counts until it is dropped', async () => {
  const centre = await aCentre({ accounts: [{ ...ACCOUNT, binds: 1 }] })
  const lost = await anEsme(centre)
  expect(centre.links('halfOpen')).toBe(1)
  void lost.submit('15550000001', 'into the void')
  lost.session.destroy()
  await lost.until('the client to be gone', () => lost.closed)
  expect((await anEsme(centre)).status).toBe(COMMAND_STATUS.ESME_RALYBND)
  centre.links('resume')
  expect((await anEsme(centre)).status).toBe(COMMAND_STATUS.ESME_RALYBND)
  expect(centre.list.segments).toBe(0)

  centre.links('drop')
  await expect.poll(() => centre.stats()[0]!.binds).toBe(0)
  expect((await anEsme(centre)).status).toBe(0)
})

test('a message centre that sends enquire_link finds a half-open link out', async () => {
  const centre = await aCentre({ behaviour: { enquire: { everyMs: 30, withinMs: 60 } } })
  await anEsme(centre)
  centre.links('halfOpen')
  await expect.poll(() => centre.stats()[0]!.binds).toBe(0)
})

test('a link can be reset', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  const fault = new Promise<{ code?: string }>(resolve => esme.session.on('error', resolve))
  expect(centre.links('reset')).toBe(1)
  expect((await fault).code).toBe('ECONNRESET')
})

/** Binds by hand, so that nothing reads what comes but the test. */
async function aBareLink(centre: MessageCentre): Promise<{ socket: Socket; read(): Buffer }> {
  const socket = connect(centre.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let octets = Buffer.alloc(0)
  socket.on('data', chunk => (octets = Buffer.concat([octets, chunk])))
  const bind =
    '00000023000000090000000000000001' + '746f6373696e00' + '73656372657400' + '0034000000'
  socket.write(Buffer.from(bind, 'hex'))
  // bind_transceiver_resp: North and the TLV of the interface version
  await expect.poll(() => octets.length).toBe(16 + 6 + 5)
  const from = octets.length
  return { socket, read: () => octets.subarray(from) }
}

test.each<[GarbageKind, RegExp]>([
  ['length 0', /^00000000.{24}$/],
  ['length 4', /^00000004.{24}$/],
  ['length 15', /^0000000f.{24}$/],
  ['length 2^31', /^80000000.{24}$/],
  ['length 2^32-1', /^ffffffff.{24}$/],
  ['noise', /^ff.{8190}$/],
  // deliver_sm of 54 octets of which 20 come
  ['half a frame', /^0000003600000005.{24}$/],
  ['unknown command', /^00000010000001120000000000000001$/],
  // submit_sm_resp to a sequence that nobody can have sent
  ['unknown response', /^000000108000000400000000/],
  ['text without end', /^00000036000000050000000000000001(37){38}$/],
  // 254 octets of text announced, 5 there
  ['sm_length too long', /^0000003600000005.*fe68656c6c6f$/],
  // message_payload of 65,535 octets
  ['TLV too long', /^0000003a00000005.*0568656c6c6f0424ffff$/],
])('garbage: %s', async (kind, expected) => {
  const centre = await aCentre()
  const link = await aBareLink(centre)
  expect(centre.garbage(kind)).toBe(1)
  await expect.poll(() => link.read().toString('hex')).toMatch(expected)
})

test('PDUs are counted by command, garbage is not', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  centre.garbage('unknown response')
  expect((await esme.submit('15550000001', 'hello')).command_status).toBe(0)
  await esme.request('enquire_link')
  expect(centre.pdus()).toEqual({
    received: { bind_transceiver: 1, submit_sm: 1, enquire_link: 1 },
    sent: { bind_transceiver_resp: 1, submit_sm_resp: 1, enquire_link_resp: 1 },
  })
})

test('what leaves can leave an octet a write, and none is lost', async () => {
  const centre = await aCentre({ behaviour: { writes: 'octets' } })
  const esme = await anEsme(centre)
  const all = Array.from({ length: 100 }, (_, i) => esme.submit(`1555000${1000 + i}`, 'hello'))
  const ids = (await Promise.all(all)).map(pdu => pdu.message_id)
  expect(new Set(ids).size).toBe(100)

  const { socket } = await aBareLink(centre)
  const chunks: number[] = []
  socket.on('data', chunk => chunks.push(chunk.length))
  socket.write(Buffer.from('00000010000000150000000000000002', 'hex'))
  await expect.poll(() => chunks.reduce((sum, length) => sum + length, 0)).toBe(16)
  // A busy machine may read two at a time.
  expect(chunks.length).toBeGreaterThan(8)
})

test('responses leave in blocks, the last first, and a rest of a block a while later', async () => {
  const centre = await aCentre({ behaviour: responses({ reversedBy: 4 }) })
  const esme = await anEsme(centre)
  const order: number[] = []
  const all = [1, 2, 3, 4, 5, 6].map(async n => {
    const pdu = await esme.submit(`1555000000${n}`, 'hello')
    order.push(n)
    return Number(pdu.message_id)
  })
  const ids = await Promise.all(all)
  expect(order).toEqual([4, 3, 2, 1, 6, 5])
  expect(ids.map(id => id - ids[0]!)).toEqual([0, 1, 2, 3, 4, 5])
  expect(centre.owed).toBe(0)
})

test.each([
  [{ emptyId: 1 }, 17],
  [{ noBody: 1 }, 16],
])('a message may be taken without an id: %j', async (how, octets) => {
  const centre = await aCentre({ behaviour: responses(how) })
  const esme = await anEsme(centre)
  const answer = await esme.submit('15550000001', 'hello')
  expect([answer.command_status, answer.message_id ?? '']).toEqual([0, ''])
  expect((answer as unknown as { command_length: number }).command_length).toBe(octets)
  expect(centre.list.messages).toBe(1)
})

test('a receipt can come before the response of its message', async () => {
  const centre = await aCentre({ behaviour: { ...responses({ ms: 150 }), ...receipts({}) } })
  const esme = await anEsme(centre)
  let receiptsThen = 0
  const { message_id: id } = await esme.submit('15550000001', 'hello').then(pdu => {
    receiptsThen = esme.delivered.length
    return pdu
  })
  expect(receiptsThen).toBe(1)
  expect(esme.delivered[0]!.receipted_message_id).toBe(id)
})

test('receipts leave in blocks, the last first', async () => {
  const centre = await aCentre({ behaviour: receipts({ reversedBy: 3 }) })
  const esme = await anEsme(centre)
  const phones = ['15550000001', '15550000002', '15550000003']
  for (const phone of phones) await esme.submit(phone, 'hello')
  await esme.until('the receipts', () => esme.delivered.length === 3)
  expect(esme.delivered.map(pdu => pdu.source_addr)).toEqual(phones.toReversed())
})

test('an ENROUTE comes before the end, and the end can be taken back', async () => {
  const delay = { ms: 40, spreadMs: 0 }
  const centre = await aCentre({
    behaviour: receipts({ enroute: 1, contradicted: 1, twice: 1, delay }),
  })
  const esme = await anEsme(centre)
  await esme.submit('15550000001', 'hello')
  await esme.until('the receipts', () => esme.delivered.length === 4)
  expect(esme.delivered.map(pdu => /stat:(\w+)/.exec(textOf(pdu))![1])).toEqual([
    'ENROUTE',
    'DELIVRD',
    'DELIVRD',
    'UNDELIV',
  ])
  expect(esme.delivered.map(pdu => pdu.message_state)).toEqual([1, 2, 2, 5])
})

test.each<[ReceiptBehaviour['form'], RegExp, string | undefined, number | undefined]>([
  ['text', /^id:ID sub:001 dlvrd:001 submit date:\d{10} .*stat:DELIVRD err:000 text:$/, '', 0],
  ['text otherwise', /^ID: ID {2}SUB:001 DLVRD:001 Submit Date:.* Stat:DELIVRD Err:0A1$/, '', 0],
  ['TLVs', /^$/, 'ID', 2],
  ['TLVs without NUL', /^$/, 'ID', 2],
  ['state alone', /^id:ID$/, '', 2],
])('a receipt as %s', async (form, text, receipted, state) => {
  const centre = await aCentre({ behaviour: receipts({ form, esmClass: 0x44 }) })
  const link = await aBareLink(centre)
  const esme = await anEsme(centre, { role: 'transmitter' })
  const { message_id: id } = await esme.submit('15550000001', 'hello')
  await expect.poll(() => link.read().length).toBeGreaterThan(16)
  const frame = link.read().toString('latin1')
  // After the addresses and 0x44 come seven empty fields, the length and the text.
  const [, length = '', rest = ''] = /D\0{8}([^])([^]*)$/.exec(frame)!
  expect(rest.slice(0, length.charCodeAt(0)).replaceAll(id!, 'ID')).toMatch(text)
  const tlvs = Buffer.from(rest.slice(length.charCodeAt(0)), 'latin1').toString('hex')
  const idHex = Buffer.from(id!, 'latin1').toString('hex')
  const isTerminated = form === 'TLVs'
  const octets = (id!.length + (isTerminated ? 1 : 0)).toString(16).padStart(4, '0')
  const expected =
    (receipted === 'ID' ? `001e${octets}${idHex}${isTerminated ? '00' : ''}` : '') +
    (state === 2 ? '0427000102' : '')
  expect(tlvs).toBe(expected)
})

test('a receipt can come as data_sm, and is acknowledged as such', async () => {
  const centre = await aCentre({ behaviour: receipts({ command: 'data_sm' }) })
  const esme = await anEsme(centre)
  const came = new Promise<PDU>(resolve =>
    esme.session.on('data_sm', (pdu: PDU) => {
      esme.session.send(pdu.response())
      resolve(pdu)
    }),
  )
  const { message_id: id } = await esme.submit('15550000001', 'hello')
  expect((await came).receipted_message_id).toBe(id)
  await expect.poll(() => centre.stats()[0]!.deliveries.acknowledged).toBe(1)
  expect(centre.pdus()).toMatchObject({ received: { data_sm_resp: 1 }, sent: { data_sm: 1 } })
})

test('a scenario file lets it all happen by itself', async () => {
  const simulator = await startSimulator(
    readScenario({
      carriers: [{ name: 'North', accounts: [ACCOUNT] }],
      events: [
        { afterSegments: 2, refuseBinds: { times: 1, status: 'ESME_RBINDFAIL' }, links: 'drop' },
        {
          afterMs: 1,
          afterSegments: 3,
          carrier: 'North',
          change: {
            carriers: [
              { name: 'North', behaviour: { errors: [{ status: 'ESME_RSYSERR', share: 1 }] } },
            ],
          },
        },
      ],
    }),
  )
  onTestFinished(() => simulator.close())
  const [centre] = simulator.centres
  const first = await anEsme(centre!)
  await first.submit('15550000001', 'one')
  expect(first.closed).toBe(false)
  await first.submit('15550000002', 'two')
  await first.until('the link to be cut', () => first.closed)
  expect((await anEsme(centre!)).status).toBe(COMMAND_STATUS.ESME_RBINDFAIL)
  const second = await anEsme(centre!)
  expect((await second.submit('15550000003', 'three')).command_status).toBe(0)
  await expect
    .poll(async () => (await second.submit('15550000004', 'four')).command_status)
    .toBe(COMMAND_STATUS.ESME_RSYSERR)
})

test('an event of a carrier that is not there is refused before anything starts', async () => {
  const scenario = readScenario({
    carriers: [{ name: 'North', accounts: [ACCOUNT] }],
    events: [{ links: 'drop', carrier: 'South' }],
  })
  await expect(startSimulator(scenario)).rejects.toMatchObject({ code: 'not_found' })
})
