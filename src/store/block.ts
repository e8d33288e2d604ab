/**
 * A block of recipients in memory: what has become of each, as octets, and the counters that must move with it.
 *
 * A record has 12 octets, and what few recipients have is apart, so that what moves with every message is small:
 *
 *     0 state        an index of DELIVERY_STATES; in its upper half 16: possible duplicate
 *     1 attempts     tries that count
 *     2 try          messages whose ids are on record: tells the segments of one from those of another
 *     3 carrier      index into `carriers`, from 1
 *     4 submitted, 8 final   (4 each) milliseconds since `plannedAt`, from 1
 *
 * The extras, 4 octets, all or none of a block:
 *
 *     0 generation   (2) how often the recipient has moved to a new range
 *     2 reason       (2) index into `reasons`, from 1
 *
 * What a recipient replied is a row of its own (`replies.ts`): replies come from all blocks at once.
 *
 * Blocks are changed by whoever holds the row's lock and written whole (`blocks.ts`). Every change of state goes
 * through `#move`, which notes what it does to the counters; so rows and counters can't drift apart.
 */
import { DELIVERY_STATES } from './schema.ts'
import { NO_CARRIER, type ProgressDelta } from './progress.ts'

export type DeliveryState = (typeof DELIVERY_STATES)[number]

export const RECORD = 12
const ATTEMPTS = 1
const TRY = 2
export const CARRIER = 3
export const SUBMITTED = 4
const FINAL = 8

export const EXTRA = 4
const REASON = 2

const STATE = 0x0f
const POSSIBLE_DUPLICATE = 0x10

/** As records write them. */
const NUMBER_OF = Object.fromEntries(
  DELIVERY_STATES.map((state, number) => [state, number]),
) as Readonly<Record<DeliveryState, number>>
const QUEUED = NUMBER_OF.queued

/** What a record's first octet says. */
export function stateOfOctet(octet: number) {
  return {
    state: DELIVERY_STATES[octet & STATE] ?? 'queued',
    isPossibleDuplicate: (octet & POSSIBLE_DUPLICATE) !== 0,
  }
}

/** Past 49 days after planning all times are that of the 49th. */
export const LATEST_MS = 2 ** 32 - 2

/** The record of a message that the block's only carrier took at the first try, in hex, up to its time. */
export const FIRST_SUBMITTED = '01010101'

/** As a part: all segments of a message. An id is of it where the carrier cuts the message itself. */
export const WHOLE = 255

/** A block's row, as far as it changes. */
export interface BlockRow {
  readonly alertId: string
  readonly blockNo: number
  readonly size: number
  readonly segments: number
  readonly plannedAt: number
  /** The transaction's time, on the database's clock, as epoch milliseconds: what happens now happens then. */
  readonly now: number
  /** Empty while nothing has become of anyone. */
  readonly records: Uint8Array
  /** Empty while nobody has any. */
  readonly extras: Uint8Array
  readonly parts: Uint8Array | null
  readonly olderParts: Readonly<Record<string, string>> | null
  readonly carriers: readonly string[]
  readonly reasons: readonly string[]
}

/** A try whose ids are on record. */
export interface Segment {
  readonly offset: number
  /** From 0, or `WHOLE`. */
  readonly part: number
  /** Of its try; undefined: as many as the text has segments. */
  readonly parts?: number | undefined
  readonly tryNo: number
}

type Counted = Exclude<DeliveryState, 'queued'>

export class Block {
  readonly alertId: string
  readonly blockNo: number
  readonly size: number
  readonly segments: number
  /** What is to be written, once something has changed. */
  readonly records: Buffer
  readonly carriers: string[]
  readonly reasons: string[]
  parts: Buffer | undefined
  /** Undefined while nobody has any. */
  extras: Buffer | undefined
  olderParts: Record<string, string> | undefined
  hasChanged = false
  /** By carrier, `NO_CARRIER` for recipients that none has. */
  readonly progress = new Map<string, { -readonly [K in keyof ProgressDelta]: number }>()
  readonly #plannedAt: number
  readonly #now: number

