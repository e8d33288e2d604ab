import { expect, test } from 'vitest'
import type { Receipt, Reply } from '../../src/carriers/carrier.ts'
import { Inbound } from '../../src/carriers/smpp/inbound.ts'
import type { InboundPdu } from '../../src/carriers/smpp/session.ts'
import {
  COMMAND_STATUS,
  type ShortMessageBody,
  TLV,
  decodePdu,
  encodePdu,
  isPduFault,
} from '../../src/encoding/pdu.ts'
import type { MessageIdForm } from '../../src/encoding/receipt-text.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { concatHeader } from '../../src/encoding/udh.ts'
import { deliverSm } from '../support/smsc.ts'

const { ESME_ROK, ESME_RX_T_APPN, ESME_RX_P_APPN } = COMMAND_STATUS
const MINUTE = 60_000

function listen(form: MessageIdForm = 'exact') {
  const receipts: Receipt[] = []
  const replies: Reply[] = []
  const answers: (number | undefined)[] = []
  let now = 0
  const inbound = new Inbound(form, {
    receipt: receipt => void receipts.push(receipt),
    reply: reply => void replies.push(reply),
  })
  const receive = (frame: Buffer) => {
    const pdu = decodePdu(frame)
    if (isPduFault(pdu)) throw new Error(pdu.fault)
    const index = answers.push(undefined) - 1
    inbound.receive(pdu as InboundPdu, status => void (answers[index] ??= status), now)
  }
  return {
    receipts,
    replies,
    receive,
    /** By order of arrival, the status that each message was answered with, as yet. */
    answers,
    deliver: (message: Partial<ShortMessageBody>) => receive(deliverSm(message, 1)),
    pass(milliseconds: number) {
      now += milliseconds
      inbound.sweep(now)
    },
  }
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const receiptText = (state: string) => latin1(`id:7 stat:${state} err:000`)

test.each([
  [0x04, 'DELIVRD', 'delivered'],
  [0x08, 'DELIVRD', 'delivered'],
  [0x44, 'DELIVRD', 'delivered'],
  [0x20, 'DELIVRD', 'enroute'],
  [0x04, 'ENROUTE', 'enroute'],
  [0x04, 'ACCEPTD', 'enroute'],
  [0x04, 'UNKNOWN', 'enroute'],
  [0x04, 'UNDELIV', 'failed'],
  [0x04, 'REJECTD', 'failed'],
  [0x04, 'DELETED', 'failed'],
  [0x04, 'EXPIRED', 'expired'],
])('pitfall 27: esm_class %i with %s is a receipt: %s', (esm_class, word, state) => {
  const { receipts, replies, deliver } = listen()
  deliver({ esm_class, short_message: receiptText(word) })
  expect(replies).toEqual([])
  expect(receipts).toMatchObject([{ messageId: '7', state, reason: `${word} 000` }])
})

test('pitfall 27: a receipt may come in a data_sm', () => {
  const { receipts, replies, receive } = listen()
  const address = { source_addr_ton: 1, source_addr_npi: 1, source_addr: '15550000001' }
  const ours = { dest_addr_ton: 3, dest_addr_npi: 0, destination_addr: '72345' }
  const dataSm = (esm_class: number, tlvs: [number, Uint8Array][]) =>
    encodePdu({
      command: 'data_sm',
      command_status: 0,
      sequence_number: 1,
      service_type: '',
      ...address,
      ...ours,
      esm_class,
      registered_delivery: 0,
      data_coding: 0,
      tlvs: new Map(tlvs),
    })
  const id: [number, Uint8Array] = [TLV.receipted_message_id, latin1('7\0')]
  receive(dataSm(4, [id, [TLV.message_state, Uint8Array.of(2)]]))
  receive(dataSm(4, [[TLV.message_payload, receiptText('UNDELIV')]]))
  receive(dataSm(0x20, [id, [TLV.message_state, Uint8Array.of(6)]]))
  expect(replies).toEqual([])
  expect(receipts.map(({ messageId, state }) => [messageId, state])).toEqual([
    ['7', 'delivered'],
    ['7', 'failed'],
    ['7', 'enroute'],
  ])
})

test('pitfall 27: a receipt with a user data header is read behind it', () => {
  const { receipts, deliver } = listen()
  const header = concatHeader({ reference: 1, referenceOctets: 1, total: 2, part: 1 })
  const short_message = Buffer.concat([header, receiptText('DELIVRD')])
  deliver({ esm_class: 0x44, short_message })
  deliver({ esm_class: 0x44 })
  expect(receipts).toMatchObject([{ messageId: '7', state: 'delivered' }])
})

test('a receipt is answered once, by whether it was stored', () => {
  const { receipts, answers, deliver } = listen()
  deliver({ esm_class: 4, short_message: receiptText('DELIVRD') })
  deliver({ esm_class: 4, short_message: receiptText('DELIVRD') })
  expect(answers).toEqual([undefined, undefined])
  receipts[0]!.acknowledge(true)
  receipts[1]!.acknowledge(false)
  expect(answers).toEqual([ESME_ROK, ESME_RX_T_APPN])
})

test('a receipt that names no message is answered and goes no further', () => {
  const { receipts, answers, deliver } = listen()
  deliver({ esm_class: 4, short_message: latin1('stat:DELIVRD') })
  deliver({ esm_class: 4, short_message: latin1('what?') })
  expect([receipts, answers]).toEqual([[], [ESME_ROK, ESME_ROK]])
})

test('the words of a receipt in a text from a phone are a text', () => {
  const { receipts, replies, deliver } = listen()
  deliver({ short_message: receiptText('DELIVRD') })
  expect(receipts).toEqual([])
  expect(replies).toMatchObject([{ text: 'id:7 stat:DELIVRD err:000' }])
  deliver({ tlvs: new Map([[TLV.receipted_message_id, latin1('7\0')]]) })
  expect(receipts.length).toBe(1)
})

test('a receipt names ids as the carrier is configured', () => {
  const { receipts, deliver } = listen('decimal')
  deliver({ esm_class: 4, short_message: latin1('id:0012107289 stat:DELIVRD') })
  expect(receipts[0]!.messageId).toBe('12107289')
})

test('a text comes with the phone in E.164 and the number it was sent to', () => {
  const { replies, answers, deliver } = listen()
  deliver({ short_message: encodeText('Sí, all safe @ home').segments[0]!, data_coding: 8 })
  deliver({ short_message: encodeText('all safe @ home').segments[0]! })
  deliver({ tlvs: new Map([[TLV.message_payload, latin1('in the payload')]]) })
  expect(replies.map(reply => reply.text)).toEqual([
    'Sí, all safe @ home',
    'all safe @ home',
    'in the payload',
  ])
  expect(replies[0]).toMatchObject({ from: '+15550000001', to: '72345', partial: false })
  replies[0]!.acknowledge(true)
  expect(answers).toEqual([ESME_ROK, undefined, undefined])
})

const TEXTS = ['We are on the roof ', 'of the school, ', 'forty people']
const whole = TEXTS.join('')

function part(
  n: number,
  referenceOctets: 1 | 2 = 1,
  text = TEXTS[n - 1]!,
): Partial<ShortMessageBody> {
  const header = concatHeader({ reference: 0xab, referenceOctets, total: 3, part: n })
  return { esm_class: 0x40, short_message: Buffer.concat([header, latin1(text)]) }
}

function sarPart(n: number): Partial<ShortMessageBody> {
  return {
    short_message: latin1(TEXTS[n - 1]!),
    tlvs: new Map([
      [TLV.sar_msg_ref_num, Uint8Array.of(0, 0xab)],
      [TLV.sar_total_segments, Uint8Array.of(3)],
      [TLV.sar_segment_seqnum, Uint8Array.of(n)],
    ]),
  }
}

const ORDERS = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
]
const SHAPES = {
  'an 8-bit reference': (n: number) => part(n),
  'a 16-bit reference': (n: number) => part(n, 2),
  'sar TLVs': sarPart,
}
for (const [shape, make] of Object.entries(SHAPES)) {
  test.each(ORDERS)(`parts with ${shape} in the order %i %i %i make one text`, (...order) => {
    const { replies, answers, deliver } = listen()
    for (const n of order) deliver(make(n))
    expect(replies).toMatchObject([{ text: whole, partial: false }])
    expect(answers).toEqual([undefined, undefined, undefined])
    replies[0]!.acknowledge(true)
    expect(answers).toEqual([ESME_ROK, ESME_ROK, ESME_ROK])
  })
}

