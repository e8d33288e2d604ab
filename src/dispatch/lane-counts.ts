/**
 * What a lane counts: plain numbers on the way of each message, read once a second.
 *
 * They go with the lane's report into the database (`carrier_links.figures`), where the API process finds those
 * of all dispatchers for /metrics and progress; and one line a second of them into the log. They belong to the
 * dispatcher and the account, not to the lane: a lane that is opened anew goes on with them, so that they only
 * rise for as long as the dispatcher lives.
 */
import type { LaneFigures, LaneTotals } from '../store/links.ts'
import { databaseTime } from '../clock.ts'
import { log } from '../log.ts'

export type LaneCounts = { -readonly [Name in keyof LaneTotals]: number } & {
  /** Of the last batch of results, in milliseconds. */
  batchMs: number
  /** At the report before. */
  faultsBefore: number
}

export function startCounts(): LaneCounts {
  return {
    submittedMessages: 0,
    submittedSegments: 0,
    acceptedMessages: 0,
    acceptedSegments: 0,
    throttled: 0,
    retried: 0,
    failed: 0,
    uncertain: 0,
    receipts: 0,
    orphans: 0,
    replies: 0,
    batches: 0,
    batchSeconds: 0,
    faults: 0,
    batchMs: 0,
    faultsBefore: 0,
  }
}

/** Over so many seconds an alert's rate is taken: a text of four segments at one a second is a message in four. */
const RATE_SECONDS = 5

/** When an alert's first and last message were taken of those not told of yet, by `performance.now()`. */
export interface Submissions {
  readonly alertId: string
  readonly firstAt: number
  readonly lastAt: number
}

/** How fast each alert moves at one lane, and since when. */
export interface AlertRates {
  /** @param at when, by `performance.now()` */
  add(alertId: string, segments: number, at: number): void
  /** Called about once a second. @returns segments a second by alert, and the alerts that moved and weren't told of */
  take(now: number): { perSecond: Record<string, number>; moved: Submissions[] }
  /** What `take` had returned is on record. */
  told(moved: readonly Submissions[]): void
}

export function createAlertRates(startedAt: number): AlertRates {
  // The alert of the message before, nearly always that of the next as well.
  let last: string | undefined
  let count = 0
  let firstAt = 0
  let lastAt = 0
  const untold = new Map<string, { readonly firstAt: number; readonly lastAt: number }>()
  let current = new Map<string, number>()
  const seconds: { readonly at: number; readonly counts: ReadonlyMap<string, number> }[] = []
  let before = startedAt

  const settle = () => {
    if (last !== undefined) {
      current.set(last, (current.get(last) ?? 0) + count)
      untold.set(last, { firstAt: untold.get(last)?.firstAt ?? firstAt, lastAt })
    }
    last = undefined
    count = 0
  }
  return {
    add(alertId, segments, at) {
      if (alertId !== last) {
        settle()
        last = alertId
        firstAt = at
      }
      lastAt = at
      count += segments
    },
    take(now) {
      settle()
      seconds.push({ at: before, counts: current })
      if (seconds.length > RATE_SECONDS) seconds.shift()
      const moved = Array.from(untold, ([alertId, times]) => ({ alertId, ...times }))
      current = new Map()
      before = now
      const sums = new Map<string, { since: number; segments: number }>()
      for (const { at, counts } of seconds) {
        for (const [alertId, segments] of counts) {
          const sum = sums.get(alertId)
          if (sum === undefined) sums.set(alertId, { since: at, segments })
          else sum.segments += segments
        }
      }
      const perSecond: Record<string, number> = {}
      for (const [alertId, { since, segments }] of sums) {
        perSecond[alertId] = (segments * 1000) / Math.max(1, now - since)
      }
      return { perSecond, moved }
    },
    told(moved) {
      for (const { alertId, lastAt: toldOf } of moved) {
        if (untold.get(alertId)?.lastAt === toldOf) untold.delete(alertId)
      }
    },
  }
}

/** How the lane stands at this moment. */
export type LaneStanding = Omit<
  LaneFigures,
  keyof LaneTotals | 'alerts' | 'batchSecondsLast' | 'clockAhead' | 'faultsLately'
>

export function figuresOf(
  counts: LaneCounts,
  standing: LaneStanding,
  alerts: Readonly<Record<string, number>>,
): LaneFigures {
  const { batchMs, faultsBefore, ...totals } = counts
  counts.faultsBefore = counts.faults
  return {
    ...totals,
    ...standing,
    batchSecondsLast: batchMs / 1000,
    clockAhead: (Date.now() - databaseTime()) / 1000,
    faultsLately: totals.faults - faultsBefore,
    alerts,
  }
}

/** Less may be the way of the database's answer. */
const SKEW_SECONDS = 2
const SKEW_LINE_MS = 60_000

/** One line a second of a lane that has done something since the last; one a minute while the clock is off. */
export function createLaneLog(of: { carrierId: string; carrier: string; dispatcherId: string }) {
  let before = { messages: 0, throttled: 0, receipts: 0 }
  let skewSaidAt = -Infinity
  return (figures: LaneFigures, perSecond: number) => {
    const { submittedMessages: messages, throttled, receipts, inFlight, waiting, marked } = figures
    const isIdle = messages === before.messages && receipts === before.receipts && inFlight === 0
    if (!isIdle || waiting > 0) {
      log.info(
        {
          ...of,
          perSecond: Math.round(perSecond),
          inFlight,
          waiting: waiting + marked,
          batchMs: Math.round(figures.batchSecondsLast * 1000),
          throttled: throttled - before.throttled,
        },
        'lane',
      )
    }
    before = { messages, throttled, receipts }
    const { clockAhead } = figures
    if (Math.abs(clockAhead) <= SKEW_SECONDS || performance.now() - skewSaidAt < SKEW_LINE_MS)
      return
    skewSaidAt = performance.now()
    log.warn(
      { ...of, clockAhead: Math.round(clockAhead) },
      'the machine’s clock is off: the database’s is gone by',
    )
  }
}
