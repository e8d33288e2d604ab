import { setMaxListeners } from 'node:events'
import { jitteredBackoff } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { log } from '../../log.ts'
import { type HttpAnswer, NetworkFault, type Origin, openOrigin } from '../../network/origin.ts'
import {
  type Carrier,
  type CarrierConfig,
  type CarrierEvents,
  isSubmitError,
  type LinkState,
  type Outcome,
  type ShortMessage,
  type SubmitError,
  type SubmitErrorKind,
} from '../carrier.ts'
import { type Gateway, retryAfterMs } from './gateway.ts'

/**
 * An account at an HTTP gateway: one request a message, whatever its segments, for the gateway makes them.
 *
 *     probing ──an answer──▶ bound ──┬─ can't be reached, refuses the account ──▶ probing
 *                              ▲     └─ asks for a long rest ──▶ resting ─┐
 *                              └──────────────────────────────────────────┘
 *
 * There is no bind; the carrier is bound while its gateway answers. A harmless request probes it before the first
 * message, and again with growing, jittered pauses after it could not be reached, never giving up.
 *
 * The window counts requests, the pace segments: a message leaves when all its segments are released. A request
 * that got no answer is never sent again from here: it may have been taken (`uncertain`), and whether a person gets
 * a thing twice is not ours to decide. What failed before any byte left goes elsewhere.
 */

/** How fast to come back; tests set other values. */
export interface ProbeTuning {
  readonly backoffBaseMs: number
  readonly backoffCapMs: number
}

const DEFAULT_TUNING: ProbeTuning = { backoffBaseMs: 1_000, backoffCapMs: 60_000 }

/** Each costs memory at both ends; what the window allows above waits here. */
const MOST_CONNECTIONS = 256
/** So many requests lost in a row, and not one answer between them: nobody is there. One is an idle connection's end. */
const LOST_IN_A_ROW = 5
/** Asked for a longer rest it counts as unbound, so that others take what waits for it. */
const LONG_REST_MS = 3_000
/** So much longer than it was asked to does each dispatcher rest, at most, so that they don't come back as one. */
const REST_JITTER = 0.1
/** Without a refusal for this long, a gateway that throttled has stopped. */
const THROTTLE_MEMORY_MS = 1_000
/** A gateway that answered for this long was healthy: the next attempt to come back is quick again. */
const HEALTHY_MS = 10_000
const COMPLAINT_PAUSE_MS = 10_000

interface Submission {
  readonly ref: number
  readonly message: ShortMessage
  readonly segments: number
  /** Segments that may leave; the request does when all may. */
  released: number
}

export function createHttpCarrier(
  config: CarrierConfig,
  gateway: Gateway,
  tuning = DEFAULT_TUNING,
): Carrier {
  return new HttpCarrier(config, gateway, tuning)
}

class HttpCarrier implements Carrier {
  readonly name: string
  readonly #gateway: Gateway
  readonly #tuning: ProbeTuning
  readonly #window: number
  readonly #connections: number

  #events: CarrierEvents | undefined
  #origin: Origin | undefined
  #isOpen = false
  #state: LinkState = 'unbound'
  #firstBound: (() => void) | undefined
  /** Aborted when closing has to stop. */
  #cut = new AbortController()
  #timer: NodeJS.Timeout | undefined
  /** Messages that wait for a connection, oldest first. */
  readonly #waiting: Submission[] = []
  /** The message handed over last, where segments of it wait to be released. */
  #partly: Submission | undefined
  #requests = 0
  #segments = 0
  #drained: (() => void)[] = []
  #refused: { readonly ref: number; readonly fault: SubmitError }[] = []
  #attempt = 0
  #boundAt = 0
  #lostInARow = 0
  #restsUntil = 0
  #throttledUntil = 0
  #complainedAt = -Infinity

  constructor(config: CarrierConfig, gateway: Gateway, tuning: ProbeTuning) {
    this.name = config.name
    this.#gateway = gateway
    this.#tuning = tuning
    this.#window = config.window * config.binds
    this.#connections = Math.min(this.#window, MOST_CONNECTIONS)
  }

  get room(): number {
    if (!this.#isOpen || this.#state === 'unbound' || this.#isResting) return 0
    return Math.max(0, this.#window - this.#handedOver)
  }

  get inFlight(): number {
    return this.#segments
  }

  /** Messages without an end. */
  get #handedOver(): number {
    return this.#requests + this.#waiting.length + (this.#partly === undefined ? 0 : 1)
  }

  get #isResting(): boolean {
    return performance.now() < this.#restsUntil
  }

