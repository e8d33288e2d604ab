import type { Installation } from './installation.ts'
import type { Entry } from './ledger.ts'

/** How much is done, and where. */
export interface Bounds {
  readonly runs: number
  /** A run. */
  readonly kills: number
  readonly recipients: number
  readonly seed: number
  /** What is going on, for whoever waits. */
  say(line: string): void
  /** One installation for all that leave it as they found it; its database can be taken away. */
  town(): Promise<Installation>
  /** Of the town: where nobody has been alerted yet. */
  nextValley(): number
}

export type Found = Pick<Entry, 'counts' | 'wrong'>

export interface Scenario {
  readonly fault: string
  readonly what: string
  run(bounds: Bounds): Promise<Found>
}
