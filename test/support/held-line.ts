import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createWatch, type Watch } from './watch.ts'

/** A line to a server on loopback that keeps back what that answers, for as long as it is held. */
export interface HeldLine extends Pick<Watch, 'until'> {
  readonly port: number
  hold(): void
  resume(): void
  dropLinks(): void
  close(): Promise<void>
}

export async function startHeldLine(to: number): Promise<HeldLine> {
  const watch = createWatch()
  const links = new Set<{ near: Socket; far: Socket; kept: Buffer[] }>()
  let isHolding = false
  const server = createServer(near => {
    const link = { near, far: connect(to, '127.0.0.1'), kept: [] as Buffer[] }
    const { far, kept } = link
    links.add(link)
    near.pipe(far)
    far.on('data', (octets: Buffer) => {
      if (isHolding) kept.push(octets)
      else near.write(octets)
      watch.changed()
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => {
        other.destroy()
        links.delete(link)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    until: watch.until,
    hold() {
      isHolding = true
    },
    resume() {
      isHolding = false
      for (const { near, kept } of links) for (const octets of kept.splice(0)) near.write(octets)
    },
    dropLinks() {
      for (const { near } of links) near.destroy()
    },
    close() {
      for (const { near } of links) near.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
