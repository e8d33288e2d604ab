import { sql } from 'drizzle-orm'
import { expect, onTestFinished } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import type { Arrivals } from '../../src/simulator/arrivals.ts'
import { judge, markList } from '../../src/simulator/judge.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import {
  approveDraft,
  deliveriesOf,
  expectedTexts,
  floodAlert,
  type Resident,
  sendDraft,
  settle,
  test as serviceTest,
  watchUntil,
} from '../support/service.ts'

const RATE = 400
const WINDOW = 200
const BINDS = 2
/** What one intent covers, a bind: a window, or a quarter of a second of the rate. */
const INTENT = Math.min(WINDOW, RATE / 4)
const RECIPIENTS = 1_200

/** One carrier with a bind at each of two dispatchers, and its residents, for all of these stories. */
const test = serviceTest.extend<{ $file: { residents: Resident[]; simulator: Simulator } }>({
  residents: [async ({ db }, use) => use(await settle(db, RECIPIENTS)), { scope: 'file' }],
  simulator: [
    async ({ tocsin, db }, use) => {
      tocsin.startDispatcher()
      tocsin.startDispatcher()
      const north = { name: 'North', segmentsPerSecond: RATE, window: WINDOW, binds: BINDS }
      const simulator = await tocsin.startCarriers([north])
      await until(
        () => db.execute(sql`select from carrier_links where state = 'bound'`),
        links => links.length === 2,
        'both dispatchers have a bind',
      )
      await use(simulator)
    },
    { scope: 'file' },
  ],
})

/** How many whole messages came after a moment of the list's clock, and how long after it the last one did. */
function after(list: Arrivals, moment: number): { count: number; lastMs: number } {
  let count = 0
  while (count < list.messages && list.message(list.messages - 1 - count).at > moment) count++
  return { count, lastMs: count === 0 ? 0 : list.message(list.messages - 1).at - moment }
}

test(
  'a paused alert stops within a second and goes on without duplicates',
  {
    timeout: 60_000,
  },
  async ({ tocsin, residents, simulator }) => {
    const { author, approver } = tocsin
    const { list } = simulator
    const since = markList(list)
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages - since.messages >= 300, 30_000)

    const answer = await approver.client.post<{ state: string; left: number }>(
      `/v1/alerts/${alertId}/pause`,
    )
    const pausedAt = list.now()
    expect(answer.state).toBe('paused')
    // Everything that had left is answered and written, and nothing else is in flight.
    const { progress: still } = await watchUntil(
      author.client,
      alertId,
      ({ submitted, delivered }) => submitted === 0 && delivered === list.messages - since.messages,
    )
    expect(still.state).toBe('paused')
    // The answer said how many that are, of both dispatchers.
    expect(answer.left).toBe(list.messages - since.messages)
    const { count, lastMs } = after(list, pausedAt)
    expect(count).toBeLessThanOrEqual(BINDS * INTENT)
    expect(lastMs).toBeLessThan(1_000)

    await author.client.post(`/v1/alerts/${alertId}/resume`)
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
    )
    expect(progress.possibleDuplicates).toBe(0)
    expect(judge(list, expectedTexts(residents), since)).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      outside: [],
      extraCopies: 0,
    })
  },
)

test(
  'a carrier that answers late doesn’t keep a stop from being heeded',
  {
    timeout: 60_000,
  },
  async ({ tocsin, residents, simulator }) => {
    const { author } = tocsin
    const { list } = simulator
    const since = markList(list)
    const slow = { ms: 3_000, spreadMs: 0, missing: 0, twice: 0 }
    const respond = (responses: typeof slow) =>
      simulator.change({ carriers: [{ name: 'North', behaviour: { responses } }] })
    respond(slow)
    onTestFinished(() => respond({ ...slow, ms: 0 }))
    const alertId = await sendDraft(tocsin, floodAlert())
    // Both windows are full; what is marked beyond them waits for the first answer.
    await list.until(() => list.messages - since.messages >= BINDS * WINDOW, 30_000)

    const { left } = await author.client.post<{ left: number }>(`/v1/alerts/${alertId}/stop`)
    const stoppedAt = list.now()
    expect(left).toBe(BINDS * WINDOW)
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, queued, submitted }) => state === 'stopped' && queued === 0 && submitted === 0,
    )
    expect(after(list, stoppedAt).lastMs).toBeLessThan(1_000)
    expect(progress.delivered).toBe(list.messages - since.messages)
    expect(progress.cancelled).toBe(RECIPIENTS - progress.delivered)
    expect(progress.possibleDuplicates).toBe(0)
    expect(judge(list, expectedTexts(residents), since).extraCopies).toBe(0)
  },
)

