/**
 * Handing messages to a carrier, segment by segment: a message begins when its first slot is due, and its other
 * segments follow, each in a slot of its own, or at a low rate one long text would fill several seconds at once.
 * Nothing else begins before the last of them has left.
 */
import type { Carrier, ShortMessage } from '../carriers/carrier.ts'
import type { LaneCounts } from './lane-counts.ts'
import type { Pace } from './pace.ts'
import type { HeldRange } from './work.ts'

/**
 * What has begun to leave and must not go on (paused, stopped) is finished if that takes no longer, in seconds, or
 * its recipient would see nothing of it; else the rest stays. A message of four segments takes three seconds at one
 * a second.
 */
const FINISH_SECONDS = 0.5

export class HandOver {
  readonly #carrier: Carrier
  readonly #pace: Pace
  readonly #counts: LaneCounts
  readonly #rate: number
  #owing = 0
  #ref = 0
  #range: HeldRange | undefined

  /** @param rate segments a second */
  constructor(carrier: Carrier, pace: Pace, counts: LaneCounts, rate: number) {
    this.#carrier = carrier
    this.#pace = pace
    this.#counts = counts
    this.#rate = rate
  }

  /** Segments of the message handed over last that have not left. */
  get owing(): number {
    return this.#owing
  }

  /** That message's, where it is an alert's. */
  get ref(): number | undefined {
    return this.#range === undefined ? undefined : this.#ref
  }

  /**
   * Hands a message over, as many of its segments as have slots that are due and places in the window.
   *
   * @param segments that the message takes on this carrier
   * @param range none: it answers a person
   * @returns what is left of the `available` segments
   */
  begin(
    message: ShortMessage,
    segments: number,
    ref: number,
    range: HeldRange | undefined,
    available: number,
  ): number {
    const now = segments === 1 ? 1 : Math.min(segments, available, this.#carrier.room)
    this.#pace.take(now)
    this.#counts.submittedMessages++
    this.#counts.submittedSegments += now
    this.#owing = segments - now
    this.#ref = ref
    this.#range = range
    this.#carrier.submit(message, ref, now)
    return available - now
  }

  /**
   * Lets the next segments of the message go that was begun, or keeps the rest of it back.
   *
   * @returns what is left of the `available` segments
   */
  goOn(now: number, available: number): number {
    const range = this.#range
    const isLost = range !== undefined && now > range.deadline
    if (isLost || (range?.withdrawn === true && this.#owing > this.#rate * FINISH_SECONDS)) {
      this.#carrier.keepBack()
      return available
    }
    const more = this.#carrier.release(Math.min(this.#owing, available))
    this.#pace.take(more)
    this.#counts.submittedSegments += more
    this.#owing -= more
    return available - more
  }

  /** Its end is known: refused or lost in the middle, the rest of it stays. */
  ended(ref: number): void {
    if (ref !== this.#ref) return
    this.#owing = 0
    this.#range = undefined
  }
}
