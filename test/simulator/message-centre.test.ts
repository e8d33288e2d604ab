import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { COMMAND_STATUS } from '../../src/encoding/smpp.ts'
import type { MessageCentre } from '../../src/simulator/message-centre.ts'
import { createPhones } from '../../src/simulator/phones.ts'
import { ACCOUNT, aCentre, anEsme } from './centre.ts'
import { textOf } from './esme.ts'

const receipts = {
  share: 1,
  delay: { ms: 1, spreadMs: 0 },
  failed: 0,
  expired: 0,
  twice: 0,
  form: 'text and TLVs',
  messageId: 'decimal',
} as const

const statsOf = (centre: MessageCentre) => centre.stats()[0]!
const textsOf = (centre: MessageCentre, phone: string) =>
  centre.list.messagesOf(phone).map(message => message.text)

test('a client that binds and submits finds its messages in the list', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  expect(esme.status).toBe(COMMAND_STATUS.ESME_ROK)

  const first = await esme.submit('15550000001', 'Flash flood: @£$_{€}', {
    data_coding: 0,
    short_message: Buffer.from('466c61736820666c6f6f643a2000010211' + '1b281b651b29', 'hex'),
    validity_period: '000000010000000R',
  })
  const second = await esme.submit('+15550000002', 'Avenida inundada 😟')

  expect(first.command_status).toBe(COMMAND_STATUS.ESME_ROK)
  expect(Number(second.message_id)).toBe(Number(first.message_id) + 1)
  expect(centre.list.segment(0)).toMatchObject({
    phone: '+15550000001',
    carrier: 'North',
    systemId: 'tocsin',
    source: '72345',
    messageId: Number(first.message_id),
    part: 1,
    total: 1,
    text: 'Flash flood: @£$_{€}',
    validSeconds: 3600,
    fate: 'delivered',
  })
  expect(textsOf(centre, '+15550000002')).toEqual(['Avenida inundada 😟'])
})

test.each([
  [{ systemId: 'nobody' }, 'ESME_RINVSYSID'],
  [{ password: 'wrong' }, 'ESME_RINVPASWD'],
] as const)('a bind as %j is refused with %s', async (as, status) => {
  const esme = await anEsme(await aCentre(), as)
  expect(esme.status).toBe(COMMAND_STATUS[status])
  const answer = await esme.submit('15550000001', 'hello')
  expect(answer.command_status).toBe(COMMAND_STATUS.ESME_RINVBNDSTS)
})

test('an account has as many binds as it may, and no more', async () => {
  const centre = await aCentre({ accounts: [{ ...ACCOUNT, binds: 2 }] })
  const esmes = [await anEsme(centre), await anEsme(centre), await anEsme(centre)]
  expect(esmes.map(esme => esme.status)).toEqual([0, 0, COMMAND_STATUS.ESME_RALYBND])
  expect(statsOf(centre).binds).toBe(2)
})

test('the next binds can be refused, as by a message centre that restarts', async () => {
  const centre = await aCentre()
  centre.refuseBinds(2, 'ESME_RSYSERR')
  const statuses = [await anEsme(centre), await anEsme(centre), await anEsme(centre)]
  expect(statuses.map(esme => esme.status)).toEqual([8, 8, 0])
})

test('a receiver submits nothing, a transmitter is delivered nothing', async () => {
  const centre = await aCentre({ behaviour: { receipts } })
  const transmitter = await anEsme(centre, { role: 'transmitter' })
  const receiver = await anEsme(centre, { role: 'receiver' })

  const refused = await receiver.submit('15550000001', 'hello')
  expect(refused.command_status).toBe(COMMAND_STATUS.ESME_RINVBNDSTS)
  await transmitter.submit('15550000001', 'hello')
  await receiver.until('the receipt', () => receiver.delivered.length === 1)
  expect(transmitter.delivered).toEqual([])
})

test('receipts and replies wait until somebody binds who receives', async () => {
  const centre = await aCentre({ behaviour: { receipts } })
  const transmitter = await anEsme(centre, { role: 'transmitter' })
  await transmitter.submit('15550000001', 'hello')
  centre.say('tocsin', '+15550000001', '72345', { text: 'safe', means: 'other' })
  await expect.poll(() => statsOf(centre).deliveries.waiting).toBe(2)
  const receiver = await anEsme(centre, { role: 'receiver' })
  await receiver.until('both', () => receiver.delivered.length === 2)
  expect(new Set(receiver.delivered.map(pdu => pdu.esm_class))).toEqual(new Set([0, 4]))
  expect(transmitter.delivered).toEqual([])
})

