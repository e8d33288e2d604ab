/**
 * F1: `kill -9` of a dispatcher, of the main process, of PostgreSQL and of everything at once, at moments drawn
 * from the seed, most of them while messages leave, some while receipts and replies come back.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { drawsFrom, type Draw } from '../../src/simulator/draws.ts'
import { install, PEOPLE_ANSWER, type Victim } from './installation.ts'
import { driftOf } from './ledger.ts'
import { exposureOf, goThrough } from './ordeal.ts'
import type { Bounds, Found } from './scenario.ts'

const BEHAVIOUR = {
  responses: { ms: 10, spreadMs: 30, missing: 0, twice: 0 },
  receipts: {
    share: 1,
    delay: { ms: 100, spreadMs: 1_500 },
    failed: 0.01,
    expired: 0,
    twice: 0.02,
    form: 'text and TLVs',
    messageId: 'decimal',
  },
} as const
const CARRIERS = [
  { name: 'Lone Star', segmentsPerSecond: 1_600, window: 100, binds: 2, behaviour: BEHAVIOUR },
  { name: 'Gulf Mobile', segmentsPerSecond: 800, window: 50, binds: 2, behaviour: BEHAVIOUR },
  { name: 'Bayou Wireless', segmentsPerSecond: 300, window: 50, binds: 1, behaviour: BEHAVIOUR },
]
/** One of ten. */
const DECK: readonly Victim[] = [
  'dispatcher',
  'API',
  'dispatcher',
  'PostgreSQL',
  'dispatcher',
  'everything',
  'API',
  'dispatcher',
  'PostgreSQL',
  'everything',
]
/** Of the kills, how many come when all is handed over and receipts and replies are on their way. */
const LATE_SHARE = 0.15

export async function killEverybody({
  runs,
  kills,
  recipients,
  seed,
  say,
}: Bounds): Promise<Found> {
  const installation = await install('kills')
  const draw = drawsFrom(seed)
  const killed: Record<Victim, number> = { dispatcher: 0, API: 0, PostgreSQL: 0, everything: 0 }
  const sums = { recipients: 0, reached: 0, stated: 0, lost: 0, copies: 0, exposed: 0 }
  const more = { marked: 0, unmarked: 0, frames: 0, recounts: 0, replies: 0 }
  const wrong: string[] = []
  try {
    installation.addDispatcher()
    const simulator = await installation.play(CARRIERS, PEOPLE_ANSWER)
    for (let run = 0, dealt = 0; run < runs; run++) {
      const size = { valleyNo: run, recipients, settleMs: 240_000 }
      const outcome = await goThrough(installation, simulator, size, async ordeal => {
        for (const moment of momentsOf(draw, kills, recipients)) {
          await ordeal.untilArrived(Math.min(moment, recipients))
          await wait(draw() * (moment > recipients ? 1_000 : 100))
          const victim = DECK[dealt++ % DECK.length]!
          say(
            `run ${run + 1} of ${runs}: ${ordeal.arrived().toLocaleString('en')} messages, kill ${dealt} of ${runs * kills}: ${victim}`,
          )
          await installation.kill(victim, Math.floor(draw() * 8))
          killed[victim]++
          // In the midst of it all the counters already equal the rows.
          const drift = await driftOf(installation, ordeal.alertId).catch(() => undefined)
          if (drift !== undefined) more.recounts++
          wrong.push(...(drift ?? []))
        }
        return kills * exposureOf(CARRIERS)
      })
      const { settled } = outcome
      sums.exposed += kills * exposureOf(CARRIERS)
      for (const name of ['recipients', 'reached', 'stated', 'lost', 'copies'] as const) {
        sums[name] += settled[name]
      }
      for (const name of ['marked', 'unmarked', 'frames', 'replies'] as const) {
        more[name] += settled[name]
      }
      wrong.push(...outcome.wrong.map(one => `run ${run + 1}: ${one}`))
      say(
        `run ${run + 1} of ${runs}: ${outcome.seconds.toFixed(0)} s, lost ${settled.lost}, copies ${settled.copies}, unmarked ${settled.unmarked}, ${outcome.wrong.length} wrong`,
      )
    }
  } finally {
    await installation.end()
  }
  return { counts: { ...killed, ...sums, ...more }, wrong }
}

/** After how many messages each kill comes, in order; past `recipients`: while only receipts and replies move. */
function momentsOf(draw: Draw, kills: number, recipients: number): number[] {
  return Array.from({ length: kills }, () =>
    draw() < LATE_SHARE ? recipients + 1 : Math.ceil(draw() * 0.98 * recipients),
  ).toSorted((a, b) => a - b)
}
