import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { AppError } from '../errors.ts'
import { createServer, STATUS_CODES } from 'node:http'
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { problem } from './problem.ts'

/** What a slow sender may hold: sockets, not memory. A viewer's stream is one of them. */
const MAX_CONNECTIONS = 10_000
const HEADERS_SECONDS = 10

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
    fetch,
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
