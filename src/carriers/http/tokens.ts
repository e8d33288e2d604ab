/**
 * Access tokens that a gateway takes in place of credentials: asked for once for many messages, kept in memory, asked
 * for anew before they end, and when the gateway refuses one.
 *
 * @see RFC 6749 §4.4, client credentials; §5.1 and §5.2, what is answered
 */
import { type HttpAnswer, NetworkFault, type Origin, openOrigin } from '../../network/origin.ts'
import { parseJson, wordAt } from './pointer.ts'

/** Where tokens are had, its templates filled in. */
export interface TokenEndpoint {
  readonly url: URL
  /** It may have a private or loopback address. */
  readonly allowPrivate: boolean
  /** For an answer, in milliseconds. */
  readonly answerMs: number
  readonly clientId: string
  readonly clientSecret: string
  /** §2.3.1: `header` is what every server must take, `body` what some want instead. */
  readonly credentialsIn: 'header' | 'body'
  /** Beside `grant_type`, such as `scope` and `audience`. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Why there is no token. */
export interface TokenFault {
  /** `configuration`: the server refuses the credentials. */
  readonly kind: 'configuration' | 'elsewhere'
  /** The server's own code (§5.2), or `token_` and what went wrong. */
  readonly reason: string
}

export interface Tokens {
  /** A token that is good now; all who ask while one is on its way wait for that one. Never rejects. */
  take(signal: AbortSignal): Promise<string | TokenFault>
  /** The gateway refused it, so it is given to nobody any more. */
  refused(token: string): void
  close(): Promise<void>
}

/** So long before its end a token is asked for anew, while the one before is still in use; of a short one a fifth. */
const EARLY_SECONDS = 60
const EARLY_SHARE = 0.2
/** After the server could not give one, it is asked again: the token in use may be good for a while. */
const ASK_AGAIN_MS = 5_000

interface Held {
  readonly token: string
  /** On the monotonic clock, in milliseconds; `Infinity` where the server did not say. */
  readonly endsAt: number
  renewAt: number
}

export function openTokens(endpoint: TokenEndpoint): Tokens {
  const { url, allowPrivate, answerMs } = endpoint
  const origin = openOrigin({ url, allowPrivate, answerMs, connections: 1 })
  let held: Held | undefined
  let asking: Promise<string | TokenFault> | undefined

  const ask = (signal: AbortSignal) => {
    asking ??= requestToken(endpoint, origin, signal).then(answer => {
      asking = undefined
      if ('kind' in answer) {
        if (held !== undefined) held.renewAt = performance.now() + ASK_AGAIN_MS
        return answer
      }
      held = answer
      return answer.token
    })
    return asking
  }

  return {
    take(signal) {
      const now = performance.now()
      if (held === undefined || now >= held.endsAt) return ask(signal)
      if (now >= held.renewAt) void ask(signal)
      return Promise.resolve(held.token)
    },
    refused(token) {
      if (held?.token === token) held = undefined
    },
    close: () => origin.close(),
  }
}

async function requestToken(
  { url, clientId, clientSecret, credentialsIn, parameters }: TokenEndpoint,
  origin: Origin,
  signal: AbortSignal,
): Promise<Held | TokenFault> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...parameters })
  const headers: Record<string, string> = {
    'Content-Type': 'application/x-www-form-urlencoded',
    Accept: 'application/json',
  }
  if (credentialsIn === 'header') {
    const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`
    headers['Authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
  } else {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret)
  }
  const asked = performance.now()
  try {
    const path = url.pathname + url.search
    const request = { method: 'POST', path, headers, body: form.toString() }
    return readToken(await origin.send(request, signal), asked)
  } catch (error) {
    const reason = error instanceof NetworkFault ? error.reason : 'connection_lost'
    const kind = reason === 'refused_address' ? 'configuration' : 'elsewhere'
    return { kind, reason: `token_${reason}` }
  }
}

/** RFC 6749 §2.3.1: before they become a user and a password both are encoded as a form's values are. */
const formEncoded = (value: string) => new URLSearchParams([['', value]]).toString().slice(1)

/** A token is a header's value in the end (RFC 6750 §2.1); a server that has gone mad names no header of its own. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/
/** §5.2: printable ASCII; ours is what a log and a status line take. */
const CODE = /^[\w.-]{1,60}$/

function readToken({ status, body }: HttpAnswer, asked: number): Held | TokenFault {
  const document = parseJson(body.toString())
  const token = wordAt(document, '/access_token') ?? ''
  if (status === 200 && TOKEN.test(token)) {
    const seconds = Number(wordAt(document, '/expires_in') ?? Infinity)
    const lifeMs = seconds > 0 ? seconds * 1000 : Infinity
    const early = Math.min(EARLY_SECONDS * 1000, lifeMs * EARLY_SHARE)
    return { token, endsAt: asked + lifeMs, renewAt: asked + lifeMs - early }
  }
  const code = wordAt(document, '/error') ?? ''
  const reason = CODE.test(code) ? `token_${code}` : `token_http_${status}`
  const isRefusal = status < 500 && status !== 429
  return { kind: isRefusal ? 'configuration' : 'elsewhere', reason }
}
