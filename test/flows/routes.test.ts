import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { judge } from '../../src/simulator/judge.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Database } from '../../src/store/database.ts'
import {
  expectedTexts,
  floodAlert,
  type PlayedCarrier,
  type Resident,
  sendDraft,
  settle,
  test as serviceTest,
  type Tocsin,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 1_500
const QUICK = { responses: { ms: 20, spreadMs: 20, missing: 0, twice: 0 } }
/** What a test may see of something later than the contract says, on a busy machine. */
const SLACK_MS = 500

const test = serviceTest.extend<{ $file: { residents: Resident[] } }>({
  residents: [
    async ({ db, tocsin }, use) => {
      // They meet in the database alone, each with a bind of every carrier.
      tocsin.startDispatcher()
      tocsin.startDispatcher()
      await use(await settle(db, RECIPIENTS))
    },
    { scope: 'file' },
  ],
})

const carrier = (name: string, more: Partial<PlayedCarrier> = {}): PlayedCarrier => ({
  name,
  segmentsPerSecond: 200,
  window: 20,
  binds: 2,
  behaviour: QUICK,
  ...more,
})
const route = (
  prefix: string,
  more: { weight?: number; preference?: number; cost?: number } = {},
) => ({
  routes: [{ prefix, ...more }],
})

/** When each segment came that a carrier took, on the list's clock. */
const takenBy = ({ list }: Simulator, name: string): number[] =>
  Array.from({ length: list.segments }, (_, i) => list.segment(i))
    .filter(segment => segment.carrier === name)
    .map(({ at }) => at)

/** Plays carriers, and waits until each dispatcher has a bind of every one. */
async function playFor(tocsin: Tocsin, db: Database, ...carriers: PlayedCarrier[]) {
  const simulator = await tocsin.startCarriers(carriers)
  await until(
    () =>
      db.execute(sql`
        select from carrier_links l join carriers c on c.id = l.carrier_id
        where c.enabled and l.state = 'bound' and l.reported_at > now() - interval '1.5 s'
      `),
    links => links.length === 2 * carriers.length,
    'both dispatchers have a bind of each carrier',
  )
  return simulator
}

const clockOf = ({ list }: Simulator) => Date.now() - list.startedAt

/** Waits until everything that was taken has its receipt. */
const allDelivered = (tocsin: Tocsin, alertId: string) =>
  watchUntil(
    tocsin.author.client,
    alertId,
    ({ state, queued, submitted }) => state === 'sent' && queued === 0 && submitted === 0,
  )

test(
  'the preferred carrier has all of the traffic; when it goes down the next one takes over',
  { timeout: 60_000 },
  async ({ tocsin, db, residents }) => {
    const simulator = await playFor(
      tocsin,
      db,
      carrier('First', route('+1')),
      carrier('Second', route('+1', { preference: 1 })),
      carrier('World', route('+')),
    )
    const { list } = simulator
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages >= 500, 30_000)
    expect(takenBy(simulator, 'Second')).toEqual([])
    await simulator.centres[0]!.close()
    const closedAt = clockOf(simulator)
    // Receipts of what it had taken are lost with it.
    await watchUntil(tocsin.author.client, alertId, ({ state }) => state === 'sent')
    const verdict = judge(list, expectedTexts(residents))
    expect(verdict).toMatchObject({ reached: RECIPIENTS, missed: [], outside: [] })
    const second = takenBy(simulator, 'Second')
    expect(second[0]! - closedAt).toBeLessThan(5_000)
    expect(second.length).toBeGreaterThan(RECIPIENTS - 600)
    // The longest prefix goes before every preference.
    expect(takenBy(simulator, 'World')).toEqual([])
  },
)

