/**
 * The whole engine against the wire: recipients in the database, an alert signed, approved and dispatched over
 * HTTP, the dispatcher as the process that it is, fsync on. Beside it, in the same run and against the same
 * sink, the loop by hand without a database. The sink keeps the list of what arrived, and a figure counts only
 * where that list says that everyone was reached, and nobody twice, and, with receipts and replies, where every
 * receipt and every reply has been recorded.
 *
 * Cases (`cases.ts`): `plain`; `held` for five seconds first, in which it is laid out, and the clock runs from their
 * end; `receipts` with one for each message, and replies from 20 %; `mixed`, over three carriers, in two languages, of
 * several segments; `mixed-receipts`. Several rounds of each, an alert a round, in turn
 * with the loop by hand; the first finds a process that has just started. The limit is the best round of the loop by
 * hand, as in bench:wire, in segments.
 *
 *     npm run bench:dispatch -- --recipients 200000[,1000000] [--rounds 3] [--case plain,receipts]
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { CASES, segmentsOf, type Case } from './cases.ts'
import { countTaken, prepareAlert, withCounty, type County } from './county.ts'
import { peakMemory, processorSeconds } from './processes.ts'
import { LOOPS, sendByHand, WINDOW, type Run } from './hand-loop.ts'
import type { Arrived } from './sink-process.ts'

const { values } = parseArgs({
  options: {
    recipients: { type: 'string', default: '200000' },
    case: { type: 'string', default: CASES.map(({ name }) => name).join(',') },
    binds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
  },
})
const BINDS = Number(values.binds)
const LOOK_MS = 25

for (const name of values.case.split(',')) {
  const found = CASES.find(one => one.name === name)
  if (found === undefined) throw new Error(`there is no case ${name}`)
  for (const recipients of values.recipients.split(',').map(Number)) await run(found, recipients)
}

async function run(found: Case, recipients: number): Promise<void> {
  await withCounty(
    {
      recipients,
      carriers: found.carriers,
      texts: found.texts,
      carrier: { segmentsPerSecond: 1_000_000, window: WINDOW / BINDS, binds: BINDS },
      sinkFlags: [
        ...(found.receipts ? ['--receipts'] : []),
        ...(found.replies > 0 ? ['--replies', String(found.replies)] : []),
      ],
    },
    county => bench(county, found, recipients),
  )
}

interface Round {
  readonly byHand: Run
  readonly tight: Run
  readonly seconds: number
  readonly firstMs: number
  readonly walPerMessage: number
  readonly possibleDuplicates: number
  readonly replied: number
  readonly dispatcherMicros: number
  readonly postgresMicros: number
  /** The dispatcher's, in MiB, at its most. */
  readonly memory: number
}

async function bench(county: County, what: Case, recipients: number): Promise<void> {
  const rounds: Round[] = []
  for (let round = 1; round <= Number(values.rounds); round++) {
    rounds.push(await runRound(county, what, recipients, round))
  }
  const limit = Math.max(...rounds.map(({ byHand }) => byHand.perSecond))
  const segments = segmentsOf(what.texts, recipients)
  process.stdout.write(`${what.name}, ${recipients.toLocaleString('en')} recipients\n`)
  const line = (name: string, rate: number) =>
    process.stdout.write(
      `${name.padEnd(34)} ${Math.round(rate).toLocaleString('en').padStart(9)} segments a second ${(rate / limit).toFixed(2).padStart(6)} of the limit\n`,
    )
  line('by hand, no database', limit)
  line('by hand, tight', Math.max(...rounds.map(({ tight }) => tight.perSecond)))
  for (const [i, round] of rounds.entries()) {
    line(`engine, ${i === 0 ? 'just started' : `round ${i + 1}`}`, segments / round.seconds)
    process.stdout.write(
      `  ${Math.round(recipients / round.seconds).toLocaleString('en')} recipients a second, first result after ${Math.round(round.firstMs)} ms, ` +
        `${round.replied.toLocaleString('en')} replies, possible duplicates ${round.possibleDuplicates}\n` +
        `  a recipient: dispatcher ${round.dispatcherMicros} µs, database ${round.postgresMicros} µs, ${round.walPerMessage} bytes of WAL; ` +
        `dispatcher at most ${round.memory} MiB\n`,
    )
  }
  line(`engine, best`, segments / Math.min(...rounds.map(({ seconds }) => seconds)))
  process.stdout.write(
    `${JSON.stringify({ bench: 'dispatch', ...what, recipients, segments, rounds })}\n`,
  )
}

