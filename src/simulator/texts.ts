import { type DefaultAlphabet, decodeText } from '../encoding/message-text.ts'

/** A power of two. */
const RECENT = 256

interface SeenOctets {
  readonly octets: Buffer
  readonly dataCoding: number
  readonly alphabet: DefaultAlphabet
  readonly headerOctets: number
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
  /** Those seen last, by their length: an alert's few texts are mostly found here, without a hash. */
  readonly #recent: (SeenOctets | undefined)[] = Array.from({ length: RECENT })

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

  /** The number of the text that `frame[start..end)` holds, behind a header of `headerOctets`. */
  read(
    frame: Uint8Array,
    start: number,
    end: number,
    dataCoding: number,
    alphabet: DefaultAlphabet,
    headerOctets: number,
  ): number {
    const recent = this.#recent[(end - start) & (RECENT - 1)]
    if (
      recent !== undefined &&
      isRead(recent, dataCoding, alphabet, headerOctets) &&
      isSame(recent.octets, frame, start, end)
    ) {
      return recent.text
    }
    const seen = this.#seenAs(frame, start, end, dataCoding, alphabet, headerOctets)
    this.#recent[(end - start) & (RECENT - 1)] = seen
    return seen.text
  }

  #seenAs(
    frame: Uint8Array,
    start: number,
    end: number,
    dataCoding: number,
    alphabet: DefaultAlphabet,
    headerOctets: number,
  ): SeenOctets {
    // FNV-1a, 32 bits
    let hash = 0x811c9dc5 ^ dataCoding
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ frame[i]!, 0x01000193)
    const known = this.#byHash.get(hash)
    if (known !== undefined) {
      for (const seen of known) {
        if (
          isRead(seen, dataCoding, alphabet, headerOctets) &&
          isSame(seen.octets, frame, start, end)
        ) {
          return seen
        }
      }
    }
    const octets = Buffer.from(frame.subarray(start, end))
    const text = this.numberOf(decodeText(octets, dataCoding, alphabet, headerOctets))
    const seen = { octets, dataCoding, alphabet, headerOctets, text }
    if (known === undefined) this.#byHash.set(hash, [seen])
    else known.push(seen)
    return seen
  }
}

function isRead(
  seen: SeenOctets,
  dataCoding: number,
  alphabet: DefaultAlphabet,
  headerOctets: number,
): boolean {
  return (
    seen.dataCoding === dataCoding &&
    seen.alphabet === alphabet &&
    seen.headerOctets === headerOctets
  )
}

function isSame(octets: Buffer, frame: Uint8Array, start: number, end: number): boolean {
  return octets.length === end - start && octets.compare(frame, start, end) === 0
}
