/**
 * Requests to one origin that somebody configured: a carrier's gateway, a subscriber's webhook.
 *
 * A name is resolved once a connection and the socket goes to an address that was judged, so that a name which
 * resolves otherwise a moment later leads nowhere else. No redirect is followed, no proxy asked, nothing
 * decompressed, and nothing tried again: a request whose answer didn't come may have done its work, and only the
 * engine knows whether to repeat it.
 */
import { type LookupAddress, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { type Dispatcher, Pool, errors } from 'undici'
import { databaseTime } from '../clock.ts'
import { isAddress, isAllowedAddress } from './addresses.ts'

export interface OriginOptions {
  /** Only its origin counts; each request names its path. */
  readonly url: URL
  /** At most so many at once, each with one request under way. */
  readonly connections: number
  /** Reach private and loopback addresses too; only by configuration. */
  readonly allowPrivate: boolean
  /** For resolving, connecting and TLS together; 3,000. */
  readonly connectMs?: number
  /** For header and body together, from the moment the request is written; 10,000. */
  readonly answerMs?: number
  /** 65,536. */
  readonly maxBodyOctets?: number
}

export interface HttpRequest {
  readonly method: string
  /** With its query, beginning with `/`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Epoch milliseconds: no byte of it is written later, however long a connection took. */
  readonly notAfter?: number
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; a header that came more than once is joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Origin {
  /** @throws NetworkFault where no whole answer came; an abort by `signal` is a `connection_lost` */
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer>
  /** Waits for what is under way, then closes the connections. Safe twice. */
  close(): Promise<void>
}

export type NetworkFaultReason =
  | 'refused_address'
  | 'unreachable'
  | 'timeout'
  | 'connection_lost'
  | 'answer_too_large'
  | 'too_late'

/** Thrown by send. Its message holds a code of the system and nothing of the request. */
export class NetworkFault extends Error {
  readonly reason: NetworkFaultReason
  /** The request's bytes may have reached the far side. */
  readonly mayHaveArrived: boolean

  constructor(reason: NetworkFaultReason, mayHaveArrived: boolean, detail: string) {
    super(`${reason}: ${detail}`)
    this.name = 'NetworkFault'
    this.reason = reason
    this.mayHaveArrived = mayHaveArrived
  }
}

/** RFC 6761 §6.3, RFC 6762 §3, and the name set aside for private use: they never lead outside. */
const PRIVATE_NAMES = /(^|\.)(localhost|local|internal)$/

/** A URL's host without the brackets of an IPv6 literal and the dot of the root. */
const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')

/**
 * Why a URL may not be called at all, undefined when it may: for 422 at save. A name isn't resolved.
 *
 * `https` on port 443 to a public host; with `allowPrivate` also `http`, other ports, and private and loopback
 * hosts. Never with a user or a password in it, for a URL gets into logs.
 */
export function urlFault(url: string, allowPrivate: boolean): string | undefined {
  if (!URL.canParse(url)) return 'must be an absolute URL'
  const parsed = new URL(url)
  const host = hostOf(parsed)
  if (parsed.protocol !== 'https:' && !(allowPrivate && parsed.protocol === 'http:')) {
    return 'must begin with https://'
  }
  if (parsed.username !== '' || parsed.password !== '') return 'must not hold a user or a password'
  if (parsed.port !== '' && !allowPrivate) return 'must not name a port other than 443'
  // The URL parser has already turned 127.1, 0x7f000001 and 2130706433 into 127.0.0.1.
  if (isAddress(host) && !isAllowedAddress(host, allowPrivate)) {
    return 'must not lead to a private, local or reserved address'
  }
  if (PRIVATE_NAMES.test(host) && !allowPrivate) return 'must not lead to a local name'
  return undefined
}

/**
 * Whether the configuration names the URL's host as one that may be private.
 * @param privateHosts host names and addresses, as `Config.privateHosts`
 */
export function mayBePrivate(url: string, privateHosts: readonly string[]): boolean {
  return URL.canParse(url) && privateHosts.includes(hostOf(new URL(url)))
}

/** What a name resolves to, as `dns.lookup` tells it. */
export type Resolve = (
  host: string,
  found: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

const resolveBySystem: Resolve = (host, found) => lookup(host, { all: true }, found)

const REFUSED = 'ERR_REFUSED_ADDRESS'

/**
 * Opens no connection yet. An URL that `urlFault` refuses is refused by every send too.
 * @param resolve the system's resolver unless said
 */
export function openOrigin(options: OriginOptions, resolve: Resolve = resolveBySystem): Origin {
  const { url, allowPrivate, connectMs = 3_000, answerMs = 10_000 } = options
  const fault = urlFault(url.href, allowPrivate)
  if (fault !== undefined) {
    return {
      send: () => Promise.reject(new NetworkFault('refused_address', false, fault)),
      close: () => Promise.resolve(),
    }
  }
  const pool = new Pool(url.origin, {
    connections: options.connections,
    pipelining: 1,
    connect: { timeout: connectMs, lookup: judgedLookup(resolve, allowPrivate) },
    // One deadline for the whole of an answer stands below: a far side that drips would never meet these.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: options.maxBodyOctets ?? 65_536,
  })
  let closed: Promise<void> | undefined
  return {
    send: (request, signal) =>
      new Promise((resolveAnswer, reject) => {
        if (signal?.aborted === true) {
          return reject(new NetworkFault('connection_lost', false, 'given up'))
        }
        const { notAfter, ...sent } = request
        const times = { connectMs, answerMs, notAfter }
        pool.dispatch(sent, startExchange(times, signal, resolveAnswer, reject))
      }),
    close: () => (closed ??= pool.close()),
  }
}

/** For `net.connect`: gives it only addresses that may be called. It isn't asked where the host is an address. */
function judgedLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  return (host, { all }, callback) => {
    resolve(host, (error, found) => {
      if (error !== null) return callback(error, '')
      const allowed = found.filter(({ address }) => isAllowedAddress(address, allowPrivate))
      const [first] = allowed
      if (first === undefined) {
        const refused = new Error('every address of the name is private, local or reserved')
        return callback(Object.assign(refused, { code: REFUSED }), '')
      }
      if (all === true) return callback(null, allowed)
      callback(null, first.address, first.family)
    })
  }
}

interface Times {
  readonly connectMs: number
  readonly answerMs: number
  readonly notAfter: number | undefined
}

/** One request from its place in the queue to its end; `settle` is called once, what comes later is nothing. */
function startExchange(
  { connectMs, answerMs, notAfter = Infinity }: Times,
  signal: AbortSignal | undefined,
  resolve: (answer: HttpAnswer) => void,
  reject: (fault: unknown) => void,
): Dispatcher.DispatchHandler {
  let status = 0
  let headers: Readonly<Record<string, string>> = {}
  const chunks: Buffer[] = []
  let started: Dispatcher.DispatchController | undefined
  let isOver = false
  // A place in the queue comes free within the time of an answer, unless more wait than there are connections.
  let deadline = setTimeout(onDeadline, connectMs + answerMs)

  function finish(): boolean {
    if (isOver) return false
    isOver = true
    clearTimeout(deadline)
    signal?.removeEventListener('abort', onAbort)
    return true
  }
  function fail(error: unknown): void {
    if (finish()) reject(error)
  }
  function giveUp(reason: NetworkFaultReason, detail: string): void {
    fail(new NetworkFault(reason, started !== undefined, detail))
    started?.abort(new Error(detail))
  }
  function onDeadline(): void {
    giveUp('timeout', started === undefined ? 'no connection in time' : 'no whole answer in time')
  }
  function onAbort(): void {
    giveUp('connection_lost', 'given up')
  }

  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    // Called with the socket connected, right before the first byte is written.
    onRequestStart(controller) {
      if (databaseTime() > notAfter) giveUp('too_late', 'its time was over before it could leave')
      if (isOver) return controller.abort(new Error('given up'))
      started = controller
      clearTimeout(deadline)
      deadline = setTimeout(onDeadline, answerMs)
    },
    onResponseStart(_controller, code, received) {
      status = code
      headers = Object.fromEntries(
        Object.entries(received).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
      )
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk)
    },
    onResponseEnd() {
      if (finish()) resolve({ status, headers, body: Buffer.concat(chunks) })
    },
    onResponseError(_controller, error) {
      fail(faultOf(error, started !== undefined))
    },
  }
}

function faultOf(error: Error, wasStarted: boolean): unknown {
  // The caller's own fault: a header's name, a path without a slash.
  if (error instanceof errors.InvalidArgumentError) return error
  const { code = error.name } = error as NodeJS.ErrnoException
  if (code === REFUSED) return new NetworkFault('refused_address', false, error.message)
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new NetworkFault('timeout', false, code)
  // The socket lay idle: the request hadn't been written to it yet.
  if (!wasStarted && code === 'ECONNRESET') return new NetworkFault('connection_lost', false, code)
  if (!wasStarted) return new NetworkFault('unreachable', false, code)
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new NetworkFault('answer_too_large', true, code)
  }
  return new NetworkFault('connection_lost', true, code)
}
