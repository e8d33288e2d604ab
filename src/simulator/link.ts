import type { Socket } from 'node:net'
import { type FramingFault, Framer, type OnFrame } from '../encoding/framer.ts'
import { encodeBare, readCommandId, writeHeader } from '../encoding/pdu-header.ts'
import { COMMAND, COMMAND_STATUS, HEADER_OCTETS, MAX_SEQUENCE } from '../encoding/smpp.ts'
import type { Account } from './account.ts'
import type { Behaviour } from './behaviour.ts'
import type { Delivery } from './deliveries.ts'
import { createDrip } from './drip.ts'
import { type MessageIdSpelling, writeMessageId } from './message-id.ts'
import type { PduCounts } from './pdu-counts.ts'

/** How a message centre can fail without closing: it reads and says nothing, or does not even read, or never will. */
export type Silence = 'none' | 'mute' | 'stalled' | 'half open'

interface InFlight {
  readonly delivery: Delivery
  readonly sentAt: number
}

/** PDUs by command, of all links. */
export interface LinkCounts {
  readonly received: PduCounts
  readonly sent: PduCounts
}

const OUT_OCTETS = 64 * 1024
/** A header and a message_id of 64 with its NUL. */
const SUBMIT_RESP_OCTETS = 81
/** An ESME that reads no responses is read no further. */
const MAX_UNREAD_OCTETS = 1024 * 1024

/**
 * One connection of an ESME: its bytes in, cut into frames; its bytes out, gathered into one write a turn of the
 * event loop; and the deliver_sm that wait for their response.
 */
export class Link {
  readonly number: number
  /** Undefined until it has bound. */
  account: Account | undefined
  role: 'transmitter' | 'receiver' | 'transceiver' = 'transceiver'
  writes: Behaviour['writes'] = 'gathered'
  /** By sequence_number, oldest first. */
  readonly inFlight = new Map<number, InFlight>()
  /** When an enquire_link of ours left that has not been answered. */
  enquiredAt: number | undefined
  /** When the last octet came, as `performance.now()`. */
  heardAt = performance.now()
  readonly #socket: Socket
  readonly #counts: LinkCounts
  readonly #drip: (octets: Buffer) => void
  #silence: Silence = 'none'
  #sequence = 0
  #out: Buffer = Buffer.allocUnsafe(OUT_OCTETS)
  #end = 0
  #spare: Buffer | undefined
  #flushIsPlanned = false

  constructor(
    number: number,
    socket: Socket,
    counts: LinkCounts,
    onFrame: OnFrame,
    onFault: (fault: FramingFault) => void,
    onClose: () => void,
  ) {
    this.number = number
    this.#socket = socket
    this.#counts = counts
    this.#drip = createDrip(socket)
    const framer = new Framer()
    const noteAndHand: OnFrame = (frame, start, end) => {
      counts.received.note(readCommandId(frame, start))
      onFrame(frame, start, end)
    }
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      this.heardAt = performance.now()
      const fault = framer.push(chunk, noteAndHand)
      if (fault !== undefined) onFault(fault)
      if (socket.writableLength > MAX_UNREAD_OCTETS) {
        socket.pause()
        socket.once('drain', () => this.#reads && socket.resume())
      }
    })
    // The close that follows says all there is to know.
    socket.on('error', () => {})
    socket.on('close', onClose)
  }

  get silence(): Silence {
    return this.#silence
  }

  /** Bound so that it takes deliver_sm, and reading them. */
  get takesDeliveries(): boolean {
    return (
      this.account !== undefined &&
      this.role !== 'transmitter' &&
      this.#silence === 'none' &&
      this.#socket.writable &&
      this.#socket.writableLength < MAX_UNREAD_OCTETS
    )
  }

  /** A link that is half open stays so: its machine is gone. */
  be(silence: Silence): void {
    if (this.#silence === 'half open') return
    this.#silence = silence
    if (this.#reads) this.#socket.resume()
    else this.#socket.pause()
  }

  get #reads(): boolean {
    return this.#silence === 'none' || this.#silence === 'mute'
  }

  /** Answers a submit_sm that was taken: a response with the id, written in place. */
  takeSubmit(sequence: number, messageId: number, spelling: MessageIdSpelling): void {
    const at = this.#reserve(SUBMIT_RESP_OCTETS)
    if (at < 0) return
    this.#counts.sent.note(COMMAND.submit_sm_resp)
    const end = writeMessageId(this.#out, at + HEADER_OCTETS, messageId, spelling) + 1
    this.#out[end - 1] = 0
    writeHeader(this.#out, at, end - at, COMMAND.submit_sm_resp, COMMAND_STATUS.ESME_ROK, sequence)
    this.#end = end
  }

  /** A response that refuses has no body. */
  refuseSubmit(sequence: number, status: number): void {
    this.sendBare(COMMAND.submit_sm_resp, status, sequence)
  }

  /** Answers a submit_sm that was taken, by an id that is empty, or without a body. */
  takeWithoutId(sequence: number, body: 'empty id' | 'no body'): void {
    const octets = HEADER_OCTETS + (body === 'empty id' ? 1 : 0)
    const frame = Buffer.alloc(octets)
    writeHeader(frame, 0, octets, COMMAND.submit_sm_resp, COMMAND_STATUS.ESME_ROK, sequence)
    this.send(frame)
  }

  send(frame: Buffer): void {
    if (this.sendUncounted(frame)) this.#counts.sent.note(readCommandId(frame, 0))
  }

  /** For what is no PDU. @returns whether it leaves */
  sendUncounted(octets: Uint8Array): boolean {
    const at = this.#reserve(octets.length)
    if (at < 0) return false
    this.#out.set(octets, at)
    this.#end = at + octets.length
    return true
  }

  sendBare(commandId: number, status: number, sequence: number): void {
    this.send(encodeBare(commandId, status, sequence))
  }

  enquire(): void {
    this.enquiredAt = performance.now()
    this.sendBare(COMMAND.enquire_link, 0, this.nextSequence())
  }

  nextSequence(): number {
    this.#sequence = this.#sequence === MAX_SEQUENCE ? 1 : this.#sequence + 1
    return this.#sequence
  }

  /** Closes the connection; what was written leaves before. */
  end(): void {
    this.#flush()
    this.#socket.end()
  }

  /** Cuts the connection, as a failed network does. */
  drop(): void {
    this.#socket.destroy()
  }

  /** Cuts it with a TCP reset. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** A place for `octets` of a frame in what leaves at the end of this turn; -1 where nothing may leave. */
  #reserve(octets: number): number {
    if (this.#silence !== 'none' || !this.#socket.writable) return -1
    if (this.#end + octets > this.#out.length) this.#flush()
    if (octets > this.#out.length) this.#out = Buffer.allocUnsafe(octets)
    if (!this.#flushIsPlanned) {
      this.#flushIsPlanned = true
      queueMicrotask(() => this.#flush())
    }
    return this.#end
  }

  #flush(): void {
    this.#flushIsPlanned = false
    if (this.#end === 0) return
    const full = this.#out
    const size = this.#end
    this.#out = this.#spare ?? Buffer.allocUnsafe(OUT_OCTETS)
    this.#spare = undefined
    this.#end = 0
    if (this.writes === 'octets') this.#drip(full.subarray(0, size))
    else if (this.#socket.writable)
      this.#socket.write(full.subarray(0, size), () => (this.#spare = full))
  }
}
