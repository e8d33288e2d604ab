import fc from 'fast-check'
import type { Pdu } from '../../src/encoding/smpp.ts'

/** Every PDU that SMPP 3.4 lets one write, with any octets where any may be. */

export const octet = fc.integer({ min: 0, max: 255 })
const string = (max: number) =>
  fc
    .array(fc.integer({ min: 1, max: 255 }), { maxLength: max - 1 })
    .map(codes => String.fromCharCode(...codes))
const octets = (max: number) => fc.uint8Array({ maxLength: max }).map(bytes => Buffer.from(bytes))
const tlvs = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 0xffff }), octets(300)), {
    selector: ([tag]) => tag,
    maxLength: 8,
  })
  .map(entries => new Map(entries))
export const header = {
  command_status: fc.integer({ min: 0, max: 0xffffffff }),
  sequence_number: fc.integer({ min: 1, max: 0x7fffffff }),
}
const source = (max: number) => ({
  source_addr_ton: octet,
  source_addr_npi: octet,
  source_addr: string(max),
})
const addresses = (max: number) => ({
  service_type: string(6),
  ...source(max),
  dest_addr_ton: octet,
  dest_addr_npi: octet,
  destination_addr: string(max),
})
const bind = {
  ...header,
  system_id: string(16),
  password: string(9),
  system_type: string(13),
  interface_version: octet,
  addr_ton: octet,
  addr_npi: octet,
  address_range: string(41),
}
export const body = {
  ...addresses(21),
  esm_class: octet,
  protocol_id: octet,
  priority_flag: octet,
  schedule_delivery_time: string(17),
  validity_period: string(17),
  registered_delivery: octet,
  replace_if_present_flag: octet,
  data_coding: octet,
  sm_default_msg_id: octet,
  short_message: octets(254),
  tlvs,
}
const one = <T extends string>(...commands: T[]) => fc.constantFrom(...commands)
export const anyPdu: fc.Arbitrary<Pdu> = fc.oneof(
  fc.record({ command: one('bind_receiver', 'bind_transmitter', 'bind_transceiver'), ...bind }),
  fc.record({
    command: one('bind_receiver_resp', 'bind_transmitter_resp', 'bind_transceiver_resp'),
    ...header,
    system_id: string(16),
    tlvs,
  }),
  fc.record({ command: one('submit_sm', 'deliver_sm'), ...header, ...body }),
  fc.record({
    command: one('data_sm'),
    ...header,
    ...addresses(65),
    esm_class: octet,
    registered_delivery: octet,
    data_coding: octet,
    tlvs,
  }),
  fc.record({
    command: one('submit_sm_resp', 'deliver_sm_resp', 'data_sm_resp'),
    ...header,
    message_id: string(65),
    tlvs,
  }),
  fc.record({
    command: one('generic_nack', 'unbind', 'unbind_resp', 'enquire_link', 'enquire_link_resp'),
    ...header,
  }),
  fc.record({ command: one('cancel_sm_resp', 'replace_sm_resp'), ...header }),
  fc.record({ command: one('outbind'), ...header, system_id: string(16), password: string(9) }),
  fc.record({
    command: one('alert_notification'),
    ...header,
    ...source(65),
    esme_addr_ton: octet,
    esme_addr_npi: octet,
    esme_addr: string(65),
    tlvs,
  }),
  fc.record({ command: one('query_sm'), ...header, message_id: string(65), ...source(21) }),
  fc.record({
    command: one('query_sm_resp'),
    ...header,
    message_id: string(65),
    final_date: string(17),
    message_state: octet,
    error_code: octet,
  }),
  fc.record({ command: one('cancel_sm'), ...header, message_id: string(65), ...addresses(21) }),
  fc.record({
    command: one('replace_sm'),
    ...header,
    message_id: string(65),
    ...source(21),
    schedule_delivery_time: string(17),
    validity_period: string(17),
    registered_delivery: octet,
    sm_default_msg_id: octet,
    short_message: octets(254),
  }),
)
