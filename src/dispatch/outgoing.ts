import type { Outcome, ShortMessage } from '../carriers/carrier.ts'

/** A letter in a mail lane's hands, whoever asked for it. */
export interface Outgoing {
  readonly message: ShortMessage
  /** On the monotonic clock: nothing of it is handed over after this. */
  readonly deadline: number
  /** How it ended, once. */
  ended(outcome: Outcome): void
  /** It stays, for nothing of it has left. */
  givenBack(): void
}
