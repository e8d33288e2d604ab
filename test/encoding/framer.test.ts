import { expect, test } from 'vitest'
import { Framer } from '../../src/encoding/framer.ts'
import { encodeBare } from '../../src/encoding/pdu-header.ts'
import { encodePdu, NO_TLVS } from '../../src/encoding/pdu.ts'
import { COMMAND, COMMAND_STATUS } from '../../src/encoding/smpp.ts'
import { fc } from '../support/property.ts'

function cut(chunks: Iterable<Buffer>) {
  const framer = new Framer()
  const frames: string[] = []
  let answer: string | undefined
  for (const chunk of chunks) {
    const fault = framer.push(chunk, (buffer, start, end) =>
      frames.push(buffer.toString('hex', start, end)),
    )
    answer = fault?.answer.toString('hex')
  }
  return { frames, answer }
}

const responses = Array.from({ length: 1_000 }, (_, i) =>
  encodePdu({
    command: 'submit_sm_resp',
    command_status: 0,
    sequence_number: i + 1,
    message_id: `id-${i}`,
    tlvs: NO_TLVS,
  }),
)

test('1,000 PDUs in one chunk and one octet a chunk give the same frames', () => {
  const stream = Buffer.concat(responses)
  const expected = responses.map(frame => frame.toString('hex'))
  expect(cut([stream]).frames).toEqual(expected)
  expect(cut(Array.from(stream, octet => Buffer.from([octet]))).frames).toEqual(expected)
})

test('frames do not depend on where the stream is cut', () => {
  const stream = Buffer.concat(responses.slice(0, 50))
  const expected = responses.slice(0, 50).map(frame => frame.toString('hex'))
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 30 }), places => {
      const borders = [0, ...places.toSorted((a, b) => a - b), stream.length]
      const chunks = borders.slice(1).map((end, i) => stream.subarray(borders[i], end))
      expect(cut(chunks).frames).toEqual(expected)
    }),
  )
})

test.each([0, 1, 4, 15, 70_001, 2 ** 31, 2 ** 32 - 1])(
  'command_length %i ends the link with generic_nack ESME_RINVCMDLEN, after the frames before it',
  length => {
    const bad = Buffer.alloc(4)
    bad.writeUInt32BE(length)
    const nack = encodeBare(COMMAND.generic_nack, COMMAND_STATUS.ESME_RINVCMDLEN, 0).toString('hex')
    const stream = Buffer.concat([responses[0]!, bad, responses[1]!])
    for (const chunks of [[stream], Array.from(stream, octet => Buffer.from([octet]))]) {
      expect(cut(chunks)).toEqual({ frames: [responses[0]!.toString('hex')], answer: nack })
    }
  },
)

test.each(['GET / HTTP/1.1\r\n', '\x16\x03\x01\x02\x00\x01\x00'])(
  'another protocol is refused by its first four octets: %j',
  greeting => {
    expect(cut([Buffer.from(greeting, 'latin1')]).answer).toBeDefined()
  },
)

test('the longest frame passes whole', () => {
  const longest = Buffer.alloc(70_000, 7)
  longest.writeUInt32BE(70_000)
  const { frames } = cut([
    longest.subarray(0, 3),
    longest.subarray(3, 40_000),
    longest.subarray(40_000),
  ])
  expect(frames).toEqual([longest.toString('hex')])
})
