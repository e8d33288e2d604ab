/**
 * What gateways told by webhook, taken from where the API process has stored it, on the way that receipts and
 * replies of a link take: recorded in batches, and only then removed. A dispatcher that dies in between, or a removal
 * that fails, brings the same again: receipts come to the same, and a text is known by its carrier's id.
 */
import type { Receipt, Reply } from '../carriers/carrier.ts'
import type { Callback } from '../carriers/webhook.ts'
import { describeError, log } from '../log.ts'
import { claimCallbacks, removeCallbacks } from '../store/callbacks.ts'
import type { Database } from '../store/database.ts'

const BATCH = 500
/** Taken and not recorded yet, at most: the database holds the rest. */
const MOST_OPEN = 2_000
/** What is recorded is removed this long after the first of it. */
const REMOVE_MS = 20

export interface CallbackDesk {
  /** Takes what has come; called when it is heard of, and about once a second. */
  take(): Promise<void>
  /** Resolves when what was recorded is removed. */
  flush(): Promise<void>
}

export function createCallbackDesk(of: {
  readonly db: Database
  readonly carrierId: string
  readonly dispatcherId: string
  readonly receipt: (receipt: Receipt) => void
  readonly reply: (reply: Reply) => void
}): CallbackDesk {
  const { db, carrierId, dispatcherId } = of
  let open = 0
  let isTaking = false
  let isHeard = false
  const done: number[] = []
  let timer: NodeJS.Timeout | undefined
  let removing: Promise<void> = Promise.resolve()

  const complain = (error: unknown, message: string) => {
    log.warn({ carrierId, code: describeError(error) }, message)
  }

  const remove = () => {
    clearTimeout(timer)
    timer = undefined
    const nos = done.splice(0)
    if (nos.length === 0) return removing
    removing = removing
      .then(() => removeCallbacks(db, nos))
      .catch((error: unknown) => complain(error, 'callbacks not removed: they are taken again'))
    return removing
  }

  const acknowledge = (no: number) => (stored: boolean) => {
    open--
    // What was not stored is claimed again when the claim has lapsed.
    if (stored) done.push(no)
    timer ??= setTimeout(() => {
      void remove()
      // It may have been left off for there was too much open.
      if (isHeard) void take()
    }, REMOVE_MS)
  }

  const take = async () => {
    if (isTaking) {
      isHeard = true
      return
    }
    isTaking = true
    try {
      let count = BATCH
      // No longer than there is something to take: who waits for this has leases to renew.
      while (count === BATCH && open < MOST_OPEN) {
        isHeard = false
        const claimed = await claimCallbacks(db, { carrierId, dispatcherId, limit: BATCH })
        count = claimed.length
        open += count
        for (const { no, callback } of claimed) {
          const { is, ...said } = callback as Callback
          const one = { ...said, acknowledge: acknowledge(no) }
          if (is === 'receipt') of.receipt(one as Receipt)
          else of.reply(one as Reply)
        }
      }
    } catch (error) {
      complain(error, 'callbacks could not be taken')
    } finally {
      isTaking = false
    }
    if (isHeard && open < MOST_OPEN) setImmediate(() => void take())
  }

  return {
    take,
    async flush() {
      await remove()
    },
  }
}
