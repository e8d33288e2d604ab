import { COMMAND_STATUS } from '../../encoding/smpp.ts'
import { normaliseMessageId } from '../../encoding/receipt-text.ts'
import type { EncodedText } from '../../encoding/segments.ts'
import { databaseTime } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { log } from '../../log.ts'
import type {
  Carrier,
  CarrierConfig,
  CarrierEvents,
  LinkState,
  ShortMessage,
  SmppSettings,
  SubmitErrorKind,
} from '../carrier.ts'
import { type SmppDialect, USUAL_DIALECT } from './dialect.ts'
import { createInbound } from './inbound.ts'
import { type Backoff, KeptSession } from './kept-session.ts'
import { type PreparedText, createPreparing, templateFor } from './prepare.ts'
import { References } from './reference.ts'
import type { BindRole, Session, SessionEvents } from './session.ts'
import { type Endpoint, endpointOf } from './socket.ts'
import { meaningOf } from './status.ts'

/**
 * An SMPP account: its binds, kept up for as long as the account is open, and the messages on them.
 *
 * A bind is a transceiver, or a transmitter beside a receiver, or a transmitter alone whose receipts and replies
 * go elsewhere. A pair counts as one of the account's binds, and sends while its transmitter is bound: what its
 * receiver misses meanwhile the message centre keeps. Each of the two comes back by itself.
 *
 * A message goes to the bind with the most room and all its segments stay on it, in order; those that the
 * window has no room for wait here and go before anything new. A message ends once, when the last of its
 * segments that left has been answered or given up: taken if all were, else by its gravest fault. After a
 * fault the segments that had not left yet stay.
 *
 * What a text needs on the wire is prepared once (`prepare.ts`), so that a message of one segment costs one copy
 * of octets out and one look-up of a sequence number back.
 */

/** How fast to come back, and where to begin counting; tests set other values. */
export interface LinkTuning extends Backoff {
  readonly firstSequence: number
}

const DEFAULT_TUNING: LinkTuning = { backoffBaseMs: 1_000, backoffCapMs: 60_000, firstSequence: 1 }

/** Without a refusal for this long, a carrier that throttled has stopped. */
const THROTTLE_MEMORY_MS = 1_000
const COMPLAINT_PAUSE_MS = 10_000

interface Submission {
  readonly ref: number
  readonly to: string
  readonly prepared: PreparedText
  /** The recipient's own, where the text has one. */
  readonly token: string | undefined
  readonly expiresAt: number
  readonly reference: number
  /** Segments that may leave; the others wait to be released. What is one submit_sm leaves when all may. */
  released: number
  /** The next submit_sm to write, and how many have not come to an end yet. */
  next: number
  open: number
  readonly messageIds: string[]
  fault: { kind: SubmitErrorKind; reason: string } | undefined
}

interface Bind {
  readonly sending: KeptSession<Submission>
  readonly receiving: KeptSession<Submission> | undefined
  /** Messages with segments that have not left yet, oldest first. */
  readonly waiting: Submission[]
  waitingSegments: number
}

// Of several faults in one message the first of these names it: what is certain before what is not.
const GRAVITY: readonly SubmitErrorKind[] = [
  'expired',
  'permanent',
  'configuration',
  'elsewhere',
  'throttled',
  'kept-back',
  'uncertain',
]

export function createSmppCarrier(config: CarrierConfig, tuning = DEFAULT_TUNING): Carrier {
  if (config.smpp === undefined) {
    throw new AppError('invalid_carrier', `carrier ${config.name} has no smpp settings`)
  }
  return new SmppCarrier(config, config.smpp, tuning)
}

class SmppCarrier implements Carrier {
  readonly name: string
  readonly #config: CarrierConfig
  readonly #settings: SmppSettings
  readonly #endpoint: Endpoint
  readonly #tuning: LinkTuning
  readonly #dialect: SmppDialect
  readonly #binds: readonly Bind[]
  readonly #prepare: (text: EncodedText) => PreparedText
  readonly #references: References
  readonly #inbound: ReturnType<typeof createInbound>

