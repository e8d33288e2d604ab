import { AppError } from '../errors.ts'

/**
 * SMPP 3.4 protocol data units.
 *
 * `encodePdu` and `decodePdu` know every command that a message centre and its client exchange, in the wire's
 * own spelling. One table (`LAYOUTS`) says which fields a command has, in which order and how long they may
 * be; both directions read it. Decoding never throws: whatever a peer sends is a `Pdu` or a `PduFault` that
 * says what to answer.
 *
 * The functions at the end write and read submit_sm and its response in place, without an object a message:
 * that is the path that carries an alert.
 */

export const COMMAND = {
  generic_nack: 0x80000000,
  bind_receiver: 0x00000001,
  bind_receiver_resp: 0x80000001,
  bind_transmitter: 0x00000002,
  bind_transmitter_resp: 0x80000002,
  query_sm: 0x00000003,
  query_sm_resp: 0x80000003,
  submit_sm: 0x00000004,
  submit_sm_resp: 0x80000004,
  deliver_sm: 0x00000005,
  deliver_sm_resp: 0x80000005,
  unbind: 0x00000006,
  unbind_resp: 0x80000006,
  replace_sm: 0x00000007,
  replace_sm_resp: 0x80000007,
  cancel_sm: 0x00000008,
  cancel_sm_resp: 0x80000008,
  bind_transceiver: 0x00000009,
  bind_transceiver_resp: 0x80000009,
  outbind: 0x0000000b,
  enquire_link: 0x00000015,
  enquire_link_resp: 0x80000015,
  alert_notification: 0x00000102,
  data_sm: 0x00000103,
  data_sm_resp: 0x80000103,
} as const

type CommandName = keyof typeof COMMAND

/** SMPP 3.4 §5.1.3. ESME_RINVTLVSTREAM is 5.0's name of RINVOPTPARSTREAM. */
export const COMMAND_STATUS = {
  ESME_ROK: 0x00,
  ESME_RINVMSGLEN: 0x01,
  ESME_RINVCMDLEN: 0x02,
  ESME_RINVCMDID: 0x03,
  ESME_RINVBNDSTS: 0x04,
  ESME_RALYBND: 0x05,
  ESME_RINVPRTFLG: 0x06,
  ESME_RINVREGDLVFLG: 0x07,
  ESME_RSYSERR: 0x08,
  ESME_RINVSRCADR: 0x0a,
  ESME_RINVDSTADR: 0x0b,
  ESME_RINVMSGID: 0x0c,
  ESME_RBINDFAIL: 0x0d,
  ESME_RINVPASWD: 0x0e,
  ESME_RINVSYSID: 0x0f,
  ESME_RCANCELFAIL: 0x11,
  ESME_RREPLACEFAIL: 0x13,
  ESME_RMSGQFUL: 0x14,
  ESME_RINVSERTYP: 0x15,
  ESME_RINVNUMDESTS: 0x33,
  ESME_RINVDLNAME: 0x34,
  ESME_RINVDESTFLAG: 0x40,
  ESME_RINVSUBREP: 0x42,
  ESME_RINVESMCLASS: 0x43,
  ESME_RCNTSUBDL: 0x44,
  ESME_RSUBMITFAIL: 0x45,
  ESME_RINVSRCTON: 0x48,
  ESME_RINVSRCNPI: 0x49,
  ESME_RINVDSTTON: 0x50,
  ESME_RINVDSTNPI: 0x51,
  ESME_RINVSYSTYP: 0x53,
  ESME_RINVREPFLAG: 0x54,
  ESME_RINVNUMMSGS: 0x55,
  ESME_RTHROTTLED: 0x58,
  ESME_RINVSCHED: 0x61,
  ESME_RINVEXPIRY: 0x62,
  ESME_RINVDFTMSGID: 0x63,
  ESME_RX_T_APPN: 0x64,
  ESME_RX_P_APPN: 0x65,
  ESME_RX_R_APPN: 0x66,
  ESME_RQUERYFAIL: 0x67,
  ESME_RINVTLVSTREAM: 0xc0,
  ESME_ROPTPARNOTALLWD: 0xc1,
  ESME_RINVPARLEN: 0xc2,
  ESME_RMISSINGOPTPARAM: 0xc3,
  ESME_RINVOPTPARAMVAL: 0xc4,
  ESME_RDELIVERYFAILURE: 0xfe,
  ESME_RUNKNOWNERR: 0xff,
} as const