  constructor(row: BlockRow) {
    this.alertId = row.alertId
    this.blockNo = row.blockNo
    this.size = row.size
    this.segments = row.segments
    this.#plannedAt = row.plannedAt
    this.#now = row.now
    this.records = row.records.length > 0 ? view(row.records) : Buffer.alloc(row.size * RECORD)
    this.extras = row.extras.length > 0 ? view(row.extras) : undefined
    this.parts = row.parts === null ? undefined : view(row.parts)
    this.olderParts = row.olderParts === null ? undefined : { ...row.olderParts }
    this.carriers = [...row.carriers]
    this.reasons = [...row.reasons]
  }

  state(offset: number): DeliveryState {
    return DELIVERY_STATES[this.#stateNo(offset)] ?? 'queued'
  }

  /** Whether a range of this generation still has it and nothing has ended it. */
  waitsIn(generation: number, offset: number): boolean {
    return this.#stateNo(offset) === QUEUED && this.#extra16(offset, 0) === generation
  }

  latestGeneration(): number {
    let latest = 0
    for (let offset = 0; offset < this.size; offset++) {
      latest = Math.max(latest, this.#extra16(offset, 0))
    }
    return latest
  }

  attempts(offset: number): number {
    return this.records[offset * RECORD + ATTEMPTS]!
  }

  isPossibleDuplicate(offset: number): boolean {
    return (this.records[offset * RECORD]! & POSSIBLE_DUPLICATE) !== 0
  }

  carrier(offset: number): string | undefined {
    return this.carriers[this.records[offset * RECORD + CARRIER]! - 1]
  }

  reason(offset: number): string | undefined {
    return this.reasons[this.#extra16(offset, REASON) - 1]
  }

  submittedAt(offset: number): Date | undefined {
    return this.#time(this.records.readUInt32BE(offset * RECORD + SUBMITTED))
  }

  finalAt(offset: number): Date | undefined {
    return this.#time(this.records.readUInt32BE(offset * RECORD + FINAL))
  }

  /** It was handed to a carrier, or nobody can say that it was not: what was rejected, or failed later, too. */
  mayHaveLeft(offset: number): boolean {
    const isMarked = this.isPossibleDuplicate(offset) || this.#stateNo(offset) === NUMBER_OF.unknown
    return isMarked || this.records.readUInt32BE(offset * RECORD + SUBMITTED) > 0
  }

  /** Segments of the latest try that were delivered; all only of a message that was. */
  deliveredSegments(offset: number): number {
    if (this.state(offset) === 'delivered') return this.segments
    const bits = this.#partsOf(offset)
    // A carrier may have needed more of them.
    return bits === undefined ? 0 : Math.min(this.segments - 1, countBits(bits))
  }

  wasWritten(): void {
    this.hasChanged = false
    this.progress.clear()
  }

  // ---- the end of a submission

  /** A carrier took it whole, in so many segments. */
  submitted(offset: number, carrierId: string, segments = this.segments): void {
    const at = offset * RECORD
    this.records[at + ATTEMPTS]!++
    this.#setTime(at + SUBMITTED, this.#now)
    this.#move(offset, 'submitted', carrierId)
    this.#count(carrierId, 'segments', segments)
  }

  /** @param carrierId the carrier that it was handed to; undefined: to none, and the attempt is none */
  ended(
    offset: number,
    state: 'failed' | 'unknown' | 'expired' | 'cancelled',
    reason: string | undefined,
    carrierId?: string,
  ): void {
    const at = offset * RECORD
    if (carrierId !== undefined) {
      this.records[at + ATTEMPTS]!++
      this.#setTime(at + SUBMITTED, this.#now)
    }
    this.#setTime(at + FINAL, this.#now)
    this.#setReason(offset, reason)
    this.#move(offset, state, carrierId)
  }

  /** It goes again, from a range of the next generation. */
  retried(
    offset: number,
    reason: string,
    { uncertain, spendsAttempt }: { uncertain: boolean; spendsAttempt: boolean },
  ): void {
    if (spendsAttempt) this.records[offset * RECORD + ATTEMPTS]!++
    this.#setReason(offset, reason)
    this.#setExtra16(offset, 0, nextGeneration(this.#extra16(offset, 0)))
    if (uncertain) this.suspect(offset)
  }

  /** It may have left before it is sent again. */
  suspect(offset: number): void {
    this.hasChanged = true
    if (this.isPossibleDuplicate(offset)) return
    this.records[offset * RECORD]! |= POSSIBLE_DUPLICATE
    this.#count(NO_CARRIER, 'possibleDuplicates', 1)
  }

  /** What failed, or was never sent, waits again, in a range of this generation. */
  requeued(offset: number, generation: number): void {
    const at = offset * RECORD
    this.records[at + ATTEMPTS] = 0
    this.records.writeUInt32BE(0, at + FINAL)
    this.#setExtra16(offset, 0, generation)
    this.#setReason(offset, undefined)
    this.#move(offset, 'queued', undefined)
  }

  // ---- receipts

  /** Ids of another message to it are recorded. @returns the number of the try */
  nextTry(offset: number): number {
    const at = offset * RECORD
    const bits = this.#partsOf(offset)
    if (bits?.some(octet => octet > 0) === true) {
      this.olderParts = {
        ...this.olderParts,
        [`${offset}.${this.records[at + TRY]}`]: bits.toString('hex'),
      }
      bits.fill(0)
    }
    this.hasChanged = true
    const tryNo = (this.records[at + TRY]! + 1) & 0xff
    this.records[at + TRY] = tryNo
    return tryNo
  }

  /** What a receipt has said of a segment; undefined also where nobody can tell which of several it spoke of. */
  saidOf(segment: Segment): 'delivered' | 'failed' | undefined {
    const { offset, tryNo } = segment
    if (tryNo !== this.records[offset * RECORD + TRY]) return undefined
    if (this.segments > 1) return this.#hasPart(segment) ? 'delivered' : undefined
    const state = this.state(offset)
    return state === 'delivered' || state === 'failed' ? state : undefined
  }

  /** No receipt has ended it: it was taken, or nobody knows, and nothing has been said since of this try. */
  awaitsReceipt(segment: Segment): boolean {
    const { offset, tryNo } = segment
    const state = this.#stateNo(offset)
    if (state !== NUMBER_OF.submitted && state !== NUMBER_OF.unknown) return false
    return tryNo === this.records[offset * RECORD + TRY] && !this.#hasPart(segment)
  }

  /** A receipt of delivery for a segment: the message is delivered once all segments of one try are. */
  segmentDelivered(segment: Segment, carrierId: string): void {
    const { offset } = segment
    if ((segment.parts ?? this.segments) > 1 && !this.#addPart(segment)) return
    if (this.state(offset) === 'delivered') return
    const at = offset * RECORD
    const wasQueued = this.#stateNo(offset) === QUEUED
    this.#setReason(offset, undefined)
    this.#setTime(at + FINAL, this.#now)
    if (this.records.readUInt32BE(at + SUBMITTED) === 0) this.#setTime(at + SUBMITTED, this.#now)
    this.#move(offset, 'delivered', carrierId)
    if (wasQueued) this.#count(carrierId, 'segments', this.segments)
  }

  /** A receipt of failure for a segment. Of a try before the latest it says nothing any more. */
  segmentFailed(segment: Segment, reason: string, carrierId: string): void {
    const { offset, tryNo } = segment
    const at = offset * RECORD
    const state = this.#stateNo(offset)
    if (state !== NUMBER_OF.submitted && state !== NUMBER_OF.unknown) return
    if (tryNo !== this.records[at + TRY] || this.#hasPart(segment)) return
    this.#setReason(offset, reason)
    this.#setTime(at + FINAL, this.#now)
    this.#move(offset, 'failed', carrierId)
  }

  // ---- the octets

  #move(offset: number, state: DeliveryState, carrierId: string | undefined): void {
    const at = offset * RECORD
    const was = this.state(offset)
    if (was !== 'queued') this.#count(this.carrier(offset) ?? NO_CARRIER, was, -1)
    if (state !== 'queued') this.#count(carrierId ?? NO_CARRIER, state, 1)
    this.records[at] = (this.records[at]! & ~STATE) | NUMBER_OF[state]
    this.records[at + CARRIER] =
      carrierId === undefined ? 0 : numberOf(this.carriers, carrierId, 0xff)
    this.hasChanged = true
  }

  #count(carrierId: string, what: Counted | 'possibleDuplicates' | 'segments', by: number): void {
    let delta = this.progress.get(carrierId)
    if (delta === undefined) this.progress.set(carrierId, (delta = {}))
    delta[what] = (delta[what] ?? 0) + by
  }

  #stateNo(offset: number): number {
    return this.records[offset * RECORD]! & STATE
  }

  #extra16(offset: number, field: number): number {
    return this.extras?.readUInt16BE(offset * EXTRA + field) ?? 0
  }

  #setExtra16(offset: number, field: number, value: number): void {
    if (this.#extra16(offset, field) === value) return
    this.extras ??= Buffer.alloc(this.size * EXTRA)
    this.extras.writeUInt16BE(value, offset * EXTRA + field)
    this.hasChanged = true
  }

  #setReason(offset: number, reason: string | undefined): void {
    const number = reason === undefined ? 0 : numberOf(this.reasons, reason, 0xffff)
    this.#setExtra16(offset, REASON, number)
  }

