/**
 * SMPP 3.4 protocol data units.
 *
 * `encodePdu` and `decodePdu` know every command that a message centre and its client exchange, in the wire's
 * own spelling. One table (`LAYOUTS`) says which fields a command has, in which order and how long they may
 * be; both directions read it. Decoding never throws: whatever a peer sends is a `Pdu` or a `PduFault` that
 * says what to answer.
 *
 * `pdu-in-place.ts` writes and reads submit_sm and its response without an object a message.
 */
import { AppError } from '../errors.ts'
import {
  encodeBare,
  endOfText,
  readCommandId,
  readSequence,
  readStatus,
  writeHeader,
} from './pdu-header.ts'
import { LAYOUTS, type Field } from './pdu-layouts.ts'
import {
  COMMAND,
  COMMAND_NAMES,
  COMMAND_STATUS as S,
  HEADER_OCTETS,
  MAX_FRAME_OCTETS,
  MAX_SHORT_MESSAGE,
  type CommandName,
  type Pdu,
  type PduFault,
  type ShortMessagePdu,
  type Tlvs,
} from './smpp.ts'

// No standard command has 30 optional parameters; a thousand are an attack on the reader's time.
const MAX_TLVS = 255
export const NO_TLVS: Tlvs = new Map()

/**
 * The PDU as one frame.
 * @throws AppError `internal` where a field of ours doesn't fit the wire: the caller has to check before.
 */
export function encodePdu(pdu: Pdu): Buffer {
  if (pdu.command === 'submit_sm' || pdu.command === 'deliver_sm') {
    const frame = encodeSoundMessage(pdu)
    if (frame !== undefined) return frame
  }
  const layout = LAYOUTS[pdu.command]
  const values = pdu as unknown as Record<string, string | number | Uint8Array>
  const tlvs = 'tlvs' in pdu ? pdu.tlvs : NO_TLVS

  let length = HEADER_OCTETS
  for (const field of layout.fields) length += fieldOctets(pdu.command, field, values[field.name])
  for (const value of tlvs.values()) length += 4 + value.length
  if (length > MAX_FRAME_OCTETS) throw misfit(pdu.command, 'the whole', length, MAX_FRAME_OCTETS)

  const frame = Buffer.allocUnsafe(length)
  writeHeader(frame, 0, length, COMMAND[pdu.command], pdu.command_status, pdu.sequence_number)
  let at = HEADER_OCTETS
  for (const field of layout.fields) {
    const value = values[field.name]
    if (field.kind === 'text') {
      at += frame.write(value as string, at, 'latin1')
      frame[at++] = 0
    } else if (field.kind === 'int8') {
      frame[at++] = value as number
    } else {
      const octets = value as Uint8Array
      frame[at++] = octets.length
      frame.set(octets, at)
      at += octets.length
    }
  }
  writeTlvs(frame, at, tlvs)
  return frame
}

/**
 * What goes by the million, written straight through. Undefined where a field doesn't fit, which the writer of all
 * layouts then names.
 */
function encodeSoundMessage(pdu: ShortMessagePdu): Buffer | undefined {
  const { short_message: octets, tlvs } = pdu
  let length =
    HEADER_OCTETS +
    17 +
    pdu.service_type.length +
    pdu.source_addr.length +
    pdu.destination_addr.length +
    pdu.schedule_delivery_time.length +
    pdu.validity_period.length +
    octets.length
  if (tlvs.size > 0) for (const value of tlvs.values()) length += 4 + value.length
  if (octets.length > MAX_SHORT_MESSAGE || length > MAX_FRAME_OCTETS) return undefined
  const frame = Buffer.allocUnsafe(length)
  writeHeader(frame, 0, length, COMMAND[pdu.command], pdu.command_status, pdu.sequence_number)
  let at = writeText(frame, HEADER_OCTETS, pdu.service_type, 6)
  if (at < 0) return undefined
  frame[at++] = pdu.source_addr_ton
  frame[at++] = pdu.source_addr_npi
  at = writeText(frame, at, pdu.source_addr, 21)
  if (at < 0) return undefined
  frame[at++] = pdu.dest_addr_ton
  frame[at++] = pdu.dest_addr_npi
  at = writeText(frame, at, pdu.destination_addr, 21)
  if (at < 0) return undefined
  frame[at++] = pdu.esm_class
  frame[at++] = pdu.protocol_id
  frame[at++] = pdu.priority_flag
  at = writeText(frame, at, pdu.schedule_delivery_time, 17)
  if (at < 0) return undefined
  at = writeText(frame, at, pdu.validity_period, 17)
  if (at < 0) return undefined
  frame[at++] = pdu.registered_delivery
  frame[at++] = pdu.replace_if_present_flag
  frame[at++] = pdu.data_coding
  frame[at++] = pdu.sm_default_msg_id
  frame[at++] = octets.length
  frame.set(octets, at)
  if (tlvs.size > 0) writeTlvs(frame, at + octets.length, tlvs)
  return frame
}

