import type { HttpAnswer, HttpRequest } from '../../network/origin.ts'
import type { LookUp, Outcome, ShortMessage } from '../carrier.ts'
import type { TokenEndpoint } from './tokens.ts'

/** What an HTTP gateway speaks, as pure functions; none of them throws. */
export interface Gateway {
  readonly url: URL
  /** It may have a private or loopback address. */
  readonly allowPrivate: boolean
  /** For an answer, in milliseconds. */
  readonly answerMs: number
  /** Where the tokens are had that its requests are sent with; absent: they hold what they need. */
  readonly tokens?: TokenEndpoint | undefined
  /** Sends nothing to anybody; its answer says whether the gateway can be reached and takes the account. */
  readonly probe: HttpRequest
  /** @param now epoch milliseconds: what is left until the message's `expiresAt` becomes its validity */
  request(message: ShortMessage, now: number): HttpRequest
  /** Of a gateway that can be asked what has become of a message. */
  readonly status?: {
    request(messageId: string): HttpRequest
    read(messageId: string, answer: HttpAnswer): Awaited<ReturnType<LookUp>>
  }
  /** What the answer says of the message. One id stands for all its segments. */
  outcome(answer: HttpAnswer): Outcome
}

/** The longest rest that a gateway is granted; then it is asked again. */
const LONGEST_REST_MS = 600_000

/**
 * What the header Retry-After asks for, in milliseconds from now: seconds or a date.
 * @see RFC 9110 §10.2.3
 */
export function retryAfterMs({ headers }: HttpAnswer, now: number): number | undefined {
  const asked = headers['retry-after']?.trim() ?? ''
  const ms = /^\d+$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - now
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_REST_MS, Math.max(0, ms))
}
