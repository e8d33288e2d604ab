import { sleep } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { AccountStats } from './account.ts'
import { Arrivals } from './arrivals.ts'
import { type LinkAction, type MessageCentre, startMessageCentre } from './message-centre.ts'
import { type Phones, createPhones } from './phones.ts'
import type { Scenario, ScenarioChange, SpokenText } from './scenario.ts'

/** The carriers of a scenario and the phones behind them, with one list of what arrived. */
export interface Simulator {
  readonly centres: readonly MessageCentre[]
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
  }[]
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

/** Starts every message centre of the scenario; all listen when the promise resolves. */
export async function startSimulator(scenario: Scenario): Promise<Simulator> {
  const list = new Arrivals()
  let population = createPhones(scenario.phones)
  const phones: Phones = (phone, text) => population(phone, text)
  const centres: MessageCentre[] = []
  const close = async () => {
    await Promise.all(centres.map(centre => centre.close()))
  }
  try {
    for (const [i, carrier] of scenario.carriers.entries()) {
      centres.push(await startMessageCentre({ ...carrier, list, phones, seed: scenario.seed + i }))
    }
  } catch (error) {
    await close()
    throw error
  }
  const centreOf = (name: string) => {
    const centre = centres.find(c => c.name === name)
    if (centre !== undefined) return centre
    throw new AppError('not_found', `the simulation has no carrier ${name}`)
  }

  const owed = () => centres.reduce((sum, centre) => sum + centre.owed, 0)

  return {
    centres,
    list,
    close,
    stats: () => ({
      carriers: centres.map(centre => ({
        name: centre.name,
        port: centre.port,
        accounts: centre.stats(),
      })),
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
      if (change.phones !== undefined) population = createPhones(change.phones)
    },
    say({ from, to, text, means }) {
      const last = list.messagesOf(from).at(-1)
      const segment = last === undefined ? undefined : list.segment(last.segment)
      const centre = segment === undefined ? centres[0]! : centreOf(segment.carrier)
      const systemId = segment?.systemId ?? centre.stats()[0]!.systemId
      const number = to ?? segment?.source
      if (number === undefined) {
        throw new AppError('not_found', 'the phone has got no message to answer: name a number')
      }
      return centre.say(systemId, from, number, { text, means })
    },
    links: (action, carrier) =>
      (carrier === undefined ? centres : [centreOf(carrier)]).reduce(
        (sum, centre) => sum + centre.links(action),
        0,
      ),
  }
}
