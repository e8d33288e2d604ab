/**
 * A peer: Kannel, as Debian packages it, against the same sink, with the same text, window and bind, and beside it
 * in the same run the loop by hand. Where it is not installed, one line says so.
 *
 * What is measured is the sending alone. Kannel takes its messages over HTTP, a request each, which would be most
 * of what one measured. So they all lie in its store before the carrier is there: bearerbox starts and finds
 * nobody at the sink's port, smsbox hands it every message, and ends, since it would cost processor time; then the
 * sink starts, Kannel binds within a second, and the sink's own clock runs from the first message that it takes to
 * the last. With receipts it runs until Kannel has acknowledged the last of them. No dlr-url is fetched: a receipt
 * ends in Kannel's store, as one of ours does in our database.
 *
 * `memory` keeps nothing; `spool` is a file for each message and `file` a log of them all. Neither calls fsync,
 * as our database does. The reports of receipts that are still expected are kept in memory alone.
 *
 *     npm run bench:kannel -- [--messages 20000] [--rounds 1]
 */
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { LOOPS, sendByHand } from './hand-loop.ts'
import {
  findKannel,
  startKannel,
  type Programs,
  type Receipts,
  type Store,
} from './kannel-process.ts'
import { freePorts } from '../ports.ts'
import { processorSeconds } from './processes.ts'
import { startSinkProcess, type SinkProcess } from './sink-process.ts'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '1' },
  },
})
const MESSAGES = Number(values.messages)
/** For one case, putting the messages in included: as slow as 200 a second would do. */
const DEADLINE_MS = 60_000 + MESSAGES * 5
const POLL_MS = 20

const STORES: readonly Store[] = ['memory', 'spool', 'file']
const RECEIPTS: readonly Receipts[] = ['no receipts', 'a receipt each']

interface Case {
  readonly store: Store
  readonly receipts: Receipts
  readonly rounds: readonly Round[]
}

interface Round {
  readonly perSecond: number
  /** Processor time of bearerbox a message, user and system. */
  readonly microseconds: number
  /** The loop by hand, after it, at the same sink. */
  readonly byHand: number
}

// At an exit Kannel is killed and its files go, and the sink goes by itself; a signal alone would do none of it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const programs = findKannel()
if (programs === undefined) {
  process.stdout.write('kannel: bearerbox and smsbox are not installed, nothing to measure\n')
} else await bench(programs)

async function bench(installed: Programs): Promise<void> {
  const cases: Case[] = []
  for (const store of STORES) {
    for (const receipts of RECEIPTS) {
      const rounds: Round[] = []
      for (let round = 0; round < Number(values.rounds); round++) {
        const measured = await runRound(installed, store, receipts)
        if (measured !== 'late') rounds.push(measured)
      }
      cases.push({ store, receipts, rounds })
    }
  }
  const limit = Math.max(...cases.flatMap(({ rounds }) => rounds.map(({ byHand }) => byHand)))
  const line = (name: string, rate: number, more = '') =>
    process.stdout.write(
      `${name.padEnd(34)} ${rate.toLocaleString('en').padStart(9)} a second ${(rate / limit).toFixed(3).padStart(6)} of the limit${more}\n`,
    )
  if (limit > 0) line('by hand, no database', limit)
  for (const { store, receipts, rounds } of cases) {
    const name = `kannel, ${store}, ${receipts}`
    const [best] = rounds.toSorted((a, b) => b.perSecond - a.perSecond)
    if (best === undefined) process.stdout.write(`${name}: not within ${DEADLINE_MS / 1000} s\n`)
    else line(name, best.perSecond, `, ${best.microseconds} µs of processor a message`)
  }
  process.stdout.write(`${JSON.stringify({ bench: 'kannel', messages: MESSAGES, cases })}\n`)
}

/** @returns `'late'` past the deadline; how far it came is told on stderr */
async function runRound(
  installed: Programs,
  store: Store,
  receipts: Receipts,
): Promise<Round | 'late'> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const [port = 0] = await freePorts(1)
  const kannel = await startKannel(installed, store, port)
  let sink: SinkProcess | undefined
  try {
    await kannel.inject(MESSAGES, receipts, signal)
    await kannel.stopSmsbox()
    const flags = receipts === 'a receipt each' ? ['--receipts'] : []
    const cpuBefore = await bearerboxSeconds()
    sink = await startSinkProcess(['--port', String(port), ...flags])
    const seconds = await untilDone(sink, receipts, signal)
    const cpu = (await bearerboxSeconds()) - cpuBefore
    kannel.end()
    await assertAllOnce(`kannel, ${store}`, sink)
    const { perSecond: byHand } = await sendByHand(sink.port, MESSAGES, LOOPS.plain)
    await assertAllOnce('by hand', sink)
    return {
      perSecond: Math.round(MESSAGES / seconds),
      microseconds: Math.round((cpu * 1e6) / MESSAGES),
      byHand,
    }
  } catch (error) {
    if (!signal.aborted) throw error
    const { taken } = (await sink?.counts()) ?? { taken: 0 }
    process.stderr.write(`kannel, ${store}, ${receipts}: late, ${taken} taken\n`)
    return 'late'
  } finally {
    kannel.end()
    await sink?.stop()
  }
}

/** @returns seconds from the first message taken to the last, or to the last receipt acknowledged */
async function untilDone(
  sink: SinkProcess,
  receipts: Receipts,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    const owed = await sink.owed()
    const { first, last, now, taken } = await sink.counts()
    if (taken >= MESSAGES) {
      if (receipts === 'no receipts') return (last - first) / 1000
      if (owed === 0) return (now - first) / 1000
    }
    await wait(POLL_MS, undefined, { signal })
  }
}

async function assertAllOnce(who: string, sink: SinkProcess): Promise<void> {
  const { reached, twice } = await sink.arrived({ recipients: MESSAGES, texts: 'short', round: 0 })
  if (reached === MESSAGES && twice === 0) return
  throw new Error(`${who}: ${reached} of ${MESSAGES} reached, ${twice} more than once`)
}

async function bearerboxSeconds(): Promise<number> {
  return processorSeconds(
    (command, parent) => parent === process.pid && command.includes('bearerbox'),
  )
}
