import { once } from 'node:events'
import { connect } from 'node:net'

/** What a bench of the wire sends, and how many may be unanswered. */
export const WINDOW = 1_000
export const TEXT =
  'Flash flood warning for your area. Move to higher ground now. Reply 1 if safe, 2 if you need help.'

const SUBMIT_SM_RESP = 0x80000004

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

function frame(commandId: number, body: Buffer): Buffer {
  const header = Buffer.alloc(16)
  header.writeUInt32BE(16 + body.length, 0)
  header.writeUInt32BE(commandId, 4)
  header.writeUInt32BE(1, 12)
  return Buffer.concat([header, body])
}

/**
 * The limit on this machine: one socket, a window of 1,000, no database. It does what any sender must and no more:
 * a frame a recipient, made by patching a copy; each response matched by its sequence number, its message_id read.
 */
export async function sendByHand(port: number, messages: number): Promise<Run> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.write(frame(9, Buffer.from('bench\0bench\0\0\x34\0\0\0', 'latin1')))
  await once(socket, 'data')

  const before = Buffer.from('\0\x03\0' + '72345\0' + '\x01\x01', 'latin1')
  const after = '\0\0\0\0' + '\0' + '000000010000000R\0' + '\x01\0\0\0'
  const digits = 16 + before.length
  const model = frame(
    4,
    Buffer.concat([
      before,
      Buffer.from('15550000000' + after, 'latin1'),
      Buffer.from([TEXT.length]),
      Buffer.from(TEXT, 'latin1'),
    ]),
  )
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
          const out = Buffer.allocUnsafe(count * model.length)
          for (let i = 0, at = 0; i < count; i++, at += model.length) {
            out.set(model, at)
            out.writeUInt32BE(sent + 2, at + 12)
            let value = ++sent
            for (let place = at + digits + 10; value > 0; place--, value = Math.floor(value / 10)) {
              out[place] = 0x30 + (value % 10)
            }
          }
          socket.write(out)
        }
        socket.on('data', chunk => {
          const octets = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
          let at = 0
          while (octets.length - at >= 16) {
            const length = octets.readUInt32BE(at)
            if (octets.length - at < length) break
            const message = octets.readUInt32BE(at + 12) - 2
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
