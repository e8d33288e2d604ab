import { NO_TLVS, encodePdu } from '../encoding/pdu.ts'
import { type ShortMessageBody, TLV, type Tlvs } from '../encoding/smpp.ts'
import { type EncodedText, encodeText } from '../encoding/segments.ts'
import { concatHeader } from '../encoding/udh.ts'
import type { Arrivals, Fate, Segment } from './arrivals.ts'
import { type MessageIdSpelling, spellMessageId } from './message-id.ts'

/** Something that a message centre owes an ESME until it is acknowledged: a receipt, or a text of a phone. */
export type Delivery =
  | {
      readonly kind: 'receipt'
      readonly segment: number
      readonly says: 'end' | 'enroute' | 'opposite'
    }
  | { readonly kind: 'answer'; readonly answer: number; readonly to: string; readonly part: number }
  | { readonly kind: 'other'; readonly body: ShortMessageBody }

/**
 * `text otherwise` is spaced and capitalised as few are, and has no `text:`; `TLVs without NUL` has an id that ends
 * with its length; `state alone` has a text of the id and a message_state.
 */
export const RECEIPT_FORMS = [
  'text and TLVs',
  'text',
  'text otherwise',
  'TLVs',
  'TLVs without NUL',
  'state alone',
] as const
export type ReceiptForm = (typeof RECEIPT_FORMS)[number]

export interface ReceiptWriting {
  readonly form: ReceiptForm
  readonly messageId: MessageIdSpelling
  readonly command?: 'deliver_sm' | 'data_sm'
  readonly esmClass?: number
}

// SMPP 3.4 appendix B, §5.2.28
const STATES: Readonly<
  Record<Fate | 'enroute', { readonly word: string; readonly code: number; readonly err: string }>
> = {
  enroute: { word: 'ENROUTE', code: 1, err: '000' },
  taken: { word: 'ACCEPTD', code: 6, err: '000' },
  delivered: { word: 'DELIVRD', code: 2, err: '000' },
  failed: { word: 'UNDELIV', code: 5, err: '001' },
  expired: { word: 'EXPIRED', code: 3, err: '027' },
}

const ESM_RECEIPT = 0x04
const ESM_UDHI = 0x40

/** A deliver_sm's body with everything at its usual value but what `fields` says. */
export function deliverBody(
  from: string,
  to: string,
  fields: Partial<ShortMessageBody> = {},
): ShortMessageBody {
  return {
    service_type: '',
    ...fromAddress(from),
    ...toAddress(to),
    esm_class: 0,
    protocol_id: 0,
    priority_flag: 0,
    schedule_delivery_time: '',
    validity_period: '',
    registered_delivery: 0,
    replace_if_present_flag: 0,
    data_coding: 0,
    sm_default_msg_id: 0,
    short_message: new Uint8Array(),
    tlvs: NO_TLVS,
    ...fields,
  }
}

function fromAddress(address: string) {
  const { ton, npi, addr } = addressOf(address)
  return { source_addr_ton: ton, source_addr_npi: npi, source_addr: addr }
}

function toAddress(address: string) {
  const { ton, npi, addr } = addressOf(address)
  return { dest_addr_ton: ton, dest_addr_npi: npi, destination_addr: addr }
}

/** International 1/1, short code 3/0, name 5/0 (SMPP 3.4 §5.2.5). */
function addressOf(address: string) {
  const addr = address.replace(/^\+/, '')
  if (!/^\d+$/.test(addr)) return { ton: 5, npi: 0, addr }
  return addr.length <= 8 ? { ton: 3, npi: 0, addr } : { ton: 1, npi: 1, addr }
}

/** The deliver_sm of `delivery` as a frame. */
export function encodeDelivery(
  delivery: Delivery,
  list: Arrivals,
  sequence: number,
  writing: ReceiptWriting,
): Buffer {
  switch (delivery.kind) {
    case 'receipt':
      return encodeReceipt(delivery, list, sequence, writing)
    case 'answer':
      return encodeDeliver(answerBody(delivery, list), sequence)
    case 'other':
      return encodeDeliver(delivery.body, sequence)
  }
}

function encodeDeliver(body: ShortMessageBody, sequence: number): Buffer {
  return encodePdu({
    ...body,
    command: 'deliver_sm',
    command_status: 0,
    sequence_number: sequence,
  })
}

/** A receipt's frame, and where in it lies what differs from those of the same minute, sender and fate. */
interface ReceiptTemplate {
  readonly key: string
  readonly frame: Buffer
  readonly phoneAt: number
  readonly idsAt: readonly number[]
}

const SEQUENCE_AT = 12
let lastReceipt: ReceiptTemplate | undefined

