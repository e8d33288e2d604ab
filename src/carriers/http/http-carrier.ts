import { setMaxListeners } from 'node:events'
import { databaseTime, jitteredBackoff } from '../../clock.ts'
import { log } from '../../log.ts'
import {
  type HttpAnswer,
  type HttpRequest,
  NetworkFault,
  type Origin,
  openOrigin,
} from '../../network/origin.ts'
import {
  type Carrier,
  type CarrierConfig,
  type CarrierEvents,
  isSubmitError,
  type LookUp,
  type Outcome,
  type ShortMessage,
  type SubmitError,
} from '../carrier.ts'
import { type Submission, WholeMessages } from '../whole-messages.ts'
import { type Gateway, retryAfterMs } from './gateway.ts'
import { openTokens, type TokenFault, type Tokens } from './tokens.ts'

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
 *
 * Where the gateway wants tokens, one is had before the probe and before each message. A request that is answered by
 * 401 was not taken: it goes once more, with a new token.
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

  readonly #messages: WholeMessages
  #origin: Origin | undefined
  #tokens: Tokens | undefined
  #timer: NodeJS.Timeout | undefined
  /** Messages that wait for a connection, oldest first. */
  readonly #waiting: Submission[] = []
  #requests = 0
  #attempt = 0
  #boundAt = 0
  #lostInARow = 0
  #restsUntil = 0
  #throttledUntil = 0

  constructor(config: CarrierConfig, gateway: Gateway, tuning: ProbeTuning) {
    this.name = config.name
    this.#gateway = gateway
    this.#tuning = tuning
    this.#window = config.window * config.binds
    this.#connections = Math.min(this.#window, MOST_CONNECTIONS)
    this.#messages = new WholeMessages(config.name, {
      places: () =>
        this.#messages.state === 'unbound' || this.#isResting
          ? 0
          : this.#window - this.#requests - this.#waiting.length,
      isIdle: () => this.#requests + this.#waiting.length === 0,
      leave: submission => {
        this.#waiting.push(submission)
        this.#sendWaiting()
      },
    })
  }

  get room(): number {
    return this.#messages.room
  }

  get inFlight(): number {
    return this.#messages.inFlight
  }

  get #isResting(): boolean {
    return performance.now() < this.#restsUntil
  }

  open(events: CarrierEvents, signal: AbortSignal): Promise<void> {
    return this.#messages.open(events, signal, () => {
      const { url, allowPrivate, answerMs, tokens } = this.#gateway
      // Every request under way listens to it, the probe, and what asks for a token.
      setMaxListeners(this.#connections + 2, this.#messages.cut)
      this.#origin = openOrigin({ url, allowPrivate, answerMs, connections: this.#connections })
      this.#tokens = tokens && openTokens(tokens)
      void this.#probe()
    })
  }

  get lookUp(): LookUp | undefined {
    const { status } = this.#gateway
    if (status === undefined) return undefined
    return async messageId => {
      const origin = this.#origin
      if (origin === undefined || this.#messages.state !== 'bound') return 'unanswered'
      try {
        return status.read(messageId, await this.#ask(origin, status.request(messageId)))
      } catch {
        return 'unanswered'
      }
    }
  }

  submit(message: ShortMessage, ref: number, segments = Infinity): void {
    this.#messages.submit(message, ref, segments)
  }

  release(segments: number): number {
    return this.#messages.release(segments)
  }

  keepBack(): void {
    this.#messages.keepBack()
  }

  close(signal: AbortSignal): Promise<void> {
    return this.#messages.close(signal, {
      begun: () => {
        clearTimeout(this.#timer)
        if (this.#isResting) this.#giveUpWaiting()
      },
      outOfTime: () => this.#giveUpWaiting(),
      drained: async () => {
        await Promise.all([this.#origin?.close(), this.#tokens?.close()])
      },
    })
  }

  // ---- messages

  #sendWaiting(): void {
    while (this.#requests < this.#connections && !this.#isResting) {
      const submission = this.#waiting.shift()
      if (submission === undefined) return
      const now = databaseTime()
      if (submission.message.expiresAt <= now) {
        this.#messages.giveUp(submission, 'expired', 'expired')
      } else void this.#send(submission, this.#origin!, now)
    }
  }

  async #send(submission: Submission, origin: Origin, now: number): Promise<void> {
    const { message } = submission
    this.#requests++
    let answer: HttpAnswer | undefined
    let outcome: Outcome
    try {
      const request = this.#gateway.request(message, now)
      const notAfter = message.expiresAt
      answer = await this.#ask(origin, { ...request, notAfter })
      outcome = this.#gateway.outcome(answer)
    } catch (error) {
      outcome = faultOf(error)
    }
    this.#requests--
    // Its own end first: what it says of the gateway may end others.
    this.#messages.ended(submission, outcome)
    if (answer !== undefined) this.#heed(answer, outcome)
    else if (isSubmitError(outcome)) this.#missed(outcome)
    this.#sendWaiting()
    this.#messages.settled()
  }

  /**
   * @throws NetworkFault as `Origin.send`, NoToken
   */
  async #ask(origin: Origin, request: HttpRequest): Promise<HttpAnswer> {
    const tokens = this.#tokens
    const { cut } = this.#messages
    if (tokens === undefined) return origin.send(request, cut)
    const token = await takeToken(tokens, cut)
    const answer = await origin.send(bearing(token, request), cut)
    if (answer.status !== 401) return answer
    tokens.refused(token)
    return origin.send(bearing(await takeToken(tokens, cut), request), cut)
  }

  #giveUpWaiting(): void {
    for (const one of this.#waiting.splice(0)) this.#messages.giveUp(one, 'elsewhere', 'unbound')
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
    this.#messages.complain(reason)
    if (refusesAccount(answer)) this.#lose(reason, 'slowly')
  }

  /** A message that got no answer. */
  #missed({ kind, reason }: SubmitError): void {
    if (kind === 'configuration') {
      this.#messages.complain(reason)
      this.#lose(reason, 'slowly')
    } else if (kind === 'elsewhere') this.#lose(reason, 'soon')
    else if (reason === 'link_lost' && ++this.#lostInARow >= LOST_IN_A_ROW) {
      this.#lose(reason, 'soon')
    }
  }

  async #probe(): Promise<void> {
    const origin = this.#origin!
    const isStale = () => !this.#messages.isOpen || this.#origin !== origin
    let answer: HttpAnswer
    try {
      answer = await this.#ask(origin, this.#gateway.probe)
    } catch (error) {
      if (isStale()) return
      if (error instanceof NoToken && error.fault.kind === 'configuration') {
        this.#messages.complain(error.fault.reason)
        this.#down(error.fault.reason, 'slowly')
      } else this.#down(reasonOfFault(error), 'soon')
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
    this.#messages.bound()
    this.#awaitRest()
  }

  /** It can't be used any more; what waits for it goes elsewhere. */
  #lose(reason: string, comeBack: 'soon' | 'slowly'): void {
    if (!this.#messages.isOpen || this.#messages.state === 'unbound') return
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
    this.#messages.setState('unbound', reason)
  }

  /** It takes no more for now, for as long as it asks, if it says so. */
  #rest(askedMs: number | undefined, { kind, reason }: SubmitError): void {
    if (!this.#messages.isOpen || this.#messages.state === 'unbound') return
    const now = performance.now()
    const ms = (askedMs ?? 0) * (1 + REST_JITTER * Math.random())
    this.#restsUntil = Math.max(this.#restsUntil, now + ms)
    if (this.#restsUntil - now > LONG_REST_MS) {
      this.#giveUpWaiting()
      this.#messages.setState('unbound', 'retry_after')
    } else if (kind === 'throttled') {
      this.#throttledUntil = now + THROTTLE_MEMORY_MS
      this.#messages.setState('throttled', reason)
    }
    this.#awaitRest()
  }

  #awaitRest(): void {
    clearTimeout(this.#timer)
    const now = performance.now()
    const until = this.#isResting ? this.#restsUntil : this.#throttledUntil
    if (until > now) this.#timer = setTimeout(() => this.#awaitRest(), until - now)
    if (this.#isResting) return
    if (until <= now || this.#messages.state === 'unbound') this.#messages.setState('bound', '')
    this.#sendWaiting()
    this.#messages.settled()
  }
}

/** Nothing of the request has left. */
class NoToken extends Error {
  readonly fault: TokenFault

  constructor(fault: TokenFault) {
    super(fault.reason)
    this.name = 'NoToken'
    this.fault = fault
  }
}

async function takeToken(tokens: Tokens, signal: AbortSignal): Promise<string> {
  const taken = await tokens.take(signal)
  if (typeof taken === 'string') return taken
  throw new NoToken(taken)
}

/** @see RFC 6750 §2.1 */
const bearing = (token: string, request: HttpRequest): HttpRequest => ({
  ...request,
  headers: { ...request.headers, Authorization: `Bearer ${token}` },
})

function reasonOfFault(error: unknown): string {
  if (error instanceof NoToken) return error.fault.reason
  return error instanceof NetworkFault ? error.reason : 'link_lost'
}

const refusesAccount = ({ status }: HttpAnswer) => status === 401 || status === 403

/** What becomes of a message whose request got no answer. */
function faultOf(error: unknown): SubmitError {
  const messageIds: readonly string[] = []
  if (error instanceof NoToken) return { ...error.fault, messageIds }
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
