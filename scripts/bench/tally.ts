/**
 * Replies at a steady rate into live tallies: how many a second are heard, and how long it takes from the carrier's
 * end of the socket until a viewer's stream shows them. The whole service runs: message centre, dispatcher, database,
 * API, and viewers over HTTP.
 *
 * An alert goes to everybody; then each phone answers once, `--rate` a second. A reply's time runs from when it was
 * handed to the message centre (so it waits behind the carrier's window too) to the first frame whose count holds
 * it. It must be: the rate kept, 99 of 100 in sight within 500 ms, and a recount of the rows equal to the counters
 * and to what the phones said.
 *
 *     npm run bench:tally -- [--recipients 200000] [--rate 10000] [--carriers 3] [--viewers 100]
 */
import { parseArgs } from 'node:util'
import type { Client } from '../../src/cli/client.ts'
import { openDatabase } from '../../src/store/database.ts'
import { countRows, readTallies } from '../../src/store/tallies.ts'
import { hire } from '../rehearsal.ts'
import { countTaken, prepareAlert, withCounty, type County } from './county.ts'
import type { Spoken } from './sink-process.ts'

const { values } = parseArgs({
  options: {
    recipients: { type: 'string', default: '200000' },
    rate: { type: 'string', default: '10000' },
    carriers: { type: 'string', default: '3' },
    viewers: { type: 'string', default: '100' },
  },
})
const RECIPIENTS = Number(values.recipients)
const RATE = Number(values.rate)
const CARRIERS = Number(values.carriers)
const VIEWERS = Number(values.viewers)
/** Fewer than an operator may have. */
const STREAMS_EACH = 10
const LIMIT_MS = 500
const LOOK_MS = 50

await withCounty(
  {
    recipients: RECIPIENTS,
    carriers: CARRIERS,
    carrier: { segmentsPerSecond: 1_000_000, window: 1_000, binds: 1 },
  },
  bench,
)

async function bench(county: County): Promise<void> {
  const { sink } = county
  const alert = await prepareAlert(county)
  await alert.dispatch()
  await until(async () => (await countTaken(county, alert.id)).taken >= RECIPIENTS)
  const stop = new AbortController()
  const seen: { at: number; replied: number }[] = []
  const clients = await hireViewers(county)
  const watching = Array.from({ length: VIEWERS }, async (_, viewer) => {
    const client = clients[Math.floor(viewer / STREAMS_EACH)]!
    let frames = 0
    try {
      for await (const { data } of client.events(`/v1/alerts/${alert.id}/stream`, stop.signal)) {
        frames++
        const { tally = data } = data as { tally?: unknown }
        const { replied } = tally as { replied?: number }
        if (viewer === 0 && replied !== undefined) {
          seen.push({ at: performance.timeOrigin + performance.now(), replied })
        }
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
    return frames
  })
  await until(async () => seen.length > 0)

  const accounts = ['bench', 'bench2', 'bench3'].slice(0, CARRIERS)
  // Somebody answers while an alert is still being sent: so whose phone is whose is known when the many do.
  await sink.sing({ voices: 1, perSecond: RATE, accounts, to: '72345' })
  await until(async () => (seen.at(-1)?.replied ?? 0) >= 1)
  const startedAt = performance.now()
  const spoken = await sink.sing({ voices: RECIPIENTS, perSecond: RATE, accounts, to: '72345' })
  await until(async () => (await countTaken(county, alert.id)).replied >= RECIPIENTS)
  const heardIn = (performance.now() - startedAt) / 1000
  await until(async () => (seen.at(-1)?.replied ?? 0) >= RECIPIENTS)
  stop.abort()
  const frames = await Promise.all(watching)
  await assertRecount(county, alert.id)
  const { replied } = await sink.arrived({ recipients: RECIPIENTS, texts: 'short', round: 1 })
  if (replied !== RECIPIENTS) throw new Error(`${replied} phones were acknowledged`)

  const delays = delaysOf(spoken, seen)
  const share = (part: number) => Math.round(delays[Math.floor(part * (delays.length - 1))]!)
  const perSecond = RECIPIENTS / heardIn
  console.log(
    `${RECIPIENTS.toLocaleString('en')} replies over ${CARRIERS} carriers at ${RATE.toLocaleString('en')} a second: ` +
      `${Math.round(perSecond).toLocaleString('en')} a second heard, ${(perSecond / RATE).toFixed(3)} of what was said`,
  )
  console.log(
    `in sight of ${frames.length} viewers after: median ${share(0.5)} ms, 99 of 100 ${share(0.99)} ms, ` +
      `longest ${share(1)} ms (limit ${LIMIT_MS} for 99 of 100)`,
  )
  console.log(
    `${Math.min(...frames)} to ${Math.max(...frames)} frames a viewer; a recount of the rows is equal`,
  )
  process.exitCode = perSecond >= 0.97 * RATE && share(0.99) <= LIMIT_MS ? 0 : 1
}

async function hireViewers({ administrator, tocsin }: County): Promise<Client[]> {
  const clients: Client[] = []
  for (let no = 0; no * STREAMS_EACH < VIEWERS; no++) {
    const name = `Bench Viewer ${'x'.repeat(no + 1)}`
    clients.push((await hire(administrator, tocsin.url, { name, roles: ['viewer'] })).client)
  }
  return clients
}

/** Of each reply, from when it was said until a frame held it, in rising order. */
function delaysOf(spoken: Spoken, seen: readonly { at: number; replied: number }[]): Float64Array {
  const delays = new Float64Array(RECIPIENTS)
  let no = 0
  let frame = 0
  for (const { at, said } of spoken) {
    for (; no < said; no++) {
      while (seen[frame]!.replied <= no) frame++
      delays[no] = seen[frame]!.at - at
    }
  }
  return delays.toSorted()
}

async function assertRecount({ databaseUrl }: County, alertId: string): Promise<void> {
  const database = openDatabase(databaseUrl)
  try {
    const [kept, { tallies }] = [
      await readTallies(database.db, alertId),
      await countRows(database.db, alertId),
    ]
    const inWords = (counts: typeof tallies) =>
      counts.map(one => `${one.dimension} ${one.key} ${one.option} ${one.count}`).toSorted()
    const [counters, rows] = [inWords(kept), inWords(tallies)]
    if (counters.some((line, no) => line !== rows[no])) {
      throw new Error(`counters and rows differ: ${counters.join()} and ${rows.join()}`)
    }
  } finally {
    await database.close()
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
}
