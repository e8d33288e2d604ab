/**
 * What a lane has claimed and not handed over, in the order in which it leaves.
 *
 *     head ── marked ──┬── unmarked ──
 *
 * The first `marked` may leave: their intents are committed. What is marked and not yet recorded is the lane's
 * *exposure*: so many may go out twice if this process dies now.
 */
import type { Item } from './work.ts'

/** Places of items that have left, before the list is cut. */
const SPENT = 8_192

export class Queue {
  #items: Item[] = []
  #head = 0
  #marked = 0
  #markedSegments = 0
  #epoch = 0

  /** Marked and not yet recorded, here or at the carrier; counted by whoever marks, hands over and records. */
  exposure = 0

  /** Rises when the queue is emptied at once: a mark that was under way then marks nothing. */
  get epoch(): number {
    return this.#epoch
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  get marked(): number {
    return this.#marked
  }

  get markedSegments(): number {
    return this.#markedSegments
  }

  get unmarked(): number {
    return this.length - this.#marked
  }

  /** The `i`-th from the head, marked ones first. */
  at(i: number): Item | undefined {
    return this.#items[this.#head + i]
  }

  add(item: Item): void {
    this.#items.push(item)
  }

  /** The first that may leave. */
  next(): Item | undefined {
    return this.#marked > 0 ? this.#items[this.#head] : undefined
  }

  /** Takes out what `next` has shown; it stays exposed. */
  shift(segments: number): void {
    this.#head++
    this.#marked--
    this.#markedSegments -= segments
    if (this.#head > SPENT) this.#cut()
  }

  /** One that the carrier did not take goes before everything unmarked. */
  putBack(item: Item): void {
    this.exposure--
    this.#items.splice(this.#head + this.#marked, 0, item)
  }

  /** The next `count` may leave. */
  mark(count: number, segments: number): void {
    this.#marked += count
    this.#markedSegments += segments
    this.exposure += count
  }

  clear(): void {
    this.exposure -= this.#marked
    this.#epoch++
    this.#items = []
    this.#head = 0
    this.#marked = 0
    this.#markedSegments = 0
  }

  #cut(): void {
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
