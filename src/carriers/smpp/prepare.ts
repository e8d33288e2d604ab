import { NO_TLVS, type SubmitTemplate, prepareSubmit, setValidity } from '../../encoding/pdu.ts'
import { type SmppAddress, sourceAddress } from '../../encoding/phone.ts'
import type { EncodedText } from '../../encoding/segments.ts'
import { REFERENCE_AT, concatHeader } from '../../encoding/udh.ts'
import { relativeValidity } from '../../encoding/validity.ts'

/**
 * What a text needs on the wire: a submit_sm a segment, ready but for what differs from one recipient to the
 * next. It is prepared once and found again by the text's identity, so that a message of one segment costs one
 * copy of octets.
 */

/** registered_delivery: a receipt whether delivered or not (SMPP 3.4 §5.2.17). */
const WITH_RECEIPT = 1
const UDH_INDICATOR = 0x40

export interface PreparedText {
  readonly templates: readonly SubmitTemplate[]
  /** The last moment, and the second before it, that the templates' validity_period was written for. */
  expiresAt: number
  second: number
}

/** @throws AppError `invalid_carrier` where no message centre would take the sender's address */
export function createPreparing(sender: string): (text: EncodedText) => PreparedText {
  const source = sourceAddress(sender)
  const known = new WeakMap<EncodedText, PreparedText>()
  // The text of the message before, nearly always that of the next as well.
  let lastText: EncodedText | undefined
  let lastPrepared: PreparedText | undefined
  return text => {
    if (text === lastText) return lastPrepared!
    let prepared = known.get(text)
    if (prepared === undefined) {
      prepared = { templates: makeTemplates(text, source), expiresAt: 0, second: 0 }
      known.set(text, prepared)
    }
    lastText = text
    lastPrepared = prepared
    return prepared
  }
}

/** The segment as it may be written at `now`, an epoch time in milliseconds. */
export function templateFor(
  prepared: PreparedText,
  part: number,
  expiresAt: number,
  now: number,
): SubmitTemplate {
  const second = Math.floor(now / 1000)
  if (prepared.expiresAt !== expiresAt || prepared.second !== second) {
    renewValidity(prepared, expiresAt, second)
  }
  return prepared.templates[part]!
}

function renewValidity(prepared: PreparedText, expiresAt: number, second: number): void {
  // From the end of this second, so that no message of it outlives the alert.
  const validity = relativeValidity(expiresAt - (second + 1) * 1000)
  for (const template of prepared.templates) setValidity(template, validity)
  prepared.expiresAt = expiresAt
  prepared.second = second
}

function makeTemplates(text: EncodedText, source: SmppAddress): readonly SubmitTemplate[] {
  const { segments, referenceOctets } = text
  const total = segments.length
  return segments.map((segment, i) => {
    const header =
      total === 1
        ? new Uint8Array()
        : concatHeader({ reference: 0, referenceOctets, total, part: i + 1 })
    return prepareSubmit(
      {
        service_type: '',
        source_addr_ton: source.ton,
        source_addr_npi: source.npi,
        source_addr: source.addr,
        dest_addr_ton: 1,
        dest_addr_npi: 1,
        destination_addr: '',
        esm_class: total === 1 ? 0 : UDH_INDICATOR,
        protocol_id: 0,
        priority_flag: 0,
        schedule_delivery_time: '',
        validity_period: relativeValidity(0),
        registered_delivery: WITH_RECEIPT,
        replace_if_present_flag: 0,
        data_coding: text.dataCoding,
        sm_default_msg_id: 0,
        short_message: Buffer.concat([header, segment]),
        tlvs: NO_TLVS,
      },
      total === 1 ? undefined : { at: REFERENCE_AT, octets: referenceOctets },
    )
  })
}