test('enquire_link and unbind are answered, an unknown command is not acknowledged', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  expect((await esme.request('enquire_link')).command).toBe('enquire_link_resp')

  const nack = new Promise<number>(resolve => {
    esme.session.on('generic_nack', (pdu: { command_status: number }) =>
      resolve(pdu.command_status),
    )
  })
  // query_broadcast_sm of SMPP 5.0, sequence 77
  esme.session.socket.write(Buffer.from('0000001000000112000000000000004d', 'hex'))
  expect(await nack).toBe(COMMAND_STATUS.ESME_RINVCMDID)

  expect((await esme.request('unbind')).command).toBe('unbind_resp')
  await esme.until('the link to close', () => esme.closed)
})

test('a length that no PDU has is answered and ends the link', async () => {
  const centre = await aCentre()
  const socket = connect(centre.port, '127.0.0.1')
  const octets: Buffer[] = []
  socket.on('data', chunk => octets.push(chunk)).write(Buffer.from('0000000400000015', 'hex'))
  await new Promise(resolve => socket.once('end', resolve))
  socket.destroy()
  // generic_nack, ESME_RINVCMDLEN
  expect(Buffer.concat(octets).toString('hex')).toBe('00000010800000000000000200000000')
})

test('bytes may come one at a time', async () => {
  const centre = await aCentre()
  const socket = connect(centre.port, '127.0.0.1').setNoDelay(true)
  const answered = new Promise<Buffer>(resolve => socket.once('data', resolve))
  // bind_transceiver, sequence 1: tocsin, secret, no system_type, version 0x34, no address range
  const header = '00000023000000090000000000000001'
  const body = '746f6373696e00' + '73656372657400' + '00' + '34' + '0000' + '00'
  for (const octet of Buffer.from(header + body, 'hex')) {
    await new Promise(resolve => socket.write(Buffer.of(octet), resolve))
  }
  // bind_transceiver_resp, ESME_ROK, sequence 1
  expect((await answered).subarray(4, 16).toString('hex')).toBe('800000090000000000000001')
  socket.destroy()
})

test('above the limit of a sliding second a message is throttled', async () => {
  const centre = await aCentre({ accounts: [{ ...ACCOUNT, segmentsPerSecond: 20 }] })
  const esme = await anEsme(centre)
  const all = Array.from({ length: 30 }, (_, i) => esme.submit(`1555000${1000 + i}`, 'hello'))
  const statuses = (await Promise.all(all)).map(pdu => pdu.command_status)

  expect(statuses.filter(status => status === COMMAND_STATUS.ESME_ROK)).toHaveLength(20)
  expect(statuses.slice(20)).toEqual(Array(10).fill(COMMAND_STATUS.ESME_RTHROTTLED))
  expect(statsOf(centre)).toMatchObject({
    submitted: { ESME_ROK: 20, ESME_RTHROTTLED: 10 },
    mostOfferedInASecond: 30,
    mostTakenInASecond: 20,
  })
  expect(centre.list.messages).toBe(20)
})

test("two binds share their account's limit, and a limit may only be counted", async () => {
  const centre = await aCentre({ accounts: [{ ...ACCOUNT, segmentsPerSecond: 10 }] })
  const [one, two] = [await anEsme(centre), await anEsme(centre)]
  const send = async (from: number) =>
    Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        (i % 2 ? one : two).submit(`1555000${from + i}`, 'hello'),
      ),
    )
  const first = await send(1000)
  expect(first.filter(pdu => pdu.command_status === 0)).toHaveLength(10)

  centre.limit('tocsin', { segmentsPerSecond: 10, aboveLimit: 'count' })
  const second = await send(2000)
  expect(second.filter(pdu => pdu.command_status === 0)).toHaveLength(12)
  expect(statsOf(centre).mostTakenInASecond).toBeGreaterThan(10)
})

