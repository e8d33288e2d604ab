import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { delimiter, join } from 'node:path'
import { freePorts, isListening } from '../ports.ts'
import { scratchDirectory, until } from '../rehearsal.ts'
import { TEXT, WINDOW } from './hand-loop.ts'

/** Kannel's two processes: bearerbox speaks SMPP and keeps the messages, smsbox takes them over HTTP. */
export interface Programs {
  readonly bearerbox: string
  readonly smsbox: string
}

/** Where a message lies until the carrier has taken it: `spool` is a file a message, `file` a log of all. */
export type Store = 'memory' | 'spool' | 'file'

export interface Kannel {
  /**
   * Hands it a message for each of the phones +15550000001 …; resolves once it has stored them all.
   *
   * @throws Error where smsbox refuses one
   */
  inject(messages: number, receipts: Receipts, signal: AbortSignal): Promise<void>
  /** Ends smsbox: what has been injected needs it no more. */
  stopSmsbox(): Promise<void>
  /** Kills what still runs and removes its files. Safe twice. */
  end(): void
}

export type Receipts = 'no receipts' | 'a receipt each'

/** Debian keeps them out of a person's PATH. */
const ELSEWHERE = ['/usr/sbin', '/usr/local/sbin', '/usr/lib/kannel', '/usr/libexec/kannel']
const CONNECTIONS = 128
const READY_MS = 10_000
/** Kannel's dlr-mask: 1 delivered, 2 failed; registered_delivery becomes 1. */
const DLR_MASK: Record<Receipts, number> = { 'no receipts': 0, 'a receipt each': 3 }

/** @returns undefined where one of the two is not installed */
export function findKannel(): Programs | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...ELSEWHERE]
  const find = (name: string) =>
    directories.map(directory => join(directory, name)).find(isExecutable)
  const bearerbox = find('bearerbox')
  const smsbox = find('smsbox')
  return bearerbox === undefined || smsbox === undefined ? undefined : { bearerbox, smsbox }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Starts both; bearerbox tries to bind at `carrierPort` once a second. They go when this process exits. */
export async function startKannel(
  programs: Programs,
  store: Store,
  carrierPort: number,
): Promise<Kannel> {
  const directory = await scratchDirectory('kannel')
  const [adminPort = 0, smsboxPort = 0, httpPort = 0] = await freePorts(3)
  const file = join(directory, 'kannel.conf')
  mkdirSync(join(directory, 'spool'))
  writeFileSync(
    file,
    configuration({ directory, store, carrierPort, adminPort, smsboxPort, httpPort }),
  )

  const children: ChildProcess[] = []
  const end = () => {
    process.off('exit', end)
    for (const child of children) child.kill('SIGKILL')
    // A thread may finish a file yet.
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
  process.once('exit', end)
  const run = async (program: string, port: number) => {
    // 4 says nothing but why it dies.
    const child = spawn(program, ['-v', '4', file], { stdio: ['ignore', 'ignore', 'inherit'] })
    children.push(child)
    await until(() => isListening(port), Boolean, `${program} listening`, READY_MS)
    return child
  }
  try {
    await run(programs.bearerbox, smsboxPort)
    const smsbox = await run(programs.smsbox, httpPort)
    return {
      inject: (messages, receipts, signal) => inject(httpPort, messages, receipts, signal),
      async stopSmsbox() {
        if (smsbox.exitCode !== null) return
        const gone = once(smsbox, 'exit')
        smsbox.kill('SIGKILL')
        await gone
      },
      end,
    }
  } catch (error) {
    end()
    throw error
  }
}

interface Place {
  readonly directory: string
  readonly store: Store
  readonly carrierPort: number
  readonly adminPort: number
  readonly smsboxPort: number
  readonly httpPort: number
}

/** As fast as it goes: no throughput limit, no log, no access log. */
function configuration(at: Place): string {
  const store = {
    memory: '',
    spool: `store-type = spool\nstore-location = ${join(at.directory, 'spool')}`,
    file: `store-type = file\nstore-location = ${join(at.directory, 'store')}`,
  }[at.store]
  return `
group = core
admin-port = ${at.adminPort}
admin-interface = 127.0.0.1
admin-password = bench
smsbox-port = ${at.smsboxPort}
smsbox-interface = 127.0.0.1
smsbox-max-pending = 1000
box-allow-ip = 127.0.0.1
dlr-storage = internal
${store}

group = smsc
smsc = smpp
smsc-id = sink
host = 127.0.0.1
port = ${at.carrierPort}
smsc-username = bench
smsc-password = bench
system-type = ""
transceiver-mode = true
max-pending-submits = ${WINDOW}
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${at.httpPort}
sendsms-interface = 127.0.0.1
global-sender = 72345

group = sendsms-user
username = bench
password = bench
`
}

async function inject(
  port: number,
  messages: number,
  receipts: Receipts,
  signal: AbortSignal,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const send = async (message: number) => {
    const query = new URLSearchParams({
      username: 'bench',
      password: 'bench',
      to: `+${15_550_000_001 + message}`,
      text: TEXT,
      'dlr-mask': String(DLR_MASK[receipts]),
    })
    const status = await request(
      `http://127.0.0.1:${port}/cgi-bin/sendsms?${query.toString()}`,
      agent,
    )
    if (status !== 202) throw new Error(`smsbox answered ${status} to message ${message}`)
  }
  let next = 0
  const sendInTurn = async () => {
    while (next < messages) {
      signal.throwIfAborted()
      await send(next++)
    }
  }
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, sendInTurn))
  } finally {
    agent.destroy()
  }
}

/** fetch costs several times as much. */
async function request(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, response => {
      response.once('end', () => resolve(response.statusCode ?? 0))
      response.once('error', reject)
      response.resume()
    }).once('error', reject)
  })
}
