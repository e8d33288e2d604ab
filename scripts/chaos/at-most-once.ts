/** An alert that is to be sent at most once, while dispatchers, links and the database die: nobody gets it twice. */
import { exposureOf, goThrough } from './ordeal.ts'
import type { Bounds, Found } from './scenario.ts'

const BEHAVIOUR = { responses: { ms: 20, spreadMs: 40, missing: 0, twice: 0 } }
const CARRIERS = [
  { name: 'North', segmentsPerSecond: 600, window: 50, binds: 2, behaviour: BEHAVIOUR },
  { name: 'South', segmentsPerSecond: 300, window: 50, binds: 1, behaviour: BEHAVIOUR },
]
const DEATHS = ['dispatcher', 'links', 'PostgreSQL', 'dispatcher', 'links'] as const

export async function sendAtMostOnce({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const simulator = await installation.play(CARRIERS)
  const recipients = 5_000
  const size = { valleyNo: nextValley(), recipients, delivery: 'at-most-once' as const }
  const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
    for (const [i, victim] of DEATHS.entries()) {
      await ordeal.untilArrived((recipients * (i + 1)) / (DEATHS.length + 2))
      say(`${victim} at ${ordeal.arrived()} messages, of an alert that goes out at most once`)
      if (victim === 'links') simulator.links('drop')
      else await installation.kill(victim)
    }
    return 0
  })
  const exposed = DEATHS.length * exposureOf(CARRIERS)
  if (settled.unknown > exposed) {
    wrong.push(`${settled.unknown} are unknown: at most ${exposed} were exposed`)
  }
  if (settled.unknown === 0) wrong.push('five deaths left nothing in doubt: they hit nothing')
  return { counts: { ...settled, exposed }, wrong }
}
