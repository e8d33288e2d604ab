import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { judge } from '../../src/simulator/judge.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import {
  deliveriesOf,
  type Delivery,
  expectedTexts,
  floodAlert,
  killNow,
  type Resident,
  sendDraft,
  settle,
  test as serviceTest,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 1_200
const NORTH = { name: 'North', segmentsPerSecond: 600, window: 50, binds: 2 }
const SOUTH = { name: 'South', segmentsPerSecond: 300, window: 50, binds: 1 }
const UNHURRIED = { responses: { ms: 20, spreadMs: 40, missing: 0, twice: 0 } }
/** What a carrier lets through that is configured for twice as much. */
const TAKES = 100
/** Of the same carrier once more, under another name. */
const again = (name: string) => ({ ...NORTH, name })

const test = serviceTest.extend<{
  $file: { residents: Resident[]; dispatcher: { kill(): Promise<void> } }
}>({
  residents: [async ({ db }, use) => use(await settle(db, RECIPIENTS)), { scope: 'file' }],
  dispatcher: [
    async ({ tocsin }, use) => {
      let dispatcher = tocsin.startDispatcher()
      await use({
        async kill() {
          await killNow(dispatcher)
          dispatcher = tocsin.startDispatcher()
        },
      })
    },
    { scope: 'file', auto: true },
  ],
})

const phonesOf = (deliveries: readonly Delivery[], which: (delivery: Delivery) => boolean) =>
  new Set(deliveries.filter(which).map(delivery => delivery.phone))

/** The count once it has stayed the same for half a second. */
async function settled(count: () => number): Promise<number> {
  let since = performance.now()
  let last = count()
  await until(
    () => Promise.resolve(count()),
    now => {
      if (now !== last) since = performance.now()
      last = now
      return performance.now() - since > 500
    },
    'nothing more comes',
  )
  return last
}

/** How often each status was answered by a simulated carrier. */
const answered = (simulator: Simulator, carrier: number): Readonly<Record<string, number>> =>
  simulator.centres[carrier]!.stats()[0]!.submitted

test(
  'what was in flight when a link died goes again, and is counted',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const { author } = tocsin
    const simulator = await tocsin.startCarriers([{ ...NORTH, behaviour: UNHURRIED }])
    const { list } = simulator
    const alertId = await sendDraft(tocsin, floodAlert())
    for (const messages of [200, 500, 800]) {
      await list.until(() => list.messages >= messages, 30_000)
      simulator.links('drop')
    }
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, queued }) => state === 'sent' && queued === 0,
    )
    const verdict = judge(list, expectedTexts(residents))
    expect(verdict).toMatchObject({ reached: RECIPIENTS, missed: [], outside: [] })
    const deliveries = await deliveriesOf(author.client, alertId)
    const marked = phonesOf(deliveries, delivery => delivery.possibleDuplicate)
    expect(verdict.twice.filter(phone => !marked.has(phone))).toEqual([])
    expect(progress.possibleDuplicates).toBe(marked.size)
    // At most a window a bind was in flight, each of the three times.
    expect(marked.size).toBeLessThanOrEqual(3 * NORTH.binds * NORTH.window)
    expect(marked.size).toBeGreaterThan(0)
  },
)

test(
  'pitfall 10: of what was accepted without a response when a link died, each goes again, and each is reported',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const { author } = tocsin
    const simulator = await tocsin.startCarriers([{ ...again('Dumb'), behaviour: UNHURRIED }])
    const { list } = simulator
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages >= 200, 30_000)
    simulator.links('mute')
    // It takes what the windows hold and no more.
    const taken = await settled(() => list.messages)
    simulator.links('drop')
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, queued }) => state === 'sent' && queued === 0,
    )
    const verdict = judge(list, expectedTexts(residents))
    expect(verdict).toMatchObject({ reached: RECIPIENTS, missed: [], outside: [] })
    const deliveries = await deliveriesOf(author.client, alertId)
    const marked = phonesOf(deliveries, delivery => delivery.possibleDuplicate)
    expect(taken).toBeLessThan(RECIPIENTS)
    expect(new Set(verdict.twice)).toEqual(marked)
    expect([verdict.extraCopies, progress.possibleDuplicates]).toEqual([marked.size, marked.size])
    expect(marked.size).toBeGreaterThan(0)
    expect(marked.size).toBeLessThanOrEqual(NORTH.binds * NORTH.window)
  },
)

test(
  'pitfall 17: a carrier that throttles is obeyed, and nobody is lost',
  { timeout: 90_000 },
  async ({ tocsin, residents }) => {
    const { author } = tocsin
    const simulator = await tocsin.startCarriers([
      { name: 'Narrow', segmentsPerSecond: 2 * TAKES, window: 20, binds: 1, limit: TAKES },
    ])
    const { list } = simulator
    const alertId = await sendDraft(tocsin, floodAlert())
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
      80_000,
    )
    expect(progress).toMatchObject({ failed: 0, possibleDuplicates: 0 })
    expect(judge(list, expectedTexts(residents))).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      extraCopies: 0,
    })
    // It settles close under what the carrier takes, and seldom asks for more.
    const { ESME_RTHROTTLED = 0 } = answered(simulator, 0)
    const from = Math.ceil(RECIPIENTS / 3)
    const seconds = (list.message(RECIPIENTS - 1).at - list.message(from).at) / 1000
    expect((RECIPIENTS - 1 - from) / seconds).toBeGreaterThan(0.7 * TAKES)
    expect(ESME_RTHROTTLED).toBeLessThan(0.02 * RECIPIENTS)
    expect(ESME_RTHROTTLED).toBeGreaterThan(0)
    const deliveries = await deliveriesOf(author.client, alertId)
    expect(deliveries.filter(({ attempts }) => attempts !== 1)).toEqual([])
  },
)

