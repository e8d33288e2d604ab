import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { judge } from '../../src/simulator/judge.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import {
  expectedTexts,
  floodAlert,
  type Resident,
  sendDraft,
  settle,
  test as serviceTest,
  type Tocsin,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 1_200
const UNHURRIED = { responses: { ms: 100, spreadMs: 100, missing: 0, twice: 0 } }
const RECEIPTS = {
  share: 1,
  delay: { ms: 1_500, spreadMs: 0 },
  failed: 0,
  expired: 0,
  twice: 0,
  form: 'text',
  messageId: 'decimal',
} as const
const PER_SECOND = 200
const carrierNamed = (name: string) => ({
  name,
  segmentsPerSecond: PER_SECOND,
  window: 40,
  binds: 2,
  behaviour: { ...UNHURRIED, receipts: RECEIPTS },
})

const test = serviceTest.extend<{ $file: { residents: Resident[] } }>({
  residents: [
    async ({ db, tocsin }, use) => {
      tocsin.startDispatcher()
      await use(await settle(db, RECIPIENTS))
    },
    { scope: 'file' },
  ],
})

interface Shown {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly inFlight: number
  readonly perSecond: number
}

async function carrier({ administrator }: Tocsin, name: string): Promise<Shown> {
  const { items } = await administrator.get<{ items: Shown[] }>('/v1/carriers')
  return items.find(one => one.name === name && one.state !== 'disabled')!
}

const statsOf = ({ centres }: Simulator, index: number) => centres[index]!.stats()[0]!

test(
  'a carrier that is disabled while it sends answers for what it has, unbinds, and leaves the rest to others',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const { administrator, author } = tocsin
    const simulator = await tocsin.startCarriers([carrierNamed('North'), carrierNamed('South')])
    const north = await carrier(tocsin, 'North')
    const alertId = await sendDraft(tocsin, floodAlert())
    await simulator.list.until(() => simulator.list.messages >= 300, 30_000)
    const path = `/v1/carriers/${north.id}`
    expect(await administrator.patch<Shown>(path, { enabled: false })).toMatchObject({
      state: 'disabled',
    })

    await until(
      () => Promise.resolve(statsOf(simulator, 0)),
      ({ binds }) => binds === 0,
      'North is unbound',
    )
    const left = statsOf(simulator, 0).submitted['ESME_ROK']
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, queued }) => state === 'sent' && queued === 0,
    )
    // What was in flight was answered, so nothing was in doubt and nothing went twice.
    expect(progress).toMatchObject({ failed: 0, possibleDuplicates: 0 })
    expect(judge(simulator.list, expectedTexts(residents))).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      extraCopies: 0,
    })
    expect(statsOf(simulator, 0).submitted['ESME_ROK']).toBe(left)
    expect(left).toBeLessThan(RECIPIENTS / 2)
    expect(await administrator.get<Shown>(path)).toMatchObject({
      state: 'disabled',
      perSecond: 0,
      inFlight: 0,
    })

    // The receipts that it kept for us come when it is bound again.
    await administrator.patch(path, { enabled: true })
    await watchUntil(author.client, alertId, ({ delivered }) => delivered === RECIPIENTS)
  },
)

test(
  'a carrier that is drained takes no more and still hears what comes back',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const { administrator, author } = tocsin
    const simulator = await tocsin.startCarriers([carrierNamed('Drained'), carrierNamed('Left')])
    const { id } = await carrier(tocsin, 'Drained')
    const path = `/v1/carriers/${id}`
    const alertId = await sendDraft(tocsin, floodAlert())
    await simulator.list.until(() => simulator.list.messages >= 300, 30_000)
    await administrator.patch(path, { draining: true })
    const { submitted, binds } = statsOf(simulator, 0)
    const { progress } = await watchUntil(
      author.client,
      alertId,
      ({ state, delivered }) => state === 'sent' && delivered === RECIPIENTS,
    )
    expect(progress).toMatchObject({ failed: 0, possibleDuplicates: 0 })
    expect(judge(simulator.list, expectedTexts(residents))).toMatchObject({
      reached: RECIPIENTS,
      missed: [],
      extraCopies: 0,
    })
    const after = statsOf(simulator, 0)
    expect(after.binds).toBe(binds)
    const more = after.submitted['ESME_ROK']! - submitted['ESME_ROK']!
    expect(more).toBeLessThan(PER_SECOND)
    expect(await administrator.get<Shown>(path)).toMatchObject({ state: 'bound', draining: true })
  },
)

test(
  'a test message goes over the carrier that is tested, to somebody on a list, and to nobody else',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const { administrator } = tocsin
    const simulator = await tocsin.startCarriers([carrierNamed('Tested'), carrierNamed('Other')])
    const tested = await carrier(tocsin, 'Tested')
    const [listed, stranger] = residents
    const { id } = await administrator.post<{ id: string }>('/v1/groups', { name: 'Testers' })
    await administrator.put(`/v1/groups/${id}/members`, { phones: [listed!.phone] })

    const path = `/v1/carriers/${tested.id}`
    await expect(administrator.post(`${path}/test`, { phone: stranger!.phone })).rejects.toThrow(
      'recipient_not_listed',
    )
    await administrator.post(`${path}/test`, { phone: listed!.phone })
    await simulator.list.until(() => simulator.list.messages > 0, 10_000)
    expect(simulator.list.message(0)).toMatchObject({ phone: listed!.phone })
    expect(simulator.list.segment(0).carrier).toBe('Tested')

    await administrator.patch(path, { enabled: false })
    await expect(administrator.post(`${path}/test`, { phone: listed!.phone })).rejects.toThrow(
      'wrong_state',
    )
    expect(simulator.list.messages).toBe(1)
  },
)