export type CommandStatusName = keyof typeof COMMAND_STATUS

/** Optional parameters that something here reads or writes; any other tag passes through unread. */
export const TLV = {
  user_message_reference: 0x0204,
  sar_msg_ref_num: 0x020c,
  sar_total_segments: 0x020e,
  sar_segment_seqnum: 0x020f,
  sc_interface_version: 0x0210,
  network_error_code: 0x0423,
  message_payload: 0x0424,
  receipted_message_id: 0x001e,
  message_state: 0x0427,
} as const

/** By tag. Of a tag that a peer repeats the first value counts. */
export type Tlvs = ReadonlyMap<number, Uint8Array>

interface Header {
  readonly command_status: number
  readonly sequence_number: number
}

interface BindPdu extends Header {
  readonly command: 'bind_receiver' | 'bind_transmitter' | 'bind_transceiver'
  readonly system_id: string
  readonly password: string
  readonly system_type: string
  readonly interface_version: number
  readonly addr_ton: number
  readonly addr_npi: number
  readonly address_range: string
}

interface BindRespPdu extends Header {
  readonly command: 'bind_receiver_resp' | 'bind_transmitter_resp' | 'bind_transceiver_resp'
  readonly system_id: string
  readonly tlvs: Tlvs
}

interface Addresses {
  readonly service_type: string
  readonly source_addr_ton: number
  readonly source_addr_npi: number
  readonly source_addr: string
  readonly dest_addr_ton: number
  readonly dest_addr_npi: number
  readonly destination_addr: string
}

/** Everything of a submit_sm or deliver_sm but its header. */
export interface ShortMessageBody extends Addresses {
  readonly esm_class: number
  readonly protocol_id: number
  readonly priority_flag: number
  readonly schedule_delivery_time: string
  readonly validity_period: string
  readonly registered_delivery: number
  readonly replace_if_present_flag: number
  readonly data_coding: number
  readonly sm_default_msg_id: number
  /** At most 254 octets, UDH included; longer texts go as the TLV message_payload. */
  readonly short_message: Uint8Array
  readonly tlvs: Tlvs
}

export interface ShortMessagePdu extends Header, ShortMessageBody {
  readonly command: 'submit_sm' | 'deliver_sm'
}

export interface DataSmPdu extends Header, Addresses {
  readonly command: 'data_sm'
  readonly esm_class: number
  readonly registered_delivery: number
  readonly data_coding: number
  readonly tlvs: Tlvs
}

interface MessageIdPdu extends Header {
  readonly command: 'submit_sm_resp' | 'deliver_sm_resp' | 'data_sm_resp'
  readonly message_id: string
  readonly tlvs: Tlvs
}

interface BarePdu extends Header {
  readonly command:
    | 'generic_nack'
    | 'unbind'
    | 'unbind_resp'
    | 'enquire_link'
    | 'enquire_link_resp'
    | 'cancel_sm_resp'
    | 'replace_sm_resp'
}

interface OutbindPdu extends Header {
  readonly command: 'outbind'
  readonly system_id: string
  readonly password: string
}

interface AlertNotificationPdu extends Header {
  readonly command: 'alert_notification'
  readonly source_addr_ton: number
  readonly source_addr_npi: number
  readonly source_addr: string
  readonly esme_addr_ton: number
  readonly esme_addr_npi: number
  readonly esme_addr: string
  readonly tlvs: Tlvs
}

interface QuerySmPdu extends Header {
  readonly command: 'query_sm'
  readonly message_id: string
  readonly source_addr_ton: number
  readonly source_addr_npi: number
  readonly source_addr: string
}

interface QuerySmRespPdu extends Header {
  readonly command: 'query_sm_resp'
  readonly message_id: string
  readonly final_date: string
  readonly message_state: number
  readonly error_code: number
}

interface CancelSmPdu extends Header, Addresses {
  readonly command: 'cancel_sm'
  readonly message_id: string
}