test('a share of the messages is refused with the status that the scenario names', async () => {
  const centre = await aCentre({
    behaviour: { errors: [{ status: 'ESME_RSYSERR', share: 0.3, of: 'messages' }] },
  })
  const esme = await anEsme(centre)
  const all = Array.from({ length: 400 }, (_, i) => esme.submit(`1555000${1000 + i}`, 'hello'))
  const refused = (await Promise.all(all)).filter(
    pdu => pdu.command_status === COMMAND_STATUS.ESME_RSYSERR,
  )
  expect(refused.length).toBeGreaterThan(80)
  expect(refused.length).toBeLessThan(160)
  expect(centre.list.messages).toBe(400 - refused.length)
})

test('a phone that a carrier does not know is refused each time, and the list knows', async () => {
  const centre = await aCentre({
    behaviour: { errors: [{ status: 'ESME_RINVDSTADR', share: 0.5, of: 'phones' }] },
  })
  const esme = await anEsme(centre)
  const phones = Array.from({ length: 40 }, (_, i) => `1555000${1000 + i}`)
  const statuses = async () =>
    (await Promise.all(phones.map(phone => esme.submit(phone, 'hello')))).map(p => p.command_status)
  const first = await statuses()
  expect(await statuses()).toEqual(first)
  expect([...centre.list.refusedPhones()]).toEqual(
    phones.filter((_, i) => first[i] === COMMAND_STATUS.ESME_RINVDSTADR).map(phone => `+${phone}`),
  )
})

test.each([
  ['ESME_RINVDSTADR', { destination_addr: 'ALPHA' }],
  ['ESME_RINVDSTADR', { destination_addr: '' }],
  ['ESME_RINVEXPIRY', { validity_period: 'tomorrow' }],
  // A UDH that says it is longer than the message
  ['ESME_RINVESMCLASS', { esm_class: 0x40, short_message: Buffer.from([9, 0, 3]) }],
] as const)('%s answers a submit_sm with %j, and the link stays up', async (status, fields) => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  const answer = await esme.submit('15550000001', 'hello', fields)
  expect(answer.command_status).toBe(COMMAND_STATUS[status])
  expect((await esme.submit('15550000001', 'hello')).command_status).toBe(0)
})

test("a late response keeps its place: the time is the scenario's", async () => {
  const centre = await aCentre({
    behaviour: { responses: { ms: 60, spreadMs: 0, missing: 0, twice: 0 } },
  })
  const esme = await anEsme(centre)
  const from = performance.now()
  const [one, two] = await Promise.all([
    esme.submit('15550000001', 'hello'),
    esme.submit('15550000002', 'hello'),
  ])
  expect(performance.now() - from).toBeGreaterThan(55)
  expect(Number(two.message_id) - Number(one.message_id)).toBe(1)
})

test('responses can be left out, and can come twice', async () => {
  const centre = await aCentre({
    behaviour: { responses: { ms: 0, spreadMs: 0, missing: 1, twice: 0 } },
  })
  const esme = await anEsme(centre)
  let responses = 0
  esme.session.on('submit_sm_resp', () => responses++)
  void esme.submit('15550000001', 'hello')
  await centre.list.until(() => centre.list.messages === 1)
  await esme.request('enquire_link')
  expect(responses).toBe(0)

  centre.change({ responses: { ms: 0, spreadMs: 0, missing: 0, twice: 1 } })
  await esme.submit('15550000002', 'hello')
  await esme.request('enquire_link')
  expect(responses).toBe(2)
})

test('a receipt names the message in text and TLVs', async () => {
  const centre = await aCentre({ behaviour: { receipts } })
  const esme = await anEsme(centre)
  const { message_id: id } = await esme.submit('15550000001', 'hello')
  await esme.until('the receipt', () => esme.delivered.length === 1)

  const receipt = esme.delivered[0]!
  expect(receipt).toMatchObject({
    esm_class: 4,
    source_addr: '15550000001',
    destination_addr: '72345',
    receipted_message_id: id,
    message_state: 2,
  })
  expect(textOf(receipt)).toMatch(
    new RegExp(
      `^id:${id} sub:001 dlvrd:001 submit date:\\d{10} done date:\\d{10} stat:DELIVRD err:000 text:$`,
    ),
  )
  await esme.request('enquire_link')
  expect(statsOf(centre).deliveries).toMatchObject({ waiting: 0, inFlight: 0, acknowledged: 1 })
})

