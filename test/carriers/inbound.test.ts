import { expect, test } from 'vitest'
import type { Receipt, Reply } from '../../src/carriers/carrier.ts'
import { createInbound } from '../../src/carriers/smpp/inbound.ts'
import type { InboundPdu } from '../../src/carriers/smpp/session.ts'
import { decodePdu, encodePdu } from '../../src/encoding/pdu.ts'
import { COMMAND_STATUS, type ShortMessageBody, TLV, isPduFault } from '../../src/encoding/smpp.ts'
import type { MessageIdForm } from '../../src/encoding/receipt-text.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { concatHeader } from '../../src/encoding/udh.ts'
import { deliverSm } from '../support/smsc.ts'

const { ESME_ROK, ESME_RX_T_APPN, ESME_RX_P_APPN } = COMMAND_STATUS

function listen(form: MessageIdForm = 'exact') {
  const receipts: Receipt[] = []
  const replies: Reply[] = []
  const answers: (number | undefined)[] = []
  const inbound = createInbound(form, {
    receipt: receipt => void receipts.push(receipt),
    reply: reply => void replies.push(reply),
  })
  const receive = (frame: Buffer) => {
    const pdu = decodePdu(frame)
    if (isPduFault(pdu)) throw new Error(pdu.fault)
    const index = answers.push(undefined) - 1
    inbound(pdu as InboundPdu, status => void (answers[index] ??= status))
  }
  return {
    receipts,
    replies,
    receive,
    /** By order of arrival, the status that each message was answered with, as yet. */
    answers,
    deliver: (message: Partial<ShortMessageBody>) => receive(deliverSm(message, 1)),
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
  expect(replies[0]).toMatchObject({ from: '+15550000001', to: '72345' })
  expect(replies.some(reply => reply.part !== undefined)).toBe(false)
  replies[0]!.acknowledge(true)
  expect(answers).toEqual([ESME_ROK, undefined, undefined])
})

const PORTS = [0x05, 0x04, 0x0b, 0x84, 0x23, 0xf0]

/** With these elements, as 3GPP TS 23.040 §9.2.3.24 lays them out, and the text `safe`. */
const withHeader = (...elements: number[]): Partial<ShortMessageBody> => ({
  esm_class: 0x40,
  short_message: Buffer.from([elements.length, ...elements, ...latin1('safe')]),
})
const sar = (reference: number[], total: number, no: number): Partial<ShortMessageBody> => ({
  short_message: latin1('safe'),
  tlvs: new Map([
    [TLV.sar_msg_ref_num, Uint8Array.from(reference)],
    [TLV.sar_total_segments, Uint8Array.of(total)],
    [TLV.sar_segment_seqnum, Uint8Array.of(no)],
  ]),
})

test.each<[string, Partial<ShortMessageBody>, { key: string; total: number; no: number }]>([
  ['an 8-bit reference', withHeader(0, 3, 0xab, 3, 2), { key: 'udh8 171', total: 3, no: 2 }],
  ['a 16-bit one', withHeader(8, 4, 1, 0xab, 3, 1), { key: 'udh16 427', total: 3, no: 1 }],
  ['ports before', withHeader(...PORTS, 0, 3, 7, 2, 1), { key: 'udh8 7', total: 2, no: 1 }],
  [
    'ports behind',
    withHeader(8, 4, 0, 7, 255, 255, ...PORTS),
    { key: 'udh16 7', total: 255, no: 255 },
  ],
  ['sar TLVs', sar([1, 0xab], 3, 3), { key: 'sar 427', total: 3, no: 3 }],
  [
    'a header in message_payload',
    {
      esm_class: 0x40,
      tlvs: new Map([[TLV.message_payload, withHeader(0, 3, 7, 2, 1).short_message!]]),
    },
    { key: 'udh8 7', total: 2, no: 1 },
  ],
])('pitfall 36: a part says which it is: %s', (_, message, part) => {
  const { replies, answers, deliver } = listen()
  deliver(message)
  expect(replies).toMatchObject([{ text: 'safe', part }])
  // Answered by itself, once it is stored.
  expect(answers).toEqual([undefined])
  replies[0]!.acknowledge(true)
  expect(answers).toEqual([ESME_ROK])
})

test.each([
  ['the only part', withHeader(0, 3, 7, 1, 1)],
  ['a part past the total', withHeader(0, 3, 7, 3, 4)],
  ['part 0 of 0', withHeader(0, 3, 7, 0, 0)],
  ['a sar part past the total', sar([0, 7], 3, 4)],
  ['a sar reference of one octet', sar([7], 3, 1)],
  ['no concatenation', withHeader(...PORTS)],
])('pitfall 36: %s is a text of its own', (_, message) => {
  const { replies, deliver } = listen()
  deliver(message)
  expect(replies).toMatchObject([{ text: 'safe' }])
  expect(replies[0]!.part).toBeUndefined()
})

test('a text whose header is broken is refused for good', () => {
  const { replies, answers, deliver } = listen()
  deliver({ esm_class: 0x40, short_message: Buffer.from('ff0003ab0301', 'hex') })
  deliver({ esm_class: 0x40 })
  expect(replies).toEqual([])
  expect(answers).toEqual([ESME_RX_P_APPN, ESME_RX_P_APPN])
})