/** Where the text has ended, past its NUL; -1 where it doesn't fit or has a character that no octet has. */
function writeText(frame: Buffer, from: number, value: string, max: number): number {
  const { length } = value
  if (length >= max) return -1
  let at = from
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code === 0 || code > 0xff) return -1
    frame[at++] = code
  }
  frame[at++] = 0
  return at
}

function writeTlvs(frame: Buffer, from: number, tlvs: Tlvs): void {
  let at = from
  for (const [tag, value] of tlvs) {
    frame[at] = tag >>> 8
    frame[at + 1] = tag
    frame[at + 2] = value.length >>> 8
    frame[at + 3] = value.length
    frame.set(value, at + 4)
    at += 4 + value.length
  }
}

function fieldOctets(
  command: CommandName,
  field: Field,
  value: string | number | Uint8Array | undefined,
): number {
  switch (field.kind) {
    case 'text': {
      const string = value as string
      if (string.length >= field.max)
        throw misfit(command, field.name, string.length, field.max - 1)
      for (let i = 0; i < string.length; i++) {
        const code = string.charCodeAt(i)
        if (code === 0 || code > 0xff) {
          throw new AppError(
            'internal',
            `${command} ${field.name} has a character SMPP can't carry`,
          )
        }
      }
      return string.length + 1
    }
    case 'int8':
      return 1
    case 'octets': {
      const octets = value as Uint8Array
      if (octets.length > MAX_SHORT_MESSAGE) {
        throw misfit(command, field.name, octets.length, MAX_SHORT_MESSAGE)
      }
      return 1 + octets.length
    }
  }
}

function misfit(command: CommandName, field: string, octets: number, max: number): AppError {
  return new AppError('internal', `${command} ${field} has ${octets} octets, SMPP takes ${max}`)
}

/**
 * Reads one frame as the framer cut it. Octets of the result are views into `frame`.
 * A response may lack its body, as those with a non-zero status do (SMPP 3.4 §4.4.2).
 */
export function decodePdu(frame: Buffer): Pdu | PduFault {
  if (frame.length < HEADER_OCTETS) {
    return {
      fault: 'shorter than a header',
      command_id: 0,
      command_status: S.ESME_RINVCMDLEN,
      sequence_number: 0,
    }
  }
  const command_id = readCommandId(frame, 0)
  const sequence_number = readSequence(frame, 0)
  const fail = (fault: string, command_status: number): PduFault => ({
    fault,
    command_id,
    command_status,
    sequence_number,
  })
  if (frame.readUInt32BE(0) !== frame.length) {
    return fail('command_length is not the length of the frame', S.ESME_RINVCMDLEN)
  }
  const command = COMMAND_NAMES.get(command_id)
  if (command === undefined) return fail('unknown command_id', S.ESME_RINVCMDID)

  const layout = LAYOUTS[command]
  const command_status = readStatus(frame, 0)
  if (command === 'deliver_sm' || command === 'submit_sm') {
    const pdu = decodeSoundMessage(frame, { command, command_status, sequence_number })
    if (pdu !== undefined) return pdu
  }
  const pdu: Record<string, unknown> = { command, command_status, sequence_number }
  const bodiless = frame.length === HEADER_OCTETS && command_id >= COMMAND.generic_nack
  let at = HEADER_OCTETS
  for (const field of layout.fields) {
    if (bodiless) {
      pdu[field.name] = field.kind === 'text' ? '' : field.kind === 'int8' ? 0 : frame.subarray(at)
    } else if (field.kind === 'text') {
      const nul = endOfText(frame, at, Math.min(frame.length, at + field.max))
      if (nul < 0)
        return fail(`${field.name} has no end within its ${field.max} octets`, field.fault)
      pdu[field.name] = frame.toString('latin1', at, nul)
      at = nul + 1
    } else if (field.kind === 'int8') {
      const value = frame[at++]
      if (value === undefined) return fail(`ends before ${field.name}`, S.ESME_RINVCMDLEN)
      pdu[field.name] = value
    } else {
      const length = frame[at++]
      if (length === undefined) return fail('ends before sm_length', S.ESME_RINVCMDLEN)
      if (length > MAX_SHORT_MESSAGE || at + length > frame.length) {
        return fail('sm_length passes the end of the PDU', S.ESME_RINVMSGLEN)
      }
      pdu['short_message'] = frame.subarray(at, at + length)
      at += length
    }
  }
  if (layout.tlvs === 'may have TLVs') {
    const tlvs = decodeTlvs(frame, at)
    if (tlvs === undefined)
      return fail('optional parameters pass the end of the PDU', S.ESME_RINVTLVSTREAM)
    pdu['tlvs'] = tlvs
  }
  return pdu as unknown as Pdu
}

