import { sleep } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { AccountStats } from './account.ts'
import { Arrivals } from './arrivals.ts'
import type { GarbageKind } from './garbage.ts'
import type { LinkAction } from './link-actions.ts'
import { type MessageCentre, type PduRecord, startMessageCentre } from './message-centre.ts'
import { type Phones, createPhones } from './phones.ts'
import type { Scenario, ScenarioChange, SpokenText } from './scenario.ts'
import { type TwilioSide, type TwilioStats, startTwilioSide } from './twilio-side.ts'
import { type BindRefusal, type ScenarioEvent, type Timeline, startTimeline } from './timeline.ts'

/** The carriers of a scenario and the phones behind them, with one list of what arrived. */
export interface Simulator {
  readonly centres: readonly MessageCentre[]
  readonly gateways: readonly TwilioSide[]
  readonly list: Arrivals
  stats(): SimulatorStats
  change(change: ScenarioChange): void
  /**
   * Makes a phone send a text. Without `to` it answers the last message that it got.
   * @returns the answer's number in the list
   * @throws AppError `not_found` where the phone has got none and no `to` says where to
   */
  say(spoken: SpokenText): number
  /** To the links of one carrier, or of all. Returns to how many. */
  links(action: LinkAction, carrier?: string): number
  /** Over the links of one carrier, or of all. Returns over how many. */
  garbage(kind: GarbageKind, carrier?: string): number
  /** One carrier, or each, refuses its next binds. */
  refuseBinds(refusal: BindRefusal, carrier?: string): void
  /**
   * Resolves once every receipt and answer has been sent and acknowledged.
   * @throws AppError `timeout` where some are left after `timeoutMs`
   */
  untilQuiet(timeoutMs?: number): Promise<void>
  close(): Promise<void>
}

interface SimulatorStats {
  readonly carriers: readonly {
    readonly name: string
    readonly port: number
    readonly accounts: readonly AccountStats[]
    /** By command, of all links. */
    readonly pdus: PduRecord
  }[]
  readonly gateways: readonly TwilioStats[]
  readonly phones: number
  readonly segments: number
  readonly messages: number
  /** Messages that lack parts. */
  readonly incomplete: number
  readonly answers: number
  readonly acknowledgedAnswers: number
  /** Responses, receipts and answers that are still to come or to be acknowledged. */
  readonly owed: number
}

const QUIET_LOOK_MS = 20

/**
 * Starts every message centre of the scenario; all listen when the promise resolves.
 * @throws AppError `not_found` where an event names a carrier that the scenario lacks
 */
