import { decodePdu } from '../encoding/pdu.ts'
import { COMMAND_STATUS, TLV, isPduFault } from '../encoding/smpp.ts'
import { readUserDataHeader } from '../encoding/udh.ts'
import { parseValidity } from '../encoding/validity.ts'
import type { SegmentInput } from './arrivals.ts'
import type { SubmitView } from './submit.ts'
import type { Workings } from './workings.ts'

/** What a phone will see of a submit_sm. */
export interface SegmentReader {
  /** As it was read last; all of it but the account and the fate. */
  readonly segment: SegmentInput
  /** @returns the command_status to answer with: ESME_ROK where `segment` holds it now */
  read(view: SubmitView, frame: Buffer, start: number, end: number): number
}

/** A part's place, and where its text lies: past all headers. */
interface Content {
  octets: Buffer
  from: number
  to: number
  /** Of the user data header, before `from`. */
  headerOctets: number
}

const S = COMMAND_STATUS
const ESM_UDHI = 0x40
const RELATIVE = 0x52

export function createSegmentReader(workings: Workings): SegmentReader {
  const { list } = workings
  const segment: SegmentInput = {
    account: 0,
    phone: 0,
    source: 0,
    text: 0,
    part: 1,
    total: 1,
    reference: 0,
    validSeconds: 0,
    fate: 'taken',
  }
  const content: Content = { octets: Buffer.alloc(0), from: 0, to: 0, headerOctets: 0 }
  // An alert brings the same sender and, for a second, the same validity to everybody.
  let source = { octets: Buffer.alloc(0), number: -1 }
  let validity = { octets: Buffer.alloc(0), seconds: 0 }

  const readSource = (frame: Buffer, start: number, end: number): void => {
    if (source.number < 0 || !isSame(source.octets, frame, start, end)) {
      const octets = Buffer.from(frame.subarray(start, end))
      source = { octets, number: list.sourceNumber(octets.toString('latin1')) }
    }
    segment.source = source.number
  }

  /** Seconds that a validity_period leaves, at least 1, 0 where there is none; -1 where it can't be read. */
  const validSeconds = (frame: Buffer, start: number, end: number): number => {
    if (start === end) return 0
    if (isSame(validity.octets, frame, start, end)) return validity.seconds
    const now = Date.now()
    const until = parseValidity(frame.toString('latin1', start, end), now)
    const seconds = until === undefined ? -1 : Math.max(1, Math.round((until - now) / 1000))
    // A relative time says the same from one message to the next.
    if (frame[end - 1] === RELATIVE) {
      validity = { octets: Buffer.from(frame.subarray(start, end)), seconds }
    }
    return seconds
  }

  const readTlvs = (frame: Buffer): number => {
    const pdu = decodePdu(frame)
    if (isPduFault(pdu)) return pdu.command_status
    const tlvs = 'tlvs' in pdu ? pdu.tlvs : new Map<number, Uint8Array>()
    const payload = tlvs.get(TLV.message_payload)
    if (payload !== undefined) {
      content.octets = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
      content.from = 0
      content.to = payload.length
    }
    const reference = tlvs.get(TLV.sar_msg_ref_num)
    if (reference?.length !== 2) return S.ESME_ROK
    segment.reference = (reference[0]! << 8) | reference[1]!
    segment.total = Math.max(1, tlvs.get(TLV.sar_total_segments)?.[0] ?? 1)
    segment.part = tlvs.get(TLV.sar_segment_seqnum)?.[0] ?? 1
    return segment.part < 1 || segment.part > segment.total ? S.ESME_RINVOPTPARAMVAL : S.ESME_ROK
  }

  const readHeader = (): number => {
    const header = readUserDataHeader(content.octets.subarray(content.from, content.to))
    if (header === undefined) return S.ESME_RINVESMCLASS
    content.headerOctets = header.octets
    content.from += header.octets
    if (header.concat !== undefined) {
      segment.reference = header.concat.reference
      segment.total = header.concat.total
      segment.part = header.concat.part
    }
    return S.ESME_ROK
  }

  return {
    segment,
    read(view, frame, start, end) {
      segment.part = 1
      segment.total = 1
      segment.reference = 0
      content.octets = frame
      content.from = view.messageStart
      content.to = view.messageEnd
      content.headerOctets = 0
      let status: number = S.ESME_ROK
      if (view.tlvStart < end) status = readTlvs(frame.subarray(start, end))
      if (status === S.ESME_ROK && (view.esmClass & ESM_UDHI) !== 0) status = readHeader()
      if (status !== S.ESME_ROK) return status
      segment.validSeconds = validSeconds(frame, view.validityStart, view.validityEnd)
      if (segment.validSeconds < 0) return S.ESME_RINVEXPIRY
      const alphabet = workings.behaviour.defaultAlphabet
      const { octets, from, to, headerOctets } = content
      segment.text = list.readText(octets, from, to, view.dataCoding, alphabet, headerOctets)
      readSource(frame, view.sourceStart, view.sourceEnd)
      segment.phone = view.phone
      return S.ESME_ROK
    },
  }
}

/** Octet by octet: so few that a call of Buffer's own comparison would take longer. */
function isSame(octets: Buffer, frame: Buffer, start: number, end: number): boolean {
  if (octets.length !== end - start) return false
  for (let i = 0; i < octets.length; i++) if (octets[i] !== frame[start + i]) return false
  return true
}
