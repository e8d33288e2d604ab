import { encodeGsm7, fillBitsBehind, packGsm7 } from './gsm7.ts'
import type { DefaultAlphabet } from './message-text.ts'
import {
  JOINED,
  SINGLE,
  assertJoinable,
  encodeUtf16be,
  gsm7Ends,
  measureText,
  ucs2Ends,
} from './segments.ts'

/**
 * A text as one link carries it.
 *
 * What GSM-7 can say goes in the alphabet that data_coding 0 means at the message centre, if that has every
 * character of it; everything else goes as UCS-2. So nothing is ever left away, and what the operator was told
 * must go as UCS-2 does so everywhere: on the air a text is GSM-7 or UCS-2, whatever the link is.
 *
 * A segment has 140 octets on the air: 160 septets or 70 UTF-16 units, or 140 Latin-1 characters where a message
 * centre passes them on as they are. A header takes its octets from that, also one that the message centre writes
 * for the sar TLVs or message_payload: six octets (3GPP TS 23.040 §9.2.3.24.1).
 */

/** How the segments of a message are told to belong together; `payload` leaves the cutting to the message centre. */
export type Joining = 'udh8' | 'udh16' | 'sar' | 'payload'

export interface LinkCoding {
  readonly defaultAlphabet: DefaultAlphabet
  readonly joining: Joining
  /** data_coding of texts in the default alphabet and of UCS-2, where they are not 0 and 8. */
  readonly dataCoding: { readonly defaultAlphabet: number; readonly ucs2: number }
}

export const USUAL_CODING: LinkCoding = {
  defaultAlphabet: 'GSM7',
  joining: 'udh8',
  dataCoding: { defaultAlphabet: 0, ucs2: 8 },
}

export interface LinkText {
  readonly dataCoding: number
  /** On the air: what an account's rate and its bill count. */
  readonly segments: number
  /** Of a submit_sm each, without a header: one a segment, or all in one as message_payload. */
  readonly parts: readonly Uint8Array[]
}

/** Of the header that is written here: what the message centre writes needs no room in ours. */
const HEADER_OCTETS = { udh8: 6, udh16: 7, sar: 0, payload: 0 } as const satisfies Record<
  Joining,
  number
>
const LATIN1_OCTETS = { single: 140, joined: { 1: 134, 2: 133 } } as const

/** @throws AppError `text_too_long` past 255 segments */
export function encodeForLink(given: string, coding: LinkCoding): LinkText {
  const text = given.replace(/\p{Surrogate}/gu, '\ufffd')
  const { defaultAlphabet, joining, dataCoding } = coding
  const isDefault = measureText(text).alphabet === 'GSM7' && hasAll(defaultAlphabet, text)
  const cuts = isDefault ? defaultCuts(text, coding) : ucs2Cuts(text, coding)
  assertJoinable(cuts.length)
  const pieces = cuts.map((end, i) => text.slice(i === 0 ? 0 : cuts[i - 1], end))
  const fillBits = cuts.length === 1 ? 0 : fillBitsBehind(HEADER_OCTETS[joining])
  const encode = (piece: string) =>
    isDefault ? encodeDefault(piece, defaultAlphabet, fillBits) : encodeUtf16be(piece)
  return {
    dataCoding: isDefault ? dataCoding.defaultAlphabet : dataCoding.ucs2,
    segments: cuts.length,
    parts: joining === 'payload' ? [encode(text)] : pieces.map(encode),
  }
}

function hasAll(alphabet: DefaultAlphabet, text: string): boolean {
  switch (alphabet) {
    case 'GSM7':
    case 'GSM7-packed':
      return true
    case 'latin1':
      return !/[^\0-\xff]/.test(text)
    case 'ascii':
      return !/[^\0-\x7f]/.test(text)
  }
}

function defaultCuts(text: string, { defaultAlphabet, joining }: LinkCoding): readonly number[] {
  const reference = referenceOctetsOf(joining)
  if (defaultAlphabet === 'latin1') {
    const { single, joined } = LATIN1_OCTETS
    if (text.length <= single) return [text.length]
    const count = Math.ceil(text.length / joined[reference])
    return Array.from({ length: count }, (_, i) =>
      Math.min(text.length, (i + 1) * joined[reference]),
    )
  }
  // ASCII too: on the air its brackets and braces take an escape.
  return measureText(text).units <= SINGLE.GSM7
    ? [text.length]
    : gsm7Ends(text, JOINED.GSM7[reference])
}

function ucs2Cuts(text: string, { joining }: LinkCoding): readonly number[] {
  if (text.length <= SINGLE.UCS2) return [text.length]
  return ucs2Ends(text, JOINED.UCS2[referenceOctetsOf(joining)])
}

function encodeDefault(text: string, alphabet: DefaultAlphabet, fillBits: number): Uint8Array {
  switch (alphabet) {
    case 'GSM7':
      return encodeGsm7(text)!
    case 'GSM7-packed':
      return packGsm7(encodeGsm7(text)!, fillBits)
    case 'latin1':
    case 'ascii':
      return Buffer.from(text, 'latin1')
  }
}

const referenceOctetsOf = (joining: Joining) => (joining === 'udh16' ? 2 : 1)
