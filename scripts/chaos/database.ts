/** F3, and a database that is gone for a minute. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Arrivals } from '../../src/simulator/arrivals.ts'
import { PEOPLE_ANSWER, type Installation } from './installation.ts'
import { exposureOf, goThrough } from './ordeal.ts'
import { inspect, killNow } from './processes.ts'
import type { Bounds, Found } from './scenario.ts'

const CARRIERS = [
  { name: 'North', segmentsPerSecond: 600, window: 100, binds: 2 },
  { name: 'South', segmentsPerSecond: 300, window: 50, binds: 1 },
]
const RESUME_SECONDS = 10
/** Of one processor: what a dispatcher without a database may take. */
const IDLE_SHARE = 0.1
const REPLIES = 200

/** F3: the database's first process is killed under load, three times, and starts again from its log. */
export async function killDatabase({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const simulator = await installation.play(CARRIERS, PEOPLE_ANSWER)
  const { list } = simulator
  const recipients = 6_000
  const gaps: number[] = []
  const size = { valleyNo: nextValley(), recipients }
  const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
    for (const share of [0.2, 0.45, 0.7]) {
      await ordeal.untilArrived(share * recipients)
      const from = list.messages - 1
      await killNow([await installation.postmaster()])
      const killedAt = list.now()
      say(`PostgreSQL is killed at ${ordeal.arrived()} messages`)
      // What was marked still leaves for a moment; then nothing does until the database is back.
      await ordeal.untilArrived(share * recipients + exposureOf(CARRIERS) + 200)
      gaps.push(longestGap(list, from, killedAt))
    }
    return 3 * exposureOf(CARRIERS)
  })
  const worst = Math.max(...gaps) / 1000
  if (worst > RESUME_SECONDS) wrong.push(`nothing was sent for ${worst.toFixed(1)} s after a kill`)
  return { counts: { ...settled, 'longest standstill': `${worst.toFixed(1)} s` }, wrong }
}

/** The longest time without a message since the `from`th, in milliseconds. */
function longestGap(list: Arrivals, from: number, since: number): number {
  let longest = 0
  let last = since
  for (let i = from; i < list.messages; i++) {
    const { at } = list.message(i)
    longest = Math.max(longest, at - last)
    last = at
  }
  return longest
}

/** @param seconds how long it is gone */
export const takeDatabaseAway =
  (seconds: number) =>
  async ({ say, town, nextValley }: Bounds): Promise<Found> => {
    const installation = await town()
    const simulator = await installation.play(CARRIERS)
    const { list } = simulator
    const recipients = 4_000
    const faults: string[] = []
    let share = 0
    let resumedMs = 0
    const size = { valleyNo: nextValley(), recipients }
    const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
      await ordeal.untilArrived(recipients / 4)
      const before = await installation.dispatchers()
      await installation.server!.stop()
      say(`PostgreSQL is gone for ${seconds} s, at ${ordeal.arrived()} messages`)
      await wait(2_000)
      const [arrived, acknowledged] = [list.messages, list.acknowledgedAnswers]
      for (let i = 0; i < REPLIES; i++) {
        simulator.say({ from: list.message(i).phone, text: '1', means: 'option:1' })
      }
      const cpu = await secondsOf(before)
      await wait(seconds * 1000 - 2_000)
      share = ((await secondsOf(before)) - cpu) / (seconds - 2)
      if (list.messages > arrived) {
        faults.push(`${list.messages - arrived} messages left without a database`)
      }
      if (list.acknowledgedAnswers > acknowledged) {
        faults.push(`${list.acknowledgedAnswers - acknowledged} replies acknowledged, not stored`)
      }
      const after = await installation.dispatchers()
      if (String(after) !== String(before)) faults.push('a dispatcher ended')
      await installation.returnDatabase()
      const backAt = performance.now()
      await ordeal.untilArrived(recipients / 4 + exposureOf(CARRIERS) + 100)
      resumedMs = performance.now() - backAt
      say(`PostgreSQL is back, and messages leave after ${Math.round(resumedMs)} ms`)
      return exposureOf(CARRIERS)
    })
    if (resumedMs > RESUME_SECONDS * 1000) {
      faults.push(`it took ${(resumedMs / 1000).toFixed(1)} s until messages left again`)
    }
    if (share > IDLE_SHARE) {
      faults.push(`a dispatcher without a database kept a processor ${percent(share)} busy`)
    }
    return {
      counts: {
        ...settled,
        'processor meanwhile': percent(share),
        'sends again after': `${(resumedMs / 1000).toFixed(1)} s`,
      },
      wrong: [...wrong, ...faults],
    }
  }

const percent = (share: number) => `${(share * 100).toFixed(1)} %`

async function secondsOf(pids: Awaited<ReturnType<Installation['dispatchers']>>): Promise<number> {
  const facts = await Promise.all(pids.map(inspect))
  return facts.reduce((sum, one) => sum + (one?.seconds ?? 0), 0)
}
