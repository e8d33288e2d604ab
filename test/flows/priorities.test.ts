import { expect } from 'vitest'
import { judge } from '../../src/simulator/judge.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import {
  approveDraft,
  expectedTexts,
  floodAlert,
  type Resident,
  sendDraft,
  settle,
  test as serviceTest,
  type Tocsin,
  watchUntil,
} from '../support/service.ts'

const RECIPIENTS = 2_400
const NORTH = { name: 'North', segmentsPerSecond: 500, window: 20, binds: 2 }
/** So that a window is full at all times. */
const SLOW = { responses: { ms: 60, spreadMs: 20, missing: 0, twice: 0 } }

const test = serviceTest.extend<{ $file: { residents: Resident[] } }>({
  residents: [
    async ({ db, tocsin }, use) => {
      tocsin.startDispatcher()
      await use(await settle(db, RECIPIENTS))
    },
    { scope: 'file' },
  ],
})

/** A flood alert whose texts begin with a word of its own. */
function called(word: string, severity: string) {
  const draft = floodAlert({ severity })
  return { ...draft, info: draft.info.map(block => ({ ...block, sms: `${word}: ${block.sms}` })) }
}

/** When each message came whose text begins so, on the list's clock. */
const arrivalsOf = ({ list }: Simulator, word: string): number[] =>
  Array.from({ length: list.messages }, (_, i) => list.message(i))
    .filter(({ text }) => text.startsWith(`${word}: `))
    .map(({ at }) => at)

const between = (times: readonly number[], from: number, to: number) =>
  times.filter(at => at >= from && at <= to).length

const allSent = (tocsin: Tocsin, alertId: string) =>
  watchUntil(
    tocsin.author.client,
    alertId,
    ({ state, queued, submitted }) => state === 'sent' && queued === 0 && submitted === 0,
  )

test(
  'pitfall 22: a new Extreme alert leaves at once, and has the carriers to itself until it is out',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const simulator = await tocsin.startCarriers([{ ...NORTH, behaviour: SLOW }])
    const { list } = simulator
    const extreme = await approveDraft(tocsin, called('EXTREME', 'Extreme'))
    const minor = await sendDraft(tocsin, called('MINOR', 'Minor'))
    await list.until(() => list.messages >= 300, 30_000)

    const dispatchedAt = Date.now() - list.startedAt
    await tocsin.approver.client.post(`/v1/alerts/${extreme}/dispatch`)
    await allSent(tocsin, extreme)
    await allSent(tocsin, minor)

    const times = arrivalsOf(simulator, 'EXTREME')
    const [first, last] = [times[0]!, times.at(-1)!]
    expect(first - dispatchedAt).toBeLessThan(1_000)
    const meanwhile = between(arrivalsOf(simulator, 'MINOR'), first, last)
    expect(meanwhile).toBeLessThan(0.1 * (times.length + meanwhile))
    expect(times).toHaveLength(RECIPIENTS)
    expect(arrivalsOf(simulator, 'MINOR')).toHaveLength(RECIPIENTS)
    expect(new Set(residents.map(({ phone }) => list.messagesOf(phone).length))).toEqual(
      new Set([2]),
    )
  },
)

test(
  'equal alerts share evenly, whenever they began',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const simulator = await tocsin.startCarriers([{ ...NORTH, name: 'Again', behaviour: SLOW }])
    const { list } = simulator
    const later = await approveDraft(tocsin, called('LATER', 'Severe'))
    const earlier = await sendDraft(tocsin, called('EARLIER', 'Severe'))
    await list.until(() => list.messages >= 600, 30_000)
    await tocsin.approver.client.post(`/v1/alerts/${later}/dispatch`)
    await allSent(tocsin, earlier)
    const [one, other] = [arrivalsOf(simulator, 'EARLIER'), arrivalsOf(simulator, 'LATER')]
    // From when both are under way until the earlier is out.
    const [from, to] = [other[0]! + 500, one.at(-1)! - 200]
    const [ofOne, ofOther] = [between(one, from, to), between(other, from, to)]
    expect(ofOne + ofOther).toBeGreaterThan(RECIPIENTS / 2)
    expect(Math.abs(ofOne - ofOther) / (ofOne + ofOther)).toBeLessThan(0.05)
    await allSent(tocsin, later)
    expect(other.length).toBeLessThan(RECIPIENTS)
    expect(arrivalsOf(simulator, 'LATER')).toHaveLength(RECIPIENTS)
    expect(residents).toHaveLength(RECIPIENTS)
  },
)

test(
  'pitfall 23: people who ask for help hear back within three seconds, whatever is being sent',
  { timeout: 60_000 },
  async ({ tocsin, residents }) => {
    const simulator = await tocsin.startCarriers([{ ...NORTH, name: 'Third', behaviour: SLOW }])
    const { list } = simulator
    const alertId = await sendDraft(tocsin, floodAlert())
    await list.until(() => list.messages >= 600, 30_000)
    // A twentieth of a second and a half.
    const asking = Array.from({ length: 37 }, (_, i) => list.message(i).phone)
    const askedAt = Date.now() - list.startedAt
    for (const from of asking) simulator.say({ from, text: 'HELP', means: 'help' })
    await allSent(tocsin, alertId)
    const texts = expectedTexts(residents)
    const waits = asking.map(phone => {
      const answer = list.messagesOf(phone).find(({ text }) => text !== texts.get(phone))
      return (answer?.at ?? Infinity) - askedAt
    })
    expect(Math.max(...waits)).toBeLessThan(3_000)
    expect(judge(list, texts)).toMatchObject({ reached: RECIPIENTS, missed: [], extraCopies: 0 })
  },
)