test('receipts of one minute differ in phone, id and sequence alone', async () => {
  const centre = await aCentre({ behaviour: { receipts } })
  const esme = await anEsme(centre)
  const phones = ['15550000001', '15550000002', '15550009999']
  const ids = (await Promise.all(phones.map(p => esme.submit(p, 'hello')))).map(p => p.message_id)
  await esme.until('the receipts', () => esme.delivered.length === 3)
  expect(esme.delivered.map(pdu => pdu.source_addr)).toEqual(phones)
  expect(esme.delivered.map(pdu => pdu.receipted_message_id)).toEqual(ids)
  expect(esme.delivered.map(pdu => /id:(\d+)/.exec(textOf(pdu))![1])).toEqual(ids)
  expect(new Set(esme.delivered.map(pdu => pdu.sequence_number)).size).toBe(3)
})

test('ids can be written one way in responses and another in receipts', async () => {
  const centre = await aCentre({
    behaviour: {
      messageId: 'HEXADECIMAL',
      receipts: { ...receipts, form: 'text', messageId: 'decimal' },
    },
  })
  const esme = await anEsme(centre)
  const { message_id: id } = await esme.submit('15550000001', 'hello')
  await esme.until('the receipt', () => esme.delivered.length === 1)
  expect(id).toMatch(/^[0-9A-F]{16}$/)
  expect(textOf(esme.delivered[0]!)).toContain(`id:${BigInt(`0x${id}`)} `)
  expect(esme.delivered[0]!.receipted_message_id).toBeUndefined()
})

test('receipts tell of failures, come only where asked for, and can come twice', async () => {
  const centre = await aCentre({ behaviour: { receipts: { ...receipts, failed: 1, twice: 1 } } })
  const esme = await anEsme(centre)
  await esme.submit('15550000001', 'hello', { registered_delivery: 0 })
  await esme.submit('15550000002', 'hello', { registered_delivery: 2 })
  await esme.until('both receipts', () => esme.delivered.length === 2)
  expect(esme.delivered.map(pdu => pdu.source_addr)).toEqual(['15550000002', '15550000002'])
  expect(textOf(esme.delivered[0]!)).toContain('stat:UNDELIV err:001')
  expect(esme.delivered[0]!.message_state).toBe(5)
})

test.each([
  ['in order', [1, 2, 3]],
  ['backwards', [3, 2, 1]],
  ['with one twice', [2, 1, 2, 3]],
])('a phone joins parts that come %s before it reads', async (_how, order) => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  const parts = ['Flash flood. ', 'Leave now. ', 'Reply 1 SAFE.']
  for (const part of order) {
    expect(centre.list.messages).toBe(0)
    const udh = Buffer.from([5, 0, 3, 42, 3, part])
    await esme.submit('15550000001', '', { short_message: { udh, message: parts[part - 1] } })
  }
  expect(textsOf(centre, '+15550000001')).toEqual(['Flash flood. Leave now. Reply 1 SAFE.'])
  expect(centre.list.incomplete).toBe(0)
  expect(centre.list.segment(0)).toMatchObject({ part: order[0], total: 3, reference: 42 })
})

test('parts are told apart by phone and reference, of one octet or two', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  const send = (to: string, udh: number[], message: string) =>
    esme.submit(to, '', { short_message: { udh: Buffer.from(udh), message } })
  await send('15550000001', [5, 0, 3, 7, 2, 1], 'one ')
  await send('15550000002', [5, 0, 3, 7, 2, 2], 'two')
  await send('15550000001', [6, 8, 4, 1, 7, 2, 2], 'other')
  expect(centre.list.messages).toBe(0)
  expect(centre.list.incomplete).toBe(3)
  await send('15550000001', [5, 0, 3, 7, 2, 2], 'more')
  await send('15550000001', [6, 8, 4, 1, 7, 2, 1], 'an')
  expect(textsOf(centre, '+15550000001')).toEqual(['one more', 'another'])
})

