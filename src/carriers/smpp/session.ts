import type net from 'node:net'
import { Framer } from '../../encoding/framer.ts'
import { encodeBare, readCommandId, readSequence, readStatus } from '../../encoding/pdu-header.ts'
import {
  type SubmitTemplate,
  encodeTaken,
  readMessageId,
  submitOctets,
  writeSubmit,
} from '../../encoding/pdu-in-place.ts'
import { decodePdu, encodeFaultAnswer, encodePdu } from '../../encoding/pdu.ts'
import {
  COMMAND,
  COMMAND_STATUS,
  type DataSmPdu,
  MAX_SEQUENCE,
  type ShortMessagePdu,
  commandStatusName,
  isPduFault,
} from '../../encoding/smpp.ts'
import { describeError } from '../../log.ts'
import type { SmppSettings } from '../carrier.ts'
import { type Endpoint, openSocket } from './socket.ts'

/**
 * One bind: a TCP or TLS connection from its first octet to its last. It is never bound twice; a new one takes
 * its place.
 *
 *   opening ──▶ binding ──▶ bound ──▶ draining ──▶ closed
 *      └───────────┴───────────┴─────────────────────▲
 *
 * *opening*: the connection is being made. *binding*: our bind is sent. *bound*: submits go out.
 * *draining*: either side has said unbind; nothing new goes out, responses are still taken. *closed*: the
 * socket is gone, and whatever had no answer has been given back as lost.
 *
 * **The window.** Unanswered submits lie in arrays made once, at `sequence & mask`; the arrays hold four times
 * the window, so a slow response doesn't block the sequence numbers behind it. All wait equally long, so
 * deadlines fall in the order of sequence: one coarse timer walks from the oldest on and stops at the first
 * that may still wait.
 *
 * **Late responses.** A submit past its deadline leaves the window, once. What it occupied becomes a tombstone
 * for as long again, with its sequence number made negative, so that a response in time costs nothing more. A
 * response within that is its ordinary outcome; only then it ends unanswered, and a response after that finds
 * its place empty, or another's, and is only counted. There are never more tombstones than twice the window.
 * Nothing waits for them: a link that drains closes when its window is empty, and what comes before its end is
 * still taken.
 *
 * **Writing.** PDUs are written side by side into one buffer; at the end of a turn of the event loop it goes to
 * the socket as a whole, while a second one fills. As long as the socket holds the first nothing more is handed
 * to it, so what a stalled peer makes us keep is bounded by the window.
 *
 * **Silence.** If nothing came for the enquire_link period, enquire_link asks; no octet within the response
 * timeout of that, and the peer is dead. The timer is coarse, so it asks as much too early as it may be late:
 * a peer is dead to us within both, counted from its last octet. If responses stop while the connection stands,
 * no further submits are poured after them: the window stays shut until the peer says something.
 */

export type SessionState = 'opening' | 'binding' | 'bound' | 'draining' | 'closed'

export type BindRole = 'transceiver' | 'transmitter' | 'receiver'

export interface SessionSettings extends Omit<SmppSettings, 'host' | 'port' | 'tls'> {
  readonly endpoint: Endpoint
  readonly role: BindRole
  readonly window: number
  /** The first sequence_number; 1 but in tests of the wrap. */
  readonly firstSequence: number
}

export type InboundPdu = ShortMessagePdu | DataSmPdu

/** `Entry` is whatever the account wants back with a response. */
export interface SessionEvents<Entry> {
  bound(): void
  /** The answer to a segment. `messageId` is empty where the status is not ESME_ROK. */
  answered(entry: Entry, part: number, status: number, messageId: string): void
  /** A segment has no answer and is no longer waited for. */
  unanswered(entry: Entry, part: number, reason: 'link_lost' | 'response_timeout'): void
  /** `answer` is to be called once, whenever the message is dealt with. */
  inbound(pdu: InboundPdu, answer: (status: number) => void): void
  /** All responses of a chunk have been told, or deadlines have passed; the window may have opened. */
  settled(): void
  /** Exactly once, after every `unanswered`. */
  closed(reason: string): void
}

/** No sequence_number: they begin at 1. */
const FREE = 0
const RESPONSE = 0x8000_0000

const INITIAL_BUFFER_OCTETS = 16_384
/** Unanswered deliver_sm past which reading stops: the peer keeps the rest. */
const MAX_UNANSWERED_INBOUND = 5_000

export class Session<Entry> {
  #state: SessionState = 'opening'
  readonly #settings: SessionSettings
  readonly #events: SessionEvents<Entry>
  readonly #socket: net.Socket
  readonly #framer = new Framer()
  readonly #tickMs: number
  readonly #timer: NodeJS.Timeout

  #sequence: number
  #bindSequence = 0
  #unbindSequence = 0

