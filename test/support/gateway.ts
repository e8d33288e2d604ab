import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createWatch } from './watch.ts'

/** An HTTP gateway on loopback that does what its script says; without one it takes everything. */
export interface GatewayPeer {
  readonly url: string
  /** Messages that came, whatever was answered. */
  readonly messages: URLSearchParams[]
  /** Every request, probes too. */
  readonly requests: { method: string; path: string; headers: IncomingMessage['headers'] }[]
  readonly sockets: ReadonlySet<Socket>
  script: GatewayScript
  until(what: string, check: () => boolean, ms?: number): Promise<void>
  close(): Promise<void>
}

export interface GatewayScript {
  message?(message: URLSearchParams, response: ServerResponse): void
  probe?(response: ServerResponse): void
}

export interface Said {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
}

export function answerJson(
  response: ServerResponse,
  { status = 200, headers = {}, json = {} }: Said,
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(JSON.stringify(json))
}

let sids = 0

export const takeMessage = (response: ServerResponse): void =>
  answerJson(response, { status: 201, json: { sid: `SM${++sids}`, error_code: null } })

export async function startGateway(script: GatewayScript = {}, port = 0): Promise<GatewayPeer> {
  const watch = createWatch()
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      peer.requests.push({ method, path, headers })
      if (method === 'POST') {
        const message = new URLSearchParams(body)
        peer.messages.push(message)
        if (peer.script.message === undefined) takeMessage(response)
        else peer.script.message(message, response)
      } else if (peer.script.probe === undefined) answerJson(response, {})
      else peer.script.probe(response)
      watch.changed()
    })
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      watch.changed()
    })
    watch.changed()
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  const peer: GatewayPeer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages: [],
    requests: [],
    sockets,
    script,
    until: watch.until,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
  return peer
}
