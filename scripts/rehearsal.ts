/** Tocsin as a process of its own, with people, keys and carriers: for the demo, the benches and the flows. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { signIn, type Client } from '../src/cli/client.ts'
import { generateSigningKey, type PrivateJwk } from '../src/signing/keys.ts'

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const READY_MS = 120_000

/**
 * A directory that goes with everything in it. Others may pass through it, or a server that root starts under
 * another user would keep its database elsewhere, and leave it there.
 */
export async function scratchDirectory(name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `tocsin-${name}-`))
  await chmod(directory, 0o711)
  return directory
}

export interface RunningTocsin {
  readonly url: string
  readonly process: ChildProcess
  /** Ends as the service does on SIGTERM. */
  stop(): Promise<void>
}

/**
 * Starts `dist/main.js` and waits until it says that it is ready.
 *
 * @param heard told whatever else it says
 */
export async function startTocsin(
  env: Record<string, string>,
  heard: (line: string) => void = () => undefined,
): Promise<RunningTocsin> {
  const child = spawn(process.execPath, [entry], {
    env: { PORT: '0', TOCSIN_LOG_LEVEL: 'warn', ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const said: string[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('Tocsin was not ready in time')), READY_MS)
    createInterface(child.stdout).on('line', line => {
      heard(line)
      const ready = /^Tocsin is ready at (\S+)$/.exec(line)?.[1]
      if (ready === undefined) return void said.push(`${line}\n`)
      clearTimeout(late)
      resolve(ready)
    })
    void exited.then(() => reject(new Error(`Tocsin ended at its start:\n${said.join('')}`)))
  })
  return {
    url,
    process: child,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** `dist/main.js` as a dispatcher and nothing else. It ends with its parent. */
export function startDispatcherProcess(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [entry], {
    env: { TOCSIN_LOG_LEVEL: 'warn', ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

export interface Person {
  readonly email: string
  readonly password: string
  readonly client: Client
  readonly key: PrivateJwk
}

/** An operator with a signing key, signed in. */
export async function hire(
  administrator: Client,
  url: string,
  person: {
    readonly name: string
    readonly roles: readonly string[]
    readonly mode?: 'live' | 'exercise'
  },
): Promise<Person> {
  const email = `${person.name.toLowerCase().replaceAll(/[^a-z]+/g, '.')}@county.example`
  const password = randomBytes(12).toString('base64url')
  const { name, roles, mode = 'live' } = person
  await administrator.post('/v1/operators', { email, name, password, roles })
  const client = await signIn({ url, email, password, mode })
  const { privateJwk, publicJwk } = await generateSigningKey('Ed25519')
  await client.post('/v1/me/keys', { jwk: publicJwk, label: `${name}’s key`, mode })
  return { email, password, client, key: privateJwk }
}

export interface CarrierAt {
  readonly name: string
  readonly port: number
  readonly systemId: string
  readonly password: string
  readonly segmentsPerSecond: number
  readonly window: number
  readonly binds: number
}

export async function addCarrier(
  administrator: Client,
  carrier: CarrierAt,
): Promise<{ id: string }> {
  const { name, port, systemId, password, segmentsPerSecond, window, binds } = carrier
  return administrator.post('/v1/carriers', {
    name,
    protocol: 'smpp',
    segmentsPerSecond,
    window,
    binds,
    sourceAddress: '72345',
    smpp: { host: '127.0.0.1', port, systemId, password, bindType: 'transceiver', tls: false },
    routes: [{ prefix: '+1', weight: 1 }],
    enabled: true,
  })
}

export interface Delivery {
  readonly seq: number
  readonly phone: string
  readonly state: string
  readonly reason: string | null
  readonly attempts: number
  readonly possibleDuplicate: boolean
}

/** All pages of an alert's deliveries. */
export async function deliveriesOf(client: Client, alertId: string): Promise<Delivery[]> {
  const all: Delivery[] = []
  let cursor: string | null = null
  do {
    const after: string = cursor === null ? '' : `&cursor=${cursor}`
    const page: { items: Delivery[]; nextCursor: string | null } = await client.get(
      `/v1/alerts/${alertId}/deliveries?limit=1000${after}`,
    )
    all.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return all
}

/** Waits until a question has the answer that is wanted, asking ten times a second. */
export async function until<T>(
  ask: () => Promise<T>,
  isEnough: (answer: T) => boolean,
  what: string,
  ms = 60_000,
): Promise<T> {
  const deadline = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (isEnough(answer)) return answer
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
