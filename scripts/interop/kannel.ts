/**
 * A peer that we did not write: Kannel, as Debian packages it, as an ESME against our simulator.
 *
 *     apt-get install -y kannel
 *     npx tsx scripts/interop/kannel.ts
 *
 * Kannel binds to two of our message centres: `Both` as transceiver, `Pair` as transmitter and receiver, with ids in
 * hexadecimal in responses and decimal in receipts. Texts go in at its HTTP door; its reports (dlr-url) and its
 * sms-service come to a server here. Then phones answer, a message is refused, the links are cut, and at last Kannel
 * ends. All that was exchanged is printed beside what it should be; it ends with 1 where anything differs, and
 * with 0 and a line that says so where Kannel is not installed.
 *
 * The other direction, Kannel as a message centre for our carrier, would need its opensmppbox, which Debian doesn't
 * package: bearerbox itself is only ever a client of SMPP. Our carrier's peers are the `smpp` package's server
 * (test/carriers/smpp-peers.test.ts) and, frame by frame, tshark (scripts/interop/tshark.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { readScenario } from '../../src/simulator/scenario.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { findKannel, type Programs } from '../bench/kannel-process.ts'
import { freePorts, isListening } from '../ports.ts'
import { scratchDirectory, until } from '../rehearsal.ts'
import { createChecks } from './checks.ts'
import { kannelConfiguration } from './kannel-configuration.ts'

const WAIT_MS = 15_000
/** Kannel's dlr-mask of all: delivered, failed, buffered, taken by the message centre, refused by it. */
const EVERY_REPORT = '31'

interface Heard {
  /** Of the message `n`, by Kannel's type. */
  readonly reports: { readonly n: number; readonly type: number }[]
  readonly replies: { readonly from: string; readonly to: string; readonly text: string }[]
}

interface Sent {
  readonly carrier: 'Both' | 'Pair'
  readonly phone: string
  readonly text: string
  /** Kannel's: 0 the default alphabet, 2 UCS-2. */
  readonly coding: 0 | 2
  readonly segments: number
}

const LONG = 'Flash flood warning for Cypress Creek. Move to higher ground now. '.repeat(4).trim()
const MESSAGES: readonly Sent[] = (['Both', 'Pair'] as const).flatMap((carrier, i) => [
  { carrier, phone: `+1555010${i}001`, text: 'Flash flood: {€} @£$_', coding: 0, segments: 1 },
  { carrier, phone: `+1555010${i}002`, text: LONG, coding: 0, segments: 2 },
  { carrier, phone: `+1555010${i}003`, text: 'Наводнение. Идите наверх.', coding: 2, segments: 1 },
  // 134 characters: two parts of 67.
  { carrier, phone: `+1555010${i}004`, text: 'я'.repeat(134), coding: 2, segments: 2 },
])

/** Texts that phones send, as Kannel's service has to hear them. */
const REPLIES = ['SAFE', 'Нужна помощь', 'water at the door: [2] {€}', 'ю'.repeat(100)] as const