interface ReplaceSmPdu extends Header {
  readonly command: 'replace_sm'
  readonly message_id: string
  readonly source_addr_ton: number
  readonly source_addr_npi: number
  readonly source_addr: string
  readonly schedule_delivery_time: string
  readonly validity_period: string
  readonly registered_delivery: number
  readonly sm_default_msg_id: number
  readonly short_message: Uint8Array
}

export type Pdu =
  | BindPdu
  | BindRespPdu
  | ShortMessagePdu
  | DataSmPdu
  | MessageIdPdu
  | BarePdu
  | OutbindPdu
  | AlertNotificationPdu
  | QuerySmPdu
  | QuerySmRespPdu
  | CancelSmPdu
  | ReplaceSmPdu

/** A frame of sound length that can't be read: what is wrong, and the command_status to answer it with. */
export interface PduFault {
  readonly fault: string
  readonly command_id: number
  readonly command_status: number
  readonly sequence_number: number
}

export function isPduFault(pdu: Pdu | PduFault): pdu is PduFault {
  return 'fault' in pdu
}

export const HEADER_OCTETS = 16
/** message_payload carries up to 64 KiB; the rest is room for the mandatory fields. */
export const MAX_FRAME_OCTETS = 70_000
export const MAX_SEQUENCE = 0x7fffffff
/** SMPP 3.4 §5.2.21: sm_length 0..254. */
export const MAX_SHORT_MESSAGE = 254
// No standard command has 30 optional parameters; a thousand are an attack on the reader's time.
const MAX_TLVS = 255

/** `text` is a C-octet string of at most `max` octets with its NUL; `octets` is sm_length and short_message. */
type Field =
  | { readonly name: string; readonly kind: 'text'; readonly max: number; readonly fault: number }
  | { readonly name: string; readonly kind: 'int8' }
  | { readonly name: 'short_message'; readonly kind: 'octets' }

interface Layout {
  readonly fields: readonly Field[]
  readonly tlvs: 'may have TLVs' | 'no TLVs'
}

const S = COMMAND_STATUS
const text = (name: string, max: number, fault: number): Field => ({
  name,
  kind: 'text',
  max,
  fault,
})
const int8 = (name: string): Field => ({ name, kind: 'int8' })
const shortMessage: Field = { name: 'short_message', kind: 'octets' }

const source = (max: number) => [
  int8('source_addr_ton'),
  int8('source_addr_npi'),
  text('source_addr', max, S.ESME_RINVSRCADR),
]
const destination = (max: number) => [
  int8('dest_addr_ton'),
  int8('dest_addr_npi'),
  text('destination_addr', max, S.ESME_RINVDSTADR),
]
const serviceType = text('service_type', 6, S.ESME_RINVSERTYP)
const systemId = text('system_id', 16, S.ESME_RINVSYSID)
const password = text('password', 9, S.ESME_RINVPASWD)
const messageId = text('message_id', 65, S.ESME_RINVMSGID)
const schedule = text('schedule_delivery_time', 17, S.ESME_RINVSCHED)
const validity = text('validity_period', 17, S.ESME_RINVEXPIRY)

const bind: Layout = {
  fields: [
    systemId,
    password,
    text('system_type', 13, S.ESME_RINVSYSTYP),
    int8('interface_version'),
    int8('addr_ton'),
    int8('addr_npi'),
    text('address_range', 41, S.ESME_RINVSRCADR),
  ],
  tlvs: 'no TLVs',
}
const bindResp: Layout = { fields: [systemId], tlvs: 'may have TLVs' }
const message: Layout = {
  fields: [
    serviceType,
    ...source(21),
    ...destination(21),
    int8('esm_class'),
    int8('protocol_id'),
    int8('priority_flag'),
    schedule,
    validity,
    int8('registered_delivery'),
    int8('replace_if_present_flag'),
    int8('data_coding'),
    int8('sm_default_msg_id'),
    shortMessage,
  ],
  tlvs: 'may have TLVs',
}
const messageIdOnly: Layout = { fields: [messageId], tlvs: 'may have TLVs' }
const bare: Layout = { fields: [], tlvs: 'no TLVs' }

