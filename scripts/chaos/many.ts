/** Three dispatchers on one account, one killed: the others take its share, and all together never pass the limit. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { Arrivals } from '../../src/simulator/arrivals.ts'
import { until } from '../rehearsal.ts'
import { exposureOf, goThrough } from './ordeal.ts'
import type { Bounds, Found } from './scenario.ts'

const LIMIT = 400
const CARRIERS = [{ name: 'North', segmentsPerSecond: LIMIT, window: 100, binds: 6 }]
const RECIPIENTS = 8_000
const TAKE_OVER_SECONDS = 5

export async function shareAnAccount({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const others = [installation.addDispatcher(), installation.addDispatcher()]
  const simulator = await installation.play(CARRIERS)
  const { list, centres } = simulator
  await until(
    () =>
      installation.database.db.execute(sql`
        select dispatcher_id from bind_slots b join carriers c on c.id = b.carrier_id
        where c.enabled group by dispatcher_id having count(*) = 2`),
    holders => holders.length === 3,
    'each dispatcher has two binds',
  )
  // The message centre is of this process: while that is kept waiting, what comes in waits to be counted.
  const stalls = monitorEventLoopDelay({ resolution: 1 })
  let worstStallMs = 0
  let [before, after, later] = [0, 0, 0]
  const size = { valleyNo: nextValley(), recipients: RECIPIENTS }
  const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
    stalls.enable()
    await ordeal.untilArrived(RECIPIENTS / 4)
    await others[0]!.killForGood()
    const killedAt = list.now()
    say(`one of three dispatchers is killed, at ${ordeal.arrived()} messages`)
    await wait((TAKE_OVER_SECONDS + 4) * 1000)
    const used = (from: number, seconds: number) =>
      segmentsBetween(list, killedAt + from * 1000, killedAt + (from + seconds) * 1000) /
      seconds /
      LIMIT
    before = used(-3, 3)
    after = used(TAKE_OVER_SECONDS - 4, 3)
    later = used(TAKE_OVER_SECONDS, 4)
    return exposureOf(CARRIERS)
  })
  stalls.disable()
  worstStallMs = stalls.max / 1e6
  await others[1]!.stop()
  const most = centres[0]!.stats()[0]!.mostOfferedInASecond
  const slack = Math.ceil((LIMIT * worstStallMs) / 1000)
  if (most > LIMIT + 1 + slack) wrong.push(`${most} in one second, the limit is ${LIMIT}`)
  // On a busy machine three did not use it all either.
  const enough = 0.9 * Math.min(before, 0.97)
  if (Math.max(after, later) < enough) wrong.push('the others did not take its share over')
  return {
    counts: {
      ...settled,
      limit: LIMIT,
      'most in any second': most,
      'counted late by': `${worstStallMs.toFixed(0)} ms`,
      'used by three': percent(before),
      'by two, 1 to 4 s after': percent(after),
      '5 to 9 s after': percent(later),
    },
    wrong,
  }
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`

function segmentsBetween(list: Arrivals, from: number, to: number): number {
  let count = 0
  for (let i = 0; i < list.segments; i++) {
    const { at } = list.segment(i)
    if (at >= from && at < to) count++
  }
  return count
}