  open(events: CarrierEvents, signal: AbortSignal): Promise<void> {
    if (this.#isOpen) throw new AppError('internal', `carrier ${this.name} is open already`)
    const { url, allowPrivate, answerMs } = this.#gateway
    this.#events = events
    this.#isOpen = true
    this.#cut = new AbortController()
    // Every request under way listens to it, and the probe.
    setMaxListeners(this.#connections + 1, this.#cut.signal)
    this.#origin = openOrigin({ url, allowPrivate, answerMs, connections: this.#connections })
    return new Promise(resolve => {
      const done = () => {
        signal.removeEventListener('abort', done)
        this.#firstBound = undefined
        resolve()
      }
      this.#firstBound = done
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
      void this.#probe()
    })
  }

  submit(message: ShortMessage, ref: number, segments = Infinity): void {
    if (this.room < 1) return this.#refuse(ref, 'elsewhere', 'unbound')
    if (message.expiresAt <= Date.now()) return this.#refuse(ref, 'expired', 'expired')
    const total = message.text.segments.length
    const submission = { ref, message, segments: total, released: Math.min(segments, total) }
    this.#segments += total
    if (segments >= total) this.#leave(submission)
    else this.#partly = submission
  }

  release(segments: number): number {
    const partly = this.#partly
    if (partly === undefined) return 0
    const more = Math.min(segments, partly.segments - partly.released)
    partly.released += more
    if (partly.released === partly.segments) {
      this.#partly = undefined
      this.#leave(partly)
    }
    return more
  }

  keepBack(): void {
    const partly = this.#partly
    if (partly === undefined) return
    this.#partly = undefined
    this.#giveUp(partly, 'kept-back', 'kept_back')
  }

  async close(signal: AbortSignal): Promise<void> {
    const origin = this.#origin
    if (origin === undefined) return
    this.#isOpen = false
    clearTimeout(this.#timer)
    // Nobody releases the rest of it any more.
    this.keepBack()
    this.#firstBound?.()
    if (this.#isResting) this.#giveUpWaiting()
    const cut = () => {
      this.#giveUpWaiting()
      this.#cut.abort()
    }
    signal.addEventListener('abort', cut)
    if (signal.aborted) cut()
    await new Promise<void>(resolve => {
      this.#drained.push(resolve)
      this.#settled()
    })
    signal.removeEventListener('abort', cut)
    if (this.#origin !== origin) return
    this.#origin = undefined
    this.#cut.abort()
    await origin.close()
    this.#setState('unbound', 'closed')
  }

  // ---- messages

  #leave(submission: Submission): void {
    this.#waiting.push(submission)
    this.#sendWaiting()
  }

  #sendWaiting(): void {
    while (this.#requests < this.#connections && !this.#isResting) {
      const submission = this.#waiting.shift()
      if (submission === undefined) return
      const now = Date.now()
      if (submission.message.expiresAt <= now) this.#giveUp(submission, 'expired', 'expired')
      else void this.#send(submission, this.#origin!, now)
    }
  }

  async #send(submission: Submission, origin: Origin, now: number): Promise<void> {
    const { ref, message, segments } = submission
    this.#requests++
    let answer: HttpAnswer | undefined
    let outcome: Outcome
    try {
      const request = this.#gateway.request(message, now)
      const notAfter = message.expiresAt
      answer = await origin.send({ ...request, notAfter }, this.#cut.signal)
      outcome = this.#gateway.outcome(answer)
    } catch (error) {
      outcome = faultOf(error)
    }
    this.#requests--
    this.#segments -= segments
    // Its own end first: what it says of the gateway may end others.
    this.#events!.outcome(ref, outcome)
    if (answer !== undefined) this.#heed(answer, outcome)
    else if (isSubmitError(outcome)) this.#missed(outcome)
    this.#sendWaiting()
    this.#settled()
  }

  /** A message that never left. */
  #giveUp({ ref, segments }: Submission, kind: SubmitErrorKind, reason: string): void {
    this.#segments -= segments
    this.#refuse(ref, kind, reason)
    this.#settled()
  }

  #giveUpWaiting(): void {
    for (const one of this.#waiting.splice(0)) this.#giveUp(one, 'elsewhere', 'unbound')
  }

  /** Tells the end of a message that never left, not before `submit` has returned. */
  #refuse(ref: number, kind: SubmitErrorKind, reason: string): void {
    if (this.#refused.push({ ref, fault: { kind, reason, messageIds: [] } }) > 1) return
    setImmediate(() => {
      for (const { ref: ended, fault } of this.#refused.splice(0)) {
        this.#events!.outcome(ended, fault)
      }
    })
  }

  #settled(): void {
    if (!this.#isOpen) {
      if (this.#handedOver > 0) return
      // What was given up is told before closing is said to be done.
      setImmediate(() => {
        for (const resolve of this.#drained.splice(0)) resolve()
      })
    } else this.#tellRoom()
  }

  #tellRoom(): void {
    if (this.room > 0 || (this.#partly !== undefined && this.#isOpen)) this.#events!.room()
  }

  // ---- the gateway

  /** What an answer says beside its message's end. */
  #heed(answer: HttpAnswer, outcome: Outcome): void {
    this.#lostInARow = 0
    if (!isSubmitError(outcome)) return
    const { kind, reason } = outcome
    const askedMs = retryAfterMs(answer, Date.now())
    if (kind === 'throttled' || askedMs !== undefined) this.#rest(askedMs, outcome)
    if (kind !== 'configuration') return
    this.#complain(reason)
    if (refusesAccount(answer)) this.#lose(reason, 'slowly')
  }

  /** A message that got no answer. */
  #missed({ kind, reason }: SubmitError): void {
    if (kind === 'configuration') {
      this.#complain(reason)
      this.#lose(reason, 'slowly')
    } else if (kind === 'elsewhere') this.#lose(reason, 'soon')
    else if (reason === 'link_lost' && ++this.#lostInARow >= LOST_IN_A_ROW) {
      this.#lose(reason, 'soon')
    }
  }

  async #probe(): Promise<void> {
    const origin = this.#origin!
    const isStale = () => !this.#isOpen || this.#origin !== origin
    let answer: HttpAnswer
    try {
      answer = await origin.send(this.#gateway.probe, this.#cut.signal)
    } catch (error) {
      if (!isStale()) this.#down(error instanceof NetworkFault ? error.reason : 'link_lost', 'soon')
      return
    }
    if (isStale()) return
    const { status } = answer
    if (refusesAccount(answer)) this.#down(`http_${status}`, 'slowly')
    else if (status >= 500) this.#down(`http_${status}`, 'soon')
    else this.#up()
  }

  #up(): void {
    this.#boundAt = performance.now()
    this.#lostInARow = 0
    log.info({ carrier: this.name }, 'the gateway answers')
    this.#setState('bound', '')
    this.#firstBound?.()
    this.#awaitRest()
  }

  /** It can't be used any more; what waits for it goes elsewhere. */
  #lose(reason: string, comeBack: 'soon' | 'slowly'): void {
    if (!this.#isOpen || this.#state === 'unbound') return
    this.#giveUpWaiting()
    if (performance.now() - this.#boundAt >= HEALTHY_MS) this.#attempt = 0
    this.#down(reason, comeBack)
  }

  #down(reason: string, comeBack: 'soon' | 'slowly'): void {
    const fields = { carrier: this.name, reason }
    if (comeBack === 'slowly') log.error(fields, 'the gateway refuses the account: check it')
    else log.warn(fields, 'the gateway can not be used')
    const { backoffBaseMs, backoffCapMs } = this.#tuning
    // Wrong credentials don't mend by themselves, but somebody may mend them.
    const attempt = comeBack === 'slowly' ? Infinity : this.#attempt++
    const delay = jitteredBackoff(attempt, backoffBaseMs, backoffCapMs)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#probe(), delay)
    this.#setState('unbound', reason)
  }

  /** It takes no more for now, for as long as it asks, if it says so. */
  #rest(askedMs: number | undefined, { kind, reason }: SubmitError): void {
    if (!this.#isOpen || this.#state === 'unbound') return
    const now = performance.now()
    const ms = (askedMs ?? 0) * (1 + REST_JITTER * Math.random())
    this.#restsUntil = Math.max(this.#restsUntil, now + ms)
    if (this.#restsUntil - now > LONG_REST_MS) {
      this.#giveUpWaiting()
      this.#setState('unbound', 'retry_after')
    } else if (kind === 'throttled') {
      this.#throttledUntil = now + THROTTLE_MEMORY_MS
      this.#setState('throttled', reason)
    }
    this.#awaitRest()
  }

  #awaitRest(): void {
    clearTimeout(this.#timer)
    const now = performance.now()
    const until = this.#isResting ? this.#restsUntil : this.#throttledUntil
    if (until > now) this.#timer = setTimeout(() => this.#awaitRest(), until - now)
    if (this.#isResting) return
    if (until <= now || this.#state === 'unbound') this.#setState('bound', '')
    this.#sendWaiting()
    this.#tellRoom()
  }

  #setState(state: LinkState, reason: string): void {
    // Each refusal is told, for its reason may be another; all else once.
    if (state === this.#state && state !== 'unbound') return
    this.#state = state
    this.#events!.state(state, reason)
  }

  /** Every message meets the same refusal: one line now and then says it. */
  #complain(reason: string): void {
    const now = performance.now()
    if (now - this.#complainedAt < COMPLAINT_PAUSE_MS) return
    this.#complainedAt = now
    log.error({ carrier: this.name, reason }, 'messages refused: check the account')
  }
}

const refusesAccount = ({ status }: HttpAnswer) => status === 401 || status === 403

/** What becomes of a message whose request got no answer. */
function faultOf(error: unknown): SubmitError {
  const messageIds: readonly string[] = []
  if (!(error instanceof NetworkFault))
    return { kind: 'uncertain', reason: 'link_lost', messageIds }
  if (error.reason === 'refused_address')
    return { kind: 'configuration', reason: error.reason, messageIds }
  if (error.reason === 'too_late') return { kind: 'expired', reason: 'expired', messageIds }
  if (!error.mayHaveArrived) return { kind: 'elsewhere', reason: 'unbound', messageIds }
  const reason = REASONS[error.reason] ?? 'link_lost'
  return { kind: 'uncertain', reason, messageIds }
}

const REASONS: Readonly<Record<string, string>> = {
  timeout: 'response_timeout',
  answer_too_large: 'answer_too_large',
}
