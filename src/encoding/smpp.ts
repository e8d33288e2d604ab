/** SMPP 3.4's commands, states and protocol data units, in the wire's own spelling. */

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

export type CommandName = keyof typeof COMMAND

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

export const HEADER_OCTETS = 16
/** message_payload carries up to 64 KiB; the rest is room for the mandatory fields. */
export const MAX_FRAME_OCTETS = 70_000
export const MAX_SEQUENCE = 0x7fffffff
/** SMPP 3.4 §5.2.21: sm_length 0..254. */
export const MAX_SHORT_MESSAGE = 254

/** By command_id. */
export const COMMAND_NAMES = new Map<number, CommandName>(
  (Object.keys(COMMAND) as CommandName[]).map(name => [COMMAND[name], name]),
)
const STATUS_NAMES = new Map<number, CommandStatusName>(
  (Object.keys(COMMAND_STATUS) as CommandStatusName[]).map(name => [COMMAND_STATUS[name], name]),
)

/** `ESME_RTHROTTLED` for 0x58; codes that the standard leaves to carriers read `0x00000400`. */
export function commandStatusName(status: number): string {
  return STATUS_NAMES.get(status) ?? `0x${status.toString(16).padStart(8, '0')}`
}

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
