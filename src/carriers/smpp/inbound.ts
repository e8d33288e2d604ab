import { COMMAND_STATUS, TLV, type Tlvs } from '../../encoding/pdu.ts'
import { type DefaultAlphabet, decodeText } from '../../encoding/message-text.ts'
import { phoneOfAddress } from '../../encoding/phone.ts'
import {
  type MessageIdForm,
  type MessageState,
  normaliseMessageId,
  readReceipt,
} from '../../encoding/receipt-text.ts'
import { readUserDataHeader } from '../../encoding/udh.ts'
import type { Receipt, ReceiptState, Reply } from '../carrier.ts'
import type { InboundPdu } from './session.ts'

/**
 * What comes back on a bind: receipts, and texts from phones, which may come in parts.
 *
 * A message is answered ESME_ROK once it is stored and ESME_RX_T_APPN if it could not be: the message centre
 * keeps it and sends it again. The parts of a text are answered with the whole of it. But a message centre
 * waits some 10 seconds for an answer and may drop the link then, while a missing part may take minutes: parts
 * that wait longer than `HOLD_MS` are answered ESME_RX_T_APPN. They stay here, and the message centre has them
 * too, so neither a missing part nor a crash loses any. When the whole is stored it is remembered for a while,
 * so that parts sent again are answered ESME_ROK and make no second reply.
 */

const HOLD_MS = 5_000
/** After this a text is handed on as what came of it (and a stored one forgotten). */
const PATIENCE_MS = 5 * 60_000
const MAX_ASSEMBLIES = 2_000
const MAX_HELD_CHARACTERS = 4_000_000

type Answer = (status: number) => void

interface Assembly {
  readonly from: string
  readonly to: string
  /** Texts by place; sparse while parts are missing. */
  readonly parts: string[]
  missing: number
  since: number
  /** Of the parts that the message centre waits for. */
  answers: Answer[]
  answersSince: number
  /** `handed`: on its way to be stored. `stored`: only remembered. */
  state: 'gathering' | 'handed' | 'stored'
}

interface Part {
  readonly reference: number
  readonly referenceOctets: number
  readonly total: number
  readonly part: number
}

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

export class Inbound {
  readonly #events: InboundEvents
  readonly #receiptForm: MessageIdForm
  readonly #defaultAlphabet: DefaultAlphabet
  // In order of arrival, for `since` only grows: the first is always the oldest.
  readonly #assemblies = new Map<string, Assembly>()
  #heldCharacters = 0

  constructor(
    receiptForm: MessageIdForm,
    events: InboundEvents,
    defaultAlphabet: DefaultAlphabet = 'GSM7',
  ) {
    this.#receiptForm = receiptForm
    this.#events = events
    this.#defaultAlphabet = defaultAlphabet
  }

  receive(pdu: InboundPdu, answer: Answer, now: number): void {
    const type = pdu.esm_class & MESSAGE_TYPE
    const isReceipt =
      type === DELIVERY_RECEIPT ||
      type === DELIVERY_ACKNOWLEDGEMENT ||
      type === INTERMEDIATE_NOTIFICATION ||
      // By its TLV, not by its text: anyone can text the words of a receipt.
      (type === 0 && pdu.tlvs.has(TLV.receipted_message_id))
    if (isReceipt) this.#receiveReceipt(pdu, type, answer)
    else this.#receiveText(pdu, answer, now)
  }

  /** To be called every second or so: answers parts held too long, hands on what waited long enough. */
  sweep(now: number): void {
    for (const [key, assembly] of this.#assemblies) {
      if (now - assembly.since >= PATIENCE_MS) {
        if (assembly.state !== 'gathering') {
          this.#forget(key, assembly)
          continue
        }
        // Kept for as long again: its parts may still be sent once more.
        assembly.since = now
        this.#assemblies.delete(key)
        this.#assemblies.set(key, assembly)
        this.#hand(key, assembly)
      } else if (
        assembly.state === 'gathering' &&
        assembly.answers.length > 0 &&
        now - assembly.answersSince >= HOLD_MS
      ) {
        answerAll(assembly, COMMAND_STATUS.ESME_RX_T_APPN)
      }
    }
  }

