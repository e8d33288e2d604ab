import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { judge } from '../../src/simulator/judge.ts'
import {
  approveDraft,
  clockOff,
  expectedTexts,
  floodAlert,
  type Resident,
  settle,
  test as serviceTest,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 300
const NORTH = { segmentsPerSecond: 200, window: 50, binds: 1 }
const HALF_AN_HOUR_MS = 1_800_000
/** How far the dispatcher's clock may be off by the database's answers, which take their time. */
const SLACK_MS = 2_000

const test = serviceTest.extend<{ $file: { residents: Resident[] } }>({
  residents: [async ({ db }, use) => use(await settle(db, RECIPIENTS)), { scope: 'file' }],
})

test.for([
  ['ahead', 3_600_000],
  ['behind', -3_600_000],
] as const)(
  'F12: a dispatcher whose clock is an hour %s sends by the database’s, and says so',
  { timeout: 60_000 },
  async ([way, off], { tocsin, residents }) => {
    const { author, url } = tocsin
    const lines: string[] = []
    const dispatcher = tocsin.startDispatcher(line => lines.push(line), clockOff(off))
    const { list } = await tocsin.startCarriers([{ ...NORTH, name: `North ${way}` }])

    // Over for whoever is an hour ahead, and good for an hour and a half to whoever is behind.
    const expires = new Date(Math.ceil(Date.now() / 1000) * 1000 + HALF_AN_HOUR_MS)
    const alertId = await approveDraft(tocsin, floodAlert({ expires, spanishExpires: expires }))
    await author.client.post(`/v1/alerts/${alertId}/dispatch`)
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, submitted, unknown }) => state === 'sent' && submitted + unknown === 0,
    )

    expect(progress).toMatchObject({ delivered: RECIPIENTS, expired: 0, possibleDuplicates: 0 })
    expect(judge(list, expectedTexts(residents))).toMatchObject({ missed: [], extraCopies: 0 })
    for (let i = 0; i < list.segments; i++) {
      const { at, validSeconds } = list.segment(i)
      const msLeft = expires.getTime() - (list.startedAt + at)
      expect(Math.abs(validSeconds * 1000 - msLeft)).toBeLessThan(1_000 + SLACK_MS)
    }
    await until(
      async () => (await fetch(`${url}/metrics`)).text(),
      text => clockAheadIn(text).some(ahead => Math.abs(ahead * 1000 - off) < SLACK_MS),
      'the metrics say how far the clock is off',
    )
    expect(lines.filter(line => line.includes('clock is off'))).toHaveLength(1)
    dispatcher.kill('SIGKILL')
  },
)

const clockAheadIn = (metrics: string) =>
  Array.from(metrics.matchAll(/^tocsin_lane_clock_ahead_seconds\{.*\} (\S+)$/gm), ([, value]) =>
    Number(value),
  )
