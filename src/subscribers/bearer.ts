import type { Database } from '../store/database.ts'
import type { ClaimedNotice, Settlement } from '../store/notices.ts'

/**
 * How subscribers of one kind are told. The courier knows claims, pauses and leases, and nothing of what travels; a
 * bearer knows what travels, and settles nothing itself.
 */
export interface Bearer {
  /** Notices of a round go one after the other, the oldest first; or side by side. */
  readonly isInOrder: boolean
  /** @throws only where the database fails: the lease brings the notice back then */
  bring(notice: ClaimedNotice): Promise<Brought>
  close(): Promise<void>
}

interface Brought {
  readonly settlement: Settlement
  /** Its address asks never to be called again. */
  readonly isGone?: boolean
  /** In the transaction that settles it, if this process's claim still counts: alarms, the trail. */
  readonly also?: (tx: Database) => Promise<void>
}