test(
  'carriers of unequal weight share by it',
  { timeout: 60_000 },
  async ({ tocsin, db, residents }) => {
    const simulator = await playFor(
      tocsin,
      db,
      carrier('Heavy', route('+1', { weight: 10 })),
      carrier('Light', route('+1', { weight: 1 })),
    )
    await allDelivered(tocsin, await sendDraft(tocsin, floodAlert()))
    const light = takenBy(simulator, 'Light').length
    // An eleventh, and what each lane takes in one go.
    expect(light).toBeGreaterThan(0)
    expect(light).toBeLessThan(0.3 * RECIPIENTS)
    expect(judge(simulator.list, expectedTexts(residents)).missed).toEqual([])
  },
)

test(
  'of equals the dearer takes what the cheaper leaves for a second',
  { timeout: 60_000 },
  async ({ tocsin, db, residents }) => {
    const simulator = await playFor(
      tocsin,
      db,
      carrier('Cheap', route('+1', { cost: 0.01 })),
      carrier('Dear', route('+1', { cost: 0.02 })),
    )
    await allDelivered(tocsin, await sendDraft(tocsin, floodAlert()))
    const [cheap, dear] = [takenBy(simulator, 'Cheap'), takenBy(simulator, 'Dear')]
    expect(dear[0]! - cheap[0]!).toBeGreaterThan(500)
    expect(dear.length).toBeGreaterThan(0.2 * RECIPIENTS)
    expect(judge(simulator.list, expectedTexts(residents)).missed).toEqual([])
  },
)

test(
  'a carrier that turns bad loses its traffic within five seconds, and gets it back in steps',
  { timeout: 60_000 },
  async ({ tocsin, db, residents }) => {
    const simulator = await playFor(
      tocsin,
      db,
      carrier('Turning', { segmentsPerSecond: 100 }),
      carrier('Steady', { segmentsPerSecond: 50 }),
    )
    const { list } = simulator
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages >= 200, 30_000)
    const refuse = (share: number) =>
      simulator.change({
        carriers: [
          {
            name: 'Turning',
            behaviour: { errors: [{ status: 'ESME_RSYSERR', share, of: 'messages' }] },
          },
        ],
      })
    const offered = () => {
      const { ESME_ROK = 0, ESME_RSYSERR = 0 } = simulator.centres[0]!.stats()[0]!.submitted
      return ESME_ROK + ESME_RSYSERR
    }
    refuse(0.7)
    await new Promise(resolve => setTimeout(resolve, 5_000))
    const before = offered()
    await new Promise(resolve => setTimeout(resolve, 1_500))
    expect(offered() - before).toBeLessThan(30)
    refuse(0)
    const healedAt = clockOf(simulator)
    await allDelivered(tocsin, alertId)
    expect(judge(list, expectedTexts(residents))).toMatchObject({ missed: [], extraCopies: 0 })
    // By the second since it was mended: a few at first, and at last all that it can.
    const bySecond: number[] = Array(30).fill(0)
    for (const at of takenBy(simulator, 'Turning')) {
      const second = Math.floor((at - healedAt) / 1000)
      if (second >= 0 && second < 30) bySecond[second]!++
    }
    expect(bySecond[0]).toBeLessThan(30)
    expect(Math.max(...bySecond)).toBeGreaterThan(70)
  },
)

test(
  'a carrier that answers late loses its traffic within five seconds',
  { timeout: 60_000 },
  async ({ tocsin, db, residents }) => {
    const simulator = await playFor(
      tocsin,
      db,
      carrier('Late', { segmentsPerSecond: 100, window: 400 }),
      carrier('Prompt', { segmentsPerSecond: 150 }),
    )
    const { list } = simulator
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages >= 200, 30_000)
    const responses = { ms: 6_000, spreadMs: 0, missing: 0, twice: 0 }
    simulator.change({ carriers: [{ name: 'Late', behaviour: { responses } }] })
    const lateFrom = clockOf(simulator)
    await allDelivered(tocsin, alertId)
    expect(judge(list, expectedTexts(residents))).toMatchObject({ missed: [], extraCopies: 0 })
    const after = takenBy(simulator, 'Late').filter(at => at > lateFrom + 5_000 + SLACK_MS)
    expect(after.length).toBeLessThan(5)
  },
)
