/**
 * The ranges that a lane holds: kept by renewing their leases, withdrawn when nothing more of them may leave,
 * and given back when the last message of them is answered.
 */
import { describeError, log } from '../log.ts'
import type { Database } from '../store/database.ts'
import { LEASE_SECONDS, lowerMarks, type Lease } from '../store/intents.ts'
import { releaseRanges, renewLeases } from '../store/ranges.ts'
import type { HeldRange } from './work.ts'

/** Two seconds before the lease ends nothing of it is sent any more (RELIABILITY.md). */
export const SEND_MARGIN_SECONDS = 2

export const keyOf = ({ alertId, rangeNo, fence }: Lease): string =>
  `${alertId} ${rangeNo} ${fence}`

/** The lease was renewed by a statement sent at `sentAt`, on the monotonic clock. */
export function renewed(range: HeldRange, sentAt: number): void {
  range.deadline = sentAt + (LEASE_SECONDS - SEND_MARGIN_SECONDS) * 1000
}

export interface HeldRanges {
  readonly count: number
  /** How long ago the lease was renewed that was renewed first, in seconds; 0 without any. */
  age(now: number): number
  add(range: HeldRange): void
  some(is: (range: HeldRange) => boolean): boolean
  /** After a message of it was answered: it may be over. */
  settle(range: HeldRange): void
  /** Nothing more of it leaves; what waits of it flows through the queue and is passed over. */
  withdraw(range: HeldRange): void
  /** The same of all; the caller has emptied the queue. */
  withdrawAll(): void
  /** Asks which of the leases hold and may be sent, and withdraws the others. */
  renew(): Promise<void>
}

/** @param flush writes every result that has been collected */
export function createHeldRanges(
  db: Database,
  carrierId: string,
  flush: () => Promise<void>,
): HeldRanges {
  const ranges = new Set<HeldRange>()

  let toRelease: HeldRange[] = []

  const release = async () => {
    await flush()
    const mine = toRelease
    toRelease = []
    // What of a spoilt one may have left stays under its mark until its lease runs out.
    const known = mine.filter(range => !range.spoilt)
    await releaseRanges(
      db,
      known.map(range => range.lease),
    )
  }

  /** With its last message answered, and the answers written, a withdrawn range is anybody's. */
  const giveBack = (range: HeldRange) => {
    if (range.inFlight > 0 || !ranges.delete(range)) return
    if (toRelease.push(range) > 1) return
    // If this fails the leases run out by themselves, and marked recipients count as possible duplicates.
    release().catch((error: unknown) => {
      log.warn({ carrierId, code: describeError(error) }, 'ranges were not given back')
    })
  }

  const withdraw = (range: HeldRange) => {
    if (range.withdrawn) return
    range.withdrawn = true
    giveBack(range)
  }

  return {
    get count() {
      return ranges.size
    },
    age(now) {
      let earliest = Infinity
      for (const { deadline } of ranges) earliest = Math.min(earliest, deadline)
      return ranges.size === 0 ? 0 : LEASE_SECONDS - SEND_MARGIN_SECONDS - (earliest - now) / 1000
    },
    add: range => void ranges.add(range),
    some(is) {
      for (const range of ranges) if (is(range)) return true
      return false
    },
    settle(range) {
      if (range.withdrawn) giveBack(range)
      else if (range.open === 0) ranges.delete(range)
    },
    withdraw,
    withdrawAll() {
      for (const range of ranges) range.withdrawn = true
      for (const range of ranges) giveBack(range)
    },
    // A range that was withdrawn is kept until its last message is answered: whoever took it before would take
    // what is in flight for lost.
    async renew() {
      const held = [...ranges]
      if (held.length === 0) return
      const sentAt = performance.now()
      const leases = await renewLeases(
        db,
        held.map(range => range.lease),
      )
      const kept = new Map(leases.map(lease => [keyOf(lease), lease]))
      const stopped: HeldRange[] = []
      for (const range of held) {
        if (kept.get(keyOf(range.lease))?.maySend === true) renewed(range, sentAt)
        // A range that was finished meanwhile is not lost.
        else if (ranges.has(range) && !range.withdrawn) {
          withdraw(range)
          if (ranges.has(range)) stopped.push(range)
        }
      }
      // What is in flight has left; whoever paused or stopped the alert is told of that and no more.
      if (stopped.length === 0) return
      await lowerMarks(
        db,
        stopped.map(({ lease, sent }) => ({ ...lease, hwm: sent })),
      )
    },
  }
}
