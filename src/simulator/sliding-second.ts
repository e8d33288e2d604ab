const SECOND_MS = 1000

/**
 * Counts events over any second, not those of a clock: at every moment, how many lie in the 1,000 ms that end
 * there. A counter by whole seconds lets twice the limit through at their edge.
 */
export class SlidingSecond {
  /** A ring of moments at which something came, and how much: what one read brought has one moment. */
  #times = new Float64Array(1024)
  #counts = new Uint32Array(1024)
  #first = 0
  #moments = 0
  #count = 0
  #maximum = 0

  /** The most that any second held. */
  get maximum(): number {
    return this.#maximum
  }

  /** Events in the second that ends at `at`; times are milliseconds and never run backwards. */
  within(at: number): number {
    const mask = this.#times.length - 1
    while (this.#moments > 0 && this.#times[this.#first]! <= at - SECOND_MS) {
      this.#count -= this.#counts[this.#first]!
      this.#first = (this.#first + 1) & mask
      this.#moments--
    }
    return this.#count
  }

  add(at: number): void {
    const last = (this.#first + this.#moments - 1) & (this.#times.length - 1)
    if (this.#moments > 0 && this.#times[last] === at) this.#counts[last]!++
    else this.#addMoment(at)
    this.#count++
    if (this.#count > this.#maximum) this.#maximum = this.#count
  }

  #addMoment(at: number): void {
    this.within(at)
    if (this.#moments === this.#times.length) this.#grow()
    const place = (this.#first + this.#moments) & (this.#times.length - 1)
    this.#times[place] = at
    this.#counts[place] = 1
    this.#moments++
  }

  #grow(): void {
    const size = this.#times.length
    const times = new Float64Array(size * 2)
    const counts = new Uint32Array(size * 2)
    for (let i = 0; i < size; i++) {
      const place = (this.#first + i) & (size - 1)
      times[i] = this.#times[place]!
      counts[i] = this.#counts[place]!
    }
    this.#times = times
    this.#counts = counts
    this.#first = 0
  }
}
