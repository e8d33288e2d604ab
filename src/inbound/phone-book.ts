/**
 * Where the recipients of one alert stand, by phone, in memory. Blocks come with their phones in ascending order and
 * are merged into few long runs, like to like, so that a phone is found by halving in a dozen of them at the most; 14
 * octets a recipient.
 */
import { labelsAt, PHONE, phoneNumberAt, type BlockLabels } from '../store/blocks.ts'
import type { BlockPeople, Place } from '../store/inbound.ts'

interface Run {
  /** Ascending. */
  readonly phones: Float64Array
  readonly seqs: Uint32Array
}

export class PhoneBook {
  /** The longest first. */
  readonly #runs: Run[] = []
  /** In the order of their numbers. */
  readonly #blockNos: number[] = []
  readonly #labels: BlockLabels[] = []

  /** The number of the last block; 0 while there is none. */
  get lastBlockNo(): number {
    return this.#blockNos.at(-1) ?? 0
  }

  /** Takes up the next block; one that has been taken up already is passed over. */
  add({ blockNo, phones, areaNos, groupSets, groupLists }: BlockPeople): void {
    if (blockNo <= this.lastBlockNo) return
    this.#blockNos.push(blockNo)
    this.#labels.push({ areaNos, groupSets, groupLists })
    const size = phones.length / PHONE
    const run = { phones: new Float64Array(size), seqs: new Uint32Array(size) }
    for (let i = 0; i < size; i++) {
      run.phones[i] = phoneNumberAt(phones, i)
      run.seqs[i] = blockNo + i
    }
    this.#take(run)
  }

  #take(run: Run): void {
    let last = this.#runs.at(-1)
    let merged = run
    while (last !== undefined && last.phones.length < 2 * merged.phones.length) {
      this.#runs.pop()
      merged = merge(last, merged)
      last = this.#runs.at(-1)
    }
    this.#runs.push(merged)
  }

  /** @param phone E.164's digits as a number */
  find(phone: number): (Place & ReturnType<typeof labelsAt>) | undefined {
    for (const { phones, seqs } of this.#runs) {
      const at = placeOf(phones, phone)
      if (phones[at] !== phone) continue
      const seq = seqs[at]!
      const block = placeOf(this.#blockNos, seq)
      const blockNo = this.#blockNos[block]!
      return { blockNo, offset: seq - blockNo, ...labelsAt(this.#labels[block]!, seq - blockNo) }
    }
    return undefined
  }
}

/** Of ascending numbers, where the last stands that is not above `number`; −1 where all are. */
function placeOf(numbers: ArrayLike<number>, number: number): number {
  let from = 0
  let to = numbers.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (numbers[middle]! <= number) from = middle + 1
    else to = middle
  }
  return from - 1
}

function merge(a: Run, b: Run): Run {
  const size = a.phones.length + b.phones.length
  const merged = { phones: new Float64Array(size), seqs: new Uint32Array(size) }
  for (let at = 0, i = 0, j = 0; at < size; at++) {
    const isA = j === b.phones.length || (i < a.phones.length && a.phones[i]! <= b.phones[j]!)
    merged.phones[at] = isA ? a.phones[i]! : b.phones[j]!
    merged.seqs[at] = isA ? a.seqs[i++]! : b.seqs[j++]!
  }
  return merged
}
