import { expect } from 'vitest'
import { judge } from '../../src/simulator/judge.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import {
  deliveriesOf,
  expectedTexts,
  floodAlert,
  type Resident,
  sendDraft,
  settle,
  test as serviceTest,
  type Tocsin,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 60

const test = serviceTest.extend<{ $file: { residents: Resident[] } }>({
  residents: [
    async ({ db, tocsin }, use) => {
      tocsin.startDispatcher()
      await use(await settle(db, RECIPIENTS))
    },
    { scope: 'file' },
  ],
})

const answersAfter = (ms: number) => ({ responses: { ms, spreadMs: 0, missing: 0, twice: 0 } })

/** Sends the alert to all, and waits until each has it. */
async function sendToAll(tocsin: Tocsin) {
  const alertId = await sendDraft(tocsin, floodAlert())
  const { progress } = await watchUntil(
    tocsin.author.client,
    alertId,
    ({ state, queued, submitted }) => state === 'sent' && queued === 0 && submitted === 0,
    80_000,
  )
  return { progress, deliveries: await deliveriesOf(tocsin.author.client, alertId) }
}

/** When each message came that a carrier took, on the list's clock. */
const segmentsOf = ({ list }: Simulator, name: string) =>
  Array.from({ length: list.segments }, (_, i) => list.segment(i)).filter(
    ({ carrier }) => carrier === name,
  )

test(
  'pitfall 11: what is answered after one and a half times its deadline is not sent again',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const { list } = await tocsin.startCarriers([
      {
        name: 'Late',
        segmentsPerSecond: 100,
        window: 20,
        binds: 1,
        behaviour: answersAfter(1_500),
        smpp: { responseTimeoutSeconds: 1 },
      },
    ])
    const { progress, deliveries } = await sendToAll(tocsin)
    expect(progress).toMatchObject({ delivered: RECIPIENTS, possibleDuplicates: 0 })
    expect(judge(list, expectedTexts(residents))).toMatchObject({ missed: [], extraCopies: 0 })
    expect(deliveries.every(({ attempts }) => attempts === 1)).toBe(true)
  },
)

test(
  'pitfall 15: a window far larger than rate times latency makes no timeout and no duplicate',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const { list, centres } = await tocsin.startCarriers([
      {
        name: 'Narrow',
        segmentsPerSecond: 5,
        window: 100,
        binds: 1,
        limit: 5,
        behaviour: answersAfter(2_000),
        smpp: { responseTimeoutSeconds: 3 },
      },
    ])
    const { progress, deliveries } = await sendToAll(tocsin)
    expect(progress).toMatchObject({ delivered: RECIPIENTS, possibleDuplicates: 0 })
    expect(judge(list, expectedTexts(residents))).toMatchObject({ missed: [], extraCopies: 0 })
    expect(deliveries.every(({ attempts }) => attempts === 1)).toBe(true)
    expect(centres[0]!.stats()[0]!.submitted).toMatchObject({ ESME_ROK: RECIPIENTS })
  },
)

test(
  'pitfall 20: a carrier that answers after 20 s loses its traffic within 5 s, and what it owes goes by another, counted',
  { timeout: 90_000 },
  async ({ tocsin, residents }) => {
    const quick = { segmentsPerSecond: 10, window: 10, binds: 1 }
    const simulator = await tocsin.startCarriers([
      {
        ...quick,
        name: 'Slow',
        behaviour: answersAfter(20_000),
        smpp: { responseTimeoutSeconds: 2 },
      },
      { ...quick, name: 'Sound', segmentsPerSecond: 5 },
    ])
    const { progress, deliveries } = await sendToAll(tocsin)
    const verdict = judge(simulator.list, expectedTexts(residents))
    expect(verdict).toMatchObject({ reached: RECIPIENTS, missed: [], outside: [] })

    const slow = segmentsOf(simulator, 'Slow')
    expect(slow.length).toBeGreaterThan(0)
    // Afterwards a single message tries now and then.
    expect(slow.filter(({ at }) => at - slow[0]!.at > 5_000).length).toBeLessThanOrEqual(4)
    const sound = segmentsOf(simulator, 'Sound')
    expect(sound[0]!.at - slow[0]!.at).toBeLessThan(5_000)

    // Rule 10: every one that was not answered went again, and those are the duplicates that are reported.
    const marked = deliveries.filter(delivery => delivery.possibleDuplicate)
    expect(marked.map(({ phone }) => phone).sort()).toEqual([...verdict.twice].sort())
    // A phone's probe may have been one that it has had before.
    expect(marked.map(({ phone }) => phone).sort()).toEqual(
      [...new Set(slow.map(({ phone }) => phone))].sort(),
    )
    expect(progress.possibleDuplicates).toBe(marked.length)
  },
)
