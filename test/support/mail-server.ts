import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { createWatch } from './watch.ts'

/** A letter as it came. */
interface Mail {
  /** Of the envelope. */
  readonly from: string
  readonly to: string
  readonly raw: string
}

/** A mail server that is not ours, on loopback. */
export interface MailServer {
  readonly port: number
  readonly mails: Mail[]
  /** Connections that were made. */
  readonly connections: number
  /** Answers letters no more until it goes on; they come all the same. */
  hold(): void
  resume(): void
  dropLinks(): void
  until(what: string, check: () => boolean, ms?: number): Promise<void>
  close(): Promise<void>
}

/** What it refuses, each by a reply's code and text; undefined: taken. */
export interface Refusals {
  readonly mailFrom?: (address: string) => string | undefined
  readonly rcptTo?: (address: string) => string | undefined
  readonly data?: (mail: Mail) => string | undefined
}

export async function startMailServer(
  refusals: Refusals = {},
  options: SMTPServerOptions = {},
): Promise<MailServer> {
  const watch = createWatch()
  const sockets = new Set<Socket>()
  const mails: Mail[] = []
  const held: (() => void)[] = []
  let isHolding = false
  let connections = 0
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onMailFrom: ({ address }, _session, done) => done(refusal(refusals.mailFrom?.(address))),
    onRcptTo: ({ address }, _session, done) => done(refusal(refusals.rcptTo?.(address))),
    onData(stream, { envelope }, done) {
      const end = (mail: Mail) => done(refusal(refusals.data?.(mail)))
      void text(stream).then(raw => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        const mail = { from, to: envelope.rcptTo[0]?.address ?? '', raw }
        mails.push(mail)
        if (isHolding) held.push(() => end(mail))
        else end(mail)
        watch.changed()
      }, brokenOff)
    },
    ...options,
  })
  server.on('error', () => undefined)
  server.server.on('connection', (socket: Socket) => {
    connections++
    // Node 20 dies of a TLS socket whose own socket is destroyed.
    if (options.secure !== true) sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    get connections() {
      return connections
    },
    hold() {
      isHolding = true
    },
    resume() {
      isHolding = false
      for (const answer of held.splice(0)) answer()
    },
    dropLinks() {
      for (const socket of sockets) socket.destroy()
    },
    until: watch.until,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

/** Whoever sent it died on the way, or hung up: it is no letter. */
const brokenOff = () => undefined

/** `550 5.1.1 no such mailbox` as the error that makes the server say so. */
function refusal(reply: string | undefined): Error | null {
  if (reply === undefined) return null
  const [code = ''] = reply.split(' ')
  return Object.assign(new Error(reply.slice(code.length + 1)), { responseCode: Number(code) })
}
