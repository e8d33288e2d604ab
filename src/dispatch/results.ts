/**
 * Collects what carriers answer and writes it in batches, one write at a time: while one is under way the
 * next batch grows, so that the batch is as large as the database is slow and no larger.
 *
 * Nothing is dropped while the database is away: what a lane may have unanswered and unwritten is bounded by
 * its exposure, so the buffer is too.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { isSubmitError, type Outcome, type SubmitError } from '../carriers/carrier.ts'
import { describeError, log } from '../log.ts'
import { isDatabaseAway, type Database } from '../store/database.ts'
import type { Lease } from '../store/intents.ts'
import { recordResults, type EndedDelivery, type RetriedDelivery } from '../store/results.ts'
import type { HeldRange, Item } from './work.ts'

/** A batch is written when it has this many results, or when its first is this old. */
const BATCH = { size: 500, ms: 20 }
/** Tries that a recipient gets where each failed and another may help, and how they are spread, in seconds. */
const ATTEMPTS = 6
const backoffSeconds = (attempt: number) => Math.min(60, 2 ** attempt)

interface Batch {
  readonly taken: Map<Lease, { rangeNo: number; fence: number; seqs: number[] }>
  readonly messageIds: { seqs: number[]; ids: string[]; firstIds: (string | null)[] }
  readonly ended: EndedDelivery[]
  readonly retries: RetriedDelivery[]
  readonly finished: Lease[]
  /** Results in it, to give back the exposure once they are written. */
  count: number
}

const emptyBatch = (): Batch => ({
  taken: new Map(),
  messageIds: { seqs: [], ids: [], firstIds: [] },
  ended: [],
  retries: [],
  finished: [],
  count: 0,
})

export interface ResultWriter {
  /** The end of a submission that was taken or refused; `throttled` never comes here. */
  outcome(item: Item, outcome: Outcome): void
  /** A recipient that opted out before it was sent anything. */
  optedOut(item: Item): void
  /** A claimed range turned out to have nobody left in it. */
  finished(range: HeldRange): void
  /** Resolves when everything collected so far is written. */
  flush(): Promise<void>
}

/** @param written told how many results have just been committed (or given up) */
export function createResultWriter(
  db: Database,
  carrierId: string,
  written: (count: number) => void,
): ResultWriter {
  let batches = new Map<string, Batch>()
  let size = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const batchOf = (range: HeldRange): Batch => {
    let batch = batches.get(range.alert.id)
    if (batch === undefined) batches.set(range.alert.id, (batch = emptyBatch()))
    return batch
  }

  const ended = (range: HeldRange, batch: Batch) => {
    batch.count++
    size++
    if (--range.open === 0) batch.finished.push(range.lease)
    schedule()
  }

  const schedule = () => {
    if (writing !== undefined) return
    if (size >= BATCH.size) start()
    else timer ??= setTimeout(start, BATCH.ms)
  }

  const start = () => {
    clearTimeout(timer)
    timer = undefined
    writing ??= write().finally(() => {
      writing = undefined
      if (batches.size > 0) schedule()
    })
  }

  const write = async () => {
    const mine = batches
    batches = new Map()
    size = 0
    for (const [alertId, batch] of mine) {
      await writeBatch(alertId, batch)
      written(batch.count)
    }
  }

  const writeBatch = async (alertId: string, batch: Batch) => {
    for (let attempt = 0; ; attempt++) {
      try {
        await recordResults(db, {
          ...batch,
          alertId,
          carrierId,
          taken: [...batch.taken.values()],
        })
        return
      } catch (error) {
        log.error(
          { alertId, carrierId, code: describeError(error), attempt },
          'results not written',
        )
        // A batch that the database refuses for good is left: its leases run out, and whoever takes the
        // ranges then finds these recipients under the mark, as possible duplicates.
        if (!isDatabaseAway(error) && attempt >= 3) return
        await wait(Math.min(2_000, 50 * 2 ** attempt))
      }
    }
  }

  const keepIds = (batch: Batch, seq: number, ids: readonly string[]) => {
    const [firstId = null] = ids.length > 1 ? ids.filter(id => id !== '') : []
    for (const id of ids) {
      if (id === '') continue
      batch.messageIds.seqs.push(seq)
      batch.messageIds.ids.push(id)
      batch.messageIds.firstIds.push(firstId)
    }
  }

  const refused = (item: Item, error: SubmitError, batch: Batch) => {
    const { range, seq, attempts } = item
    keepIds(batch, seq, error.messageIds)
    const base = { ...range.lease, seq, reason: error.reason }
    const uncertain = error.kind === 'uncertain'
    const spendsAttempt = error.kind === 'elsewhere' || uncertain
    if (uncertain && range.alert.delivery === 'at-most-once') {
      batch.ended.push({ ...base, state: 'unknown', handedOver: true })
    } else if (error.kind === 'permanent' || (spendsAttempt && attempts + 1 >= ATTEMPTS)) {
      batch.ended.push({ ...base, state: uncertain ? 'unknown' : 'failed', handedOver: true })
    } else {
      batch.retries.push({
        ...base,
        uncertain,
        spendsAttempt,
        avoidCarrier: error.kind !== 'throttled',
        delaySeconds: error.kind === 'elsewhere' ? backoffSeconds(attempts) : 0,
      })
    }
  }

  return {
    outcome(item, outcome) {
      const { range, seq } = item
      const batch = batchOf(range)
      if (isSubmitError(outcome)) refused(item, outcome, batch)
      else {
        const { lease } = range
        const same = batch.taken.get(lease)
        if (same !== undefined) same.seqs.push(seq)
        else {
          batch.taken.set(lease, { rangeNo: lease.rangeNo, fence: lease.fence, seqs: [seq] })
        }
        keepIds(batch, seq, outcome.messageIds)
      }
      ended(range, batch)
    },
    optedOut(item) {
      const batch = batchOf(item.range)
      const { range, seq } = item
      batch.ended.push({
        ...range.lease,
        seq,
        state: 'failed',
        reason: 'opted_out',
        handedOver: false,
      })
      ended(range, batch)
    },
    finished(range) {
      batchOf(range).finished.push(range.lease)
      size++
      schedule()
    },
    async flush() {
      while (batches.size > 0 || writing !== undefined) {
        start()
        await writing
      }
    },
  }
}
