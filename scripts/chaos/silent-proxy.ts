import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Which way nothing comes through any more. */
export type Silence = 'both ways' | 'to the server' | 'from the server'

export interface SilentProxy {
  /** On 127.0.0.1. */
  readonly port: number
  /**
   * Nothing more comes through, and nobody is told: no end, no reset, as where a switch or a firewall drops
   * packets. What is sent meanwhile waits, and comes through when it is over, as what TCP sends again does.
   */
  silence(which: Silence): void
  restore(): void
  close(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** Stands between a client and a server on this machine. */
export async function startSilentProxy(serverPort: number): Promise<SilentProxy> {
  const pairs = new Set<Pair>()
  let silence: Silence | undefined
  const obey = ({ client, server }: Pair) => {
    const hears = (way: Silence) => silence !== 'both ways' && silence !== way
    for (const [way, from, to] of [
      ['to the server', client, server],
      ['from the server', server, client],
    ] as const) {
      // Piped twice it would say everything twice.
      from.unpipe(to)
      if (hears(way)) from.pipe(to)
      else from.pause()
    }
  }
  const proxy = createServer({ noDelay: true }, client => {
    const pair = { client, server: connect({ port: serverPort, host: '127.0.0.1', noDelay: true }) }
    pairs.add(pair)
    for (const [socket, other] of [
      [pair.client, pair.server],
      [pair.server, pair.client],
    ] as const) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
    }
    obey(pair)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  return {
    port: (proxy.address() as AddressInfo).port,
    silence(which) {
      silence = which
      pairs.forEach(obey)
    },
    restore() {
      silence = undefined
      pairs.forEach(obey)
    },
    async close() {
      const closed = new Promise<void>(resolve => proxy.close(() => resolve()))
      for (const { client, server } of pairs) {
        client.destroy()
        server.destroy()
      }
      await closed
    },
  }
}
