/**
 * The whole engine against the wire: recipients in the database, an alert signed, approved and dispatched over
 * HTTP, the dispatcher as the process that it is, fsync on. Beside it, in the same run and against the same
 * sink, the loop by hand without a database. The sink keeps the list of what arrived, and a figure counts only
 * where that list says that everyone was reached, and nobody twice.
 *
 * Several rounds, an alert each, in turn with the loop by hand; the first finds a process that has just started.
 * The limit is the best round of the loop by hand, as in bench:wire.
 *
 *     npm run bench:dispatch -- --recipients 200000 [--rounds 3] [--receipts]
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { countTaken, prepareAlert, withCounty, type County } from './county.ts'
import { processorSeconds } from './processor-time.ts'
import { LOOPS, sendByHand, WINDOW, type Run } from './hand-loop.ts'
import type { Arrived } from './sink-process.ts'

const { values } = parseArgs({
  options: {
    recipients: { type: 'string', default: '200000' },
    receipts: { type: 'boolean', default: false },
    binds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
  },
})
const RECIPIENTS = Number(values.recipients)
const BINDS = Number(values.binds)

await withCounty(
  {
    recipients: RECIPIENTS,
    carrier: { segmentsPerSecond: 1_000_000, window: WINDOW / BINDS, binds: BINDS },
    sinkFlags: values.receipts ? ['--receipts'] : [],
  },
  bench,
)

async function bench(county: County): Promise<void> {
  const rounds: Round[] = []
  for (let round = 0; round < Number(values.rounds); round++) rounds.push(await runRound(county))
  const limit = Math.max(...rounds.map(({ byHand }) => byHand.perSecond))
  const best = Math.max(...rounds.map(({ perSecond }) => perSecond))
  const line = (name: string, rate: number) =>
    process.stdout.write(
      `${name.padEnd(34)} ${rate.toLocaleString('en').padStart(9)} a second ${(rate / limit).toFixed(2).padStart(6)} of the limit\n`,
    )
  line('by hand, no database', limit)
  line('by hand, tight', Math.max(...rounds.map(({ tight }) => tight.perSecond)))
  const what = values.receipts ? 'engine, a receipt each' : 'engine, no receipts'
  for (const [i, { perSecond, ...round }] of rounds.entries()) {
    line(`${what}, ${i === 0 ? 'just started' : `round ${i + 1}`}`, perSecond)
    process.stdout.write(
      `  first result after ${Math.round(round.firstMs)} ms, ${round.walPerMessage} bytes of WAL a message, possible duplicates ${round.possibleDuplicates}\n` +
        `  processor time a message: dispatcher ${round.dispatcherMicros} µs, database ${round.postgresMicros} µs\n`,
    )
  }
  line(`${what}, best`, best)
  process.stdout.write(
    `${JSON.stringify({ bench: 'dispatch', recipients: RECIPIENTS, receipts: values.receipts, rounds })}\n`,
  )
}

interface Round {
  readonly byHand: Run
  readonly tight: Run
  readonly perSecond: number
  readonly firstMs: number
  readonly walPerMessage: number
  readonly possibleDuplicates: number
  readonly dispatcherMicros: number
  readonly postgresMicros: number
}

async function runRound(county: County): Promise<Round> {
  const { sink, author } = county
  const byHand = await sendByHand(sink.port, RECIPIENTS, LOOPS.plain)
  assertAllOnce('by hand', await sink.arrived(RECIPIENTS))
  const tight = await sendByHand(sink.port, RECIPIENTS, LOOPS.tight)
  assertAllOnce('by hand, tight', await sink.arrived(RECIPIENTS))
  const alert = await prepareAlert(county)

  const walBefore = await walBytes(county)
  const cpuBefore = await processorTimes(county)
  const dispatchedAt = performance.now()
  await alert.dispatch()
  let firstMs = 0
  for (;;) {
    const { taken, delivered } = await countTaken(county, alert.id)
    if (taken > 0 && firstMs === 0) firstMs = performance.now() - dispatchedAt
    if ((values.receipts ? delivered : taken) >= RECIPIENTS) break
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  const seconds = (performance.now() - dispatchedAt) / 1000
  const cpu = await processorTimes(county)
  const walPerMessage = Math.round(((await walBytes(county)) - walBefore) / RECIPIENTS)
  const { possibleDuplicates } = await author.client.get<{ possibleDuplicates: number }>(
    `/v1/alerts/${alert.id}/progress`,
  )
  assertAllOnce('engine', await sink.arrived(RECIPIENTS))
  const micros = (part: keyof typeof cpu) =>
    Number((((cpu[part] - cpuBefore[part]) * 1e6) / RECIPIENTS).toFixed(1))
  return {
    byHand,
    tight,
    perSecond: Math.round(RECIPIENTS / seconds),
    firstMs,
    walPerMessage,
    possibleDuplicates,
    dispatcherMicros: micros('dispatcher'),
    postgresMicros: micros('postgres'),
  }
}

function assertAllOnce(who: string, { reached, twice }: Arrived): void {
  if (reached === RECIPIENTS && twice === 0) return
  throw new Error(`${who}: ${reached} of ${RECIPIENTS} reached, ${twice} more than once`)
}

/** The database's processes are those of its postmaster. */
async function processorTimes({ sql, tocsin }: County) {
  const backends = await sql`select pid from pg_stat_activity`
  const stat = await readFile(`/proc/${backends[0]?.['pid']}/stat`, 'latin1')
  const postmaster = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  const main = tocsin.process.pid
  return {
    dispatcher: await processorSeconds(
      (command, parent) => parent === main && command.includes('main.js'),
    ),
    postgres: await processorSeconds((_command, parent) => parent === postmaster),
  }
}

async function walBytes({ sql }: County): Promise<number> {
  const [row] = await sql`select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`
  return Number((row as unknown as { bytes: string }).bytes)
}
