/**
 * What comes back on a link: receipts and replies, written in batches and then acknowledged to the carrier,
 * never the other way round. While the database is away nothing is acknowledged, and the carrier's own window
 * holds the rest back.
 */
import type { Receipt, Reply } from '../carriers/carrier.ts'
import type { MessageIds } from '../inbound/message-ids.ts'
import { openReceiptBook } from '../inbound/receipts.ts'
import { recordReplies } from '../inbound/replies.ts'
import { describeError, log } from '../log.ts'
import { isDatabaseAway, type Database } from '../store/database.ts'

const BATCH = { size: 1_000, ms: 25 }
/** What another process parked, and died, is looked for this often. */
const ADOPT_MS = 30_000

export interface Intake {
  receipt(receipt: Receipt): void
  reply(reply: Reply): void
  /** Receipts that came before their message's id was written find it now. Called about once a second. */
  adopt(): Promise<void>
  flush(): Promise<void>
}

/**
 * @param before awaited ahead of each batch of receipts: the submissions that they speak of must be written
 * first, or each receipt would lie about as an orphan
 * @param stored told after each commit, so that viewers can be woken
 */
export function createIntake(
  db: Database,
  ids: MessageIds,
  before: () => Promise<void>,
  stored: () => void,
): Intake {
  const { carrierId } = ids
  const book = openReceiptBook(db, ids)
  let receipts: Receipt[] = []
  let replies: Reply[] = []
  let adoptAt = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const schedule = () => {
    if (writing !== undefined) return
    if (receipts.length + replies.length >= BATCH.size) start()
    else timer ??= setTimeout(start, BATCH.ms)
  }
  const start = () => {
    clearTimeout(timer)
    timer = undefined
    writing ??= write().finally(() => {
      writing = undefined
      if (receipts.length + replies.length > 0) schedule()
    })
  }

  const write = async () => {
    const nextReceipts = receipts.slice(0, BATCH.size)
    const nextReplies = replies.slice(0, BATCH.size)
    receipts = receipts.slice(BATCH.size)
    replies = replies.slice(BATCH.size)
    await before()
    await store(nextReceipts, async batch => {
      const { orphaned } = await book.record(batch)
      if (orphaned > 0) adoptAt = 0
    })
    await store(nextReplies, batch => recordReplies(db, carrierId, batch))
    stored()
  }

  const store = async <T extends { acknowledge(stored: boolean): void }>(
    batch: readonly T[],
    record: (batch: readonly T[]) => Promise<void>,
  ) => {
    if (batch.length === 0) return
    let taken = true
    try {
      await record(batch)
    } catch (error) {
      log.error(
        { carrierId, code: describeError(error), count: batch.length },
        'intake not written',
      )
      // One that the database refuses for good must not take the others with it.
      if (!isDatabaseAway(error) && batch.length > 1) {
        const half = Math.ceil(batch.length / 2)
        await store(batch.slice(0, half), record)
        await store(batch.slice(half), record)
        return
      }
      taken = false
    }
    for (const one of batch) one.acknowledge(taken)
  }

  return {
    receipt(receipt) {
      receipts.push(receipt)
      schedule()
    },
    reply(reply) {
      replies.push(reply)
      schedule()
    },
    async adopt() {
      const now = performance.now()
      if (now < adoptAt) return
      adoptAt = now + ADOPT_MS
      const { left } = await book.adopt()
      if (left > 0) adoptAt = 0
    },
    async flush() {
      while (receipts.length + replies.length > 0 || writing !== undefined) {
        start()
        await writing
      }
    },
  }
}
