import type { Socket } from 'node:net'

/** Writes to a socket an octet a turn of the event loop, in the order given: in one turn the network would join them. */
export function createDrip(socket: Socket): (octets: Buffer) => void {
  const waiting: Buffer[] = []
  let isDripping = false
  const next = (): void => {
    const octets = waiting[0]
    isDripping = octets !== undefined && socket.writable
    if (octets === undefined || !isDripping) return
    if (octets.length > 1) waiting[0] = octets.subarray(1)
    else waiting.shift()
    socket.write(octets.subarray(0, 1), () => setImmediate(next))
  }
  return octets => {
    waiting.push(octets)
    if (!isDripping) next()
  }
}