  readonly #mask: number
  /** What lies at each place: its number while it is in the window, made negative when it is late, or FREE. */
  readonly #sequences: Int32Array
  readonly #sentAt: Float64Array
  readonly #parts: Uint8Array
  readonly #entries: (Entry | undefined)[]
  /** No older one is in the window, and none is late. */
  #oldest: number
  #oldestLate: number
  #inFlight = 0
  #late = 0
  #strays = 0

  #out = Buffer.allocUnsafe(INITIAL_BUFFER_OCTETS)
  #spare = Buffer.allocUnsafe(INITIAL_BUFFER_OCTETS)
  #outEnd = 0
  #isWriting = false
  #isFlushDue = false

  #now = performance.now()
  #heardAt = this.#now
  #enquiredAt = 0
  #isSilent = false
  #unansweredInbound = 0

  constructor(settings: SessionSettings, events: SessionEvents<Entry>) {
    this.#settings = settings
    this.#events = events
    const places = 2 ** Math.ceil(Math.log2(Math.max(16, settings.window) * 4))
    this.#mask = places - 1
    this.#sequences = new Int32Array(places)
    this.#sentAt = new Float64Array(places)
    this.#parts = new Uint8Array(places)
    this.#entries = Array.from({ length: places })
    this.#sequence = settings.firstSequence
    this.#oldest = settings.firstSequence
    this.#oldestLate = settings.firstSequence

    this.#socket = openSocket(settings.endpoint, this.#bind)
    this.#socket.setNoDelay(true)
    this.#socket.on('data', this.#read)
    this.#socket.on('error', error => this.#close(describeError(error)))
    this.#socket.on('close', () => this.#close('closed_by_peer'))

    const shortest = Math.min(settings.enquireLinkMs, settings.responseTimeoutMs)
    this.#tickMs = Math.min(1_000, Math.max(10, shortest / 8))
    this.#timer = setInterval(this.#tick, this.#tickMs)
  }

  get state(): SessionState {
    return this.#state
  }

  /** Free places in the window; 0 unless bound, and while a peer that owes responses is silent. */
  get room(): number {
    if (this.#state !== 'bound' || this.#isSilent) return 0
    return this.#settings.window - this.#inFlight
  }

  /** Segments in the window. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Segments past their deadline that may still be answered. */
  get late(): number {
    return this.#late
  }

  /** Responses that nothing waited for: unknown, given twice or too late. */
  get strays(): number {
    return this.#strays
  }

  /** Writes one segment. The caller has seen `room`. */
  submit(
    template: SubmitTemplate,
    to: string,
    reference: number,
    entry: Entry,
    part: number,
  ): void {
    let sequence = this.#nextSequence()
    let place = sequence & this.#mask
    while (this.#sequences[place] !== FREE) {
      sequence = this.#nextSequence()
      place = sequence & this.#mask
    }
    this.#reserve(submitOctets(template))
    if (this.#inFlight++ === 0) this.#oldest = sequence
    this.#sequences[place] = sequence
    this.#sentAt[place] = this.#now
    this.#parts[place] = part
    this.#entries[place] = entry
    this.#outEnd = writeSubmit(this.#out, this.#outEnd, template, sequence, to, reference)
  }

  /** Says unbind and closes once it is answered. What is in flight then is lost: drain before. */
  unbind(): void {
    if (this.#state !== 'bound') {
      // Not bound yet, so there is nothing to undo; a bind that the peer ended already closes by itself.
      if (this.#state !== 'draining') this.#close('closed')
      return
    }
    this.#state = 'draining'
    this.#unbindSequence = this.#nextSequence()
    this.#enquiredAt = performance.now()
    this.#send(encodeBare(COMMAND.unbind, 0, this.#unbindSequence))
  }

  /** Drops the connection at once. */
  destroy(reason: string): void {
    this.#close(reason)
  }

  readonly #bind = (): void => {
    const { role, systemId, password, systemType } = this.#settings
    this.#state = 'binding'
    this.#bindSequence = this.#nextSequence()
    this.#send(
      encodePdu({
        command: `bind_${role}`,
        command_status: 0,
        sequence_number: this.#bindSequence,
        system_id: systemId,
        password,
        system_type: systemType,
        interface_version: 0x34,
        addr_ton: 0,
        addr_npi: 0,
        address_range: '',
      }),
    )
  }

  readonly #read = (chunk: Buffer): void => {
    this.#now = performance.now()
    this.#heardAt = this.#now
    this.#enquiredAt = this.#state === 'draining' ? this.#enquiredAt : 0
    this.#isSilent = false
    const fault = this.#framer.push(chunk, this.#onFrame)
    if (fault !== undefined && this.#state !== 'closed') {
      this.#socket.write(fault.answer)
      this.#close('invalid_command_length')
      return
    }
    if (this.#state !== 'closed') this.#events.settled()
  }

  readonly #onFrame = (buffer: Buffer, start: number, end: number): void => {
    if (this.#state === 'closed') return
    if (readCommandId(buffer, start) !== COMMAND.submit_sm_resp) {
      this.#receive(buffer.subarray(start, end))
      return
    }
    const status = readStatus(buffer, start)
    const messageId = status === 0 ? readMessageId(buffer, start, end) : ''
    this.#settle(readSequence(buffer, start), status, messageId)
  }

  #settle(sequence: number, status: number, messageId: string): void {
    const place = sequence & this.#mask
    const held = this.#sequences[place]
    if (held === FREE || (held !== sequence && held !== -sequence)) {
      this.#strays++
      return
    }
    this.#events.answered(this.#release(place), this.#parts[place]!, status, messageId)
  }

