import { encodePdu } from '../encoding/pdu.ts'
import { COMMAND, HEADER_OCTETS } from '../encoding/smpp.ts'
import { deliverBody } from './deliveries.ts'
import { drawsFrom } from './draws.ts'

/**
 * What a message centre sends that it should not. After a length that no PDU has, noise or a frame that never ends,
 * nobody can tell where the next frame begins; the others are sound frames with something wrong inside, which a
 * client answers with generic_nack or an error, or not at all, and goes on.
 */
export const GARBAGE_KINDS = [
  'length 0',
  'length 4',
  'length 15',
  'length 2^31',
  'length 2^32-1',
  'noise',
  'half a frame',
  'unknown command',
  'unknown response',
  'text without end',
  'sm_length too long',
  'TLV too long',
] as const
export type GarbageKind = (typeof GARBAGE_KINDS)[number]

const NOISE_OCTETS = 4096
/** SMPP 5.0's query_broadcast_sm, which 3.4 doesn't know. */
const UNKNOWN_COMMAND = 0x00000112

/** @param sequence of the frame, where it has one */
export function encodeGarbage(kind: GarbageKind, sequence: number): Buffer {
  switch (kind) {
    case 'length 0':
      return header(0, COMMAND.deliver_sm, sequence)
    case 'length 4':
      return header(4, COMMAND.deliver_sm, sequence)
    case 'length 15':
      return header(15, COMMAND.deliver_sm, sequence)
    case 'length 2^31':
      return header(2 ** 31, COMMAND.deliver_sm, sequence)
    case 'length 2^32-1':
      return header(2 ** 32 - 1, COMMAND.deliver_sm, sequence)
    case 'noise': {
      const draw = drawsFrom(sequence)
      // Beginning with an octet that no sound length does.
      return Buffer.from([0xff, ...Array.from({ length: NOISE_OCTETS - 1 }, () => draw() * 256)])
    }
    case 'half a frame':
      return soundDelivery(sequence).subarray(0, HEADER_OCTETS + 4)
    case 'unknown command':
      return header(HEADER_OCTETS, UNKNOWN_COMMAND, sequence)
    case 'unknown response':
      return header(HEADER_OCTETS, COMMAND.submit_sm_resp, 0x7ffffff0)
    case 'text without end':
      return withTail(sequence, tail => tail.fill(0x37))
    case 'sm_length too long':
      return withTail(sequence, tail => tail.writeUInt8(254, tail.length - TEXT.length - 1))
    case 'TLV too long':
      // message_payload of 65,535 octets, and no octet of it.
      return withLength(Buffer.concat([soundDelivery(sequence), Buffer.from('0424ffff', 'hex')]))
  }
}

const TEXT = 'hello'

function soundDelivery(sequence: number): Buffer {
  const body = deliverBody('+15550000000', '72345', { short_message: Buffer.from(TEXT) })
  return encodePdu({
    ...body,
    command: 'deliver_sm',
    command_status: 0,
    sequence_number: sequence,
  })
}

function withTail(sequence: number, spoil: (tail: Buffer) => void): Buffer {
  const frame = soundDelivery(sequence)
  spoil(frame.subarray(HEADER_OCTETS))
  return frame
}

function withLength(frame: Buffer): Buffer {
  frame.writeUInt32BE(frame.length, 0)
  return frame
}

function header(length: number, commandId: number, sequence: number): Buffer {
  const frame = Buffer.alloc(HEADER_OCTETS)
  frame.writeUInt32BE(length, 0)
  frame.writeUInt32BE(commandId, 4)
  frame.writeUInt32BE(sequence, 12)
  return frame
}
