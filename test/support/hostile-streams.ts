import fc from 'fast-check'
import { Framer, type FramingFault } from '../../src/encoding/framer.ts'
import { readSequence } from '../../src/encoding/pdu-header.ts'
import { decodePdu, encodePdu } from '../../src/encoding/pdu.ts'
import { isPduFault } from '../../src/encoding/smpp.ts'
import { anyPdu } from './any-pdu.ts'

/**
 * Streams of PDUs as a broken or hostile peer sends them: every kind of PDU, octets changed, put in and taken out,
 * lengths that lie, all glued together and cut into chunks anywhere, down to an octet at a time.
 *
 * fast-check draws what is done to which; the PDUs themselves are drawn once (`poolOf`), for a million of them field
 * by field would take an hour.
 */

const PDUS = 50
/** A command_length lies here. */
const LENGTH_OCTETS = 4

export function poolOf(seed: number, size = 1_000): readonly Buffer[] {
  return fc.sample(anyPdu, { seed, numRuns: size }).map(encodePdu)
}

interface Harm {
  /** Which PDU of the stream. */
  readonly of: number
  readonly at: number
  readonly how: 'change' | 'put in' | 'take out' | 'cut' | 'repeat'
  readonly value: number
  /** Whether command_length says what came of it. */
  readonly length: 'sound' | 'as it was'
}

export interface HostileStream {
  readonly octets: Buffer
  readonly chunks: readonly Buffer[]
  readonly pdus: number
  /** Every command_length is that of its frame. */
  readonly isFramed: boolean
  /** Frames that nothing was done to, by their place in the stream. */
  readonly unharmed: ReadonlyMap<number, Buffer>
}

/** @param lengths whether command_length may lie as well */
export function hostileStream(
  pool: readonly Buffer[],
  lengths: 'sound' | 'any',
): fc.Arbitrary<HostileStream> {
  const harm: fc.Arbitrary<Harm> = fc.record({
    of: fc.nat(PDUS - 1),
    at: fc.nat(400),
    how: fc.constantFrom('change', 'put in', 'take out', 'cut', 'repeat'),
    value: fc.nat(255),
    length: lengths === 'sound' ? fc.constant('sound') : fc.constantFrom('sound', 'as it was'),
  })
  return fc
    .record({
      picks: fc.array(fc.nat(pool.length - 1), { minLength: PDUS, maxLength: PDUS }),
      harms: fc.array(harm, { maxLength: 25, size: 'max' }),
      cuts: fc.oneof(
        fc.constant('each octet'),
        fc.array(fc.nat(2_000), { minLength: 1, maxLength: 20 }),
      ),
    })
    .map(({ picks, harms, cuts }) => {
      const frames = picks.map(pick => pool[pick]!)
      const unharmed = new Map(frames.entries())
      for (const one of harms) {
        frames[one.of] = harmed(frames[one.of]!, one)
        unharmed.delete(one.of)
      }
      const octets = Buffer.concat(frames)
      const isFramed = harms.every(({ length }) => length === 'sound')
      return { octets, chunks: chunksOf(octets, cuts), pdus: PDUS, isFramed, unharmed }
    })
}

function harmed(frame: Buffer, { at, how, value, length }: Harm): Buffer {
  const place = LENGTH_OCTETS + (at % Math.max(1, frame.length - LENGTH_OCTETS))
  const [before, after] = [frame.subarray(0, place), frame.subarray(place)]
  const put = Buffer.of(value)
  const changed = {
    change: () => Buffer.concat([before, put, after.subarray(1)]),
    'put in': () => Buffer.concat([before, put, after]),
    'take out': () => Buffer.concat([before, after.subarray(1)]),
    cut: () => Buffer.from(before),
    repeat: () => Buffer.concat([before, after, after]),
  }[how]()
  if (length === 'as it was') {
    // Of a change the length itself: the others have made it a lie already.
    if (how === 'change') changed[at % LENGTH_OCTETS] = value
    return changed
  }
  // A header is the least that a frame can be.
  const whole =
    changed.length < 16 ? Buffer.concat([changed, Buffer.alloc(16 - changed.length)]) : changed
  whole.writeUInt32BE(whole.length, 0)
  return whole
}

function chunksOf(octets: Buffer, cuts: 'each octet' | readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0, i = 0; at < octets.length; i++) {
    const size = cuts === 'each octet' ? 1 : 1 + cuts[i % cuts.length]!
    chunks.push(octets.subarray(at, at + size))
    at += size
  }
  return chunks
}

/**
 * Reads a stream as a link does, and says what is wrong with how it was read.
 *
 * @returns frames that were read, and those of them that were faulty
 * @throws Error
 */
export function readHostile(stream: HostileStream): { frames: number; faulty: number } {
  const framer = new Framer()
  let frames = 0
  let faulty = 0
  let octets = 0
  let fault: FramingFault | undefined
  for (const chunk of stream.chunks) {
    const before = fault
    fault = framer.push(chunk, (buffer, start, end) => {
      if (before !== undefined) throw new Error('a frame after a length that no frame has')
      const frame = buffer.subarray(start, end)
      const unharmed = stream.isFramed ? stream.unharmed.get(frames) : undefined
      if (unharmed !== undefined && !unharmed.equals(frame))
        throw new Error('a frame was cut wrongly')
      const pdu = decodePdu(frame)
      if (isPduFault(pdu)) {
        if (unharmed !== undefined) throw new Error(`a sound PDU is refused: ${pdu.fault}`)
        faulty++
      }
      if (pdu.sequence_number !== readSequence(frame, 0)) throw new Error('another sequence_number')
      frames++
      octets += frame.length
    })
    if (before !== undefined && fault !== before) throw new Error('a dead stream came to life')
  }
  if (octets > stream.octets.length) throw new Error('more was read than came')
  if (stream.isFramed && (fault !== undefined || frames !== stream.pdus)) {
    throw new Error(`${frames} frames of ${stream.pdus} were read`)
  }
  return { frames, faulty }
}