  #release(place: number): Entry {
    const entry = this.#entries[place]!
    if (this.#sequences[place]! > FREE) this.#inFlight--
    else this.#late--
    this.#entries[place] = undefined
    this.#sequences[place] = FREE
    return entry
  }

  #receive(frame: Buffer): void {
    if (this.#state === 'binding' && this.#receiveWhileBinding(frame)) return
    const pdu = decodePdu(frame)
    if (isPduFault(pdu)) {
      const answer = encodeFaultAnswer(pdu)
      if (answer !== undefined) this.#send(answer)
      return
    }
    const { command_status: status, sequence_number: sequence } = pdu
    switch (pdu.command) {
      case 'deliver_sm':
      case 'data_sm':
        this.#receiveMessage(pdu)
        return
      case 'enquire_link':
        this.#send(encodeBare(COMMAND.enquire_link_resp, 0, sequence))
        return
      case 'unbind':
        this.#send(encodeBare(COMMAND.unbind_resp, 0, sequence))
        if (this.#state === 'bound') this.#state = 'draining'
        this.#closeIfDrained('unbound_by_peer')
        return
      case 'unbind_resp':
        if (this.#state === 'draining') this.#close('unbound')
        return
      case 'generic_nack':
        // A message centre may nack a submit that it couldn't read: that is its answer.
        this.#settle(sequence, status === 0 ? COMMAND_STATUS.ESME_RUNKNOWNERR : status, '')
        return
      case 'enquire_link_resp':
      // A phone is reachable again: nobody had asked (SMPP 3.4 §4.12).
      case 'alert_notification':
      // It asks us to bind (§4.1.7), as we do anyway. Neither of these two has a response.
      case 'outbind':
        return
      default:
        // Requests that only a client makes, and responses to requests that we never make.
        if (COMMAND[pdu.command] < COMMAND.generic_nack) {
          this.#send(encodeBare(COMMAND.generic_nack, COMMAND_STATUS.ESME_RINVCMDID, sequence))
        } else this.#strays++
    }
  }

  /** Whether the PDU was the answer to our bind: its header says all, and some leave the rest away. */
  #receiveWhileBinding(frame: Buffer): boolean {
    if (readSequence(frame, 0) !== this.#bindSequence) return false
    const command = readCommandId(frame, 0)
    const status = readStatus(frame, 0)
    if (command === COMMAND.generic_nack) this.#close(commandStatusName(status))
    else if (command !== COMMAND[`bind_${this.#settings.role}`] + RESPONSE) return false
    else if (status !== 0) this.#close(commandStatusName(status))
    else {
      this.#state = 'bound'
      this.#events.bound()
    }
    return true
  }

  #receiveMessage(pdu: InboundPdu): void {
    const response = pdu.command === 'deliver_sm' ? 'deliver_sm_resp' : 'data_sm_resp'
    const { sequence_number: sequence } = pdu
    if (this.#state !== 'bound' && this.#state !== 'draining') {
      this.#send(encodeBare(COMMAND[response], COMMAND_STATUS.ESME_RINVBNDSTS, sequence))
      return
    }
    if (++this.#unansweredInbound === MAX_UNANSWERED_INBOUND) this.#socket.pause()
    let isAnswered = false
    this.#events.inbound(pdu, status => {
      if (isAnswered) return
      isAnswered = true
      if (this.#unansweredInbound-- === MAX_UNANSWERED_INBOUND) this.#resume()
      if (this.#state === 'closed') return
      if (status === 0) this.#send(encodeTaken(COMMAND[response], sequence))
      else this.#send(encodeBare(COMMAND[response], status, sequence))
    })
  }

  #resume(): void {
    if (this.#state === 'closed') return
    // Our own pause, not the peer's silence: everything gets its time again.
    this.#heardAt = performance.now()
    this.#enquiredAt = 0
    this.#socket.resume()
  }

  #nextSequence(): number {
    const sequence = this.#sequence
    this.#sequence = following(sequence)
    return sequence
  }

  #send(frame: Buffer): void {
    this.#reserve(frame.length)
    this.#out.set(frame, this.#outEnd)
    this.#outEnd += frame.length
  }