async function exchange(installed: Programs): Promise<number> {
  const directory = await scratchDirectory('interop')
  const simulator = await startSimulator(
    readScenario({
      carriers: [
        carrier('Both', { receipts: { delay: { ms: 30 } } }),
        carrier('Pair', {
          messageId: 'HEXADECIMAL',
          receipts: { delay: { ms: 30 }, form: 'text', messageId: 'decimal' },
        }),
      ],
    }),
  )
  const heard: Heard = { reports: [], replies: [] }
  const ears = await listen(heard)
  const [adminPort = 0, smsboxPort = 0, httpPort = 0] = await freePorts(3)
  const [both, pair] = simulator.centres
  const file = join(directory, 'kannel.conf')
  writeFileSync(
    file,
    kannelConfiguration({
      adminPort,
      smsboxPort,
      httpPort,
      serviceUrl: `http://127.0.0.1:${ears.port}/reply`,
      both: both!.port,
      pair: pair!.port,
    }),
  )
  const children: ChildProcess[] = []
  const run = async (program: string, port: number) => {
    const child = spawn(program, ['-v', '4', file], { stdio: ['ignore', 'ignore', 'inherit'] })
    children.push(child)
    process.once('exit', () => child.kill('SIGKILL'))
    await until(() => isListening(port), Boolean, `${program} listening`, WAIT_MS)
    return child
  }
  try {
    const bearerbox = await run(installed.bearerbox, smsboxPort)
    await run(installed.smsbox, httpPort)
    return await converse(simulator, heard, bearerbox, { httpPort, earsPort: ears.port })
  } finally {
    for (const child of children) child.kill('SIGKILL')
    ears.close()
    await simulator.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

const carrier = (name: string, behaviour: object) => ({
  name,
  accounts: [{ systemId: 'kannel', password: 'secret' }],
  behaviour,
})

/** Kannel's reports and what its service is asked. */
async function listen(heard: Heard): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams: said } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (pathname === '/report') {
      heard.reports.push({ n: Number(said.get('n')), type: Number(said.get('type')) })
    } else {
      const [from = '', to = '', text = ''] = ['from', 'to', 'text'].map(key => said.get(key) ?? '')
      heard.replies.push({ from, to, text })
    }
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

interface Doors {
  readonly httpPort: number
  readonly earsPort: number
}

async function converse(
  simulator: Simulator,
  heard: Heard,
  bearerbox: ChildProcess,
  doors: Doors,
): Promise<number> {
  const checks = createChecks()
  const { list } = simulator
  const binds = () => simulator.stats().carriers.map(({ accounts }) => accounts[0]!.binds)
  const bound = async () => binds().join()
  await until(bound, found => found === '1,2', 'Kannel binds', WAIT_MS)
  checks.equal('binds as transceiver, as transmitter and receiver', binds(), [1, 2])

  for (const [n, message] of MESSAGES.entries()) await send(doors, n, message)
  const reported = (type: number) => heard.reports.filter(report => report.type === type)
  await until(
    async () => new Set(reported(1).map(({ n }) => n)).size,
    found => found === MESSAGES.length,
    'a report of each delivery',
    WAIT_MS,
  )
  for (const { phone, text, segments, carrier: name, coding } of MESSAGES) {
    const what = `${name}: ${segments} part${segments > 1 ? 's' : ''}, coding ${coding}`
    const texts = list.messagesOf(phone).map(message => message.text)
    checks.equal(`${what}: the phone reads`, texts, [text])
  }
  checks.equal(
    'segments',
    list.segments,
    MESSAGES.reduce((sum, { segments }) => sum + segments, 0),
  )
  checks.equal('reports of messages taken, by message', numbersOf(reported(8)), all(MESSAGES))
  checks.equal('reports of messages delivered, by message', numbersOf(reported(1)), all(MESSAGES))

  const spoken = MESSAGES.slice(0, REPLIES.length * 2).map(({ phone }, i) => ({
    from: phone.slice(1),
    to: '72345',
    text: REPLIES[i % REPLIES.length]!,
  }))
  for (const { from, text } of spoken) {
    simulator.say({ from: `+${from}`, text, means: 'other' })
  }
  await simulator.untilQuiet(WAIT_MS)
  await until(
    async () => heard.replies.length,
    found => found >= spoken.length,
    'the replies',
    WAIT_MS,
  )
  checks.equal(
    'replies at the service',
    heard.replies
      .map(({ from, ...rest }) => ({ from: from.replace('+', ''), ...rest }))
      .sort(byFrom),
    spoken.toSorted(byFrom),
  )
  checks.equal('replies acknowledged', list.acknowledgedAnswers, list.answers)

  const errors = [{ status: 'ESME_RINVDSTADR', share: 1, of: 'messages' }] as const
  simulator.change({ carriers: [{ name: 'Both', behaviour: { errors } }] })
  const refusedNo = MESSAGES.length
  await send(doors, refusedNo, MESSAGES[0]!)
  await until(
    async () => reported(16).length,
    found => found > 0,
    'a report of the refusal',
    WAIT_MS,
  )
  checks.equal('report of a message refused', numbersOf(reported(16)), [refusedNo])
  simulator.change({ carriers: [{ name: 'Both', behaviour: { errors: [] } }] })

  simulator.links('drop')
  await until(bound, found => found === '1,2', 'Kannel binds again', WAIT_MS)
  checks.equal('binds after the links were cut', binds(), [1, 2])

  const enquired = async () =>
    simulator.centres.map(centre => centre.pdus().received['enquire_link'] ?? 0)
  await until(enquired, found => Math.min(...found) > 0, 'enquire_link', WAIT_MS)
  checks.atLeast('enquire_link answered', Math.min(...(await enquired())), 1)

  bearerbox.kill('SIGTERM')
  await until(bound, found => found === '0,0', 'Kannel to go', WAIT_MS)
  // It queues an unbind and closes at once, so that none of 1.4.5's arrived here.
  checks.equal('binds after Kannel has ended', binds(), [0, 0])
  const nacks = simulator.centres.map(centre => {
    const { received, sent } = centre.pdus()
    return (received['generic_nack'] ?? 0) + (sent['generic_nack'] ?? 0)
  })
  checks.equal('generic_nack, either way', nacks, [0, 0])
  process.stdout.write('kannel as a client of the simulator\n')
  return checks.print()
}

async function send(doors: Doors, n: number, { carrier: name, phone, text, coding }: Sent) {
  const query = new URLSearchParams({
    username: 'interop',
    password: 'secret',
    smsc: name,
    to: phone,
    text,
    coding: String(coding),
    charset: 'UTF-8',
    'dlr-mask': EVERY_REPORT,
    'dlr-url': `http://127.0.0.1:${doors.earsPort}/report?n=${n}&type=%d`,
  })
  const url = `http://127.0.0.1:${doors.httpPort}/cgi-bin/sendsms?${query.toString()}`
  const { status } = await fetch(url)
  if (status !== 202) throw new Error(`smsbox answered ${status} to message ${n}`)
}

const numbersOf = (reports: readonly { n: number }[]) =>
  [...new Set(reports.map(({ n }) => n))].sort((a, b) => a - b)
const all = (messages: readonly unknown[]) => messages.map((_, n) => n)
const byFrom = (a: { from: string }, b: { from: string }) => a.from.localeCompare(b.from)

const programs = findKannel()
if (programs === undefined) {
  process.stdout.write('kannel: bearerbox and smsbox are not installed, nothing was exchanged\n')
} else process.exitCode = (await exchange(programs)) === 0 ? 0 : 1