test('parts are told apart by phone, number and reference', () => {
  const { replies, deliver } = listen()
  deliver(part(1))
  deliver({ ...part(2), source_addr: '15550000002' })
  deliver({ ...part(2), destination_addr: '99999' })
  deliver(part(2, 2))
  deliver(part(3))
  expect(replies).toEqual([])
  deliver(part(2))
  expect(replies.length).toBe(1)
})

test('parts that wait for another are given back after five seconds, and kept', () => {
  const { replies, answers, deliver, pass } = listen()
  deliver(part(1))
  pass(4_000)
  deliver(part(3))
  expect(answers).toEqual([undefined, undefined])
  pass(2_000)
  expect(answers).toEqual([ESME_RX_T_APPN, ESME_RX_T_APPN])
  deliver(part(2))
  expect(replies).toMatchObject([{ text: whole, partial: false }])
  replies[0]!.acknowledge(true)
  // The message centre sends again what it was given back: it is stored already.
  deliver(part(1))
  deliver(part(3))
  expect(answers.slice(2)).toEqual([ESME_ROK, ESME_ROK, ESME_ROK])
  expect(replies.length).toBe(1)
})

test('a part that never comes leaves the others as a partial text after five minutes', () => {
  const { replies, answers, deliver, pass } = listen()
  deliver(part(3))
  deliver(part(1))
  pass(5 * MINUTE - 1)
  expect(replies).toEqual([])
  deliver(part(1))
  pass(1)
  expect(replies).toMatchObject([{ text: TEXTS[0]! + TEXTS[2]!, partial: true }])
  replies[0]!.acknowledge(true)
  deliver(part(3))
  expect(answers.slice(2)).toEqual([ESME_ROK, ESME_ROK])
  pass(5 * MINUTE)
  pass(5 * MINUTE)
  deliver(part(3))
  expect(answers.at(-1)).toBeUndefined()
})

