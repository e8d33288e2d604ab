import { expect, test } from 'vitest'
import type { CarrierConfig, CarrierEvents } from '../../src/carriers/carrier.ts'
import { openCarrier } from '../../src/carriers/open.ts'
import { answeringPhones, optionsIn } from '../../src/carriers/simulated/phones.ts'
import { createSimulatedCarrier } from '../../src/carriers/simulated/simulated-carrier.ts'
import { understandReply } from '../../src/inbound/keywords.ts'
import { encodeText } from '../../src/encoding/segments.ts'
import { startMessageCentre } from '../../src/simulator/message-centre.ts'
import { type HeldLine, startHeldLine } from '../support/held-line.ts'
import { carrierConformance } from './conformance.ts'

const TEXT = 'EXERCISE: FLASH FLOOD. Move to higher ground. Reply 1 SAFE, 2 NEED HELP.'
const OPTIONS = [
  { code: '1', label: 'Safe', words: ['safe'], urgent: false },
  { code: '2', label: 'Need help', words: ['help me'], urgent: true },
]

const config = (simulated: CarrierConfig['simulated'] = {}): CarrierConfig => ({
  id: '019ab000-0000-7000-8000-00000000000c',
  name: 'Simulated phones',
  protocol: 'simulated',
  segmentsPerSecond: 200,
  window: 50,
  binds: 1,
  sourceAddress: '70000',
  routes: [],
  exerciseId: '019ab000-0000-7000-8000-00000000000a',
  simulated: simulated ?? {},
})

let line: HeldLine | undefined
let received = () => 0

/** What the carrier starts in its own process, over a line that the suite holds and cuts. */
carrierConformance(
  'to simulated phones',
  async () => {
    line = undefined
    received = () => 0
    return {
      config: { ...config(), window: 20, binds: 2 },
      takes: 'segments',
      get received() {
        return received()
      },
      until: (...given) => line!.until(...given),
      hold: () => line!.hold(),
      resume: () => line!.resume(),
      dropLinks: () => line!.dropLinks(),
      close: async () => line?.close(),
    }
  },
  given =>
    createSimulatedCarrier(given, async options => {
      await line?.close()
      const centre = await startMessageCentre(options)
      line = await startHeldLine(centre.port)
      received = () => centre.list.segments
      return {
        port: line.port,
        links: (...of) => centre.links(...of),
        refuseBinds: (...of) => centre.refuseBinds(...of),
        close: () => centre.close(),
      }
    }),
)

/** Sends a text to so many phones. @returns what came back within the time */
async function rehearse(simulated: CarrierConfig['simulated'], phones: number) {
  const carrier = openCarrier(config(simulated))
  const seen = {
    taken: 0,
    delivered: 0,
    failed: 0,
    replies: [] as string[],
    states: [] as string[],
  }
  const events: CarrierEvents = {
    outcome: (_ref, outcome) => void ('kind' in outcome || seen.taken++),
    receipt(receipt) {
      if (receipt.state === 'delivered') seen.delivered++
      if (receipt.state === 'failed') seen.failed++
      receipt.acknowledge(true)
    },
    reply(reply) {
      seen.replies.push(reply.text)
      reply.acknowledge(true)
    },
    room: () => undefined,
    state: state => void seen.states.push(state),
  }
  await carrier.open(events, AbortSignal.timeout(5_000))
  expect(carrier.room).toBeGreaterThan(0)
  const text = encodeText(TEXT)
  for (let i = 0; i < phones; i++) {
    const to = `+120255501${String(i).padStart(2, '0')}`
    carrier.submit({ to, text, expiresAt: Date.now() + 60_000 }, i)
  }
  return { carrier, seen }
}

const within = async (ms: number, isDone: () => boolean) => {
  const deadline = performance.now() + ms
  while (!isDone() && performance.now() < deadline) await new Promise(go => setTimeout(go, 20))
  return isDone()
}

test('simulated phones take a text, give receipts and answer; nothing but loopback is opened', async () => {
  const { carrier, seen } = await rehearse({}, 40)
  expect(await within(10_000, () => seen.delivered === 40)).toBe(true)
  expect(seen.taken).toBe(40)
  expect(await within(10_000, () => seen.replies.length >= 5)).toBe(true)
  await carrier.close(AbortSignal.timeout(2_000))
})

test('a share of the messages fails, as it was asked for', async () => {
  const { carrier, seen } = await rehearse({ failPercent: 100 }, 20)
  expect(await within(10_000, () => seen.failed === 20)).toBe(true)
  expect(seen.delivered).toBe(0)
  await carrier.close(AbortSignal.timeout(2_000))
})

test('a carrier that goes down on purpose comes back', async () => {
  const down = { carrierDown: { afterSeconds: 0, forSeconds: 1 } }
  const { carrier, seen } = await rehearse(down, 1)
  expect(await within(5_000, () => seen.states.includes('unbound'))).toBe(true)
  expect(await within(10_000, () => seen.states.at(-1) === 'bound')).toBe(true)
  await carrier.close(AbortSignal.timeout(2_000))
})

test('it can be closed before it was open, and twice', async () => {
  const carrier = openCarrier(config())
  await carrier.close(AbortSignal.timeout(100))
  await carrier.close(AbortSignal.timeout(100))
  expect(carrier.room).toBe(0)
})

test('what simulated phones say is one of the options, or chat: never a keyword', () => {
  const phones = answeringPhones(7)
  const said = Array.from({ length: 3_000 }, (_, i) => phones(12_025_550_100 + i, TEXT)).flatMap(
    plan => plan?.say ?? [],
  )
  const kinds = new Map<string, number>()
  for (const { text } of said) {
    const { kind, code = '' } = understandReply(text, OPTIONS)
    kinds.set(kind + code, (kinds.get(kind + code) ?? 0) + 1)
  }
  expect([...kinds.keys()].toSorted()).toEqual(['option1', 'option2', 'other'])
  expect(said.length).toBeGreaterThan(1_800)
  expect(kinds.get('option1')).toBeGreaterThan(4 * kinds.get('option2')!)
})

test.each([
  ['Reply 1 SAFE, 2 NEED HELP', ['1', '2']],
  ['Responda 1 BIEN, 2 AYUDA.', ['1', '2']],
  ['Flood at 5 pm. Reply 1 = safe', ['5', '1']],
  ['Wind of 120 km/h', []],
  ['Nothing to answer', []],
])('the options of "%s"', (text, options) => {
  expect(optionsIn(text)).toEqual(options)
})
