import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { createWatch } from './watch.ts'

/** A host on loopback that speaks HTTP/1.1 octet by octet, as badly as a test wants. */
export interface WebPeer {
  readonly url: URL
  readonly sockets: Socket[]
  /** Every request as it came, head and body. */
  readonly requests: string[]
  until(what: string, check: () => boolean, ms?: number): Promise<void>
  close(): Promise<void>
}

/** An answer with a body, whole. */
export const httpAnswer = (status: string, body = '', headers: readonly string[] = []) =>
  [`HTTP/1.1 ${status}`, `content-length: ${Buffer.byteLength(body)}`, ...headers, '', body].join(
    '\r\n',
  )

/**
 * @param onRequest is called once for each whole request, which must name its length
 * @param server listens on plain TCP unless it is given
 */
export async function startWebPeer(
  onRequest: (socket: Socket, request: string, peer: WebPeer) => void,
  server: Server = createServer(),
  event: 'connection' | 'secureConnection' = 'connection',
): Promise<WebPeer> {
  const watch = createWatch()
  const sockets: Socket[] = []
  server.on(event, (socket: Socket) => {
    sockets.push(socket)
    let held = ''
    // A client that hangs up resets the connection: no fault of the peer's.
    socket.on('error', () => undefined)
    socket.on('close', watch.changed)
    socket.on('data', chunk => {
      held += chunk.toString('latin1')
      for (;;) {
        const head = held.indexOf('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(held)?.[1] ?? 0)
        if (head < 0 || held.length < head + 4 + length) break
        const request = held.slice(0, head + 4 + length)
        held = held.slice(request.length)
        peer.requests.push(request)
        onRequest(socket, request, peer)
        watch.changed()
      }
    })
    watch.changed()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const scheme = event === 'connection' ? 'http' : 'https'
  const { port } = server.address() as AddressInfo
  const peer: WebPeer = {
    url: new URL(`${scheme}://127.0.0.1:${port}`),
    sockets,
    requests: [],
    until: watch.until,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
  return peer
}