test('a text that could not be stored is made anew from the parts when they come again', () => {
  const { replies, answers, deliver } = listen()
  for (const n of [1, 2, 3]) deliver(part(n))
  replies[0]!.acknowledge(false)
  expect(answers).toEqual([ESME_RX_T_APPN, ESME_RX_T_APPN, ESME_RX_T_APPN])
  for (const n of [1, 2, 3]) deliver(part(n))
  expect(replies.length).toBe(2)
})

test('a phone that uses a reference again begins another text', () => {
  const { replies, deliver } = listen()
  for (const n of [1, 2, 3]) deliver(part(n))
  replies[0]!.acknowledge(true)
  for (const n of [1, 2, 3]) deliver(part(n, 1, `other ${n} `))
  expect(replies[1]).toMatchObject({ text: 'other 1 other 2 other 3 ', partial: false })
})

test('an impossible part is a text of its own, a broken header is refused for good', () => {
  const { replies, answers, deliver } = listen()
  deliver({ esm_class: 0x40, short_message: Buffer.from('050003ab030461', 'hex') })
  deliver({ esm_class: 0x40, short_message: Buffer.from('050003ab000061', 'hex') })
  expect(replies).toMatchObject([{ text: 'a' }, { text: 'a' }])
  deliver({ esm_class: 0x40, short_message: Buffer.from('ff0003ab0301', 'hex') })
  deliver({ esm_class: 0x40 })
  expect(answers.slice(2)).toEqual([ESME_RX_P_APPN, ESME_RX_P_APPN])
})

test('a flood of first parts is bounded: the oldest are handed on as what came', () => {
  const { replies, deliver } = listen()
  for (let i = 0; i < 10_000; i++) {
    deliver({ ...part(1), source_addr: String(15_552_000_000 + i) })
  }
  expect(replies.length).toBe(8_000)
  expect(replies[0]).toMatchObject({ from: '+15552000000', partial: true })
  const payload = Buffer.alloc(65_000, 0x61)
  const long = { ...sarPart(1), short_message: Buffer.alloc(0) }
  for (let i = 0; i < 200; i++) {
    const tlvs = new Map([...long.tlvs!, [TLV.message_payload, payload]])
    deliver({ ...long, tlvs, source_addr: String(15_553_000_000 + i) })
  }
  expect(replies.length).toBeGreaterThan(10_000)
})
