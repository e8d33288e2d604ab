/** The 16 octets that every PDU begins with (SMPP 3.4 §3.2), and what else is read octet by octet. */
import { HEADER_OCTETS } from './smpp.ts'

/** A header alone: enquire_link, unbind, their responses, generic_nack, and any response with an error. */
export function encodeBare(commandId: number, status: number, sequence: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_OCTETS)
  writeHeader(frame, 0, HEADER_OCTETS, commandId, status, sequence)
  return frame
}

/** Writes the header of a frame that begins at `at` of `out`, which must have 16 octets left. */
export function writeHeader(
  out: Buffer,
  at: number,
  length: number,
  commandId: number,
  status: number,
  sequence: number,
): void {
  writeUInt32(out, at, length)
  writeUInt32(out, at + 4, commandId)
  writeUInt32(out, at + 8, status)
  writeUInt32(out, at + 12, sequence)
}

// Buffer's own accessors check type and range each time; offsets here are checked by the caller once a frame.
export function writeUInt32(out: Buffer, at: number, value: number): void {
  out[at] = value >>> 24
  out[at + 1] = value >>> 16
  out[at + 2] = value >>> 8
  out[at + 3] = value
}

function readUInt32(frame: Buffer, at: number): number {
  return (
    ((frame[at]! << 24) | (frame[at + 1]! << 16) | (frame[at + 2]! << 8) | frame[at + 3]!) >>> 0
  )
}

/** Fields of the header of the frame that begins at `at`; the framer has seen that all 16 octets are there. */
export const readCommandId = (frame: Buffer, at: number): number => readUInt32(frame, at + 4)
export const readStatus = (frame: Buffer, at: number): number => readUInt32(frame, at + 8)
export const readSequence = (frame: Buffer, at: number): number => readUInt32(frame, at + 12)

/** Where the C-octet string that begins at `from` has its NUL; −1 without one before `end`. */
export function endOfText(frame: Buffer, from: number, end: number): number {
  for (let i = from; i < end; i++) if (frame[i] === 0) return i
  return -1
}