async function runRound(
  county: County,
  what: Case,
  recipients: number,
  round: number,
): Promise<Round> {
  const { sink, author } = county
  const { texts } = what
  const arrived = async (who: string, of: typeof texts, number: number) => {
    const said = await sink.arrived({ recipients, texts: of, round: number })
    assertAllOnce(who, said, recipients)
    return said
  }
  const byHand = await sendByHand(sink.port, recipients, LOOPS.plain)
  await arrived('by hand', 'short', 0)
  const tight = await sendByHand(sink.port, recipients, LOOPS.tight)
  await arrived('by hand, tight', 'short', 0)
  const alert = await prepareAlert(county, texts, round)

  const walBefore = await walBytes(county)
  const cpuBefore = await processorTimes(county)
  const askedAt = performance.now()
  await alert.dispatch(what.holdSeconds)
  const startedAt = what.holdSeconds === undefined ? askedAt : await endOfHold(county, alert.id)
  let firstMs = 0
  for (;;) {
    const { taken, delivered } = await countTaken(county, alert.id)
    if (taken > 0 && firstMs === 0) firstMs = performance.now() - startedAt
    const isSent = (what.receipts ? delivered : taken) >= recipients
    // Whoever answers late is waited for; what is owed then is nothing.
    if (isSent && (what.replies === 0 || (await sink.owed()) === 0)) break
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = await processorTimes(county)
  const walPerMessage = Math.round(((await walBytes(county)) - walBefore) / recipients)
  const { possibleDuplicates } = await author.client.get<{ possibleDuplicates: number }>(
    `/v1/alerts/${alert.id}/progress`,
  )
  const { replied } = await arrived('engine', texts, round)
  const counted = await countTaken(county, alert.id)
  if (counted.replied !== replied) {
    throw new Error(`${replied} phones answered, ${counted.replied} are in the tally`)
  }
  const micros = (part: keyof typeof cpu) =>
    Number((((cpu[part] - cpuBefore[part]) * 1e6) / recipients).toFixed(1))
  return {
    byHand,
    tight,
    seconds,
    firstMs,
    walPerMessage,
    possibleDuplicates,
    replied,
    dispatcherMicros: micros('dispatcher'),
    postgresMicros: micros('postgres'),
    memory: await peakMemory(isDispatcher(county)),
  }
}

/** Waits for it. @returns the moment, by this process's clock */
async function endOfHold({ author }: County, alertId: string): Promise<number> {
  const { holdUntil } = await author.client.get<{ holdUntil: string }>(`/v1/alerts/${alertId}`)
  const leftMs = Date.parse(holdUntil) - Date.now()
  const endsAt = performance.now() + leftMs
  await new Promise(resolve => setTimeout(resolve, leftMs))
  return endsAt
}

function assertAllOnce(who: string, { reached, twice }: Arrived, recipients: number): void {
  if (reached === recipients && twice === 0) return
  throw new Error(`${who}: ${reached} of ${recipients} reached, ${twice} more than once`)
}

function isDispatcher({ tocsin }: County) {
  return (command: string, parent: number) =>
    parent === tocsin.process.pid && command.includes('main.js')
}

/** The database's processes are those of its postmaster. */
async function processorTimes(county: County) {
  const backends = await county.sql`select pid from pg_stat_activity`
  const stat = await readFile(`/proc/${backends[0]?.['pid']}/stat`, 'latin1')
  const postmaster = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  return {
    dispatcher: await processorSeconds(isDispatcher(county)),
    postgres: await processorSeconds((_command, parent) => parent === postmaster),
  }
}

async function walBytes({ sql }: County): Promise<number> {
  const [row] = await sql`select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`
  return Number((row as unknown as { bytes: string }).bytes)
}
