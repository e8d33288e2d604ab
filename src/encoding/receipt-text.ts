import { TLV, type Tlvs } from './smpp.ts'
import { decodeUtf16be } from './segments.ts'

/**
 * Delivery receipts: what a deliver_sm or data_sm says of a message sent before, in TLVs, in the text of
 * SMPP 3.4 appendix B, or in one of the many texts that were made after it.
 */

/** SMPP 3.4 §5.2.28, in the order of its numbers, with 5.0's 0 and 9. */
const MESSAGE_STATES = [
  'SCHEDULED',
  'ENROUTE',
  'DELIVERED',
  'EXPIRED',
  'DELETED',
  'UNDELIVERABLE',
  'ACCEPTED',
  'UNKNOWN',
  'REJECTED',
  'SKIPPED',
] as const

export type MessageState = (typeof MESSAGE_STATES)[number]

// Appendix B's seven letters, and the words that message centres write instead.
const STATE_WORDS: Readonly<Record<string, MessageState>> = {
  ENROUTE: 'ENROUTE',
  BUFFRED: 'ENROUTE',
  BUFFERED: 'ENROUTE',
  SCHEDULED: 'SCHEDULED',
  DELIVRD: 'DELIVERED',
  DELIVERED: 'DELIVERED',
  EXPIRED: 'EXPIRED',
  DELETED: 'DELETED',
  UNDELIV: 'UNDELIVERABLE',
  UNDELIVERED: 'UNDELIVERABLE',
  UNDELIVERABLE: 'UNDELIVERABLE',
  FAILED: 'UNDELIVERABLE',
  ACCEPTD: 'ACCEPTED',
  ACCEPTED: 'ACCEPTED',
  UNKNOWN: 'UNKNOWN',
  REJECTD: 'REJECTED',
  REJECTED: 'REJECTED',
  SKIPPED: 'SKIPPED',
}

export interface ReceiptContent {
  /** As the message centre wrote it; empty where it named none that fits SMPP's 64 characters. */
  readonly messageId: string
  readonly state: MessageState
  /** The state in the message centre's own word, or the standard's, and its error code: `UNDELIV 0A1`. */
  readonly reason: string
}

const MAX_MESSAGE_ID = 64
// The longest honest receipt is under 300 characters; what follows is not worth looking at.
const MAX_TEXT = 1_024

/** What the receipt says; undefined where neither TLVs nor text name a message or a state. Linear in time. */
export function readReceipt(message: {
  readonly short_message: Uint8Array
  readonly data_coding: number
  readonly tlvs: Tlvs
}): ReceiptContent | undefined {
  const { tlvs } = message
  const fields = receiptFields(receiptText(tlvs.get(TLV.message_payload) ?? message.short_message))
  const messageId = boundedId(tlvText(tlvs.get(TLV.receipted_message_id)) || fields.id)
  const stateCode = tlvs.get(TLV.message_state)?.[0]
  const word = fields.stat.toUpperCase()
  const state = MESSAGE_STATES[stateCode ?? -1] ?? STATE_WORDS[word]
  if (messageId === '' && state === undefined) return undefined
  const error = errorCode(fields.err, tlvs.get(TLV.network_error_code))
  const known = state ?? 'UNKNOWN'
  const ownWord = STATE_WORDS[word] === known ? word : known
  return { messageId, state: known, reason: error === '' ? ownWord : `${ownWord} ${error}` }
}

function boundedId(id: string): string {
  return id.length > MAX_MESSAGE_ID ? '' : id
}

/** A C-octet string whose NUL may be missing. */
function tlvText(value: Uint8Array | undefined): string {
  if (value === undefined) return ''
  let end = 0
  while (end < value.length && value[end] !== 0) end++
  return decodeLatin1(value, end).trim()
}

function decodeLatin1(octets: Uint8Array, end = octets.length): string {
  const buffer = Buffer.isBuffer(octets)
    ? octets
    : Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  return buffer.toString('latin1', 0, end)
}

/**
 * Receipts are ASCII whatever data_coding says, and UCS-2 now and then: then every other octet is zero, the first
 * or, of those that forget which end is which, the second.
 */
function receiptText(octets: Uint8Array): string {
  const start = octets.subarray(0, MAX_TEXT)
  if (start.length >= 2 && start[0] === 0) return decodeUtf16be(start)
  if (start.length >= 2 && start[1] === 0) return Buffer.from(start).toString('utf16le')
  // Where the ids are written in GSM-7 after all, an underscore is 0x11 (TS 23.038 §6.2.1).
  return decodeLatin1(start).replaceAll('\x11', '_')
}

interface ReceiptFields {
  id: string
  stat: string
  err: string
}

/**
 * The values behind `id:`, `stat:` and `err:`, up to the next blank; the first of each counts, and none after
 * `text:`, where the message's own words begin. Goes from colon to colon, so every octet is seen a few times
 * at most.
 */
function receiptFields(text: string): ReceiptFields {
  const fields: ReceiptFields = { id: '', stat: '', err: '' }
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    let end = colon
    while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--
    let start = end
    while (start > 0 && end - start < 5 && isLetter(text.charCodeAt(start - 1))) start--
    if (start > 0 && !endsWord(text.charCodeAt(start - 1))) continue
    // `sub:`, `dlvrd:` and the dates' `date:` are passed over without making words of them.
    if (end - start < 2 || end - start > 4) continue
    const key = text.slice(start, end).toLowerCase()
    if (key === 'text') break
    if ((key === 'id' || key === 'stat' || key === 'err') && fields[key] === '') {
      fields[key] = wordAt(text, colon + 1)
    }
  }
  return fields
}

function wordAt(text: string, from: number): string {
  let start = from
  while (start < text.length && isBlank(text.charCodeAt(start))) start++
  let end = start
  while (end < text.length && !endsWord(text.charCodeAt(end))) end++
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

function isLetter(code: number): boolean {
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

function endsWord(code: number): boolean {
  return isBlank(code) || code === 0x2c || code === 0x3b
}

function errorCode(word: string, tlv: Uint8Array | undefined): string {
  if (/^[0-9A-Za-z]{1,8}$/.test(word)) return word
  // §5.3.2.31: network type, then the code in two octets.
  if (tlv?.length === 3) return String((tlv[1]! << 8) | tlv[2]!).padStart(3, '0')
  return ''
}

/**
 * How a carrier writes a message_id in one place: exactly as it must be compared, or without regard to case and
 * leading zeros, or as a number of base 16 or 10.
 */
export type MessageIdForm = 'exact' | 'folded' | 'hexadecimal' | 'decimal'

/**
 * One spelling for ids that a carrier writes differently in responses and receipts: numbers as decimal digits.
 * Letters up to F in a decimal one say that it is hexadecimal after all. An id that is no number is folded.
 */
export function normaliseMessageId(id: string, form: MessageIdForm): string {
  switch (form) {
    case 'exact':
      return id
    case 'hexadecimal':
      return /^[0-9a-f]{1,64}$/i.test(id) ? BigInt(`0x${id}`).toString() : fold(id)
    case 'decimal':
      return /^[0-9]{1,64}$/.test(id)
        ? BigInt(id).toString()
        : normaliseMessageId(id, 'hexadecimal')
    case 'folded':
      return fold(id)
  }
}

function fold(id: string): string {
  return id.toLowerCase().replace(/^0+(?=.)/, '')
}
