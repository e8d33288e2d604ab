import type { Callback } from '../carriers/webhook.ts'
import { insertCallbacks } from '../store/callbacks.ts'
import { isDatabaseAway, type Database } from '../store/database.ts'

/** Written in one statement at most. */
const MOST_AT_ONCE = 500

export interface CallbackStore {
  /** Resolves once they are durable, rejects where the database refused them: then the gateway must say it again. */
  add(carrierId: string, callbacks: readonly Callback[]): Promise<void>
}

interface Waiting {
  readonly carrierId: string
  readonly callbacks: readonly Callback[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Stores what webhooks bring, in the order in which they came. What comes while a batch is written makes the next: a
 * transaction for each costs thousands a second, and a gateway may call as often.
 */
export function createCallbackStore(db: Database): CallbackStore {
  let waiting: Waiting[] = []
  let isWriting = false

  const store = async (batch: readonly Waiting[]) => {
    try {
      await insertCallbacks(
        db,
        batch.flatMap(({ carrierId, callbacks }) =>
          callbacks.map(callback => ({ carrierId, callback })),
        ),
      )
      for (const { resolve } of batch) resolve()
    } catch (error) {
      // One that the database refuses for good must not take the others with it.
      if (!isDatabaseAway(error) && batch.length > 1) for (const one of batch) await store([one])
      else for (const { reject } of batch) reject(error)
    }
  }

  const write = async () => {
    if (isWriting) return
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_AT_ONCE)
      waiting = waiting.slice(MOST_AT_ONCE)
      await store(batch)
    }
    isWriting = false
  }

  return {
    add(carrierId, callbacks) {
      if (callbacks.length === 0) return Promise.resolve()
      return new Promise((resolve, reject) => {
        waiting.push({ carrierId, callbacks, resolve, reject })
        void write()
      })
    },
  }
}