test('sar parameters join parts too, and message_payload is text', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  const sar = (n: number) => ({
    sar_msg_ref_num: 300,
    sar_total_segments: 2,
    sar_segment_seqnum: n,
  })
  await esme.submit('15550000001', 'second', sar(2))
  await esme.submit('15550000001', 'first ', sar(1))
  await esme.submit('15550000002', '', { message_payload: 'a long text' })
  expect(textsOf(centre, '+15550000001')).toEqual(['first second'])
  expect(textsOf(centre, '+15550000002')).toEqual(['a long text'])
})

const alwaysAnswers = (...say: readonly { text: string; means: 'other' | `option:${string}` }[]) =>
  createPhones({
    seed: 1,
    rules: [
      { when: 'reply', share: 1, delay: { ms: 1, spreadMs: 0 }, choices: [{ weight: 1, say }] },
    ],
  })

test('a phone answers what it was asked, once, and the list notes the acknowledgement', async () => {
  const centre = await aCentre({ phones: alwaysAnswers({ text: ' 1 ', means: 'option:1' }) })
  const esme = await anEsme(centre)
  await esme.submit('15550000001', 'Reply 1 SAFE')
  await esme.submit('15550000002', 'All clear')
  await centre.list.until(() => centre.list.acknowledgedAnswers === 1)
  await esme.submit('15550000001', 'Reply 1 SAFE')
  await esme.request('enquire_link')

  expect(esme.delivered).toHaveLength(1)
  expect(esme.delivered[0]).toMatchObject({
    esm_class: 0,
    source_addr: '15550000001',
    destination_addr: '72345',
  })
  expect(textOf(esme.delivered[0]!)).toBe(' 1 ')
  const [answer] = centre.list.answersOf('+15550000001')
  expect(answer).toMatchObject({ text: ' 1 ', meaning: 'option:1', message: 0 })
  expect(answer!.acknowledgedAt).toBeGreaterThanOrEqual(answer!.at)
})

test('second thoughts come after the first answer was acknowledged', async () => {
  const phones = alwaysAnswers({ text: '1', means: 'option:1' }, { text: '2', means: 'option:2' })
  const centre = await aCentre({
    phones,
    behaviour: { deliveries: { window: 10, retryMs: 30, timeoutMs: 30_000 } },
  })
  // The first is put off once: the second must wait for it.
  const esme = await anEsme(centre, { acknowledge: n => (n === 0 ? 0x64 : 0) })
  await esme.submit('15550000001', 'Reply 1 or 2')
  await centre.list.until(() => centre.list.acknowledgedAnswers === 2)
  expect(esme.delivered.map(textOf)).toEqual(['1', '1', '2'])
  expect(statsOf(centre).deliveries.repeated).toBe(1)
})

test('an answer that was not acknowledged comes again after the link was lost', async () => {
  const centre = await aCentre({
    phones: alwaysAnswers({ text: '1', means: 'option:1' }),
    behaviour: { receipts },
  })
  const silent = await anEsme(centre, { acknowledge: () => undefined })
  await silent.submit('15550000001', 'Reply 1 SAFE')
  await silent.until('receipt and answer', () => silent.delivered.length === 2)
  expect(centre.list.answer(0).acknowledgedAt).toBeUndefined()
  expect(statsOf(centre).deliveries.inFlight).toBe(2)
  expect(centre.links('drop')).toBe(1)
  await silent.until('the link to close', () => silent.closed)

  const next = await anEsme(centre)
  await centre.list.until(() => centre.list.acknowledgedAnswers === 1)
  await next.request('enquire_link')
  expect(next.delivered.map(textOf).sort()).toEqual(silent.delivered.map(textOf).sort())
  expect(statsOf(centre).deliveries).toMatchObject({ waiting: 0, inFlight: 0, acknowledged: 2 })
})

test('an answer without a response comes again in time, one refused for good does not', async () => {
  const centre = await aCentre({
    behaviour: { deliveries: { window: 10, retryMs: 10, timeoutMs: 100 } },
  })
  const esme = await anEsme(centre, { acknowledge: n => (n === 0 ? undefined : 0x65) })
  centre.say('tocsin', '+15550000001', '72345', { text: 'STOP', means: 'optOut' })
  await esme.until('the second time', () => esme.delivered.length === 2)
  await esme.request('enquire_link')
  expect(statsOf(centre).deliveries).toMatchObject({ waiting: 0, inFlight: 0, refused: 1 })
  expect(centre.list.answer(0).acknowledgedAt).toBeUndefined()
})

