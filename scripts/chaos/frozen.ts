/**
 * F2: a dispatcher that stands still for longer than its lease, as in a paused machine or a page-in from hell, while
 * another takes what it held. Everybody has been reached by the time it wakes, so whatever arrives then is its own:
 * at most the one write that it may have been about to make, and nothing of it changes a row.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Progress } from '../../src/reports/progress.ts'
import { until } from '../rehearsal.ts'
import { exposureOf, goThrough } from './ordeal.ts'
import { signal } from './processes.ts'
import type { Bounds, Found } from './scenario.ts'

const CARRIERS = [{ name: 'North', segmentsPerSecond: 600, window: 50, binds: 2 }]
const RECIPIENTS = 4_000
/** The lease is ten seconds; what it held must have been sent by another before it wakes. */
const FROZEN_MS = 16_000
const AWAKE_MS = 4_000

export async function freeze({ say, town, nextValley }: Bounds): Promise<Found> {
  const installation = await town()
  const other = installation.addDispatcher()
  const simulator = await installation.play(CARRIERS)
  let late = 0
  const changed: string[] = []
  const size = { valleyNo: nextValley(), recipients: RECIPIENTS }
  const { settled, wrong } = await goThrough(installation, simulator, size, async ordeal => {
    await ordeal.untilArrived(RECIPIENTS / 5)
    const sleeper = other.pid
    const read = () =>
      installation.author.client.get<Progress>(`/v1/alerts/${ordeal.alertId}/progress`)
    signal(sleeper, 'SIGSTOP')
    say(`a dispatcher is frozen for ${FROZEN_MS / 1000} s, at ${ordeal.arrived()} messages`)
    try {
      await Promise.all([wait(FROZEN_MS), ordeal.untilArrived(RECIPIENTS)])
      await until(read, ({ queued }) => queued === 0, 'the other dispatcher has sent it all')
    } finally {
      const before = ordeal.arrived()
      const asleep = await read()
      signal(sleeper, 'SIGCONT')
      await wait(AWAKE_MS)
      const awake = await read()
      late = ordeal.arrived() - before
      for (const name of [
        'possibleDuplicates',
        'queued',
        'unknown',
        'segmentsSubmitted',
      ] as const) {
        if (asleep[name] !== awake[name] && late === 0) {
          changed.push(`${name} went from ${asleep[name]} to ${awake[name]} when it woke`)
        }
      }
    }
    return exposureOf(CARRIERS)
  })
  await other.stop()
  const { window, binds } = CARRIERS[0]!
  const oneWrite = (window * binds) / 2
  if (late > oneWrite) changed.push(`it handed over ${late} after it woke: more than one write`)
  return {
    counts: { ...settled, 'handed over after waking': late },
    wrong: [...wrong, ...changed],
  }
}