  #time(ms: number): Date | undefined {
    return ms === 0 ? undefined : new Date(this.#plannedAt + ms - 1)
  }

  #msOf(time: number): number {
    return Math.min(LATEST_MS, Math.max(0, Math.round(time - this.#plannedAt))) + 1
  }

  #setTime(at: number, time: number): void {
    this.records.writeUInt32BE(this.#msOf(time), at)
    this.hasChanged = true
  }

  #partsOf(offset: number): Buffer | undefined {
    const stride = this.#stride
    return this.parts?.subarray(offset * stride, (offset + 1) * stride)
  }

  /** Octets a recipient has in `parts`: as many as the most parts need that any try has had. */
  get #stride(): number {
    return this.parts === undefined ? 0 : this.parts.length / this.size
  }

  #widenParts(octets: number): void {
    const before = this.parts
    const stride = this.#stride
    if (before !== undefined && stride >= octets) return
    this.parts = Buffer.alloc(this.size * octets)
    for (let offset = 0; offset < this.size; offset++) {
      before?.copy(this.parts, offset * octets, offset * stride, (offset + 1) * stride)
    }
  }

  #hasPart({ offset, part, parts = this.segments }: Segment): boolean {
    const bits = this.#partsOf(offset)
    if (bits === undefined) return false
    if (part === WHOLE) return countBits(bits) >= parts
    return ((bits[part >> 3] ?? 0) & (1 << (part & 7))) !== 0
  }

  /** @returns whether the try is whole with it */
  #addPart({ offset, part, tryNo, parts = this.segments }: Segment): boolean {
    const octets = Math.ceil(Math.max(parts, part === WHOLE ? 0 : part + 1) / 8)
    this.#widenParts(octets)
    const isLatest = tryNo === this.records[offset * RECORD + TRY]
    const key = `${offset}.${tryNo}`
    const bits = isLatest
      ? this.#partsOf(offset)!
      : Buffer.from((this.olderParts?.[key] ?? '').padEnd(octets * 2, '0'), 'hex')
    const [from, to] = part === WHOLE ? [0, parts - 1] : [part, part]
    for (let bit = from; bit <= to; bit++) bits[bit >> 3]! |= 1 << (bit & 7)
    if (!isLatest) this.olderParts = { ...this.olderParts, [key]: bits.toString('hex') }
    this.hasChanged = true
    return countBits(bits) >= parts
  }
}

export function nextGeneration(generation: number): number {
  return (generation + 1) & 0xffff
}

const view = (octets: Uint8Array) =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)

function countBits(octets: Uint8Array): number {
  let count = 0
  for (let octet of octets) for (; octet > 0; octet >>= 1) count += octet & 1
  return count
}

/** The word's number, from 1; a list that is full calls everything new by its last word. */
function numberOf(words: string[], word: string, most: number): number {
  const known = words.indexOf(word)
  if (known >= 0) return known + 1
  if (words.length < most) words.push(word)
  return words.length
}