  /** Makes room for `octets` more and sees to it that they leave at the end of this turn. */
  #reserve(octets: number): void {
    if (!this.#isFlushDue) {
      this.#isFlushDue = true
      this.#now = performance.now()
      setImmediate(this.#flush)
    }
    if (this.#outEnd + octets <= this.#out.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#outEnd + octets))
    this.#out.copy(larger, 0, 0, this.#outEnd)
    this.#out = larger
  }

  readonly #flush = (): void => {
    this.#isFlushDue = false
    if (this.#isWriting || this.#outEnd === 0 || this.#state === 'closed') return
    const full = this.#out
    this.#isWriting = true
    this.#socket.write(full.subarray(0, this.#outEnd), this.#written)
    this.#out = this.#spare
    this.#spare = full
    this.#outEnd = 0
  }

  readonly #written = (): void => {
    this.#isWriting = false
    if (!this.#isFlushDue) this.#flush()
  }

  readonly #tick = (): void => {
    const now = performance.now()
    this.#now = now
    const { responseTimeoutMs, enquireLinkMs } = this.#settings
    if (this.#unansweredInbound >= MAX_UNANSWERED_INBOUND) return
    switch (this.#state) {
      case 'opening':
      case 'binding':
        if (now - this.#heardAt >= responseTimeoutMs) this.#close('bind_timeout')
        return
      case 'bound':
        this.#expire(now)
        if (this.#enquiredAt > 0) {
          if (now - this.#enquiredAt >= responseTimeoutMs) this.#close('enquire_link_timeout')
        } else if (this.#isSilent || now - this.#heardAt >= enquireLinkMs - 2 * this.#tickMs) {
          this.#enquiredAt = now
          this.#send(encodeBare(COMMAND.enquire_link, 0, this.#nextSequence()))
        }
        return
      case 'draining':
        this.#expire(now)
        if (this.#unbindSequence === 0) this.#closeIfDrained('unbound_by_peer')
        else if (now - this.#enquiredAt >= responseTimeoutMs) this.#close('unbind_timeout')
        return
      case 'closed':
        return
    }
  }

  #expire(now: number): void {
    const { responseTimeoutMs } = this.#settings
    const hasOpened = this.#endWindow(now - responseTimeoutMs)
    this.#endLate(now - 2 * responseTimeoutMs)
    if (hasOpened) this.#events.settled()
  }

  /** Takes every submit out of the window that was sent before `before`. */
  #endWindow(before: number): boolean {
    let hasOpened = false
    while (this.#inFlight > 0) {
      const sequence = this.#oldest
      const place = sequence & this.#mask
      const isWaiting = this.#sequences[place] === sequence
      if (isWaiting && this.#sentAt[place]! > before) break
      this.#oldest = following(sequence)
      if (!isWaiting) continue
      hasOpened = true
      // Before anyone hears of it, so that nobody finds room to pour more into a silent peer.
      if (this.#heardAt <= before) this.#isSilent = true
      this.#sequences[place] = -sequence
      this.#inFlight--
      if (this.#late++ === 0) this.#oldestLate = sequence
    }
    return hasOpened
  }

  /** Gives up every late one that was sent before `before`. */
  #endLate(before: number): void {
    while (this.#late > 0) {
      const sequence = this.#oldestLate
      const place = sequence & this.#mask
      const isLate = this.#sequences[place] === -sequence
      if (isLate && this.#sentAt[place]! > before) return
      this.#oldestLate = following(sequence)
      if (isLate) {
        this.#events.unanswered(this.#release(place), this.#parts[place]!, 'response_timeout')
      }
    }
  }

  #closeIfDrained(reason: string): void {
    if (this.#state === 'draining' && this.#inFlight === 0) {
      this.#flush()
      this.#close(reason)
    }
  }

  #close(reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearInterval(this.#timer)
    // What was written last (an answer to unbind, a nack) still leaves; a peer that doesn't read is not waited for.
    this.#socket.end()
    setTimeout(() => this.#socket.destroy(), 500).unref()
    for (let place = 0; place <= this.#mask; place++) {
      if (this.#sequences[place] === FREE) continue
      this.#events.unanswered(this.#release(place), this.#parts[place]!, 'link_lost')
    }
    this.#events.closed(reason)
  }
}

function following(sequence: number): number {
  return sequence === MAX_SEQUENCE ? 1 : sequence + 1
}