test(
  'a carrier that refuses everything loses its traffic to the other',
  {
    timeout: 60_000,
  },
  async ({ tocsin, residents }) => {
    const { author } = tocsin
    const simulator = await tocsin.startCarriers([
      {
        ...again('Broken'),
        behaviour: { errors: [{ status: 'ESME_RSYSERR', share: 1, of: 'messages' }] },
      },
      SOUTH,
    ])
    const alertId = await sendDraft(tocsin, floodAlert())
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
    )
    expect(progress).toMatchObject({ failed: 0, possibleDuplicates: 0 })
    expect(judge(simulator.list, expectedTexts(residents)).extraCopies).toBe(0)
    // It was asked again now and then, by a message or two.
    const { ESME_RSYSERR = 0, ESME_ROK } = answered(simulator, 0)
    expect(ESME_ROK).toBe(0)
    expect(ESME_RSYSERR).toBeLessThan(2 * NORTH.window * NORTH.binds + 20)
  },
)

test(
  'what a carrier refuses for good has failed, with its reason',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const { author } = tocsin
    const simulator = await tocsin.startCarriers([
      {
        ...again('Strict'),
        behaviour: { errors: [{ status: 'ESME_RINVDSTADR', share: 0.1, of: 'phones' }] },
      },
    ])
    const alertId = await sendDraft(tocsin, floodAlert())
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, submitted }) => state === 'sent' && submitted === 0,
    )
    const { refused, reached, missed } = judge(simulator.list, expectedTexts(residents))
    expect(refused.length).toBeGreaterThan(RECIPIENTS / 20)
    expect(missed).toEqual([])
    expect(progress).toMatchObject({ delivered: reached, failed: refused.length })
    const deliveries = await deliveriesOf(author.client, alertId)
    const failed = deliveries.filter(({ state }) => state === 'failed')
    expect(failed.map(({ phone }) => phone).toSorted()).toEqual(refused.toSorted())
    expect(
      failed.every(({ reason, attempts }) => reason === 'ESME_RINVDSTADR' && attempts === 1),
    ).toBe(true)
    expect(answered(simulator, 0)['ESME_RINVDSTADR']).toBe(refused.length)
  },
)

test(
  'a link that has gone silent is noticed, and its messages go by another',
  {
    timeout: 60_000,
  },
  async ({ tocsin, residents }) => {
    const { author } = tocsin
    const patience = { enquireLinkSeconds: 1, responseTimeoutSeconds: 2 }
    const simulator = await tocsin.startCarriers([
      { ...again('Silent'), smpp: patience },
      { ...SOUTH, name: 'Southern' },
    ])
    const { list } = simulator
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages >= 200, 30_000)
    simulator.links('mute', 'Silent')
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, queued }) => state === 'sent' && queued === 0,
    )
    const verdict = judge(list, expectedTexts(residents))
    expect(verdict).toMatchObject({ reached: RECIPIENTS, missed: [] })
    const deliveries = await deliveriesOf(author.client, alertId)
    const marked = phonesOf(deliveries, delivery => delivery.possibleDuplicate)
    expect(verdict.twice.filter(phone => !marked.has(phone))).toEqual([])
    expect(progress.possibleDuplicates).toBe(marked.size)
    expect(marked.size).toBeGreaterThan(0)
    expect(marked.size).toBeLessThanOrEqual(2 * NORTH.window * NORTH.binds)
  },
)

test(
  'pitfall 10: an alert that is to be sent at most once reaches nobody twice, whatever dies',
  {
    timeout: 90_000,
  },
  async ({ tocsin, residents, dispatcher }) => {
    const { author } = tocsin
    const simulator = await tocsin.startCarriers([{ ...again('Once'), behaviour: UNHURRIED }])
    const { list } = simulator
    const alertId = await sendDraft(tocsin, floodAlert({ delivery: 'at-most-once' }))
    await list.until(() => list.messages >= 200, 30_000)
    simulator.links('drop')
    await list.until(() => list.messages >= 600, 30_000)
    await dispatcher.kill()
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, queued, submitted }) => state === 'sent' && queued === 0 && submitted === 0,
      80_000,
    )
    const verdict = judge(list, expectedTexts(residents))
    expect(verdict).toMatchObject({ extraCopies: 0, outside: [] })
    expect(progress.possibleDuplicates).toBe(0)
    expect(progress.delivered + progress.unknown).toBe(RECIPIENTS)
    const deliveries = await deliveriesOf(author.client, alertId)
    const unknown = phonesOf(deliveries, ({ state }) => state === 'unknown')
    expect(unknown.size).toBe(progress.unknown)
    expect(verdict.missed.filter(phone => !unknown.has(phone))).toEqual([])
    const reasons = new Set(
      deliveries.filter(({ state }) => state === 'unknown').map(({ reason }) => reason),
    )
    expect(reasons).toEqual(new Set(['link_lost', 'dispatcher_died']))
  },
)
