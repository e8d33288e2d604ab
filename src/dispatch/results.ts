/**
 * Collects what carriers answer and writes it in batches, one write at a time: while one is under way the
 * next batch grows, so that the batch is as large as the database is slow and no larger. Where some ranges of it are
 * done with, the others are left for the next: so most blocks are written once, and not with every batch that has
 * some of them (measured: once for 2.3 times, a tenth less of the database's time).
 *
 * Nothing is dropped while the database is away: what a lane may have unanswered and unwritten is bounded by
 * its exposure, so the buffer is too.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { v7 as uuid } from 'uuid'
import { isSubmitError, type Outcome, type SubmitError } from '../carriers/carrier.ts'
import { createNews, describeError, log } from '../log.ts'
import { isDatabaseAway, type Database } from '../store/database.ts'
import { WHOLE } from '../store/block.ts'
import type { MarkAnswer, MarkRequest } from '../store/intents.ts'
import { recordAndMark, type MessageIds, type RangeResults } from '../store/results.ts'
import type { Submissions } from '../store/submissions.ts'
import { afterFailure, kindFor } from './retry.ts'
import type { LaneCounts } from './lane-counts.ts'
import { phoneOf, segmentsOf, type HeldRange, type Item } from './work.ts'

/** A batch is written when it has this many results, or when its first is this old. */
const BATCH = { size: 250, ms: 20 }
type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }

interface Collected extends Mutable<
  Omit<RangeResults, 'messageIds' | 'blocked' | 'finished' | 'counted'>
> {
  readonly blocked: string[]
  readonly messageIds: Mutable<MessageIds>
  readonly counted: Map<number, number>
  /** Never of a spoilt one: whoever has it next settles what is not on record. */
  finished: boolean
  /** It was not done with when a batch was written before. */
  wasLeft: boolean
  /** Results in it, to give back the exposure once they are written. */
  count: number
  readonly range: HeldRange
}

