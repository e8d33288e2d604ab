import { COMMAND } from '../encoding/smpp.ts'

/** Bits that tell one command from another: nine of its number, and the one of a response. */
const NUMBER_BITS = 0x1ff
const RESPONSE_BIT = 0x200
const indexOf = (commandId: number) =>
  (commandId & NUMBER_BITS) | ((commandId >>> 22) & RESPONSE_BIT)
const NAMES = new Map(Object.entries(COMMAND).map(([name, id]) => [indexOf(id), name] as const))

/** How many PDUs of each command went one way over all links; those of unknown commands as `unknown`. */
export class PduCounts {
  readonly #counts = new Uint32Array(RESPONSE_BIT * 2)

  note(commandId: number): void {
    this.#counts[indexOf(commandId)]!++
  }

  toRecord(): Record<string, number> {
    const record: Record<string, number> = {}
    for (const [index, count] of this.#counts.entries()) {
      if (count === 0) continue
      const name = NAMES.get(index) ?? 'unknown'
      record[name] = (record[name] ?? 0) + count
    }
    return record
  }
}
