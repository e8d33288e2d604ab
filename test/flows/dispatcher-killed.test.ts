import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { recount } from '../../src/reports/recount.ts'
import { judge } from '../../src/simulator/judge.ts'
import {
  deliveriesOf,
  expectedTexts,
  floodAlert,
  killNow,
  sendDraft,
  settle,
  test,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 20_000
const CARRIERS = [
  { name: 'North', segmentsPerSecond: 1_600, window: 100, binds: 2 },
  { name: 'South', segmentsPerSecond: 800, window: 50, binds: 1 },
]
const KILLS = 5
/** RELIABILITY.md P3: what one death may send twice is twice the windows of the binds that it held. */
const EXPOSURE = CARRIERS.reduce((sum, { window, binds }) => sum + 2 * window * binds, 0)

// Park and Miller: the moments differ from each other and are the same in every run.
let seed = 42
const draw = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647

test(
  'five dispatchers are killed, and everybody is reached',
  { timeout: 150_000 },
  async ({ tocsin, db }) => {
    const residents = await settle(db, RECIPIENTS)
    let dispatcher = tocsin.startDispatcher()
    const { list } = await tocsin.startCarriers(
      CARRIERS.map(carrier => ({
        ...carrier,
        behaviour: { responses: { ms: 10, spreadMs: 30, missing: 0, twice: 0 } },
      })),
    )
    const alertId = await sendDraft(tocsin, floodAlert())
    const sent = watchUntil(
      tocsin.author.client,
      alertId,
      ({ state, submitted, delivered }) =>
        state === 'sent' && submitted === 0 && delivered === RECIPIENTS,
      120_000,
    )
    sent.catch(() => undefined)

    for (let kill = 1; kill <= KILLS; kill++) {
      // In the midst of its work, wherever that is: a share of the way further on, and some milliseconds.
      const before = list.messages
      await list.until(() => list.messages >= before + 500 + draw() * 2_000, 60_000)
      await wait(draw() * 50)
      await killNow(dispatcher)
      dispatcher = tocsin.startDispatcher()
    }

    const { progress } = await sent
    const verdict = judge(list, expectedTexts(residents))
    expect(verdict).toMatchObject({ reached: RECIPIENTS, missed: [], outside: [], wrongText: [] })
    expect(verdict.extraCopies).toBeLessThanOrEqual(KILLS * EXPOSURE)

    const marked = new Set<string>()
    for (const delivery of await deliveriesOf(tocsin.author.client, alertId)) {
      if (delivery.possibleDuplicate) marked.add(delivery.phone)
    }
    expect(verdict.twice.filter(phone => !marked.has(phone))).toEqual([])
    expect(progress.possibleDuplicates).toBe(marked.size)
    expect(marked.size).toBeLessThanOrEqual(KILLS * EXPOSURE)

    const { progress: counted, tallies } = await recount(db, alertId)
    expect(counted.counters).toEqual(counted.rows)
    expect(tallies.counters).toEqual(tallies.rows)
  },
)
