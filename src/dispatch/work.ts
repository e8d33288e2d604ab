import type { AlertLetter } from '../cap/letter.ts'
import type { Traffic } from '../carriers/traffic.ts'
import type { EncodedText } from '../encoding/segments.ts'
import type { Lease } from '../store/intents.ts'
import { phoneAt } from '../store/blocks.ts'
import type { RangePlace } from '../store/ranges.ts'

/** What a lane must know of an alert that it sends: verified content, texts encoded once. */
export interface SendableAlert {
  /** Which carriers may carry it. */
  readonly traffic: Traffic
  readonly id: string
  /** Lower goes first, as in `alerts.priority`. */
  readonly priority: number
  readonly delivery: 'at-least-once' | 'at-most-once'
  /** Policy calls it an emergency: it goes to whoever can be reached at all. */
  readonly emergency: boolean
  /** By text number. */
  readonly texts: ReadonlyMap<number, SendableText>
}

export interface Personal {
  text(seq: number): EncodedText
  letter(seq: number): AlertLetter
}

export interface SendableText {
  readonly encoded: EncodedText
  /** The same with a recipient's own link, of as many segments; undefined: everybody gets the same. */
  readonly personal: Personal | undefined
  readonly expiresAt: number
  /** The same as mail. */
  readonly letter: AlertLetter
}

/** A text on one carrier. */
export interface CarrierText extends Omit<SendableText, 'letter'> {
  /** On this carrier, which may be others than were approved (`carriers/segments.ts`). */
  readonly segments: number
}

/** A claimed range as its lane holds it. */
export interface HeldRange {
  readonly lease: Lease
  readonly place: RangePlace & { readonly routeClass: string }
  readonly alert: SendableAlert
  /** Of its block. */
  readonly phones: Buffer
  /** All its recipients get the same. */
  readonly text: CarrierText
  /** Recipients without an end yet, sent or not. */
  open: number
  /** Recipients handed over and not answered. */
  inFlight: number
  /** The last seq that was handed over. */
  sent: number
  /** On the monotonic clock: nothing of it is handed to a socket after this. */
  deadline: number
  /** Lost, paused, stopped or expired: nothing more of it is sent. */
  withdrawn: boolean
  /** Some of its results are not on record and never will be: it is left to its lease, and its mark stays. */
  spoilt: boolean
}

/** One recipient's message, in this lane's hands. */
export interface Item {
  readonly range: HeldRange
  readonly seq: number
  readonly attempts: number
}

/** Made only when it is sent: what waits holds no text. */
export const phoneOf = ({ range, seq }: Item): string =>
  phoneAt(range.phones, seq - range.place.blockNo)

export const segmentsOf = ({ range }: Item): number => range.text.segments
