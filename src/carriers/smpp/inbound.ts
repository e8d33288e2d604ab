import { COMMAND_STATUS, TLV, type Tlvs } from '../../encoding/smpp.ts'
import { type DefaultAlphabet, decodeText } from '../../encoding/message-text.ts'
import { phoneOfAddress } from '../../encoding/phone.ts'
import {
  type MessageIdForm,
  type MessageState,
  normaliseMessageId,
  readReceipt,
} from '../../encoding/receipt-text.ts'
import { type Concat, readUserDataHeader } from '../../encoding/udh.ts'
import type { Receipt, ReceiptState, Reply, ReplyPart } from '../carrier.ts'
import type { InboundPdu } from './session.ts'

/**
 * What comes back on a bind: receipts, and texts from phones, which may come in parts. A message is answered
 * ESME_ROK once it is stored and ESME_RX_T_APPN if it could not be: then the message centre keeps it and sends it
 * again. Nothing is held here; parts are joined where they are stored, for they come on any bind.
 */

type Answer = (status: number) => void

export interface InboundEvents {
  receipt(receipt: Receipt): void
  reply(reply: Reply): void
}

// SMPP 3.4 §5.2.12, bits 5-2: the message type.
const MESSAGE_TYPE = 0x3c
const DELIVERY_RECEIPT = 0x04
const DELIVERY_ACKNOWLEDGEMENT = 0x08
const INTERMEDIATE_NOTIFICATION = 0x20
const HAS_UDH = 0x40
const FIRST_PRINTABLE = 0x20

const RECEIPT_STATES: Readonly<Record<MessageState, ReceiptState>> = {
  SCHEDULED: 'enroute',
  ENROUTE: 'enroute',
  ACCEPTED: 'enroute',
  // It says that nothing is known, so nothing ends.
  UNKNOWN: 'enroute',
  DELIVERED: 'delivered',
  EXPIRED: 'expired',
  DELETED: 'failed',
  UNDELIVERABLE: 'failed',
  REJECTED: 'failed',
  SKIPPED: 'failed',
}

/**
 * @param receiptForm how receipts write ids @param defaultAlphabet what data_coding 0 stands for
 * @returns takes what came, with what answers it; `events` hears of it
 */
export function createInbound(
  receiptForm: MessageIdForm,
  events: InboundEvents,
  defaultAlphabet: DefaultAlphabet = 'GSM7',
): (pdu: InboundPdu, answer: Answer) => void {
  return (pdu, answer) => {
    const type = pdu.esm_class & MESSAGE_TYPE
    const isReceipt =
      type === DELIVERY_RECEIPT ||
      type === DELIVERY_ACKNOWLEDGEMENT ||
      type === INTERMEDIATE_NOTIFICATION ||
      // By its TLV, not by its text: anyone can text the words of a receipt.
      (type === 0 && pdu.tlvs.has(TLV.receipted_message_id))
    if (isReceipt) receiveReceipt(pdu, type, answer)
    else receiveText(pdu, answer)
  }

  function receiveReceipt(pdu: InboundPdu, type: number, answer: Answer): void {
    const content = readReceipt({
      short_message: withoutHeader(pdu.esm_class, shortMessageOf(pdu)),
      data_coding: pdu.data_coding,
      tlvs: pdu.tlvs,
    })
    if (content === undefined || content.messageId === '') {
      // It names no message, and will not when it is sent again.
      answer(COMMAND_STATUS.ESME_ROK)
      return
    }
    const state = RECEIPT_STATES[content.state]
    events.receipt({
      messageId: normaliseMessageId(content.messageId, receiptForm),
      state: type === INTERMEDIATE_NOTIFICATION ? 'enroute' : state,
      reason: content.reason,
      acknowledge: answerOnce(answer),
    })
  }

  function receiveText(pdu: InboundPdu, answer: Answer): void {
    const from = phoneOfAddress(pdu.source_addr_ton, pdu.source_addr)
    const to = phoneOfAddress(pdu.dest_addr_ton, pdu.destination_addr)
    let octets = pdu.tlvs.get(TLV.message_payload) ?? shortMessageOf(pdu)
    let part = sarPart(pdu.tlvs)
    let headerOctets = 0
    if (pdu.esm_class & HAS_UDH) {
      const header = readUserDataHeader(octets)
      if (header === undefined) {
        // Nobody can tell where its text begins, today or when it is sent again.
        answer(COMMAND_STATUS.ESME_RX_P_APPN)
        return
      }
      headerOctets = header.octets
      octets = octets.subarray(headerOctets)
      if (header.concat !== undefined) part = udhPart(header.concat)
    }
    const text = decodeText(octets, pdu.data_coding, defaultAlphabet, headerOctets)
    const reply = { from, to, text, acknowledge: answerOnce(answer) }
    events.reply(part === undefined || part.total === 1 ? reply : { ...reply, part })
  }
}

function shortMessageOf(pdu: InboundPdu): Uint8Array {
  return 'short_message' in pdu ? pdu.short_message : new Uint8Array()
}

/** A receipt's text behind its header, where it has one: some that say so have none, and no text begins like one. */
function withoutHeader(esmClass: number, octets: Uint8Array): Uint8Array {
  if ((esmClass & HAS_UDH) === 0 || octets[0]! >= FIRST_PRINTABLE) return octets
  return octets.subarray(readUserDataHeader(octets)?.octets ?? 0)
}

/** Concatenation by the sar TLVs (SMPP 3.4 §5.3.2.22-24); a part that can't be is none. */
function sarPart(tlvs: Tlvs): ReplyPart | undefined {
  const reference = tlvs.get(TLV.sar_msg_ref_num)
  const total = tlvs.get(TLV.sar_total_segments)?.[0]
  const no = tlvs.get(TLV.sar_segment_seqnum)?.[0]
  if (reference?.length !== 2 || !total || !no || no > total) return undefined
  return { key: `sar ${(reference[0]! << 8) | reference[1]!}`, total, no }
}

function udhPart({ reference, referenceOctets, total, part }: Concat): ReplyPart {
  return { key: `udh${referenceOctets * 8} ${reference}`, total, no: part }
}

function answerOnce(answer: Answer): (stored: boolean) => void {
  return stored => answer(stored ? COMMAND_STATUS.ESME_ROK : COMMAND_STATUS.ESME_RX_T_APPN)
}
