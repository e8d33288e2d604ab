/** An alert to the people of a valley of their own, while something is done to whatever sends it. */
import { markList } from '../../src/simulator/judge.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Installation, PlayedCarrier } from './installation.ts'
import { settle, untilSettled, type Settled } from './ledger.ts'
import { floodIn, settleValley, type Valley } from './valley.ts'
import { watch, type Witness } from './witness.ts'

export interface OrdealOptions {
  readonly valleyNo: number
  readonly recipients: number
  readonly delivery?: 'at-least-once' | 'at-most-once'
  /** From the end of the trouble until everybody has an end. */
  readonly settleMs?: number
}

export interface Ordeal {
  readonly installation: Installation
  readonly simulator: Simulator
  readonly alertId: string
  readonly valley: Valley
  readonly witness: Witness
  /** Whole messages that have arrived since the dispatch. */
  arrived(): number
  /** Resolves when so many have. */
  untilArrived(messages: number): Promise<void>
}

export interface Outcome {
  readonly settled: Settled
  readonly wrong: string[]
  readonly seconds: number
}

/** A carrier that says nothing for so long has stopped for good. */
const STANDSTILL_MS = 180_000

/**
 * @param trouble what is done meanwhile. @returns how many copies too many that allows
 */
export async function goThrough(
  installation: Installation,
  simulator: Simulator,
  { valleyNo, recipients, delivery = 'at-least-once', settleMs = 120_000 }: OrdealOptions,
  trouble: (ordeal: Ordeal) => Promise<number>,
): Promise<Outcome> {
  const { list } = simulator
  const valley = await settleValley(installation.database.db, valleyNo, recipients)
  const since = markList(list)
  const startedAt = performance.now()
  const alertId = await installation.send(floodIn(valley, delivery))
  const witness = watch(installation.author.client, alertId)
  try {
    const mostCopies = await trouble({
      installation,
      simulator,
      alertId,
      valley,
      witness,
      arrived: () => list.messages - since.messages,
      untilArrived: messages =>
        list.until(() => list.messages - since.messages >= messages, STANDSTILL_MS),
    })
    const account = { installation, simulator, alertId, valley, since, witness, mostCopies }
    await untilSettled(account, settleMs)
    const seconds = (performance.now() - startedAt) / 1000
    return { ...(await settle(account)), seconds }
  } finally {
    await witness.stop()
  }
}

/** RELIABILITY.md P3: what one death may send twice is twice the windows of the binds that it held. */
export const exposureOf = (carriers: readonly Pick<PlayedCarrier, 'window' | 'binds'>[]): number =>
  carriers.reduce((sum, { window, binds }) => sum + 2 * window * binds, 0)
