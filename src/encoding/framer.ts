import { encodeBare } from './pdu-header.ts'
import { COMMAND, COMMAND_STATUS, HEADER_OCTETS, MAX_FRAME_OCTETS } from './smpp.ts'

/** Called with each whole frame as `buffer[start..end)`: a view that is only good until the call returns. */
export type OnFrame = (buffer: Buffer, start: number, end: number) => void

/** A command_length that no PDU has. Where the next frame begins is unknown, so the link has to be closed. */
export interface FramingFault {
  readonly commandLength: number
  /** generic_nack ESME_RINVCMDLEN, to be sent before closing. */
  readonly answer: Buffer
}

/**
 * Cuts the byte stream of a link into frames of 16 to 70,000 octets.
 *
 * Frames that lie whole in a chunk are handed on in place. Only a frame that a chunk's end cuts is copied, into
 * a buffer of its own length, allocated after that length was found sound: so a byte at a time costs no more
 * than once over, and a hostile length costs nothing.
 */
export class Framer {
  #partial: Buffer = Buffer.allocUnsafe(HEADER_OCTETS)
  #have = 0
  #fault: FramingFault | undefined

  push(chunk: Buffer, onFrame: OnFrame): FramingFault | undefined {
    if (this.#fault !== undefined) return this.#fault
    let at = 0
    if (this.#have > 0) {
      at = this.#complete(chunk, onFrame)
      if (this.#fault !== undefined) return this.#fault
    }
    const size = chunk.length
    while (size - at >= 4) {
      const length = chunk.readUInt32BE(at)
      if (!this.#isSound(length)) return this.#fault
      if (size - at < length) break
      onFrame(chunk, at, at + length)
      at += length
    }
    if (at < size) this.#keep(chunk, at)
    return this.#fault
  }

  #isSound(length: number): boolean {
    if (length >= HEADER_OCTETS && length <= MAX_FRAME_OCTETS) return true
    this.#fault = {
      commandLength: length,
      answer: encodeBare(COMMAND.generic_nack, COMMAND_STATUS.ESME_RINVCMDLEN, 0),
    }
    return false
  }

  /** Fills up the frame that earlier chunks began; returns how much of `chunk` went into it. */
  #complete(chunk: Buffer, onFrame: OnFrame): number {
    let at = 0
    while (this.#have < 4) {
      if (at === chunk.length) return at
      this.#partial[this.#have++] = chunk[at++]!
    }
    const length = this.#partial.readUInt32BE(0)
    if (!this.#isSound(length)) return at
    this.#reserve(length)
    const copied = chunk.copy(this.#partial, this.#have, at, at + length - this.#have)
    this.#have += copied
    at += copied
    if (this.#have < length) return at
    const frame = this.#partial
    this.#partial = Buffer.allocUnsafe(HEADER_OCTETS)
    this.#have = 0
    onFrame(frame, 0, length)
    return at
  }

  #keep(chunk: Buffer, at: number): void {
    const rest = chunk.length - at
    if (rest >= 4) this.#reserve(chunk.readUInt32BE(at))
    chunk.copy(this.#partial, 0, at)
    this.#have = rest
  }

  #reserve(length: number): void {
    if (this.#partial.length >= length) return
    const larger = Buffer.allocUnsafe(length)
    this.#partial.copy(larger, 0, 0, this.#have)
    this.#partial = larger
  }
}
