import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { judge, markList } from '../../src/simulator/judge.ts'
import {
  expectedTexts,
  floodAlert,
  sendDraft,
  settle,
  type Resident,
  test as serviceTest,
  watchUntil,
} from '../support/service.ts'

const RATE = 200
const RECIPIENTS = 1_000
const NORTH = { name: 'North', segmentsPerSecond: RATE, window: 50, binds: 2 }

interface LogLine {
  readonly time: number
  readonly msg: string
  readonly dispatcherId: string
  readonly carrierId: string
  readonly perSecond?: number
  readonly inFlight?: number
  readonly waiting?: number
  readonly batchMs?: number
  readonly throttled?: number
}

const test = serviceTest.extend<{ $file: { residents: Resident[]; logs: string[] } }>({
  residents: [async ({ db }, use) => use(await settle(db, RECIPIENTS)), { scope: 'file' }],
  logs: [
    async ({ tocsin }, use) => {
      const logs: string[] = []
      tocsin.startDispatcher(line => logs.push(line))
      tocsin.startDispatcher(line => logs.push(line))
      await use(logs)
    },
    { scope: 'file', auto: true },
  ],
})

/** Over all lanes; 0 where there are none. */
async function sumOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const samples = text.matchAll(new RegExp(`^tocsin_${name}\\{[^}]*\\} (\\S+)$`, 'gm'))
  return Array.from(samples, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0)
}

test(
  'progress, metrics and logs say how an alert goes out, of both dispatchers together',
  { timeout: 90_000 },
  async ({ tocsin, residents, logs }) => {
    const { url, author } = tocsin
    const { list } = await tocsin.startCarriers([NORTH])
    await until(
      () => sumOf(url, 'lane_bound'),
      sum => sum === 2,
      'both are bound',
    )
    const from = { lines: logs.length, accepted: await sumOf(url, 'lane_accepted_messages_total') }

    const alertId = await sendDraft(tocsin, floodAlert())
    // In the middle it says what it does, and when that will be over.
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ queued, perSecond }) => queued < RECIPIENTS / 2 && queued > 100 && perSecond > 0.6 * RATE,
    )
    expect(progress.perSecond).toBeLessThan(1.2 * RATE)
    expect(progress.etaSeconds).toBeGreaterThan(0)
    expect(progress.etaSeconds).toBeLessThan(RECIPIENTS / (0.6 * RATE))
    expect(progress.byCarrier.map(({ perSecond }) => perSecond)).toEqual([progress.perSecond])
    expect(progress.alarms).toEqual([])

    await tocsin.approver.client.post(`/v1/alerts/${alertId}/pause`)
    const paused = await watchUntil(author.client, alertId, ({ state }) => state === 'paused')
    expect(paused.progress).toMatchObject({ perSecond: 0, etaSeconds: null })
    await tocsin.approver.client.post(`/v1/alerts/${alertId}/resume`)
    const { progress: last } = await watchUntil(
      author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
    )
    expect(last).toMatchObject({ perSecond: 0, etaSeconds: 0, segmentsSubmitted: RECIPIENTS })

    // Every message that came is counted once, by whichever dispatcher sent it.
    await until(
      () => sumOf(url, 'lane_accepted_messages_total'),
      sum => sum - from.accepted === list.messages,
      'the metrics agree with the carrier',
    )
    await until(
      () => sumOf(url, 'lane_receipts_total'),
      sum => sum === list.messages,
      'each had a receipt',
    )
    expect(await sumOf(url, 'lane_window_segments')).toBe(NORTH.window * NORTH.binds)
    expect(await sumOf(url, 'lane_batches_total')).toBeGreaterThan(0)
    for (const gauge of [
      'in_flight_segments',
      'waiting_recipients',
      'marked_recipients',
      'ranges',
    ]) {
      await until(
        () => sumOf(url, `lane_${gauge}`),
        sum => sum === 0,
        `${gauge} is 0`,
      )
    }

    const told = logs.slice(from.lines)
    const lines = told.map(line => JSON.parse(line) as LogLine).filter(({ msg }) => msg === 'lane')
    const dispatchers = new Set(lines.map(({ dispatcherId }) => dispatcherId))
    expect(dispatchers.size).toBe(2)
    for (const one of dispatchers) {
      const mine = lines.filter(({ dispatcherId }) => dispatcherId === one)
      expect(mine[0]).toMatchObject({
        perSecond: expect.any(Number) as number,
        inFlight: expect.any(Number) as number,
        waiting: expect.any(Number) as number,
        batchMs: expect.any(Number) as number,
        throttled: 0,
      })
      // One a second at most, and none once it rests.
      const seconds = (mine.at(-1)!.time - mine[0]!.time) / 1000
      expect(mine.length).toBeLessThanOrEqual(Math.ceil(seconds) + 2)
    }
    expect(told.join('')).not.toMatch(/\+1555|FLASH FLOOD/)
    expect(judge(list, expectedTexts(residents))).toMatchObject({ missed: [], extraCopies: 0 })
  },
)

test(
  'an alert that stands still says so and why, until it moves again',
  { timeout: 120_000 },
  async ({ tocsin, residents }) => {
    const { url, author } = tocsin
    const simulator = await tocsin.startCarriers([{ ...NORTH, name: 'North again' }])
    const { list } = simulator
    const since = markList(list)
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages - since.messages >= 100, 30_000)
    const refusing = (share: number) =>
      simulator.change({
        carriers: [
          {
            name: 'North again',
            behaviour: { errors: [{ status: 'ESME_RSYSERR', share, of: 'messages' }] },
          },
        ],
      })
    refusing(1)
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ alarms }) => alarms.length > 0,
      50_000,
    )
    expect(progress.alarms).toEqual([
      {
        code: 'stalled',
        detail: 'left alone for a while, North again: ESME_RSYSERR',
        since: expect.any(String) as string,
      },
    ])
    const stalledFor = Date.now() - Date.parse(progress.alarms[0]!.since)
    expect(stalledFor).toBeGreaterThan(29_000)
    expect(stalledFor).toBeLessThan(35_000)
    expect(await sumOf(url, 'stalled_alerts')).toBe(1)

    await until(
      () => Promise.resolve(tocsin.apiLog()),
      said => said.includes(alertId) && said.includes('"code":"stalled"'),
      'the log says so',
      10_000,
    )

    refusing(0)
    const { progress: last } = await watchUntil(
      author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
    )
    expect(last.alarms).toEqual([])
    expect(await sumOf(url, 'stalled_alerts')).toBe(0)
    expect(judge(list, expectedTexts(residents), since)).toMatchObject({
      missed: [],
      extraCopies: 0,
    })
  },
)
