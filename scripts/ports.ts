/** Ports for servers that must know them before they start. */
import { randomInt } from 'node:crypto'
import { connect } from 'node:net'

export async function aFreePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

/**
 * Ports of the loopback interface that nobody listens at. They must stay free until their servers start, so they
 * come from below those that connections going out are given, and servers that don't mind (Linux: 32768 and above).
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(20_000, 30_000)
    if (!(await isListening(port))) ports.add(port)
  }
  return [...ports]
}

/** Whether anybody listens at a port of the loopback interface. */
export async function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const answer = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}
