/** Messages that were handed over and have no end yet, by the number under which their carrier has them. */
import { SLOW_MS, STALE_MS } from './health.ts'
import type { Item } from './work.ts'

export class InFlight {
  readonly #items: (Item | undefined)[] = []
  /** When each was handed over. */
  readonly #sentAt: number[] = []
  readonly #free: number[] = []

  /** @returns its number: that of one that has ended, where there is one */
  add(item: Item, now: number): number {
    const ref = this.#free.pop() ?? this.#items.length
    this.#items[ref] = item
    this.#sentAt[ref] = now
    return ref
  }

  /** More of it has left: its answer is awaited from now on. */
  goesOn(ref: number, now: number): void {
    this.#sentAt[ref] = now
  }

  /** When the message left, until its number is another's. */
  sentAt(ref: number): number {
    return this.#sentAt[ref]!
  }

  /** It has ended. @returns undefined where it had before */
  end(ref: number): Item | undefined {
    const item = this.#items[ref]
    if (item === undefined) return undefined
    this.#items[ref] = undefined
    this.#free.push(ref)
    return item
  }

  /** How many wait for an answer that is slow, and may be hoped for yet. */
  countOverdue(now: number): number {
    let overdue = 0
    for (let ref = 0; ref < this.#items.length; ref++) {
      if (this.#items[ref] === undefined) continue
      const waitedMs = now - this.#sentAt[ref]!
      if (waitedMs > SLOW_MS && waitedMs <= STALE_MS) overdue++
    }
    return overdue
  }
}