const nothingOf = (range: HeldRange): Collected => ({
  range,
  lease: range.lease,
  blockNo: range.place.blockNo,
  generation: range.place.generation,
  segments: range.text.segments,
  taken: [],
  messageIds: { seqs: [], parts: [], ids: [] },
  counted: new Map(),
  ended: [],
  retries: [],
  blocked: [],
  finished: false,
  wasLeft: false,
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

/** What is marked in the same commit as results, and is told how that went. */
export interface MarkAlong {
  readonly request: MarkRequest
  /** Before the results are told of. @param answer undefined: nothing was marked */
  settled(answer: MarkAnswer | undefined): void
}

/**
 * @param written told how many results have just been committed (or given up), and of the message ids among them
 * @param along asked for a mark that goes along with so many results
 * @param spoil told of a range of which the database refuses results for good
 */
export function createResultWriter(
  db: Database,
  carrierId: string,
  counts: LaneCounts,
  written: (count: number, submissions: readonly Submissions[]) => void,
  along: (count: number) => MarkAlong | undefined,
  spoil: (range: HeldRange) => void,
): ResultWriter {
  const isNews = createNews()
  let collected = new Map<HeldRange, Collected>()
  let size = 0
  let timer: NodeJS.Timeout | undefined
  let soon: NodeJS.Immediate | undefined
  let writing: Promise<void> | undefined
  // The range of the result before, nearly always that of the next as well.
  let lastRange: HeldRange | undefined
  let last: Collected | undefined

  const resultsOf = (range: HeldRange): Collected => {
    if (range === lastRange) return last!
    let results = collected.get(range)
    if (results === undefined) collected.set(range, (results = nothingOf(range)))
    lastRange = range
    last = results
    return results
  }

  const ended = (range: HeldRange, results: Collected) => {
    results.count++
    size++
    if (--range.open === 0) results.finished = !range.spoilt
    schedule()
  }

  const schedule = () => {
    if (writing !== undefined) return
    // Not in the midst of what the carrier answered in one go: all of it is one batch.
    if (size >= BATCH.size) soon ??= setImmediate(start)
    else timer ??= setTimeout(start, BATCH.ms)
  }

  const start = () => {
    clearTimeout(timer)
    clearImmediate(soon)
    timer = undefined
    soon = undefined
    writing ??= write().finally(() => {
      writing = undefined
      if (collected.size > 0) schedule()
    })
  }

  /** The ranges that are done with, and those that were left before; where there are none, all. */
  const takeDue = () => {
    const due = [...collected].filter(([, { finished, wasLeft }]) => finished || wasLeft)
    const mine = due.length === 0 ? collected : new Map(due)
    collected = new Map([...collected].filter(([range]) => !mine.has(range)))
    lastRange = undefined
    last = undefined
    size = 0
    for (const left of collected.values()) {
      left.wasLeft = true
      size += left.count
    }
    return mine
  }

  const write = async () => {
    const mine = takeDue()
    const byAlert = new Map<string, Collected[]>()
    for (const results of mine.values()) {
      const { alertId } = results.lease
      const known = byAlert.get(alertId)
      if (known === undefined) byAlert.set(alertId, [results])
      else known.push(results)
    }
    for (const [alertId, ranges] of byAlert) {
      const startedAt = performance.now()
      const count = ranges.reduce((sum, one) => sum + one.count, 0)
      const submissions = await writeBatch(alertId, ranges, along(count))
      counts.batches++
      counts.batchMs = performance.now() - startedAt
      counts.batchSeconds += counts.batchMs / 1000
      written(count, submissions)
    }
  }

  const writeBatch = async (
    alertId: string,
    ranges: readonly Collected[],
    mark: MarkAlong | undefined,
  ): Promise<readonly Submissions[]> => {
    const id = uuid()
    for (let attempt = 0; ; attempt++) {
      const next = attempt === 0 ? mark : undefined
      try {
        const batch = { id, alertId, carrierId, ranges }
        const recorded = await recordAndMark(db, batch, next?.request)
        next?.settled(recorded.marks)
        return recorded.written
      } catch (error) {
        next?.settled(undefined)
        counts.faults++
        const code = describeError(error)
        if (isNews(code)) log.error({ alertId, carrierId, code, attempt }, 'results not written')
        if (!isDatabaseAway(error) && attempt >= 3) return writeAlone(alertId, ranges)
        await wait(Math.min(1_000, 50 * 2 ** attempt))
      }
    }
  }

  /**
   * What the database refuses for good is of one range: the others of its batch are written without it. It is left to
   * its lease, and whoever takes it then finds these recipients under the mark, as possible duplicates.
   */
  const writeAlone = async (alertId: string, ranges: readonly Collected[]) => {
    if (ranges.length > 1) {
      const submissions: Submissions[] = []
      for (const one of ranges) submissions.push(...(await writeBatch(alertId, [one], undefined)))
      return submissions
    }
    for (const { range } of ranges) {
      range.spoilt = true
      const later = collected.get(range)
      if (later !== undefined) later.finished = false
      spoil(range)
    }
    return []
  }

  const keepIds = (
    { messageIds }: Collected,
    seq: number,
    ids: readonly string[],
    of: 'segments' | 'whole' = 'segments',
  ) => {
    for (let part = 0; part < ids.length; part++) {
      const id = ids[part]!
      if (id === '') continue
      messageIds.seqs.push(seq)
      messageIds.parts.push(of === 'whole' ? WHOLE : part)
      messageIds.ids.push(id)
    }
  }

  const refused = (item: Item, error: SubmitError, results: Collected) => {
    const { range, seq, attempts } = item
    keepIds(results, seq, error.messageIds)
    const { reason } = error
    if (error.optedOut === true) results.blocked.push(phoneOf(item))
    const after = afterFailure(
      kindFor(range.alert, error, attempts),
      attempts,
      range.alert.delivery,
    )
    if (error.kind === 'uncertain') counts.uncertain++
    if (after.is === 'ended') {
      counts.failed++
      results.ended.push({ seq, reason, state: after.state, handedOver: true })
    } else {
      const { spendsAttempt, avoidCarrier, delaySeconds } = after
      counts.retried++
      const uncertain = error.kind === 'uncertain'
      results.retries.push({ seq, reason, uncertain, spendsAttempt, avoidCarrier, delaySeconds })
    }
  }

  return {
    outcome(item, outcome) {
      const { range, seq } = item
      const results = resultsOf(range)
      if (isSubmitError(outcome)) refused(item, outcome, results)
      else {
        const { messageIds, segments = segmentsOf(item) } = outcome
        results.taken.push(seq)
        if (segments !== segmentsOf(item)) results.counted.set(seq, segments)
        const isOfAll = messageIds.length < segments
        keepIds(results, seq, messageIds, isOfAll ? 'whole' : 'segments')
      }
      ended(range, results)
    },
    optedOut({ range, seq }) {
      const results = resultsOf(range)
      const reason = 'opted_out'
      results.ended.push({ seq, state: 'failed', reason, handedOver: false })
      ended(range, results)
    },
    finished(range) {
      resultsOf(range).finished = !range.spoilt
      size++
      schedule()
    },
    async flush() {
      while (collected.size > 0 || writing !== undefined) {
        start()
        await writing
      }
    },
  }
}
