/**
 * One, two and four dispatchers on the same accounts, against three message centres that take 50 ms to answer: each
 * has its share of the binds, and what all send together is what the binds' windows let through in that time. Beside
 * it a run in which one of four is killed half-way.
 *
 *     npm run bench:many -- [--recipients 20000] [--dispatchers 1,2,4]
 */
import { parseArgs } from 'node:util'
import { sql } from 'drizzle-orm'
import { install, type Installation, type SpareDispatcher } from '../chaos/installation.ts'
import { exposureOf, goThrough, type Outcome } from '../chaos/ordeal.ts'
import { until } from '../rehearsal.ts'

const { values } = parseArgs({
  options: {
    recipients: { type: 'string', default: '20000' },
    dispatchers: { type: 'string', default: '1,2,4' },
  },
})
const RECIPIENTS = Number(values.recipients)
const LATENCY_MS = 50
const BINDS = 4
const WINDOW = 25
const behaviour = { responses: { ms: LATENCY_MS, spreadMs: 0, missing: 0, twice: 0 } }
/** No limit but the windows: each bind lets through a window in the time of an answer. */
const CARRIERS = ['North', 'South', 'West'].map(name => ({
  name,
  segmentsPerSecond: 20_000,
  window: WINDOW,
  binds: BINDS,
  behaviour,
}))
const CEILING = (CARRIERS.length * BINDS * WINDOW * 1000) / LATENCY_MS

const say = (line: string) => process.stdout.write(`${line}\n`)
let valleys = 0
let isSound = true
const installation = await install('many', 'a database apart')
try {
  say(
    `three message centres, ${BINDS} binds of a window of ${WINDOW} each, ${LATENCY_MS} ms an answer: at most ${CEILING.toLocaleString('en')} segments a second`,
  )
  const counts = values.dispatchers.split(',').map(Number)
  for (const count of counts) await run(installation, count, 'all live')
  await run(installation, Math.max(...counts), 'one is killed')
} finally {
  await installation.end()
}
process.exit(isSound ? 0 : 1)

async function run(
  town: Installation,
  count: number,
  how: 'all live' | 'one is killed',
): Promise<void> {
  // The main process keeps one already.
  const others = Array.from({ length: count - 1 }, () => town.addDispatcher())
  const simulator = await town.play(CARRIERS)
  await until(
    () => holdersOf(town),
    holders => holders.length === count,
    'each dispatcher has its share of the binds',
  )
  const { list } = simulator
  const size = { valleyNo: valleys++, recipients: RECIPIENTS }
  const outcome = await goThrough(town, simulator, size, async ordeal => {
    if (how === 'all live') return 0
    await ordeal.untilArrived(RECIPIENTS / 3)
    await (others[0] as SpareDispatcher).killForGood()
    return exposureOf(CARRIERS)
  })
  for (const other of others) await other.stop()
  const seconds = (list.segment(list.segments - 1).at - list.segment(0).at) / 1000
  report(count, how, list.segments / seconds, outcome)
}

async function holdersOf({ database }: Installation): Promise<unknown[]> {
  return await database.db.execute(sql`
    select dispatcher_id from bind_slots b join carriers c on c.id = b.carrier_id
    where c.enabled and b.lease_until > now() group by dispatcher_id`)
}

function report(count: number, how: string, perSecond: number, { settled, wrong }: Outcome): void {
  if (wrong.length > 0) isSound = false
  const rate = Math.round(perSecond).toLocaleString('en').padStart(7)
  const share = `${Math.round((perSecond / CEILING) * 100)} %`
  say(
    `${count} dispatcher${count === 1 ? ' ' : 's'}, ${how.padEnd(13)} ${rate} segments a second, ${share.padStart(5)} of what the windows allow; lost ${settled.lost}, copies ${settled.copies}, unmarked ${settled.unmarked}`,
  )
  for (const one of wrong) say(`  WRONG  ${one}`)
}
