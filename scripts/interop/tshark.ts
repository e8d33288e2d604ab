/**
 * What a dissector that we did not write says of a whole run: our SMPP carrier against our simulator on loopback.
 *
 *     apt-get install -y tshark       (capturing needs root, or the capability of dumpcap)
 *     npx tsx scripts/interop/tshark.ts
 *
 * Two accounts, one bound as transceiver and one as a pair of transmitter and receiver, send short and long texts in
 * GSM-7 and UCS-2, refused ones among them; receipts, replies in one part and two, enquire_link and unbind go with
 * them. dumpcap captures, tshark decodes. No frame may be malformed, and the PDUs on the wire must be, by command,
 * those that the simulator counted. A link with garbage goes through the same capture on a port of its own: tshark
 * must find that one malformed, or it would say nothing of the others.
 *
 * It ends with 1 where anything differs, and with 0 and a line that says so where there is no tshark or no right to
 * capture.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Carrier, type CarrierEvents, isSubmitError } from '../../src/carriers/carrier.ts'
import { openCarrier } from '../../src/carriers/open.ts'
import { COMMAND } from '../../src/encoding/smpp.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { readScenario } from '../../src/simulator/scenario.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { freePorts } from '../ports.ts'
import { scratchDirectory, until } from '../rehearsal.ts'
import { createChecks } from './checks.ts'

const run = promisify(execFile)
const WAIT_MS = 20_000
const MESSAGES = 400
const LONG = 'Flash flood warning for Cypress Creek: {€}. Move to higher ground now. '
const TEXTS = [
  'Flash flood. Reply 1 SAFE',
  LONG.repeat(5),
  'Наводнение. Reply 1',
  'Inundación 😟 — reply 1. '.repeat(12),
].map(text => encodeText(text))

interface Capture {
  readonly file: string
  stop(): Promise<void>
}

/** @returns why there can be no capture, or one that has begun */
async function startCapture(
  directory: string,
  ports: readonly number[],
): Promise<Capture | string> {
  const file = join(directory, 'run.pcapng')
  const filter = ports.map(port => `tcp port ${port}`).join(' or ')
  const child: ChildProcess = spawn('dumpcap', ['-q', '-i', 'lo', '-f', filter, '-w', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  let said = ''
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = once(child, 'exit').then(
    () => 'ended' as const,
    (error: Error) => error.message,
  )
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const begun = until(
    async () => said,
    text => text.includes('File:'),
    'dumpcap begins',
    WAIT_MS,
  )
  const outcome = await Promise.race([begun.then(() => 'begun' as const), ended])
  if (outcome !== 'begun') {
    begun.catch(() => undefined)
    return said.trim().split('\n')[0] || outcome
  }
  // What is caught of this tells that it catches.
  const empty = size()
  const [port = 0] = ports
  const knock = async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.destroy()
    return size()
  }
  await until(knock, now => now > empty, 'a first packet in the capture', WAIT_MS)
  return {
    file,
    async stop() {
      // It writes what it has twice a second or oftener.
      for (let last = -1, looks = 0; last !== size() && looks < 10; looks++) {
        last = size()
        await wait(1_000)
      }
      child.kill('SIGINT')
      await ended
      process.off('exit', end)
    },
  }
}

const account = (name: string) => ({
  name,
  accounts: [{ systemId: 'tocsin', password: 'secret' }],
  behaviour: {
    responses: { ms: 2, spreadMs: 10 },
    errors: [{ status: 'ESME_RINVDSTADR', share: 0.05, of: 'phones' }],
    receipts: { delay: { ms: 5, spreadMs: 50 }, failed: 0.1, enroute: 0.2, twice: 0.1 },
  },
})

const SCENARIO = readScenario({
  carriers: [account('Both'), account('Pair'), { ...account('Spoilt') }],
  phones: {
    rules: [
      {
        when: 'reply 1',
        share: 0.4,
        delay: { ms: 5, spreadMs: 100 },
        choices: [
          { weight: 3, say: [{ text: '1', means: 'option:1' }] },
          { weight: 1, say: [{ text: 'вода у двери '.repeat(8), means: 'other' }] },
        ],
      },
    ],
  },
})

/** Sends everything; resolves once each message has its outcome and nothing is owed. */
async function talk(simulator: Simulator): Promise<void> {
  let ended = 0
  const events: CarrierEvents = {
    outcome(_ref, outcome) {
      if (isSubmitError(outcome) && outcome.kind !== 'permanent') throw new Error(outcome.reason)
      ended++
    },
    receipt: receipt => receipt.acknowledge(true),
    reply: reply => reply.acknowledge(true),
    room: () => undefined,
    state: () => undefined,
  }
  const carriers: Carrier[] = []
  for (const [i, bindType] of (['transceiver', 'transmitter-receiver'] as const).entries()) {
    const carrier = openCarrier(configOf(simulator.centres[i]!.port, bindType))
    await carrier.open(events, AbortSignal.timeout(WAIT_MS))
    carriers.push(carrier)
  }
  const expiresAt = Date.now() + 3_600_000
  for (let i = 0; i < MESSAGES; i++) {
    const carrier = carriers[i % carriers.length]!
    await until(
      async () => carrier.room,
      room => room >= 1,
      'room',
      WAIT_MS,
    )
    const text = TEXTS[(i >> 1) % TEXTS.length]!
    carrier.submit({ to: `+${15_550_000_001 + i}`, text, expiresAt }, i)
  }
  await until(
    async () => ended,
    n => n === MESSAGES,
    'the outcomes',
    WAIT_MS,
  )
  await simulator.untilQuiet(WAIT_MS)
  const enquired = async () =>
    simulator.centres.slice(0, 2).map(centre => centre.pdus().received['enquire_link'] ?? 0)
  await until(enquired, found => Math.min(...found) > 0, 'enquire_link', WAIT_MS)
  for (const carrier of carriers) await carrier.close(AbortSignal.timeout(WAIT_MS))
}

const configOf = (
  port: number,
  bindType: 'transceiver' | 'transmitter-receiver',
): Parameters<typeof openCarrier>[0] => ({
  id: '0',
  name: bindType,
  protocol: 'smpp',
  segmentsPerSecond: 10_000,
  window: 50,
  binds: 1,
  sourceAddress: '72345',
  routes: [],
  smpp: {
    host: '127.0.0.1',
    port,
    systemId: 'tocsin',
    password: 'secret',
    systemType: '',
    bindType,
    tls: false,
    enquireLinkMs: 1_000,
    responseTimeoutMs: 5_000,
  },
})

/** Garbage of sound length, to a client by hand that reads it. */
async function spoil(simulator: Simulator, port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const bind =
    '00000023000000090000000000000001' + '746f6373696e00' + '73656372657400' + '0034000000'
  socket.write(Buffer.from(bind, 'hex'))
  await once(socket, 'data')
  simulator.garbage('TLV too long', 'Spoilt')
  await once(socket, 'data')
  socket.destroy()
}

const asSmpp = (ports: readonly number[]) => ports.flatMap(port => ['-d', `tcp.port==${port},smpp`])
const ofPort = (port: number) => `tcp.port==${port}`

async function malformed(file: string, ports: readonly number[], port: number): Promise<string[]> {
  const filter = `${ofPort(port)} && (_ws.malformed || _ws.expert.severity == error)`
  const { stdout } = await run('tshark', ['-r', file, ...asSmpp(ports), '-Y', filter])
  return stdout.split('\n').filter(line => line !== '')
}

/** PDUs by command, both ways together. */
async function pdusOnTheWire(
  file: string,
  ports: readonly number[],
  port: number,
): Promise<Record<string, number>> {
  const names = new Map(Object.entries(COMMAND).map(([name, id]) => [id, name] as const))
  const { stdout } = await run(
    'tshark',
    // prettier-ignore
    ['-r', file, ...asSmpp(ports), '-Y', `${ofPort(port)} && smpp`, '-T', 'fields', '-e', 'smpp.command_id'],
    { maxBuffer: 64 * 1024 * 1024 },
  )
  const counts: Record<string, number> = {}
  for (const id of stdout.split(/[\n,]/).filter(text => text !== '')) {
    const name = names.get(Number(id) as never) ?? id
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

async function inspect(directory: string): Promise<number> {
  const ports = await freePorts(3)
  const simulator = await startSimulator({
    ...SCENARIO,
    carriers: SCENARIO.carriers.map((carrier, i) => ({ ...carrier, port: ports[i]! })),
  })
  const capture = await startCapture(directory, ports)
  if (typeof capture === 'string') {
    await simulator.close()
    process.stdout.write(`tshark: nothing can be captured here: ${capture}\n`)
    return 0
  }
  try {
    await talk(simulator)
    await spoil(simulator, ports[2]!)
  } finally {
    await capture.stop()
    await simulator.close()
  }
  const checks = createChecks()
  for (const [i, centre] of simulator.centres.slice(0, 2).entries()) {
    const { name } = centre
    const onTheWire = await pdusOnTheWire(capture.file, ports, ports[i]!)
    const counted = centre.pdus()
    const all: Record<string, number> = { ...counted.received, ...counted.sent }
    for (const command of ['enquire_link', 'enquire_link_resp', 'unbind', 'unbind_resp']) {
      const both = (counted.received[command] ?? 0) + (counted.sent[command] ?? 0)
      if (both > 0) all[command] = both
    }
    for (const command of new Set([...Object.keys(all), ...Object.keys(onTheWire)])) {
      checks.equal(`${name}: ${command}`, onTheWire[command] ?? 0, all[command] ?? 0)
    }
    checks.equal(`${name}: malformed`, await malformed(capture.file, ports, ports[i]!), [])
  }
  const spoilt = await malformed(capture.file, ports, ports[2]!)
  checks.equal('garbage sent on purpose: malformed', spoilt.length, 1)
  const { stdout: version } = await run('tshark', ['--version'])
  process.stdout.write(`${version.split('\n')[0]}: a whole run of our carrier and our simulator\n`)
  return checks.print()
}

const installed = await run('tshark', ['--version']).then(
  () => true,
  () => false,
)
if (!installed) process.stdout.write('tshark: not installed, nothing was captured\n')
else {
  const directory = await scratchDirectory('capture')
  try {
    process.exitCode = (await inspect(directory)) === 0 ? 0 : 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
