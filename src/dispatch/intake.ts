/**
 * What comes back on a link: receipts and replies, written in batches and then acknowledged to the carrier,
 * never the other way round. While the database is away nothing is acknowledged, and the carrier's own window
 * holds the rest back.
 */
import type { Receipt, Reply } from '../carriers/carrier.ts'
import type { MessageIds } from '../inbound/message-ids.ts'
import { openReceiptBook } from '../inbound/receipts.ts'
import { recordOverdueParts, recordReplies } from '../inbound/replies.ts'
import { createNews, describeError, log } from '../log.ts'
import { isDatabaseAway, type Database } from '../store/database.ts'
import type { LaneCounts } from './lane-counts.ts'

/**
 * A batch is written when it has this many, or when its first is this old; what comes meanwhile makes the next. A
 * carrier that has 1,000 unacknowledged sends no more, so a batch is better soon than large.
 */
const BATCH = { size: 250, most: 1_000, ms: 10 }
/** Viewers are told at most so often. */
const TELL_MS = 100
/** What another process parked, and died, is looked for this often. */
const ADOPT_MS = 30_000
/** Texts of which a part is missing are looked for this often. */
const OVERDUE_MS = 10_000

export interface Intake {
  receipt(receipt: Receipt): void
  reply(reply: Reply): void
  /**
   * Receipts that came before their message's id was written find it now, and texts whose parts didn't all come are
   * recorded as they are. Called about once a second.
   */
  catchUp(): Promise<void>
  flush(): Promise<void>
}

/**
 * @param idsWritten resolves when the ids are on record that the carrier has given so far, or a receipt that comes
 * at once would lie about as an orphan
 * @param stored told of commits, so that viewers can be woken
 */
export function createIntake(
  db: Database,
  ids: MessageIds,
  counts: LaneCounts,
  idsWritten: () => Promise<void>,
  stored: () => void,
): Intake {
  const { carrierId } = ids
  const book = openReceiptBook(db, ids, idsWritten)
  let adoptAt = 0
  let overdueAt = performance.now() + OVERDUE_MS
  let telling: NodeJS.Timeout | undefined
  const isNews = createNews()

  const tell = () => {
    telling ??= setTimeout(() => {
      telling = undefined
      stored()
    }, TELL_MS).unref()
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
      counts.faults++
      const code = describeError(error)
      if (isNews(code)) log.error({ carrierId, code, count: batch.length }, 'intake not written')
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
    tell()
  }

  // Each by itself: receipts don't wait for replies, which take longer. Of each one batch at a time: replies must be
  // heard in their order, and receipts of one moment are of the same blocks.
  const receipts = createBatches<Receipt>(batch =>
    store(batch, async some => {
      const { orphaned } = await book.record(some)
      counts.orphans += orphaned
      if (orphaned > 0) adoptAt = 0
    }),
  )
  const replies = createBatches<Reply>(batch =>
    store(batch, some => recordReplies(db, carrierId, some)),
  )

  return {
    receipt(receipt) {
      counts.receipts++
      receipts.add(receipt)
    },
    reply(reply) {
      counts.replies++
      replies.add(reply)
    },
    async catchUp() {
      const now = performance.now()
      if (now >= adoptAt) {
        adoptAt = now + ADOPT_MS
        const { left } = await book.adopt()
        if (left > 0) adoptAt = 0
      }
      if (now >= overdueAt) {
        overdueAt = now + OVERDUE_MS
        try {
          if ((await recordOverdueParts(db, carrierId)) > 0) tell()
        } catch (error) {
          counts.faults++
          log.error({ carrierId, code: describeError(error) }, 'parts of texts not recorded')
        }
      }
    },
    async flush() {
      await Promise.all([receipts.flush(), replies.flush()])
    },
  }
}

/** Gathers what comes while the batch before is written. */
function createBatches<T>(write: (batch: readonly T[]) => Promise<void>) {
  let waiting: T[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const schedule = () => {
    if (writing !== undefined) return
    if (waiting.length >= BATCH.size) start()
    else timer ??= setTimeout(start, BATCH.ms)
  }
  const start = () => {
    clearTimeout(timer)
    timer = undefined
    if (writing !== undefined || waiting.length === 0) return
    const batch = waiting.slice(0, BATCH.most)
    waiting = waiting.slice(BATCH.most)
    writing = write(batch).finally(() => {
      writing = undefined
      if (waiting.length > 0) schedule()
    })
  }

  return {
    add(one: T) {
      waiting.push(one)
      schedule()
    },
    async flush() {
      while (waiting.length > 0 || writing !== undefined) {
        start()
        await writing
      }
    },
  }
}
