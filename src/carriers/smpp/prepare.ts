import { type LinkText, encodeForLink } from '../../encoding/link-text.ts'
import { type SubmitTemplate, prepareSubmit, setValidity } from '../../encoding/pdu-in-place.ts'
import { NO_TLVS } from '../../encoding/pdu.ts'
import { TLV, type Tlvs } from '../../encoding/smpp.ts'
import { sourceAddress } from '../../encoding/phone.ts'
import { TOKEN_LENGTH } from '../../encoding/recipient-link.ts'
import type { EncodedText, TokenShape } from '../../encoding/segments.ts'
import { REFERENCE_AT, concatHeader } from '../../encoding/udh.ts'
import { absoluteValidity, relativeValidity } from '../../encoding/validity.ts'
import type { SmppDialect } from './dialect.ts'

/**
 * What a text needs on the wire: a submit_sm a segment (or one for all, where the message centre does the cutting),
 * ready but for what differs from one recipient to the next. It is prepared once and found again by the text's
 * identity, so that a message of one segment costs one copy of octets.
 */

/** SMPP 3.4 §5.2.17: bits 0-1 ask for a receipt whether delivered or not, bit 4 for what becomes of it before. */
const REGISTERED_DELIVERY = { none: 0x00, final: 0x01, intermediate: 0x11 } as const
const UDH_INDICATOR = 0x40
/** `A`, of which the token of a shape is made, and `_`. */
const ANY_LETTER = 0x41
const UNDERSCORE = 0x5f
/** Of a TLV, before its value. */
const TLV_HEADER_OCTETS = 4

export interface PreparedText {
  /** On the air: what the account's rate counts. */
  readonly segments: number
  readonly templates: readonly SubmitTemplate[]
  readonly validity: SmppDialect['validity']
  /** The last moment, and the second before it, that the templates' validity_period was written for. */
  expiresAt: number
  second: number
  /** Where a recipient's token lies in the templates, of a text that has one and where that can be said. */
  token?: TokenPlaces | undefined
}

interface TokenPlaces {
  /** By template, the place of each of its octets in `tail`, in order. */
  readonly at: readonly (readonly number[])[]
  /** What `_` is on this link: the other signs are as in ASCII everywhere. */
  readonly underscore: number
}

/** @throws AppError `invalid_carrier` where no message centre would take the sender's address */
export function createPreparing(
  sender: string,
  dialect: SmppDialect,
): (text: EncodedText) => PreparedText {
  const template = bodyOf(sender, dialect)
  const { validity, coding } = dialect
  const known = new WeakMap<EncodedText, PreparedText>()
  // The text of the message before, nearly always that of the next as well.
  let lastText: EncodedText | undefined
  let lastPrepared: PreparedText | undefined
  /** With its places, if the token is an octet a sign on this link. */
  const ofShape = ({ letters, underscores }: TokenShape): PreparedText => {
    const prepared = preparedOf(letters)
    if (!('token' in prepared)) prepared.token = tokenPlaces(prepared, preparedOf(underscores))
    return prepared
  }
  const preparedOf = (text: EncodedText): PreparedText => {
    if (text.own !== undefined) {
      const common = ofShape(text.own.shape)
      if (common.token !== undefined) return common
    }
    if (text === lastText) return lastPrepared!
    let prepared = known.get(text)
    if (prepared === undefined) {
      const linkText = encodeForLink(text.text, coding)
      const { segments, parts, dataCoding } = linkText
      prepared = {
        segments,
        templates: parts.map((_, i) =>
          prepareSubmit(
            ...partOf({ ...template, data_coding: dataCoding }, linkText, i, coding.joining),
          ),
        ),
        validity,
        expiresAt: 0,
        second: 0,
      }
      known.set(text, prepared)
    }
    lastText = text
    lastPrepared = prepared
    return prepared
  }
  return preparedOf
}

