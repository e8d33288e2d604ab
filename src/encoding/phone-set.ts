/** Phones in memory, 8 octets each, E.164's digits as numbers: at most 15 of them, which a double holds exactly. */
export class PhoneSet {
  /** Ascending. */
  readonly #numbers: Float64Array

  private constructor(numbers: Float64Array) {
    this.#numbers = numbers.sort()
  }

  /** @param packed each phone as 8 octets, big-endian */
  static async read(packed: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<PhoneSet> {
    let numbers = new Float64Array(1_024)
    let count = 0
    for await (const octets of packed) {
      for (let at = 0; at < octets.length; at += 8) {
        if (count === numbers.length) numbers = larger(numbers)
        numbers[count++] = octets.readUInt32BE(at) * 2 ** 32 + octets.readUInt32BE(at + 4)
      }
    }
    return new PhoneSet(numbers.subarray(0, count))
  }

  static of(numbers: readonly number[]): PhoneSet {
    return new PhoneSet(Float64Array.from(numbers))
  }

  has(number: number): boolean {
    let from = 0
    let to = this.#numbers.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#numbers[middle]! < number) from = middle + 1
      else to = middle
    }
    return this.#numbers[from] === number
  }

  with(more: readonly number[]): PhoneSet {
    const all = new Float64Array(this.#numbers.length + more.length)
    all.set(this.#numbers)
    all.set(more, this.#numbers.length)
    return new PhoneSet(all)
  }
}

function larger(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const room = new Float64Array(numbers.length * 2)
  room.set(numbers)
  return room
}
