import { databaseTime } from '../clock.ts'
import { AppError } from '../errors.ts'
import { log } from '../log.ts'
import {
  type Carrier,
  type CarrierEvents,
  type LinkState,
  type Outcome,
  type ShortMessage,
  type SubmitErrorKind,
} from './carrier.ts'

/**
 * What carriers have in common to which a message goes as one request, whatever its segments: a gateway, a mail
 * server. The pace counts segments, so a message that was handed over waits here until all of its segments may leave,
 * and nothing else is handed over before. What never leaves is told of here, and what there is of being open, bound
 * and closed.
 */

export interface Submission {
  readonly ref: number
  readonly message: ShortMessage
  readonly segments: number
  /** Segments that may leave; the message does when all may. */
  released: number
}

/** The carrier's own part. */
export interface Requests {
  /** Free places for messages now; 0 where nothing may leave. */
  places(): number
  /** Nothing has left or waits to. */
  isIdle(): boolean
  /** Why a message could never leave. */
  faultOf?(message: ShortMessage): string | undefined
  leave(submission: Submission): void
}

/** What closing means beside waiting for what is under way. */
interface Closing {
  /** Nothing more is handed over. */
  readonly begun: () => void
  /** The time for an orderly end is over; `cut` is aborted next. */
  readonly outOfTime: () => void
  readonly drained: () => Promise<void> | void
}

/** Every message meets the same refusal: one line now and then says it. */
const COMPLAINT_PAUSE_MS = 10_000

export class WholeMessages {
  readonly #name: string
  readonly #requests: Requests
  #events: CarrierEvents | undefined
  #isOpen = false
  /** Also of one that was never opened. */
  #isClosed = true
  #state: LinkState = 'unbound'
  #firstBound: (() => void) | undefined
  #cut = new AbortController()
  /** The message handed over last, where segments of it wait to be released. */
  #partly: Submission | undefined
  #segments = 0
  #refused: { readonly ref: number; readonly outcome: Outcome }[] = []
  #drained: (() => void)[] = []
  #complainedAt = -Infinity

  constructor(name: string, requests: Requests) {
    this.#name = name
    this.#requests = requests
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get state(): LinkState {
    return this.#state
  }

  /** Aborted when closing has to stop, and when it is done; another one each time that it is opened. */
  get cut(): AbortSignal {
    return this.#cut.signal
  }

  get room(): number {
    if (!this.#isOpen) return 0
    return Math.max(0, this.#requests.places() - (this.#partly === undefined ? 0 : 1))
  }

  get inFlight(): number {
    return this.#segments
  }

  /** @param start begins to look for the far side */
  open(events: CarrierEvents, signal: AbortSignal, start: () => void): ReturnType<Carrier['open']> {
    if (this.#isOpen) throw new AppError('internal', `carrier ${this.#name} is open already`)
    this.#events = events
    this.#isOpen = true
    this.#isClosed = false
    this.#cut = new AbortController()
    return new Promise(resolve => {
      const done = () => {
        signal.removeEventListener('abort', done)
        this.#firstBound = undefined
        resolve()
      }
      this.#firstBound = done
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
      start()
    })
  }

  submit(message: ShortMessage, ref: number, segments: number): void {
    if (this.room < 1) return this.#refuse(ref, 'elsewhere', 'unbound')
    if (message.expiresAt <= databaseTime()) return this.#refuse(ref, 'expired', 'expired')
    const fault = this.#requests.faultOf?.(message)
    if (fault !== undefined) return this.#refuse(ref, 'permanent', fault)
    const total = message.text.segments.length
    const submission = { ref, message, segments: total, released: Math.min(segments, total) }
    this.#segments += total
    if (segments >= total) this.#requests.leave(submission)
    else this.#partly = submission
  }

  release(segments: number): number {
    const partly = this.#partly
    if (partly === undefined) return 0
    const more = Math.min(segments, partly.segments - partly.released)
    partly.released += more
    if (partly.released === partly.segments) {
      this.#partly = undefined
      this.#requests.leave(partly)
    }
    return more
  }

  keepBack(): void {
    const partly = this.#partly
    if (partly === undefined) return
    this.#partly = undefined
    this.giveUp(partly, 'kept-back', 'kept_back')
  }

  /** The end of one that has left; `settled` is called when what it says of the far side is heeded. */
  ended({ ref, segments }: Submission, outcome: Outcome): void {
    this.#segments -= segments
    this.#events?.outcome(ref, outcome)
  }

  /** The end of one that never left. */
  giveUp({ ref, segments }: Submission, kind: SubmitErrorKind, reason: string): void {
    this.#segments -= segments
    this.#refuse(ref, kind, reason)
    this.settled()
  }

  /** Tells the end of a message that never left, not before `submit` has returned. */
  #refuse(ref: number, kind: SubmitErrorKind, reason: string): void {
    if (this.#refused.push({ ref, outcome: { kind, reason, messageIds: [] } }) > 1) return
    setImmediate(() => {
      for (const { ref: ended, outcome } of this.#refused.splice(0)) {
        this.#events?.outcome(ended, outcome)
      }
    })
  }

  /** Something has ended, or may leave again: there is room, or closing is done. */
  settled(): void {
    if (this.#isOpen) {
      if (this.room > 0 || this.#partly !== undefined) this.#events?.room()
    } else if (this.#requests.isIdle()) {
      // What was given up is told before closing is said to be done.
      setImmediate(() => {
        for (const resolve of this.#drained.splice(0)) resolve()
      })
    }
  }

  bound(): void {
    this.setState('bound', '')
    this.#firstBound?.()
  }

  setState(state: LinkState, reason: string): void {
    // Each refusal is told, for its reason may be another; all else once.
    if (state === this.#state && state !== 'unbound') return
    this.#state = state
    this.#events?.state(state, reason)
  }

  complain(reason: string): void {
    const now = performance.now()
    if (now - this.#complainedAt < COMPLAINT_PAUSE_MS) return
    this.#complainedAt = now
    log.error({ carrier: this.#name, reason }, 'messages refused: check the account')
  }

  async close(signal: AbortSignal, { begun, outOfTime, drained }: Closing): Promise<void> {
    if (this.#isClosed) return
    const opened = this.#cut
    this.#isOpen = false
    // Nobody releases the rest of it any more.
    this.keepBack()
    this.#firstBound?.()
    begun()
    const stop = () => {
      outOfTime()
      opened.abort()
    }
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    await new Promise<void>(resolve => {
      this.#drained.push(resolve)
      this.settled()
    })
    signal.removeEventListener('abort', stop)
    if (this.#isClosed || this.#cut !== opened) return
    this.#isClosed = true
    opened.abort()
    await drained()
    if (this.#state !== 'unbound') this.setState('unbound', 'closed')
  }
}
