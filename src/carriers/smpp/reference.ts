import { randomInt } from 'node:crypto'

const CELLS = 2 ** 20

/**
 * References for joined segments, so that one phone doesn't get the same twice within the minutes in which it
 * may still wait for parts.
 *
 * A counter for each phone would grow without bound; instead phones share a million counters by a hash of the
 * number. Each of a phone's messages moves its counter on, as do the few others that fall on it: at 50,000
 * joined messages a second some 14 in five minutes, of 256. Counters begin anywhere, so that two processes on
 * one account rarely agree.
 */
export class References {
  readonly #cells = new Uint16Array(CELLS)
  readonly #start = randomInt(65_536)

  /** The next reference for `to`: 0..65535, of which a 1-octet reference takes the low octet. */
  next(to: string): number {
    let hash = 0
    for (let i = 0; i < to.length; i++) hash = Math.imul(hash, 31) + to.charCodeAt(i)
    const cell = (hash ^ (hash >>> 20)) & (CELLS - 1)
    const reference = (this.#cells[cell]! + this.#start) & 0xffff
    this.#cells[cell]!++
    return reference
  }
}