// SMPP 3.4 §4
const LAYOUTS: Record<CommandName, Layout> = {
  generic_nack: bare,
  bind_receiver: bind,
  bind_receiver_resp: bindResp,
  bind_transmitter: bind,
  bind_transmitter_resp: bindResp,
  bind_transceiver: bind,
  bind_transceiver_resp: bindResp,
  outbind: { fields: [systemId, password], tlvs: 'no TLVs' },
  unbind: bare,
  unbind_resp: bare,
  enquire_link: bare,
  enquire_link_resp: bare,
  submit_sm: message,
  submit_sm_resp: messageIdOnly,
  deliver_sm: message,
  deliver_sm_resp: messageIdOnly,
  data_sm: {
    fields: [
      serviceType,
      ...source(65),
      ...destination(65),
      int8('esm_class'),
      int8('registered_delivery'),
      int8('data_coding'),
    ],
    tlvs: 'may have TLVs',
  },
  data_sm_resp: messageIdOnly,
  query_sm: { fields: [messageId, ...source(21)], tlvs: 'no TLVs' },
  query_sm_resp: {
    fields: [
      messageId,
      text('final_date', 17, S.ESME_RQUERYFAIL),
      int8('message_state'),
      int8('error_code'),
    ],
    tlvs: 'no TLVs',
  },
  cancel_sm: {
    fields: [serviceType, messageId, ...source(21), ...destination(21)],
    tlvs: 'no TLVs',
  },
  cancel_sm_resp: bare,
  replace_sm: {
    fields: [
      messageId,
      ...source(21),
      schedule,
      validity,
      int8('registered_delivery'),
      int8('sm_default_msg_id'),
      shortMessage,
    ],
    tlvs: 'no TLVs',
  },
  replace_sm_resp: bare,
  alert_notification: {
    fields: [
      ...source(65),
      int8('esme_addr_ton'),
      int8('esme_addr_npi'),
      text('esme_addr', 65, S.ESME_RINVDSTADR),
    ],
    tlvs: 'may have TLVs',
  },
}

const NAMES = new Map<number, CommandName>(
  (Object.keys(COMMAND) as CommandName[]).map(name => [COMMAND[name], name]),
)
const STATUS_NAMES = new Map<number, CommandStatusName>(
  (Object.keys(COMMAND_STATUS) as CommandStatusName[]).map(name => [COMMAND_STATUS[name], name]),
)

/** `ESME_RTHROTTLED` for 0x58; codes that the standard leaves to carriers read `0x00000400`. */
export function commandStatusName(status: number): string {
  return STATUS_NAMES.get(status) ?? `0x${status.toString(16).padStart(8, '0')}`
}

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
  const command = NAMES.get(command_id)
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

function endOfText(frame: Buffer, from: number, end: number): number {
  for (let i = from; i < end; i++) if (frame[i] === 0) return i
  return -1
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

/** A header alone: enquire_link, unbind, their responses, generic_nack, and any response with an error. */
export function encodeBare(commandId: number, status: number, sequence: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_OCTETS)
  writeHeader(frame, 0, HEADER_OCTETS, commandId, status, sequence)
  return frame
}

/** Writes the header of a frame that begins at `at` of `out`, which must have 16 octets left. */
export function writeHeader(
  out: Buffer,
  at: number,
  length: number,
  commandId: number,
  status: number,
  sequence: number,
): void {
  writeUInt32(out, at, length)
  writeUInt32(out, at + 4, commandId)
  writeUInt32(out, at + 8, status)
  writeUInt32(out, at + 12, sequence)
}

// Buffer's own accessors check type and range each time; offsets here are checked by the caller once a frame.
function writeUInt32(out: Buffer, at: number, value: number): void {
  out[at] = value >>> 24
  out[at + 1] = value >>> 16
  out[at + 2] = value >>> 8
  out[at + 3] = value
}

function readUInt32(frame: Buffer, at: number): number {
  return (
    ((frame[at]! << 24) | (frame[at + 1]! << 16) | (frame[at + 2]! << 8) | frame[at + 3]!) >>> 0
  )
}

/** Fields of the header of the frame that begins at `at`; the framer has seen that all 16 octets are there. */
export const readCommandId = (frame: Buffer, at: number): number => readUInt32(frame, at + 4)
export const readStatus = (frame: Buffer, at: number): number => readUInt32(frame, at + 8)
export const readSequence = (frame: Buffer, at: number): number => readUInt32(frame, at + 12)

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
  writeHeader(frame, 0, HEADER_OCTETS + 1, commandId, S.ESME_ROK, sequence)
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
