/**
 * The limit on this machine: loops by hand, one socket, a window of 1,000, no database. They do what any sender
 * must and no more: a frame a recipient, each response matched by its sequence number and its message_id read.
 *
 * `plain` makes each frame of its parts, as one would write it; that is the limit that the engine is held against.
 * `tight` patches copies of one frame in one buffer, which no sender of different texts can; it says how much of the
 * plain loop's time is its own.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { textsOf } from './cases.ts'

/** What a bench of the wire sends, and how many may be unanswered. */
export const WINDOW = 1_000
export const TEXT = textsOf('short', 0)[0]!

const SUBMIT_SM = 4
const SUBMIT_SM_RESP = 0x80000004
const BIND_TRANSCEIVER = 9

export interface Run {
  readonly perSecond: number
  /** Processor time of this process, user and system, a message. */
  readonly microseconds: number
}

export async function measure(messages: number, run: () => Promise<void>): Promise<Run> {
  const cpu = process.cpuUsage()
  const from = performance.now()
  await run()
  const seconds = (performance.now() - from) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: Math.round(messages / seconds),
    microseconds: Number(((user + system) / messages).toFixed(2)),
  }
}

/** Frames of the messages `from … from + count − 1`, to the phones +15550000001 … */
type Frames = (from: number, count: number) => Buffer

// They ask for no receipt: it would come when the loop is gone, to whoever is bound to the same account then.
const before = Buffer.from('\0\x03\0' + '72345\0' + '\x01\x01', 'latin1')
const after = Buffer.concat([
  Buffer.from('\0\0\0\0' + '\0' + '000000010000000R\0' + '\0\0\0\0', 'latin1'),
  Buffer.from([TEXT.length]),
  Buffer.from(TEXT, 'latin1'),
])
const phoneOf = (message: number) => String(15_550_000_001 + message)
const sequenceOf = (message: number) => message + 2

function frame(commandId: number, sequence: number, ...body: readonly Uint8Array[]): Buffer {
  const octets = body.reduce((sum, part) => sum + part.length, 16)
  const made = Buffer.allocUnsafe(octets)
  made.writeUInt32BE(octets, 0)
  made.writeUInt32BE(commandId, 4)
  made.writeUInt32BE(0, 8)
  made.writeUInt32BE(sequence, 12)
  let at = 16
  for (const part of body) {
    made.set(part, at)
    at += part.length
  }
  return made
}

const submit = (message: number) =>
  frame(SUBMIT_SM, sequenceOf(message), before, Buffer.from(phoneOf(message), 'latin1'), after)

const plain: Frames = (from, count) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => submit(from + i)))

const model = submit(0)
const tight: Frames = (from, count) => {
  const out = Buffer.allocUnsafe(count * model.length)
  for (let i = 0, at = 0; i < count; i++, at += model.length) {
    out.set(model, at)
    out.writeUInt32BE(sequenceOf(from + i), at + 12)
    let value = from + i + 1
    // The last digits of the address.
    for (let place = at + 16 + before.length + 10; value > 0; place--) {
      out[place] = 0x30 + (value % 10)
      value = Math.floor(value / 10)
    }
  }
  return out
}

export const LOOPS = { plain, tight }

export async function sendByHand(port: number, messages: number, frames: Frames): Promise<Run> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const credentials = Buffer.from('bench\0bench\0\0\x34\0\0\0', 'latin1')
  socket.write(frame(BIND_TRANSCEIVER, 1, credentials))
  await once(socket, 'data')
  const result = await measure(
    messages,
    () =>
      new Promise(resolve => {
        let sent = 0
        let answered = 0
        let rest = Buffer.alloc(0)
        const ids: string[] = []
        const send = () => {
          const count = Math.min(messages - sent, WINDOW - (sent - answered))
          if (count === 0) return
          socket.write(frames(sent, count))
          sent += count
        }
        socket.on('data', chunk => {
          const octets = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
          let at = 0
          while (octets.length - at >= 16) {
            const length = octets.readUInt32BE(at)
            if (octets.length - at < length) break
            const message = octets.readUInt32BE(at + 12) - sequenceOf(0)
            if (octets.readUInt32BE(at + 4) === SUBMIT_SM_RESP && ids[message] === undefined) {
              ids[message] = octets.toString('latin1', at + 16, at + length - 1)
              answered++
            }
            at += length
          }
          rest = octets.subarray(at)
          if (answered === messages) resolve()
          else send()
        })
        send()
      }),
  )
  socket.destroy()
  return result
}
