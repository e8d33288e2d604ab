import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { AppError } from '../errors.ts'
import { createServer, STATUS_CODES } from 'node:http'
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { problem } from './problem.ts'

/** What a slow sender may hold: sockets, not memory. A viewer's stream is one of them. */
const MAX_CONNECTIONS = 10_000
const HEADERS_SECONDS = 10
/** What a sender whom we have answered already may still send, so that it comes to reading the answer. */
const LINGER_MS = 5_000
const LINGER_BYTES = 64 * 1024 * 1024

export interface RunningServer {
  readonly port: number
  /** Takes no more connections, ends idle ones at once and the others at `signal`'s abort. */
  stop(signal: AbortSignal): Promise<void>
}

/** Listens; port 0 takes any free one. @throws Error with code `EADDRINUSE` and its kin */
export async function startServer(
  fetch: (request: Request, env: object) => Response | Promise<Response>,
  { host, port }: { host: string; port: number },
): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch: async (request, env) => afterAnswer(await fetch(request, env), env as HttpBindings),
    createServer,
    // No total time for a request: an import of millions takes what it takes. Bodies have deadlines of their own.
    serverOptions: {
      headersTimeout: HEADERS_SECONDS * 1000,
      requestTimeout: 0,
      // By default Node looks every 30 s, and a slow sender stays until then.
      connectionsCheckingInterval: 1_000,
    },
  }) as Server
  server.maxConnections = MAX_CONNECTIONS
  server.on('clientError', answerUnreadable)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop(signal) {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeIdleConnections()
      const cut = () => server.closeAllConnections()
      if (signal.aborted) cut()
      else signal.addEventListener('abort', cut, { once: true })
      return closed
    },
  }
}

/**
 * An answer that is given before the body was read to its end (too large, wrong type, not allowed) closes the
 * connection: what is still coming would be taken for the next request, or nobody would take it and the next request
 * would wait behind it. The answer goes out at once and we read on for a while, since to close over unread octets
 * resets the connection, and a sender in the midst of writing would never see the answer (RFC 9112 §9.6).
 */
async function afterAnswer(response: Response, { incoming }: HttpBindings): Promise<Response> {
  const { method, complete, readableLength } = incoming
  // Of a GET nobody touches the body, so Node itself reads over it; and its answer may be a stream without end.
  if (method === 'GET' || method === 'HEAD' || (complete && readableLength === 0)) return response
  const headers = new Headers(response.headers)
  headers.set('Connection', 'close')
  const { status } = response
  if (response.body === null) return new Response(null, { status, headers })
  const answer = new Uint8Array(await response.arrayBuffer())
  headers.set('Content-Length', String(answer.length))
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(answer)
      await readOn(incoming)
      controller.close()
    },
  })
  return new Response(body, { status, headers })
}

/** Throws away what comes, until it ends or has been enough. */
function readOn(incoming: IncomingMessage): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, LINGER_MS)
    let octets = 0
    // The adapter's web stream pauses the request when its own buffer is full, and nobody reads that any more.
    incoming.removeAllListeners('data')
    incoming.on('data', (chunk: Uint8Array) => {
      octets += chunk.length
      if (octets > LINGER_BYTES) resolve()
    })
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    incoming.once('end', done).once('close', done).once('error', done)
    incoming.resume()
    if (incoming.readableEnded || incoming.destroyed) done()
  })
}

/** Requests that Node can't read don't reach the app: headers too large or too slow, no HTTP at all. */
function answerUnreadable(failure: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || failure.code === 'ECONNRESET') return void socket.destroy()
  const [status, error] = unreadable(failure.code)
  const body = JSON.stringify({ ...problem(error, randomUUID()), status })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function unreadable(code: string | undefined): [status: number, error: AppError] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, new AppError('too_large', 'the headers are too large')]
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, new AppError('timeout', 'the request took too long to arrive')]
    default:
      return [400, new AppError('invalid_request', 'this is not HTTP as RFC 9112 has it')]
  }
}