test(
  'a stopped alert stays stopped, and a retry reaches the rest and nobody twice',
  {
    timeout: 60_000,
  },
  async ({ tocsin, residents, simulator }) => {
    const { author, approver } = tocsin
    const { list } = simulator
    const since = markList(list)
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages - since.messages >= 300, 30_000)

    const { left } = await approver.client.post<{ left: number }>(`/v1/alerts/${alertId}/stop`)
    const stoppedAt = list.now()
    const { progress: stopped } = await watchUntil(
      author.client,
      alertId,
      ({ queued, submitted }) => queued === 0 && submitted === 0,
    )
    expect(stopped).toMatchObject({ state: 'stopped', failed: 0, unknown: 0 })
    expect(stopped.delivered).toBe(list.messages - since.messages)
    expect(left).toBe(stopped.delivered)
    expect(stopped.cancelled).toBe(RECIPIENTS - stopped.delivered)
    expect(after(list, stoppedAt).count).toBeLessThanOrEqual(BINDS * INTENT)
    expect(after(list, stoppedAt).lastMs).toBeLessThan(1_000)
    await expect(author.client.post(`/v1/alerts/${alertId}/resume`)).rejects.toMatchObject({
      problem: { status: 409, code: 'wrong_state' },
    })

    await author.client.post(`/v1/alerts/${alertId}/retry`)
    await watchUntil(
      author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
    )
    expect(judge(list, expectedTexts(residents), since)).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      outside: [],
      extraCopies: 0,
    })
    const deliveries = await deliveriesOf(author.client, alertId)
    expect(deliveries.filter(delivery => delivery.attempts !== 1)).toEqual([])
  },
)

test(
  'an alert that is held is laid out meanwhile, and leaves as soon as the hold is over',
  { timeout: 60_000 },
  async ({ tocsin, db, residents, simulator }) => {
    const { author, approver } = tocsin
    const { list } = simulator
    const since = markList(list)
    const alertId = await approveDraft(tocsin, floodAlert())
    await approver.client.post(`/v1/alerts/${alertId}/dispatch`, { holdSeconds: 4 })
    const { holdUntil } = await author.client.get<{ holdUntil: string }>(`/v1/alerts/${alertId}`)
    const endsAt = list.now() + Date.parse(holdUntil) - Date.now()
    await until(
      () => db.execute(sql`select plan_state from alerts where id = ${alertId}::uuid`),
      ([row]) => row?.['plan_state'] === 'done',
      'everyone is laid out',
    )
    expect(list.now()).toBeLessThan(endsAt)
    expect(list.messages - since.messages).toBe(0)
    await list.until(() => list.messages > since.messages, 30_000)
    const firstAt = list.message(since.messages).at
    // Both clocks count whole milliseconds.
    expect(firstAt).toBeGreaterThanOrEqual(endsAt - 2)
    expect(firstAt - endsAt).toBeLessThan(1_000)
    await watchUntil(author.client, alertId, ({ delivered }) => delivered === RECIPIENTS)
    expect(judge(list, expectedTexts(residents), since)).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      outside: [],
      extraCopies: 0,
    })
  },
)

test(
  'an alert that is stopped while it is held reaches nobody',
  { timeout: 60_000 },
  async ({ tocsin, residents, simulator }) => {
    const { author, approver } = tocsin
    const { list } = simulator
    const since = markList(list)
    const alertId = await approveDraft(tocsin, floodAlert())
    await approver.client.post(`/v1/alerts/${alertId}/dispatch`, { holdSeconds: 60 })
    expect(await author.client.post(`/v1/alerts/${alertId}/stop`)).toEqual({
      state: 'stopped',
      left: 0,
    })
    await watchUntil(author.client, alertId, ({ cancelled }) => cancelled === RECIPIENTS)
    const deliveries = await until(
      () => deliveriesOf(author.client, alertId),
      rows => rows.length === RECIPIENTS,
      'every recipient has a row',
    )
    expect(deliveries.every(({ state }) => state === 'cancelled')).toBe(true)
    expect(judge(list, expectedTexts(residents), since).reached).toBe(0)
  },
)

test(
  'the all-stop ends everything that is being sent',
  { timeout: 60_000 },
  async ({ tocsin, residents, simulator }) => {
    const { author, approver } = tocsin
    const { list } = simulator
    const since = markList(list)
    const ids = [
      await sendDraft(tocsin, floodAlert()),
      await sendDraft(tocsin, floodAlert({ severity: 'Severe' })),
    ]
    await author.client.post(`/v1/alerts/${ids[1]}/pause`)
    await list.until(() => list.messages - since.messages >= 100, 30_000)

    const { state, alerts } = await approver.client.post<{
      state: string
      alerts: { alertId: string; left: number }[]
    }>('/v1/stop', { reason: 'The dam holds.' })
    const stoppedAt = list.now()
    expect(state).toBe('stopped')
    expect(alerts.map(({ alertId }) => alertId).toSorted()).toEqual(ids.toSorted())
    for (const alertId of ids) {
      const { progress } = await watchUntil(
        author.client,
        alertId,
        ({ queued, submitted }) => queued === 0 && submitted === 0,
      )
      expect(progress.state).toBe('stopped')
      expect(progress.cancelled + progress.delivered).toBe(RECIPIENTS)
    }
    expect(after(list, stoppedAt).lastMs).toBeLessThan(1_000)
    expect(judge(list, expectedTexts(residents), since).outside).toEqual([])
  },
)
