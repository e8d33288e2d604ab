import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { createWatch } from './watch.ts'

/** What came, its signature verified by the standard's own package. */
interface Received {
  readonly id: string
  /** How many signatures it bore. */
  readonly signatures: number
  readonly raw: string
  // What a notice holds is what a test is about to say.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

/** A system that subscribes: it refuses (401) whatever its secrets did not sign. */
export interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** Requests that no secret of its own had signed. */
  readonly refused: number
  /** What it trusts; empty at first. */
  secrets: string[]
  /** Of each notice that it has verified; undefined: it never answers. */
  answer: (received: Received) => number | undefined
  until(what: string, check: () => boolean, ms?: number): Promise<void>
  close(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const watch = createWatch()
  let refused = 0
  const server = createServer((request, response) => {
    void text(request).then(raw => {
      const headers = request.headers as Record<string, string>
      const body = receiver.secrets.map(secret => verified(secret, raw, headers)).find(Boolean)
      if (body === undefined) {
        refused++
        response.writeHead(401).end()
        return watch.changed()
      }
      const id = headers['webhook-id'] ?? ''
      const signatures = (headers['webhook-signature'] ?? '').split(' ').length
      const received = { id, signatures, raw, body }
      receiver.received.push(received)
      const status = receiver.answer(received)
      if (status !== undefined) response.writeHead(status, { location: '/elsewhere' }).end()
      return watch.changed()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/alerts?from=tocsin`,
    received: [],
    get refused() {
      return refused
    },
    secrets: [],
    answer: () => 204,
    until: watch.until,
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
  return receiver
}

function verified(secret: string, raw: string, headers: Record<string, string>): unknown {
  try {
    return new Webhook(secret).verify(raw, headers)
  } catch {
    return undefined
  }
}
