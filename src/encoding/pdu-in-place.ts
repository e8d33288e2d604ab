/**
 * submit_sm and its response written and read in place, without an object a message: the path that carries an alert.
 */
import { encodePdu } from './pdu.ts'
import { endOfText, writeHeader, writeUInt32 } from './pdu-header.ts'
import { COMMAND_STATUS, HEADER_OCTETS, type ShortMessageBody } from './smpp.ts'

/**
 * The message_id of the submit_sm_resp in `frame[at..end)`: empty where the body is missing. A missing NUL is
 * forgiven, for the message was taken and its id is all that a receipt will name.
 */
export function readMessageId(frame: Buffer, at: number, end: number): string {
  const start = at + HEADER_OCTETS
  const limit = Math.min(end, start + 65)
  let stop = start
  while (stop < limit && frame[stop] !== 0) stop++
  return frame.toString('latin1', start, stop)
}

/** The destination_addr of the submit_sm in `frame[at..end)`, or undefined where the PDU is not whole. */
export function readDestination(frame: Buffer, at: number, end: number): string | undefined {
  const serviceTypeEnd = endOfText(frame, at + HEADER_OCTETS, Math.min(end, at + HEADER_OCTETS + 6))
  if (serviceTypeEnd < 0) return undefined
  const sourceStart = serviceTypeEnd + 3
  const sourceEnd = endOfText(frame, sourceStart, Math.min(end, sourceStart + 21))
  if (sourceEnd < 0) return undefined
  const start = sourceEnd + 3
  const stop = endOfText(frame, start, Math.min(end, start + 21))
  return stop < 0 ? undefined : frame.toString('latin1', start, stop)
}

/** A deliver_sm_resp or data_sm_resp of ESME_ROK: its message_id is unused and empty (SMPP 3.4 §4.6.2). */
export function encodeTaken(commandId: number, sequence: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_OCTETS + 1)
  writeHeader(frame, 0, HEADER_OCTETS + 1, commandId, COMMAND_STATUS.ESME_ROK, sequence)
  frame[HEADER_OCTETS] = 0
  return frame
}

/**
 * One segment of a text, ready but for what differs from one recipient to the next: sequence_number,
 * destination_addr, the reference of a UDH and, as time passes, validity_period.
 */
export interface SubmitTemplate {
  /** From the header to dest_addr_npi. */
  readonly head: Buffer
  /** From esm_class to the end. */
  readonly tail: Buffer
  /** Place of the 16 digits of validity_period in `tail`. */
  readonly validityAt: number
  /** Place of the concatenation reference in `tail` and its octets (1 or 2); 0 octets where there is no UDH. */
  readonly referenceAt: number
  readonly referenceOctets: 0 | 1 | 2
}

/** Upper bound of a frame that `writeSubmit` makes from `template`. */
export function submitOctets(template: SubmitTemplate): number {
  return template.head.length + 21 + template.tail.length
}

/**
 * Prepares a segment. `body.destination_addr` is left out; `body.validity_period` must be a full 16 characters, or
 * empty and never set; `reference` says where the concatenation reference lies, counted from the first octet of
 * short_message, in it or behind it in a TLV, if there is one.
 */
export function prepareSubmit(
  body: ShortMessageBody,
  reference?: { readonly at: number; readonly octets: 1 | 2 },
): SubmitTemplate {
  const frame = encodePdu({
    ...body,
    command: 'submit_sm',
    command_status: 0,
    sequence_number: 0,
    destination_addr: '',
  })
  const headOctets =
    HEADER_OCTETS + body.service_type.length + 1 + 2 + body.source_addr.length + 1 + 2
  const validityAt = 3 + body.schedule_delivery_time.length + 1
  const messageAt = validityAt + body.validity_period.length + 1 + 4 + 1
  return {
    head: frame.subarray(0, headOctets),
    tail: frame.subarray(headOctets + 1),
    validityAt,
    referenceAt: reference === undefined ? 0 : messageAt + reference.at,
    referenceOctets: reference?.octets ?? 0,
  }
}

/** Sets the validity_period of all frames written from now on: 16 characters, as it was prepared with. */
export function setValidity(template: SubmitTemplate, validityPeriod: string): void {
  template.tail.write(validityPeriod, template.validityAt, 16, 'latin1')
}

/**
 * Writes a submit_sm at `at` of `out`, which must have `submitOctets(template)` left, and returns where it
 * ends. `to` is E.164, its `+` is left away; more than 20 digits are cut, and no caller has them.
 */
export function writeSubmit(
  out: Buffer,
  at: number,
  template: SubmitTemplate,
  sequence: number,
  to: string,
  reference: number,
): number {
  const { head, tail } = template
  out.set(head, at)
  let end = at + head.length
  const first = to.charCodeAt(0) === 0x2b ? 1 : 0
  const stop = Math.min(to.length, first + 20)
  for (let i = first; i < stop; i++) out[end++] = to.charCodeAt(i)
  out[end++] = 0
  out.set(tail, end)
  if (template.referenceOctets === 1) {
    out[end + template.referenceAt] = reference
  } else if (template.referenceOctets === 2) {
    out[end + template.referenceAt] = reference >>> 8
    out[end + template.referenceAt + 1] = reference
  }
  end += tail.length
  writeUInt32(out, at, end - at)
  writeUInt32(out, at + 12, sequence)
  return end
}