test('no more deliver_sm are in flight than the window holds', async () => {
  const centre = await aCentre({
    behaviour: { deliveries: { window: 3, retryMs: 10, timeoutMs: 30_000 } },
  })
  const esme = await anEsme(centre, { acknowledge: () => undefined })
  for (let i = 0; i < 8; i++) {
    centre.say('tocsin', `+1555000000${i}`, '72345', { text: `${i}`, means: 'other' })
  }
  await esme.until('the window to fill', () => esme.delivered.length === 3)
  await esme.request('enquire_link')
  expect(esme.delivered).toHaveLength(3)
  expect(statsOf(centre).deliveries).toMatchObject({ waiting: 5, inFlight: 3 })

  esme.acknowledge = () => 0
  for (const pdu of esme.delivered.slice()) esme.session.send(pdu.response())
  await centre.list.until(() => centre.list.acknowledgedAnswers === 8)
  expect(esme.delivered.map(textOf)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
})

test('a long answer goes in parts and counts as acknowledged with the last', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre, { acknowledge: n => (n === 0 ? undefined : 0) })
  // 100 characters that GSM-7 lacks: 67 and 33
  centre.say('tocsin', '+15550000001', '72345', { text: 'й'.repeat(100), means: 'other' })
  await esme.until('both parts', () => esme.delivered.length === 2)
  await esme.request('enquire_link')
  expect(esme.delivered.map(pdu => [pdu.esm_class, pdu.data_coding])).toEqual([
    [0x40, 8],
    [0x40, 8],
  ])
  expect(esme.delivered.map(textOf).map(text => text.length)).toEqual([67, 33])
  expect(centre.list.acknowledgedAnswers).toBe(0)
  esme.session.send(esme.delivered[0]!.response())
  await centre.list.until(() => centre.list.acknowledgedAnswers === 1)
})

test('any deliver_sm can be sent, such as a receipt nobody asked for', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  centre.deliver('tocsin', '+15550000001', '72345', {
    esm_class: 0x04,
    short_message: Buffer.from('id:77 stat:DELIVRD'),
  })
  await esme.until('it', () => esme.delivered.length === 1)
  expect(esme.delivered[0]).toMatchObject({ esm_class: 4, source_addr: '15550000001' })
})

test('a mute message centre takes and says nothing, and is told to speak again', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  centre.links('mute')
  let answered = false
  void esme.submit('15550000001', 'hello').then(() => (answered = true))
  await centre.list.until(() => centre.list.messages === 1)
  centre.say('tocsin', '+15550000001', '72345', { text: '1', means: 'other' })
  centre.links('resume')
  await esme.until('the answer', () => esme.delivered.length === 1)
  await esme.request('enquire_link')
  expect(answered).toBe(false)
})

test('a stalled message centre reads nothing until it is told to go on', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  centre.links('stall')
  const answer = esme.submit('15550000001', 'hello')
  await new Promise(resolve => esme.session.socket.write('', resolve))
  expect(centre.list.messages).toBe(0)
  centre.links('resume')
  expect((await answer).command_status).toBe(0)
})

test('it can ask a client to unbind', async () => {
  const centre = await aCentre()
  const esme = await anEsme(centre)
  expect(centre.links('unbind')).toBe(1)
  await esme.until('the link to close', () => esme.closed)
  await expect.poll(() => statsOf(centre).binds).toBe(0)
})

test('a client that leaves enquire_link unanswered loses its link', async () => {
  const centre = await aCentre({ behaviour: { enquire: { everyMs: 50, withinMs: 100 } } })
  const esme = await anEsme(centre)
  esme.session.removeAllListeners('enquire_link')
  await esme.until('the link to close', () => esme.closed)
})

test('for load it counts and keeps no list', async () => {
  const centre = await aCentre({ list: 'counts' })
  const esme = await anEsme(centre)
  const ids = await Promise.all([1, 2, 3].map(i => esme.submit(`1555000000${i}`, 'hello')))
  expect(new Set(ids.map(pdu => pdu.message_id)).size).toBe(3)
  expect(statsOf(centre).submitted).toEqual({ ESME_ROK: 3 })
  expect(centre.list.segments).toBe(0)
})