/** Undefined where a sign is not an octet of its own: packed septets. */
function tokenPlaces(
  { templates: letters }: PreparedText,
  { templates: underscores }: PreparedText,
): TokenPlaces | undefined {
  const at = letters.map(({ tail }, part) => {
    const other = underscores[part]?.tail
    const places: number[] = []
    for (let i = 0; i < tail.length; i++) if (tail[i] !== other?.[i]) places.push(i)
    return places
  })
  const all = at.flatMap((places, part) => places.map(place => [part, place] as const))
  const [first] = all
  if (first === undefined || all.length !== TOKEN_LENGTH) return undefined
  if (all.some(([part, place]) => letters[part]!.tail[place] !== ANY_LETTER)) return undefined
  return { at, underscore: underscores[first[0]]!.tail[first[1]]! }
}

function writeToken({ tail }: SubmitTemplate, part: number, places: TokenPlaces, token: string) {
  let next = 0
  for (let before = 0; before < part; before++) next += places.at[before]!.length
  for (const place of places.at[part]!) {
    const sign = token.charCodeAt(next++)
    tail[place] = sign === UNDERSCORE ? places.underscore : sign
  }
}

/** The segment as it may be written at `now`, an epoch time in milliseconds. */
export function templateFor(
  prepared: PreparedText,
  part: number,
  expiresAt: number,
  now: number,
  token?: string,
): SubmitTemplate {
  const second = Math.floor(now / 1000)
  if (prepared.expiresAt !== expiresAt || prepared.second !== second) {
    renewValidity(prepared, expiresAt, second)
  }
  const template = prepared.templates[part]!
  if (token !== undefined && prepared.token !== undefined) {
    writeToken(template, part, prepared.token, token)
  }
  return template
}

function renewValidity(prepared: PreparedText, expiresAt: number, second: number): void {
  prepared.expiresAt = expiresAt
  prepared.second = second
  if (prepared.validity === 'none') return
  const validity =
    prepared.validity === 'absolute'
      ? absoluteValidity(expiresAt)
      : // From the end of this second, so that no message of it outlives the alert.
        relativeValidity(expiresAt - (second + 1) * 1000)
  for (const template of prepared.templates) setValidity(template, validity)
}

type Body = Parameters<typeof prepareSubmit>[0]

function bodyOf(sender: string, dialect: SmppDialect): Body {
  const address = sourceAddress(sender)
  const { source, destination, validity } = dialect
  return {
    service_type: dialect.serviceType,
    source_addr_ton: source.ton ?? address.ton,
    source_addr_npi: source.npi ?? address.npi,
    source_addr: address.addr,
    dest_addr_ton: destination.ton ?? 1,
    dest_addr_npi: destination.npi ?? 1,
    destination_addr: '',
    esm_class: 0,
    protocol_id: 0,
    priority_flag: 0,
    schedule_delivery_time: '',
    validity_period: validity === 'none' ? '' : relativeValidity(0),
    registered_delivery: REGISTERED_DELIVERY[dialect.registeredDelivery],
    replace_if_present_flag: 0,
    data_coding: 0,
    sm_default_msg_id: 0,
    short_message: new Uint8Array(),
    tlvs: NO_TLVS,
  }
}

/** One submit_sm of the message, and where in it the reference lies, counted from its short_message. */
function partOf(
  body: Body,
  { segments, parts }: LinkText,
  i: number,
  joining: SmppDialect['coding']['joining'],
): Parameters<typeof prepareSubmit> {
  const octets = parts[i]!
  if (segments === 1) return [{ ...body, short_message: octets }]
  switch (joining) {
    case 'udh8':
    case 'udh16': {
      const referenceOctets = joining === 'udh8' ? 1 : 2
      const header = concatHeader({ reference: 0, referenceOctets, total: segments, part: i + 1 })
      return [
        { ...body, esm_class: UDH_INDICATOR, short_message: Buffer.concat([header, octets]) },
        { at: REFERENCE_AT, octets: referenceOctets },
      ]
    }
    case 'sar': {
      const tlvs: Tlvs = new Map([
        [TLV.sar_msg_ref_num, Uint8Array.of(0, 0)],
        [TLV.sar_total_segments, Uint8Array.of(segments)],
        [TLV.sar_segment_seqnum, Uint8Array.of(i + 1)],
      ])
      return [
        { ...body, short_message: octets, tlvs },
        { at: octets.length + TLV_HEADER_OCTETS, octets: 2 },
      ]
    }
    case 'payload':
      return [{ ...body, tlvs: new Map([[TLV.message_payload, octets]]) }]
  }
}