/** Patches the frame of the receipt before where it can: encoding each anew took a third of the time of all. */
function encodeReceipt(
  delivery: Extract<Delivery, { kind: 'receipt' }>,
  list: Arrivals,
  sequence: number,
  writing: ReceiptWriting,
): Buffer {
  const segment = list.segment(delivery.segment)
  const state = stateOf(segment.fate, delivery.says)
  const id = spellMessageId(segment.messageId, writing.messageId)
  const submitted = minute(list.startedAt + segment.at)
  const done = minute(Date.now())
  const { phone, source } = segment
  const { form, messageId, command = 'deliver_sm', esmClass = ESM_RECEIPT } = writing
  const key = `${submitted} ${done} ${source} ${state} ${phone.length} ${id.length} ${messageId} ${form} ${command} ${esmClass}`
  if (lastReceipt?.key !== key) {
    const body = receiptBody(segment, state, id, submitted, done, form)
    const frame = encodeReceiptAs(command, { ...body, esm_class: esmClass })
    const idsAt = placesOf(frame, id)
    lastReceipt = { key, frame, phoneAt: frame.indexOf(phone.slice(1), 0, 'latin1'), idsAt }
  }
  const frame = Buffer.from(lastReceipt.frame)
  frame.writeUInt32BE(sequence, SEQUENCE_AT)
  frame.write(phone.slice(1), lastReceipt.phoneAt, 'latin1')
  for (const at of lastReceipt.idsAt) frame.write(id, at, 'latin1')
  return frame
}

type State = keyof typeof STATES

function stateOf(fate: Fate, says: 'end' | 'enroute' | 'opposite'): State {
  if (says === 'enroute') return 'enroute'
  if (says === 'end') return fate
  return fate === 'delivered' ? 'failed' : 'delivered'
}

/** Everywhere that `id` stands in the frame: in the text, in a TLV, or both. */
function placesOf(frame: Buffer, id: string): number[] {
  const places: number[] = []
  for (let at = frame.indexOf(id, 0, 'latin1'); at >= 0; at = frame.indexOf(id, at + 1, 'latin1')) {
    places.push(at)
  }
  return places
}

/** data_sm has no short_message: its text goes as message_payload (SMPP 3.4 §4.7.1). */
function encodeReceiptAs(command: 'deliver_sm' | 'data_sm', body: ShortMessageBody): Buffer {
  if (command === 'deliver_sm') return encodeDeliver(body, 0)
  const tlvs = new Map(body.tlvs)
  if (body.short_message.length > 0) tlvs.set(TLV.message_payload, body.short_message)
  return encodePdu({ ...body, command, command_status: 0, sequence_number: 0, tlvs })
}

function receiptBody(
  { phone, source: ours }: Segment,
  state: State,
  id: string,
  submitted: string,
  done: string,
  form: ReceiptForm,
): ShortMessageBody {
  const { word, code, err } = STATES[state]
  const dlvrd = state === 'delivered' ? '001' : '000'
  const usual = `id:${id} sub:001 dlvrd:${dlvrd} submit date:${submitted} done date:${done} stat:${word} err:${err} text:`
  const texts: Readonly<Record<ReceiptForm, string>> = {
    'text and TLVs': usual,
    text: usual,
    'text otherwise': `ID: ${id}  SUB:001 DLVRD:${dlvrd} Submit Date:${submitted} Done Date:${done} Stat:${word} Err:0A1`,
    TLVs: '',
    'TLVs without NUL': '',
    'state alone': `id:${id}`,
  }
  const receipted = [TLV.receipted_message_id, Buffer.from(`${id}\0`, 'latin1')] as const
  const stateTlv = [TLV.message_state, Uint8Array.of(code)] as const
  const tlvs: Readonly<Record<ReceiptForm, Tlvs>> = {
    'text and TLVs': new Map([receipted, stateTlv]),
    text: NO_TLVS,
    'text otherwise': NO_TLVS,
    TLVs: new Map([receipted, stateTlv]),
    'TLVs without NUL': new Map([
      [TLV.receipted_message_id, Buffer.from(id, 'latin1')] as const,
      stateTlv,
    ]),
    'state alone': new Map([stateTlv]),
  }
  return deliverBody(phone, ours, {
    short_message: Buffer.from(texts[form], 'latin1'),
    tlvs: tlvs[form],
  })
}

let lastMinute = { at: NaN, text: '' }

/** `YYMMDDhhmm` in UTC. */
function minute(epochMs: number): string {
  const at = Math.floor(epochMs / 60_000)
  if (at !== lastMinute.at) {
    const text = new Date(at * 60_000).toISOString().replace(/\D/g, '').slice(2, 12)
    lastMinute = { at, text }
  }
  return lastMinute.text
}

function answerBody(
  { answer: number, to, part }: Extract<Delivery, { kind: 'answer' }>,
  list: Arrivals,
): ShortMessageBody {
  const answer = list.answer(number)
  const encoded = encodeAnswer(answer.text)
  const segment = encoded.segments[part - 1]!
  const total = encoded.segments.length
  const isJoined = total > 1
  const header = isJoined
    ? concatHeader({ reference: number & 0xff, referenceOctets: 1, total, part })
    : new Uint8Array()
  return deliverBody(answer.phone, to, {
    esm_class: isJoined ? ESM_UDHI : 0,
    data_coding: encoded.dataCoding,
    short_message: Buffer.concat([header, segment]),
  })
}

/** How many deliver_sm the text of an answer takes. */
export function partsOfAnswer(text: string): number {
  return encodeAnswer(text).segments.length
}

// People answer with the same few words; a table of 1,000 is begun anew when full.
const encodedAnswers = new Map<string, EncodedText>()

function encodeAnswer(text: string): EncodedText {
  let encoded = encodedAnswers.get(text)
  if (encoded === undefined) {
    encoded = encodeText(text)
    if (encodedAnswers.size >= 1_000) encodedAnswers.clear()
    encodedAnswers.set(text, encoded)
  }
  return encoded
}