  #events: CarrierEvents | undefined
  #isOpen = false
  #firstBound: (() => void) | undefined
  #allClosed: (() => void) | undefined
  #secondly: NodeJS.Timeout | undefined
  #state: LinkState = 'unbound'
  #throttledAt = 0
  #complainedAt = -Infinity
  /** The message handed over last, where segments of it wait to be released. */
  #partly: { readonly bind: Bind; readonly submission: Submission } | undefined
  #refused: { ref: number; kind: SubmitErrorKind; reason: string }[] = []

  constructor(config: CarrierConfig, settings: SmppSettings, tuning: LinkTuning) {
    this.name = config.name
    this.#config = config
    this.#settings = settings
    this.#endpoint = endpointOf(settings)
    this.#tuning = tuning
    this.#dialect = settings.dialect ?? USUAL_DIALECT
    this.#references = new References(this.#dialect.coding.joining)
    this.#prepare = createPreparing(config.sourceAddress, this.#dialect)
    this.#binds = Array.from({ length: config.binds }, () => this.#makeBind())
    this.#inbound = createInbound(
      settings.messageIds?.receipt ?? 'exact',
      {
        receipt: receipt => this.#events!.receipt(receipt),
        reply: reply => this.#events!.reply(reply),
      },
      this.#dialect.coding.defaultAlphabet,
    )
  }

  get room(): number {
    if (!this.#isOpen) return 0
    let room = 0
    for (const bind of this.#binds) room += roomOf(bind)
    return room
  }

  get inFlight(): number {
    let inFlight = 0
    for (const bind of this.#binds) {
      const { session } = bind.sending
      inFlight += (session?.inFlight ?? 0) + (session?.late ?? 0) + bind.waitingSegments
    }
    return inFlight
  }

  open(events: CarrierEvents, signal: AbortSignal): Promise<void> {
    if (this.#isOpen) throw new AppError('internal', `carrier ${this.name} is open already`)
    this.#events = events
    this.#isOpen = true
    this.#secondly = setInterval(this.#everySecond, 1_000)
    return new Promise(resolve => {
      const done = () => {
        signal.removeEventListener('abort', done)
        this.#firstBound = undefined
        resolve()
      }
      this.#firstBound = done
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
      for (const session of this.#sessions()) session.start()
    })
  }

  submit(message: ShortMessage, ref: number, released = Infinity): void {
    const now = databaseTime()
    const bind = this.#isOpen ? this.#roomiest() : undefined
    if (bind === undefined) return this.#refuse(ref, 'elsewhere', 'unbound')
    if (message.expiresAt <= now) return this.#refuse(ref, 'expired', 'expired')
    const prepared = this.#prepare(message.text)
    const { segments, templates } = prepared
    const submission: Submission = {
      ref,
      to: message.to,
      prepared,
      token: message.text.own?.token,
      expiresAt: message.expiresAt,
      released,
      reference: segments > 1 ? this.#references.next(message.to, now) : 0,
      next: 0,
      open: templates.length,
      messageIds: [],
      fault: undefined,
    }
    if (segments === 1) {
      write(bind.sending.session!, submission, now)
      return
    }
    bind.waiting.push(submission)
    bind.waitingSegments += templates.length
    this.#partly = released < segments ? { bind, submission } : undefined
    this.#writeWaiting(bind, now)
  }

  release(segments: number): number {
    const partly = this.#partly
    if (partly === undefined) return 0
    const { bind, submission } = partly
    const total = submission.prepared.segments
    const more = Math.min(segments, total - submission.released, bind.sending.session?.room ?? 0)
    if (more <= 0) return 0
    submission.released += more
    if (submission.released === total) this.#partly = undefined
    this.#writeWaiting(bind, databaseTime())
    return more
  }

  keepBack(): void {
    const partly = this.#partly
    if (partly !== undefined) this.#fail(partly.bind, partly.submission, 'kept-back', 'kept_back')
  }

  async close(signal: AbortSignal): Promise<void> {
    if (this.#events === undefined) return
    this.#isOpen = false
    // Nobody releases the rest of it any more.
    this.keepBack()
    this.#firstBound?.()
    for (const session of this.#sessions()) session.stop()
    for (const bind of this.#binds) this.#unbindIfDrained(bind)
    if (!this.#isClosed) {
      await new Promise<void>(resolve => {
        const abort = () => {
          for (const { session } of this.#sessions()) session?.destroy('closed')
        }
        signal.addEventListener('abort', abort)
        const before = this.#allClosed
        this.#allClosed = () => {
          signal.removeEventListener('abort', abort)
          before?.()
          resolve()
        }
        if (signal.aborted) abort()
      })
    }
    clearInterval(this.#secondly)
  }

  #makeBind(): Bind {
    const { bindType } = this.#settings
    const events: SessionEvents<Submission> = {
      bound: () => this.#goOnClosing(bind),
      answered: (submission, part, status, messageId) => {
        this.#answered(bind, submission, part, status, messageId)
      },
      unanswered: (submission, _part, reason) => {
        submission.open--
        this.#fail(bind, submission, 'uncertain', reason)
      },
      inbound: (pdu, answer) => this.#inbound(pdu, answer),
      settled: () => this.#settled(bind),
      closed: () => this.#goOnClosing(bind),
    }
    const bind: Bind = {
      sending: this.#keep(bindType === 'transceiver' ? 'transceiver' : 'transmitter', {
        ...events,
        bound: () => this.#bound(bind),
        closed: reason => this.#disconnected(bind, reason),
      }),
      receiving: bindType === 'transmitter-receiver' ? this.#keep('receiver', events) : undefined,
      waiting: [],
      waitingSegments: 0,
    }
    return bind
  }

  #keep(role: BindRole, events: SessionEvents<Submission>): KeptSession<Submission> {
    const window = role === 'receiver' ? 0 : this.#config.window
    const { firstSequence } = this.#tuning
    const endpoint = this.#endpoint
    const settings = { ...this.#settings, endpoint, role, window, firstSequence }
    return new KeptSession(this.name, settings, this.#tuning, events)
  }

  #sessions(): KeptSession<Submission>[] {
    return this.#binds.flatMap(({ sending, receiving }) =>
      receiving === undefined ? [sending] : [sending, receiving],
    )
  }

  get #isClosed(): boolean {
    return this.#sessions().every(({ session }) => session === undefined)
  }

  #bound(bind: Bind): void {
    this.#setState('bound', '')
    this.#firstBound?.()
    if (this.#isOpen) this.#events!.room()
    else this.#goOnClosing(bind)
  }

  #disconnected(bind: Bind, reason: string): void {
    // Segments that never left: their message ends by what its others met, or goes elsewhere whole.
    for (const submission of bind.waiting.slice())
      this.#fail(bind, submission, 'elsewhere', 'unbound')
    if (!this.#binds.some(({ sending }) => sending.isBound)) this.#setState('unbound', reason)
    this.#goOnClosing(bind)
  }

  #goOnClosing(bind: Bind): void {
    if (this.#isOpen) return
    this.#unbindIfDrained(bind)
    if (this.#isClosed) this.#allClosed?.()
  }

  #setState(state: LinkState, reason: string): void {
    // Each refusal is told, for its reason may be another; all else once.
    if (state === this.#state && state !== 'unbound') return
    this.#state = state
    this.#events!.state(state, reason)
  }

  #roomiest(): Bind | undefined {
    let best: Bind | undefined
    let most = 0
    for (const bind of this.#binds) {
      const room = roomOf(bind)
      if (room > most) {
        best = bind
        most = room
      }
    }
    return best
  }

  #writeWaiting(bind: Bind, now: number): void {
    const { session } = bind.sending
    while (session !== undefined && session.room > 0) {
      const submission = bind.waiting[0]
      if (submission === undefined || submission.next >= mayLeave(submission)) return
      if (submission.expiresAt <= now) {
        // Of a message that has begun the rest is lost, and with it the message.
        this.#fail(bind, submission, submission.next === 0 ? 'expired' : 'permanent', 'expired')
        continue
      }
      write(session, submission, now)
      bind.waitingSegments--
      if (submission.next === submission.prepared.templates.length) bind.waiting.shift()
    }
  }

  #answered(
    bind: Bind,
    submission: Submission,
    part: number,
    status: number,
    messageId: string,
  ): void {
    submission.open--
    if (status !== 0) {
      const { kind, reason } = meaningOf(status, this.#dialect.statuses)
      if (kind === 'throttled') {
        this.#throttledAt = performance.now()
        this.#setState('throttled', reason)
      } else if (kind === 'configuration' || status === COMMAND_STATUS.ESME_RINVEXPIRY) {
        // Also a validity_period that it can't read: other messages will say the same.
        this.#complain(reason)
      }
      this.#fail(bind, submission, kind, reason)
      return
    }
    submission.messageIds[part] = this.#spell(messageId)
    if (submission.open === 0) this.#end(submission)
  }

  /** Every message meets the same refusal: one line now and then says it. */
  #complain(reason: string): void {
    const now = performance.now()
    if (now - this.#complainedAt < COMPLAINT_PAUSE_MS) return
    this.#complainedAt = now
    log.error({ carrier: this.name, reason }, 'submits refused: check the account')
  }

  #spell(messageId: string): string {
    const forms = this.#settings.messageIds
    return forms === undefined ? messageId : normaliseMessageId(messageId, forms.response)
  }

  /** A segment of the message was refused, lost or never left; those behind it stay. */
  #fail(bind: Bind, submission: Submission, kind: SubmitErrorKind, reason: string): void {
    const { fault } = submission
    if (fault === undefined || GRAVITY.indexOf(kind) < GRAVITY.indexOf(fault.kind)) {
      submission.fault = { kind, reason }
    }
    if (this.#partly?.submission === submission) this.#partly = undefined
    const unwritten = submission.prepared.templates.length - submission.next
    if (unwritten > 0) {
      submission.next += unwritten
      submission.open -= unwritten
      bind.waitingSegments -= unwritten
      bind.waiting.splice(bind.waiting.indexOf(submission), 1)
    }
    if (submission.open === 0) this.#end(submission)
  }

  #end(submission: Submission): void {
    const { ref, fault, messageIds } = submission
    if (fault === undefined) this.#events!.outcome(ref, { messageIds })
    // Segments that were not taken have left holes; filter steps over them.
    else this.#events!.outcome(ref, { ...fault, messageIds: messageIds.filter(() => true) })
  }

  /** Ends a message that never left, not before `submit` has returned. */
  #refuse(ref: number, kind: SubmitErrorKind, reason: string): void {
    if (this.#refused.push({ ref, kind, reason }) > 1) return
    setImmediate(() => {
      const refused = this.#refused
      this.#refused = []
      for (const { ref: ended, ...fault } of refused) {
        this.#events!.outcome(ended, { ...fault, messageIds: [] })
      }
    })
  }

  #settled(bind: Bind): void {
    this.#writeWaiting(bind, databaseTime())
    if (!this.#isOpen) this.#unbindIfDrained(bind)
    else if (this.room > 0 || this.#partly?.bind === bind) this.#events!.room()
  }

  /** What is late is not waited for: it has had its time. */
  #unbindIfDrained({ sending, receiving, waitingSegments }: Bind): void {
    if ((sending.session?.inFlight ?? 0) > 0 || waitingSegments > 0) return
    sending.unbind()
    receiving?.unbind()
  }

  readonly #everySecond = (): void => {
    const hasRecovered = performance.now() - this.#throttledAt >= THROTTLE_MEMORY_MS
    if (this.#state === 'throttled' && hasRecovered) this.#setState('bound', '')
  }
}

function roomOf({ sending: { session }, waitingSegments }: Bind): number {
  return session === undefined ? 0 : Math.max(0, session.room - waitingSegments)
}

/** How many submit_sm may have left: one where the message centre does the cutting, once all segments may. */
function mayLeave({ released, prepared: { segments, templates } }: Submission): number {
  return templates.length === segments ? released : Math.floor(released / segments)
}

function write(session: Session<Submission>, submission: Submission, now: number): void {
  const part = submission.next++
  const { prepared, token, to, reference, expiresAt } = submission
  session.submit(
    templateFor(prepared, part, expiresAt, now, token),
    to,
    reference,
    submission,
    part,
  )
}
