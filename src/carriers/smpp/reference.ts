import type { Joining } from '../../encoding/link-text.ts'

/** A phone keeps parts for minutes before it gives up the rest. */
const REASSEMBLY_MS = 5 * 60_000
const CELLS = 2 ** 20

/**
 * References for joined segments, so that one phone doesn't get the same twice within the minutes in which it may
 * still wait for parts.
 *
 * A reference is a time: all that there are fill the five minutes, 256 at a distance of 1.2 s or 65,536 at one of
 * 4.6 ms. So a process that is started anew, and every other dispatcher of the account, goes on where the former
 * was, without a word between them; only two that send to one phone in the same instant give it the same. A phone
 * that gets several at once is ahead of the time: each is one more than the last.
 *
 * What was last given to each phone would grow without bound; instead phones share a million cells by a hash of the
 * number. Of 50,000 joined messages a second a cell sees one in 20 s: hardly any is ahead.
 */
export class References {
  readonly #last = new Float64Array(CELLS)
  readonly #stepMs: number
  readonly #count: number

  constructor(joining: Joining) {
    this.#count = joining === 'udh8' ? 2 ** 8 : 2 ** 16
    this.#stepMs = REASSEMBLY_MS / this.#count
  }

  /** The next reference for `to`, an epoch time in milliseconds given. */
  next(to: string, now: number): number {
    let hash = 0
    for (let i = 0; i < to.length; i++) hash = Math.imul(hash, 31) + to.charCodeAt(i)
    const cell = (hash ^ (hash >>> 20)) & (CELLS - 1)
    const step = Math.max(this.#last[cell]! + 1, Math.floor(now / this.#stepMs))
    this.#last[cell] = step
    return step % this.#count
  }
}
