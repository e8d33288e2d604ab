import { decodeText } from '../encoding/receipt-text.ts'

/** What data_coding 0 means to a message centre: its default alphabet is its own affair (SMPP 3.4 §5.2.19). */
export type DefaultAlphabet = 'GSM7' | 'latin1'

const LATIN1 = 3

interface SeenOctets {
  readonly octets: Buffer
  readonly dataCoding: number
  readonly text: number
}

/**
 * Every different text once. An alert brings the same octets to everybody, so a message costs a hash and a
 * comparison instead of a decoding and a string.
 */
export class Texts {
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #byHash = new Map<number, SeenOctets[]>()

  at(text: number): string {
    return this.#texts[text]!
  }

  numberOf(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#texts.push(text) - 1
      this.#numbers.set(text, number)
    }
    return number
  }

  /** The number of the text that `frame[start..end)` holds. */
  read(
    frame: Uint8Array,
    start: number,
    end: number,
    dataCoding: number,
    alphabet: DefaultAlphabet,
  ): number {
    const coding = dataCoding === 0 && alphabet === 'latin1' ? LATIN1 : dataCoding
    // FNV-1a, 32 bits
    let hash = 0x811c9dc5 ^ coding
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ frame[i]!, 0x01000193)
    const known = this.#byHash.get(hash)
    if (known !== undefined) {
      for (const seen of known) {
        if (seen.dataCoding === coding && isSame(seen.octets, frame, start, end)) return seen.text
      }
    }
    const octets = Buffer.from(frame.subarray(start, end))
    const text = this.numberOf(decodeText(octets, coding))
    const seen = { octets, dataCoding: coding, text }
    if (known === undefined) this.#byHash.set(hash, [seen])
    else known.push(seen)
    return text
  }
}

function isSame(octets: Buffer, frame: Uint8Array, start: number, end: number): boolean {
  return octets.length === end - start && octets.compare(frame, start, end) === 0
}
