/**
 * In which batches an id may stand, at 4 octets a slot: a few bits of the id's hash and the batch's place in a list.
 * Another id may have the same bits, so what is answered has to be looked at; what is not answered is not there.
 */

const FULL = 0.75

export class Fingerprints {
  /** Of each: the batch, from 1, in the lower bits; the hash's upper ones above. 0: free. */
  readonly #slots: Uint32Array
  /** How many bits a batch takes: there are never more batches than slots. */
  readonly #batchBits: number
  readonly #nos: number[] = []
  #count = 0
  #lastNo = 0

  /** @param slots a power of two */
  constructor(slots: number) {
    this.#slots = new Uint32Array(slots)
    this.#batchBits = Math.log2(slots)
  }

  /** The highest number of a batch in it. */
  get lastNo(): number {
    return this.#lastNo
  }

  hasRoomFor(ids: number): boolean {
    return this.#count + ids <= this.#slots.length * FULL
  }

  /** @returns the batch's place, for `add` */
  addBatch(no: number): number {
    this.#lastNo = Math.max(this.#lastNo, no)
    return this.#nos.push(no)
  }

  add(hash: number, otherHash: number, batch: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = (this.#printOf(otherHash) << this.#batchBits) | batch
    this.#count++
  }

  /** Numbers of batches that may hold the id with these hashes. */
  find(hash: number, otherHash: number, found: number[]): void {
    const mask = this.#slots.length - 1
    const print = this.#printOf(otherHash)
    for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!
      if (entry >>> this.#batchBits === print) found.push(this.#nos[(entry & mask) - 1]!)
    }
  }

  #printOf(hash: number): number {
    return hash >>> this.#batchBits
  }
}
