import { AppError } from '../errors.ts'
import { encodeGsm7, septetsOf } from './gsm7.ts'

/**
 * How a text becomes short messages: the alphabet, and the cuts. Pure: the console counts with the same code.
 * @see 3GPP TS 23.038 §6.2.1, TS 23.040 §9.2.3.24.1
 */

export type Alphabet = 'GSM7' | 'UCS2'

/**
 * Octets of the reference that joins segments, in the UDH that a carrier puts before each: a 1-octet reference
 * makes a UDH of 6 octets, a 2-octet one of 7 and so a septet or a character less a segment.
 */
export type ReferenceOctets = 1 | 2

/** A text as it goes on the air: encoded once, sent to every recipient of that language. */
export interface EncodedText {
  /** The text itself, lone surrogates replaced, for networks that encode it themselves. */
  readonly text: string
  readonly alphabet: Alphabet
  /** SMPP data_coding: 0 is the default alphabet, 8 UCS-2. */
  readonly dataCoding: 0 | 8
  /** Septets (an escape pair counts 2) or UTF-16 code units, of the whole text. */
  readonly units: number
  /**
   * At least one, without UDH: septets one an octet, or UTF-16BE. An escape pair or a surrogate pair never
   * straddles two, nor does a grapheme that fits in one.
   */
  readonly segments: readonly Uint8Array[]
  readonly referenceOctets: ReferenceOctets
  /** Of a text with a recipient's own link: what all of them have in common, and this one's token (`withToken`). */
  readonly own?: { readonly shape: TokenShape; readonly token: string }
}

/** A text in two forms that differ in the token alone: by where they do one knows where it lies, however it is encoded. */
export interface TokenShape {
  readonly letters: EncodedText
  readonly underscores: EncodedText
}

export interface TextMeasure {
  readonly alphabet: Alphabet
  readonly units: number
  /** What the text will cost; past the limit of 255, where `encodeText` throws, it is at least as many. */
  readonly segments: number
  /** The different characters that GSM-7 lacks, in order of appearance; absent for GSM-7. */
  readonly forcedBy?: readonly string[]
}

/** A UDH and the sar TLVs count to this. */
const MAX_SEGMENTS = 255
export const SINGLE = { GSM7: 160, UCS2: 70 } as const
export const JOINED = { GSM7: { 1: 153, 2: 152 }, UCS2: { 1: 67, 2: 66 } } as const

/**
 * @returns at least one segment; more than one means that each needs a UDH
 * @throws AppError `text_too_long` past 255 segments, the UDH's limit
 */
export function encodeText(text: string, referenceOctets: ReferenceOctets = 1): EncodedText {
  const plan = planSegments(text, referenceOctets)
  const { alphabet, units, ends, count } = plan
  assertJoinable(count)
  const segments = ends.map((end, i) => {
    const part = plan.text.slice(i === 0 ? 0 : ends[i - 1], end)
    return alphabet === 'GSM7' ? encodeGsm7(part)! : encodeUtf16be(part)
  })
  const dataCoding = alphabet === 'GSM7' ? 0 : 8
  return { text: plan.text, alphabet, dataCoding, units, segments, referenceOctets }
}

/** @throws AppError `text_too_long` */
export function assertJoinable(segments: number): void {
  if (segments <= MAX_SEGMENTS) return
  throw new AppError(
    'text_too_long',
    `the text needs ${segments} segments, a message joins at most ${MAX_SEGMENTS}: shorten it`,
  )
}

/** What `encodeText` would make of the text, without making it. Never throws. */
export function measureText(text: string, referenceOctets: ReferenceOctets = 1): TextMeasure {
  const { alphabet, units, count, forcedBy } = planSegments(text, referenceOctets)
  const measure = { alphabet, units, segments: count }
  return alphabet === 'GSM7' ? measure : { ...measure, forcedBy }
}

interface SegmentPlan {
  readonly text: string
  readonly alphabet: Alphabet
  readonly units: number
  readonly count: number
  /** Where each segment ends, as an index into `text`; not looked for in a text of more than 255. */
  readonly ends: readonly number[]
  readonly forcedBy: readonly string[]
}

function planSegments(given: string, referenceOctets: ReferenceOctets): SegmentPlan {
  const text = given.replace(/\p{Surrogate}/gu, '\ufffd')
  const forcedBy = new Set<string>()
  let septets = 0
  for (const character of text) {
    const width = character.length === 1 ? septetsOf(character.charCodeAt(0)) : 0
    if (width === 0) forcedBy.add(character)
    septets += width
  }
  const alphabet = forcedBy.size === 0 ? 'GSM7' : 'UCS2'
  const units = alphabet === 'GSM7' ? septets : text.length
  const joined = JOINED[alphabet][referenceOctets]
  const plan = { text, alphabet, units, forcedBy: [...forcedBy] } as const
  if (units <= SINGLE[alphabet]) return { ...plan, count: 1, ends: [text.length] }
  if (units > joined * MAX_SEGMENTS) return { ...plan, count: Math.ceil(units / joined), ends: [] }
  const ends = alphabet === 'GSM7' ? gsm7Ends(text, joined) : ucs2Ends(text, joined)
  return { ...plan, count: ends.length, ends }
}

/** Where each segment of so many septets ends, as an index into `text`. */
export function gsm7Ends(text: string, capacity: number): number[] {
  const ends: number[] = []
  let used = 0
  for (let i = 0; i < text.length; i++) {
    const width = septetsOf(text.charCodeAt(i))
    if (used + width > capacity) {
      ends.push(i)
      used = 0
    }
    used += width
  }
  ends.push(text.length)
  return ends
}

/** The same for UTF-16 units. */
// Only the clusters at the cuts are looked up: Intl.Segmenter takes seconds to walk all of a long text.
export function ucs2Ends(text: string, capacity: number): number[] {
  const clusters = new Intl.Segmenter().segment(text)
  const ends: number[] = []
  let start = 0
  while (text.length - start > capacity) {
    let end = start + capacity
    const { index, segment } = clusters.containing(end)!
    // A cluster longer than a whole segment (stacked combining marks) is cut, but between code points.
    if (index > start && segment.length <= capacity) end = index
    else if (isLowSurrogate(text.charCodeAt(end))) end--
    ends.push(end)
    start = end
  }
  ends.push(text.length)
  return ends
}

function isLowSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xdc00 && codeUnit <= 0xdfff
}

export function encodeUtf16be(text: string): Uint8Array {
  const octets = new Uint8Array(text.length * 2)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    octets[2 * i] = unit >> 8
    octets[2 * i + 1] = unit & 0xff
  }
  return octets
}

/** Any octets as UTF-16BE text: a lone surrogate or a last odd octet becomes U+FFFD. */
export function decodeUtf16be(octets: Uint8Array): string {
  let text = ''
  for (let i = 0; i + 1 < octets.length; i += 2) {
    text += String.fromCharCode((octets[i]! << 8) | octets[i + 1]!)
  }
  if (octets.length % 2 === 1) text += '\ufffd'
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}