/**
 * What comes by the million, read straight through: half the time of field by field. Undefined where anything
 * is wrong with it, which the reader of all layouts then names.
 */
function decodeSoundMessage(
  frame: Buffer,
  header: Pick<ShortMessagePdu, 'command' | 'command_status' | 'sequence_number'>,
): ShortMessagePdu | undefined {
  const serviceEnd = endOfText(frame, HEADER_OCTETS, HEADER_OCTETS + 6)
  const sourceAt = serviceEnd + 3
  const sourceEnd = endOfText(frame, sourceAt, sourceAt + 21)
  const destinationAt = sourceEnd + 3
  const destinationEnd = endOfText(frame, destinationAt, destinationAt + 21)
  const scheduleAt = destinationEnd + 4
  const scheduleEnd = endOfText(frame, scheduleAt, scheduleAt + 17)
  const validityEnd = endOfText(frame, scheduleEnd + 1, scheduleEnd + 18)
  const lengthAt = validityEnd + 5
  const bodyEnd = lengthAt + 1 + (frame[lengthAt] ?? 0)
  const isSound =
    serviceEnd >= 0 &&
    sourceEnd >= 0 &&
    destinationEnd >= 0 &&
    scheduleEnd >= 0 &&
    validityEnd >= 0 &&
    lengthAt < frame.length &&
    frame[lengthAt]! <= MAX_SHORT_MESSAGE &&
    bodyEnd <= frame.length
  const tlvs = isSound ? decodeTlvs(frame, bodyEnd) : undefined
  if (tlvs === undefined) return undefined
  return {
    command: header.command,
    command_status: header.command_status,
    sequence_number: header.sequence_number,
    service_type: latin1(frame, HEADER_OCTETS, serviceEnd),
    source_addr_ton: frame[serviceEnd + 1]!,
    source_addr_npi: frame[serviceEnd + 2]!,
    source_addr: latin1(frame, sourceAt, sourceEnd),
    dest_addr_ton: frame[sourceEnd + 1]!,
    dest_addr_npi: frame[sourceEnd + 2]!,
    destination_addr: latin1(frame, destinationAt, destinationEnd),
    esm_class: frame[destinationEnd + 1]!,
    protocol_id: frame[destinationEnd + 2]!,
    priority_flag: frame[destinationEnd + 3]!,
    schedule_delivery_time: latin1(frame, scheduleAt, scheduleEnd),
    validity_period: latin1(frame, scheduleEnd + 1, validityEnd),
    registered_delivery: frame[validityEnd + 1]!,
    replace_if_present_flag: frame[validityEnd + 2]!,
    data_coding: frame[validityEnd + 3]!,
    sm_default_msg_id: frame[validityEnd + 4]!,
    short_message: frame.subarray(lengthAt + 1, bodyEnd),
    tlvs,
  }
}

function latin1(frame: Buffer, from: number, to: number): string {
  return from === to ? '' : frame.toString('latin1', from, to)
}

function decodeTlvs(frame: Buffer, from: number): Tlvs | undefined {
  if (from === frame.length) return NO_TLVS
  const tlvs = new Map<number, Uint8Array>()
  let at = from
  for (let count = 0; at < frame.length; count++) {
    if (count === MAX_TLVS || at + 4 > frame.length) return undefined
    const tag = frame.readUInt16BE(at)
    const end = at + 4 + frame.readUInt16BE(at + 2)
    if (end > frame.length) return undefined
    if (!tlvs.has(tag)) tlvs.set(tag, frame.subarray(at + 4, end))
    at = end
  }
  return tlvs
}

const REFUSABLE = [
  'submit_sm',
  'deliver_sm',
  'data_sm',
  'query_sm',
  'cancel_sm',
  'replace_sm',
] as const

/**
 * The frame that answers a fault: the command's own response where it has one, else generic_nack.
 * Undefined for a faulty response, which nothing answers: two peers would nack each other for ever.
 */
export function encodeFaultAnswer(fault: PduFault): Buffer | undefined {
  if (fault.command_id >= COMMAND.generic_nack) return undefined
  const hasResponse = REFUSABLE.some(name => COMMAND[name] === fault.command_id)
  return encodeBare(
    hasResponse ? fault.command_id + COMMAND.generic_nack : COMMAND.generic_nack,
    fault.command_status,
    fault.sequence_number,
  )
}
