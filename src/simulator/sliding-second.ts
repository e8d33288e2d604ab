const SECOND_MS = 1000

/**
 * Counts events over any second, not those of a clock: at every moment, how many lie in the 1,000 ms that end
 * there. A counter by whole seconds lets twice the limit through at their edge.
 */
export class SlidingSecond {
  #times = new Float64Array(1024)
  #first = 0
  #count = 0
  #maximum = 0

  /** The most that any second held. */
  get maximum(): number {
    return this.#maximum
  }

  /** Events in the second that ends at `at`; times are milliseconds and never run backwards. */
  within(at: number): number {
    const mask = this.#times.length - 1
    while (this.#count > 0 && this.#times[this.#first]! <= at - SECOND_MS) {
      this.#first = (this.#first + 1) & mask
      this.#count--
    }
    return this.#count
  }

  add(at: number): void {
    this.within(at)
    if (this.#count === this.#times.length) this.#grow()
    this.#times[(this.#first + this.#count) & (this.#times.length - 1)] = at
    this.#count++
    if (this.#count > this.#maximum) this.#maximum = this.#count
  }

  #grow(): void {
    const larger = new Float64Array(this.#times.length * 2)
    const tail = this.#times.length - this.#first
    larger.set(this.#times.subarray(this.#first))
    larger.set(this.#times.subarray(0, this.#first), tail)
    this.#times = larger
    this.#first = 0
  }
}
