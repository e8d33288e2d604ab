/**
 * The local half of an account's pace.
 *
 * The budget itself is one row on the database's clock (`store/intents.ts`): a reservation there is a run of
 * slots, each of one segment, at even distances of 1 ÷ (0.99 × limit). Here they become due one after the
 * other on this process's monotonic clock. A slot that passed unused is gone, but for a hundredth of a second's
 * worth: with the 0.99 that keeps any sliding second at or under the limit + 1, as the message centre counts.
 */

/** Share of the configured rate that is reserved; the rest absorbs lateness. */
export const PACE_SHARE = 0.99

interface Grant {
  readonly startsAt: number
  readonly intervalMs: number
  readonly slots: number
  used: number
}

export interface Pace {
  /** Adds a reservation: `slots` segments from `startsAt` (milliseconds on the caller's clock) on. */
  grant(startsAt: number, intervalMs: number, slots: number): void
  /** Segments that may leave at `now`. */
  available(now: number): number
  take(segments: number): void
  /** Slots in hand, due or not. */
  outstanding(now: number): number
  /** Until when the reservations in hand last; `-Infinity` with none. */
  heldUntil(): number
  /** When the next segment becomes due; `Infinity` when nothing is reserved. */
  nextDue(now: number): number
}

/** @param segmentsPerSecond the account's limit; @param longestText segments of the longest text in use */
export function createPace(segmentsPerSecond: number, longestText: () => number): Pace {
  const grants: Grant[] = []
  /** Slots that fell due and were not used, as far as they may be. */
  let credit = 0

  const matured = (grant: Grant, now: number) =>
    now < grant.startsAt
      ? 0
      : Math.min(grant.slots, Math.floor((now - grant.startsAt) / grant.intervalMs) + 1)

  const keep = () => Math.max(1 + Math.floor(segmentsPerSecond * (1 - PACE_SHARE)), longestText())

  const collect = (now: number) => {
    for (let head = grants[0]; head !== undefined; head = grants[0]) {
      const due = matured(head, now)
      credit += due - head.used
      head.used = due
      if (due < head.slots) break
      grants.shift()
    }
    credit = Math.min(credit, keep())
  }

  return {
    grant(startsAt, intervalMs, slots) {
      grants.push({ startsAt, intervalMs, slots, used: 0 })
    },
    available(now) {
      collect(now)
      return credit
    },
    take(segments) {
      credit -= segments
    },
    outstanding(now) {
      collect(now)
      return grants.reduce((sum, grant) => sum + grant.slots - grant.used, credit)
    },
    heldUntil() {
      const last = grants.at(-1)
      return last === undefined ? -Infinity : last.startsAt + last.slots * last.intervalMs
    },
    nextDue(now) {
      collect(now)
      const head = grants[0]
      return head === undefined ? Infinity : head.startsAt + head.used * head.intervalMs
    },
  }
}