  #receiveReceipt(pdu: InboundPdu, type: number, answer: Answer): void {
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
    this.#events.receipt({
      messageId: normaliseMessageId(content.messageId, this.#receiptForm),
      state: type === INTERMEDIATE_NOTIFICATION ? 'enroute' : state,
      reason: content.reason,
      acknowledge: answerOnce(answer),
    })
  }

  #receiveText(pdu: InboundPdu, answer: Answer, now: number): void {
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
      part = header.concat ?? part
    }
    const text = decodeText(octets, pdu.data_coding, this.#defaultAlphabet, headerOctets)
    if (part !== undefined && part.total > 1) {
      this.#gather(from, to, part, text, answer, now)
      return
    }
    this.#events.reply({ from, to, text, partial: false, acknowledge: answerOnce(answer) })
  }

  #gather(from: string, to: string, part: Part, text: string, answer: Answer, now: number): void {
    const { reference, referenceOctets, total } = part
    const key = `${from} ${to} ${referenceOctets} ${reference} ${total}`
    let assembly = this.#assemblies.get(key)
    if (assembly?.state === 'stored') {
      if (assembly.parts[part.part - 1] === text) {
        answer(COMMAND_STATUS.ESME_ROK)
        return
      }
      // Another text under a reference that the phone uses again, or the part that never came.
      this.#forget(key, assembly)
      assembly = undefined
    }
    if (assembly === undefined) {
      this.#makeRoom()
      assembly = {
        from,
        to,
        parts: [],
        missing: total,
        since: now,
        answers: [],
        answersSince: now,
        state: 'gathering',
      }
      this.#assemblies.set(key, assembly)
    }
    if (assembly.answers.length === 0) assembly.answersSince = now
    assembly.answers.push(answer)
    if (assembly.state === 'handed') return
    if (assembly.parts[part.part - 1] === undefined) {
      assembly.parts[part.part - 1] = text
      assembly.missing--
      this.#heldCharacters += text.length
    }
    if (assembly.missing === 0) this.#hand(key, assembly)
  }

  #makeRoom(): void {
    while (this.#assemblies.size >= MAX_ASSEMBLIES || this.#heldCharacters >= MAX_HELD_CHARACTERS) {
      const [key, oldest] = this.#assemblies.entries().next().value!
      this.#forget(key, oldest)
      if (oldest.state === 'gathering') this.#hand(key, oldest)
    }
  }

  #forget(key: string, assembly: Assembly): void {
    if (this.#assemblies.get(key) !== assembly) return
    this.#assemblies.delete(key)
    for (const text of assembly.parts) this.#heldCharacters -= text?.length ?? 0
  }

  #hand(key: string, assembly: Assembly): void {
    assembly.state = 'handed'
    const { from, to, parts, missing } = assembly
    const acknowledge = (stored: boolean) => {
      if (assembly.state !== 'handed') return
      assembly.state = 'stored'
      answerAll(assembly, stored ? COMMAND_STATUS.ESME_ROK : COMMAND_STATUS.ESME_RX_T_APPN)
      // What was not stored is forgotten: its parts make the reply anew when they are sent again.
      if (!stored) this.#forget(key, assembly)
    }
    this.#events.reply({ from, to, text: parts.join(''), partial: missing > 0, acknowledge })
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
function sarPart(tlvs: Tlvs): Part | undefined {
  const reference = tlvs.get(TLV.sar_msg_ref_num)
  const total = tlvs.get(TLV.sar_total_segments)?.[0]
  const part = tlvs.get(TLV.sar_segment_seqnum)?.[0]
  if (reference?.length !== 2 || !total || !part || part > total) return undefined
  return { reference: (reference[0]! << 8) | reference[1]!, referenceOctets: 0, total, part }
}

function answerAll(assembly: Assembly, status: number): void {
  const { answers } = assembly
  assembly.answers = []
  for (const answer of answers) answer(status)
}

function answerOnce(answer: Answer): (stored: boolean) => void {
  return stored => answer(stored ? COMMAND_STATUS.ESME_ROK : COMMAND_STATUS.ESME_RX_T_APPN)
}
