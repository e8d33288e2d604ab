/**
 * The local half of an account's pace.
 *
 * The budget itself is one row on the database's clock (`store/intents.ts`): a reservation there is a run of
 * slots, each of one segment, at even distances of 1 ÷ (0.985 × limit), and no two dispatchers have the same.
 * Here they fall due one after the other on this process's monotonic clock, and lapse if they are not used
 * within four milliseconds and the time of one slot. Any sliding second then holds slots of 1.004 seconds and one
 * slot's time at the most: with the 0.985, the limit + 1, however many dispatchers share the account, and eleven
 * milliseconds by which the way to the carrier may vary (at 0.99 a second held three too many now and then).
 */
import type { PaceReservation } from '../store/intents.ts'

/** Share of the configured rate that is reserved; the rest absorbs lateness, ours and the way's. */
export const PACE_SHARE = 0.985
/** How late a slot may be used, in seconds. */
const LATE_SECONDS = 0.004

/** How long the answers are remembered by which the database's clock is known, twice over, in milliseconds. */
const CLOCK_MEMORY_MS = 5_000

/** Nothing is reserved further ahead than this and its own slots: so the database's clock was set. */
const CLOCK_SET_MS = 1_000

interface Grant {
  /** On this process's clock. */
  readonly startsAt: number
  readonly intervalMs: number
  readonly slots: number
  /** Of the first slots: used, or lapsed. */
  gone: number
}

export interface Pace {
  /** An answer of the database that came at `receivedAt`: so its clock is known before the first slot is due. */
  observe(databaseNow: number, receivedAt: number): void
  /** Adds a reservation, whose answer came at `receivedAt`. */
  grant(reservation: PaceReservation, receivedAt: number): void
  /** Segments that may leave at `now`. */
  available(now: number): number
  take(segments: number): void
  /** Gives up the slots in hand: the carrier asked for fewer. */
  drop(): void
  /** Slots in hand, due or not. */
  outstanding(now: number): number
  /** Segments that were taken, and slots that were not in time. */
  readonly spent: { readonly taken: number; readonly lapsed: number }
  /** Until when the reservations in hand last; `-Infinity` with none. */
  heldUntil(): number
  /** When the next segment becomes due; `Infinity` when nothing is reserved. */
  nextDue(now: number): number
}

/** @param segmentsPerSecond the account's limit */
export function createPace(segmentsPerSecond: number): Pace {
  const grants: Grant[] = []
  const offset = createOffset()
  let endOfLast = -Infinity
  const spent = { taken: 0, lapsed: 0 }

  /** Slots that may wait at once, the eldest about to lapse. */
  const kept = 1 + segmentsPerSecond * LATE_SECONDS

  const dueOf = (grant: Grant, now: number) =>
    now < grant.startsAt
      ? 0
      : Math.min(grant.slots, Math.floor((now - grant.startsAt) / grant.intervalMs) + 1)

  const dropLapsed = (now: number) => {
    for (const grant of grants) {
      const age = (now - grant.startsAt) / grant.intervalMs
      const gone = Math.max(grant.gone, Math.min(grant.slots, Math.floor(age - kept) + 1))
      spent.lapsed += gone - grant.gone
      grant.gone = gone
    }
    while (grants[0] !== undefined && grants[0].gone === grants[0].slots) grants.shift()
  }

  return {
    spent,
    observe: (databaseNow, receivedAt) => void offset(databaseNow, receivedAt),
    grant({ startsAt, databaseNow, intervalMs, slots }, receivedAt) {
      // Where the clock turns out to be ahead of what was thought, slots must not move onto those before; unless
      // those lie so far ahead that the clock must have been set.
      const isNear = endOfLast < receivedAt + CLOCK_SET_MS + slots * intervalMs
      const due = startsAt + offset(databaseNow, receivedAt)
      const start = isNear ? Math.max(due, endOfLast) : due
      endOfLast = start + slots * intervalMs
      grants.push({ startsAt: start, intervalMs, slots, gone: 0 })
    },
    available(now) {
      dropLapsed(now)
      return grants.reduce((sum, grant) => sum + Math.max(0, dueOf(grant, now) - grant.gone), 0)
    },
    take(segments) {
      spent.taken += segments
      let left = segments
      for (let head = grants[0]; left > 0 && head !== undefined; head = grants[0]) {
        const taken = Math.min(left, head.slots - head.gone)
        head.gone += taken
        left -= taken
        if (head.gone === head.slots) grants.shift()
      }
    },
    drop() {
      grants.length = 0
    },
    outstanding(now) {
      dropLapsed(now)
      return grants.reduce((sum, grant) => sum + grant.slots - grant.gone, 0)
    },
    heldUntil() {
      const last = grants.at(-1)
      return last === undefined ? -Infinity : last.startsAt + last.slots * last.intervalMs
    },
    nextDue(now) {
      dropLapsed(now)
      for (const grant of grants) {
        const due = dueOf(grant, now)
        if (due < grant.slots) return grant.startsAt + due * grant.intervalMs
      }
      return Infinity
    },
  }
}

/**
 * What must be added to the database's time to get ours: the least that any answer of the last seconds says,
 * for an answer that comes late must not move its slots among those of others.
 */
function createOffset() {
  let before = Infinity
  let current = Infinity
  let since = -Infinity
  return (databaseNow: number, receivedAt: number) => {
    if (receivedAt - since > CLOCK_MEMORY_MS) {
      before = receivedAt - since > 2 * CLOCK_MEMORY_MS ? Infinity : current
      current = Infinity
      since = receivedAt
    }
    current = Math.min(current, receivedAt - databaseNow)
    return Math.min(before, current)
  }
}