export async function startSimulator(scenario: Scenario): Promise<Simulator> {
  assertCarriersKnown(scenario)
  const list = new Arrivals()
  let population = createPhones(scenario.phones)
  const phones: Phones = (phone, text) => population(phone, text)
  const centres: MessageCentre[] = []
  const gateways: TwilioSide[] = []
  const close = async () => {
    await Promise.all([...centres, ...gateways].map(one => one.close()))
  }
  try {
    for (const [i, carrier] of scenario.carriers.entries()) {
      centres.push(await startMessageCentre({ ...carrier, list, phones, seed: scenario.seed + i }))
    }
    for (const [i, gateway] of (scenario.gateways ?? []).entries()) {
      const seed = scenario.seed + scenario.carriers.length + i
      gateways.push(await startTwilioSide({ ...gateway, list, phones, seed }))
    }
  } catch (error) {
    await close()
    throw error
  }
  const centreOf = (name: string) => {
    const centre = centres.find(c => c.name === name)
    if (centre !== undefined) return centre
    throw unknown(name)
  }
  const gatewayOf = (name: string) => gateways.find(gateway => gateway.name === name)

  const centresOf = (carrier: string | undefined) =>
    carrier === undefined ? centres : [centreOf(carrier)]
  const sumOf = (carrier: string | undefined, count: (centre: MessageCentre) => number) =>
    centresOf(carrier).reduce((sum, centre) => sum + count(centre), 0)
  let timeline: Timeline | undefined
  const owed = () => [...centres, ...gateways].reduce((sum, one) => sum + one.owed, 0)

  const simulator: Simulator = {
    centres,
    gateways,
    list,
    async close() {
      timeline?.stop()
      await close()
    },
    stats: () => ({
      carriers: centres.map(centre => ({
        name: centre.name,
        port: centre.port,
        accounts: centre.stats(),
        pdus: centre.pdus(),
      })),
      gateways: gateways.map(gateway => gateway.stats()),
      phones: list.phones,
      segments: list.segments,
      messages: list.messages,
      incomplete: list.incomplete,
      answers: list.answers,
      acknowledgedAnswers: list.acknowledgedAnswers,
      owed: owed(),
    }),
    async untilQuiet(timeoutMs = 60_000) {
      const deadline = performance.now() + timeoutMs
      while (owed() > 0) {
        if (performance.now() > deadline) {
          throw new AppError('timeout', `${owed()} receipts and answers are still owed`)
        }
        await sleep(QUIET_LOOK_MS)
      }
    },
    change(change) {
      for (const { name, behaviour, limits } of change.carriers ?? []) {
        const centre = centreOf(name)
        if (behaviour !== undefined) centre.change(behaviour)
        for (const limit of limits ?? []) centre.limit(limit.systemId, limit)
      }
      for (const { name, behaviour, limit } of change.gateways ?? []) {
        const gateway = gatewayOf(name)
        if (gateway === undefined) throw unknown(name)
        if (behaviour !== undefined) gateway.change(behaviour)
        if (limit !== undefined) gateway.limit(limit)
      }
      if (change.phones !== undefined) population = createPhones(change.phones)
    },
    say({ from, to, text, means }) {
      const last = list.messagesOf(from).at(-1)
      const segment = last === undefined ? undefined : list.segment(last.segment)
      const gateway = segment && gatewayOf(segment.carrier)
      if (gateway !== undefined) return gateway.say(from, to ?? segment!.source, { text, means })
      const centre = segment === undefined ? centres[0]! : centreOf(segment.carrier)
      const systemId = segment?.systemId ?? centre.stats()[0]!.systemId
      const number = to ?? segment?.source
      if (number === undefined) {
        throw new AppError('not_found', 'the phone has got no message to answer: name a number')
      }
      return centre.say(systemId, from, number, { text, means })
    },
    links: (action, carrier) => sumOf(carrier, centre => centre.links(action)),
    garbage: (kind, carrier) => sumOf(carrier, centre => centre.garbage(kind)),
    refuseBinds({ times, status }, carrier) {
      for (const centre of centresOf(carrier)) centre.refuseBinds(times, status)
    },
  }
  const { events = [] } = scenario
  if (events.length > 0) {
    timeline = startTimeline(
      events,
      () => list.segments,
      event => happen(simulator, event),
    )
  }
  return simulator
}

const unknown = (name: string) => new AppError('not_found', `the simulation has no carrier ${name}`)

/** Before anything happens: in its midst nobody would be there to hear of it. */
function assertCarriersKnown({ carriers, gateways = [], events = [] }: Scenario): void {
  const known = new Set([...carriers, ...gateways].map(({ name }) => name))
  const named = events.flatMap(({ carrier, change }) => [
    ...(carrier === undefined ? [] : [carrier]),
    ...(change?.carriers ?? []).map(({ name }) => name),
    ...(change?.gateways ?? []).map(({ name }) => name),
  ])
  const strange = named.find(name => !known.has(name))
  if (strange === undefined) return
  throw new AppError('not_found', `an event names ${strange}, which the scenario lacks`)
}

function happen(simulator: Simulator, event: ScenarioEvent): void {
  const { carrier, links, garbage, refuseBinds, change } = event
  if (change !== undefined) simulator.change(change)
  if (refuseBinds !== undefined) simulator.refuseBinds(refuseBinds, carrier)
  if (garbage !== undefined) simulator.garbage(garbage, carrier)
  if (links !== undefined) simulator.links(links, carrier)
}
