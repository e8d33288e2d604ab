/** Which fields each command has, in which order and how long they may be: both directions read it. */
import { COMMAND_STATUS as S, type CommandName } from './smpp.ts'

/** `text` is a C-octet string of at most `max` octets with its NUL; `octets` is sm_length and short_message. */
export type Field =
  | { readonly name: string; readonly kind: 'text'; readonly max: number; readonly fault: number }
  | { readonly name: string; readonly kind: 'int8' }
  | { readonly name: 'short_message'; readonly kind: 'octets' }

export interface Layout {
  readonly fields: readonly Field[]
  readonly tlvs: 'may have TLVs' | 'no TLVs'
}

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
export const LAYOUTS: Record<CommandName, Layout> = {
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
