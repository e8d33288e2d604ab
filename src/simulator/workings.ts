import type { Account } from './account.ts'
import type { Agenda } from './agenda.ts'
import type { Arrivals } from './arrivals.ts'
import type { Behaviour } from './behaviour.ts'
import type { Draw } from './draws.ts'
import type { Link } from './link.ts'

/** What all parts of a message centre share. */
export interface Workings {
  readonly name: string
  readonly list: Arrivals
  readonly seed: number
  readonly draw: Draw
  readonly agenda: Agenda
  readonly accounts: ReadonlyMap<string, Account>
  /** Every connection, bound or not, by its number. */
  readonly links: Map<number, Link>
  behaviour: Behaviour
}

/** Kinds of the agenda's events. */
export const DUE = {
  respond: 0,
  sendReceipt: 1,
  say: 2,
  sendAgain: 3,
  letResponsesGo: 4,
  letReceiptsGo: 5,
} as const

/** The numbers that an event of the agenda is about. */
export type Due = (a: number, b: number, c: number) => void
