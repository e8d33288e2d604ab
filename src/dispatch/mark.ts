/**
 * Before anything leaves, the head of the queue is *marked*: one small statement moves the ranges' intent marks,
 * renews their leases, re-reads whether the alerts may still be sent, and reserves the account's slots. It is for one
 * priority at a time, for the account's slots go to the most urgent first, over all dispatchers (`store/intents.ts`).
 */
import { heedDatabaseTime } from '../clock.ts'
import type { Database } from '../store/database.ts'
import {
  markIntents,
  reservePace,
  type IntentMark,
  type MarkAnswer,
  type MarkRequest,
} from '../store/intents.ts'
import { LEAST_URGENT } from '../store/ranges.ts'
import { keyOf, renewed, type HeldRanges } from './held.ts'
import { PACE_SHARE, type Pace } from './pace.ts'
import type { Queue } from './queue.ts'
import type { HeldRange } from './work.ts'

/** What is marked and has not left covers at most this much of the account's rate, in seconds. */
const INTENT_SECONDS = 0.25
/** The next slots are reserved when less than this is in hand: several round trips to the database. */
const PACE_AHEAD_MS = 120
/**
 * Where the window is the limit, slots pass unused while it is full. Who has the account alone keeps this many
 * seconds of them in hand, so that an answer finds a slot that is due and not a round trip to the database.
 */
const PACE_SPARE_SECONDS = 0.06
/** Sooner than this before the slots in hand end, nobody reserves more (`PACE_HORIZON_SECONDS`). */
const PACE_ASKED_MS = 280
/** After how long slots are asked for again that were not to be had. */
const AGAIN_MS = { least: 5, most: 50 }

export interface MarkingFacts {
  /** Segments a second. */
  readonly rate: number
  /** What may be marked and not yet recorded. */
  readonly exposureLimit: number
  readonly exposure: number
  readonly unmarked: number
  /** Of what is marked, that which goes before what would be marked next. */
  readonly ahead: { readonly marked: number; readonly markedSegments: number }
  /** Segments of a message that has begun to leave. */
  readonly owing: number
  /** Whether the windows have a free place. */
  readonly hasRoom: boolean
  /** No other dispatcher has binds of the account. */
  readonly isAlone: boolean
  /** Slots in hand, due or not, and how long they last, in milliseconds. */
  readonly outstanding: number
  readonly aheadMs: number
}

/**
 * How many to mark now, and how many slots to ask for beside theirs; undefined while it is not worth a commit.
 */
export function nextMark(facts: MarkingFacts): { count: number; owed: number } | undefined {
  const { rate, exposureLimit, exposure, unmarked } = facts
  const { marked, markedSegments } = facts.ahead
  if ((marked > 0 || facts.owing > 0) && facts.aheadMs > PACE_AHEAD_MS) return undefined
  const intent = Math.max(1, Math.ceil(rate * INTENT_SECONDS))
  const count = Math.max(0, Math.min(unmarked, exposureLimit - exposure, intent - marked))
  // Better one mark for an eighth of the exposure than many for a few: each is a commit.
  const isFew = count < Math.min(unmarked, exposureLimit / 8, intent / 2)
  // Slots that passed unused, while the window was full or this process busy, are asked for anew.
  const needed = markedSegments + facts.owing
  const spare = facts.isAlone && marked + count > 0 ? Math.floor(rate * PACE_SPARE_SECONDS) : 0
  const isSpare = spare > needed
  const canUse = facts.hasRoom || facts.owing > 0 || (isSpare && count > 0 && !isFew)
  const owed = canUse ? Math.max(needed, spare) - facts.outstanding : 0
  const worth = isSpare ? spare / 2 : Math.min(needed, intent / 2)
  if (isFew && owed < Math.max(1, worth)) return undefined
  return count === 0 && owed <= 0 ? undefined : { count, owed }
}

/** In how many milliseconds more slots can be reserved than are in hand; 0 or less: now. */
export const untilReservable = (aheadMs: number): number => aheadMs - PACE_ASKED_MS

/** A mark of the next of the queue, to be asked for. */
export interface PreparedMark {
  readonly count: number
  readonly request: MarkRequest
  /**
   * What has been answered is marked, and its slots are taken; what lost its lease is withdrawn. Slots that come while
   * the carrier is being slowed down are dropped.
   *
   * @returns 0, or in how many milliseconds there may be slots: others have reserved them as far ahead as they may
   */
  settle(answer: MarkAnswer): number
}

export interface Marking {
  /**
   * Prepares to mark the next `count` of the queue, and to reserve slots for them and for `owed` segments more. One at
   * a time: nothing is taken from the queue meanwhile but what is marked.
   *
   * @param isPressing it is the pace that what waits here waits for
   */
  prepare(count: number, owed: number, isPressing: boolean): PreparedMark
  /** Asks for it in a statement of its own. @returns as `settle` */
  mark(prepared: PreparedMark): Promise<number>
}

export function createMarking(of: {
  db: Database
  carrierId: string
  rate: number
  queue: Queue
  held: HeldRanges
  pace: Pace
  isSlowing: () => boolean
}): Marking {
  const { db, carrierId, rate, queue, held, pace } = of
  const segmentsPerSecond = rate * PACE_SHARE

  /** Without marks, slots alone. */
  const slotsFor = async (slots: number): Promise<MarkAnswer> => ({
    marked: [],
    reservation: await reservePace(db, carrierId, slots, segmentsPerSecond),
    againMs: AGAIN_MS.most,
  })

  return {
    prepare(count, owed, isPressing) {
      const marks = new Map<HeldRange, { -readonly [K in keyof IntentMark]: IntentMark[K] }>()
      // What was marked and has outlasted its slots asks again whether it may leave.
      if (owed > 0) {
        let last: HeldRange | undefined
        queue.visitMarked(({ range }) => {
          if (range === last) return
          last = range
          if (!range.withdrawn) marks.set(range, { ...range.lease, hwm: 0 })
        })
      }
      const toMark = queue.firstUnmarked ?? LEAST_URGENT
      const picked = queue.pick(toMark, count, rate * INTENT_SECONDS + 1, ({ range, seq }) => {
        // What is withdrawn flows through and is passed over by the pump.
        if (range.withdrawn) return
        const known = marks.get(range)
        if (known === undefined) marks.set(range, { ...range.lease, hwm: seq })
        else if (seq > known.hwm) known.hwm = seq
      })
      const sentAt = performance.now()
      // Where what may leave already is more urgent and lacks slots, what is marked now asks for its own afterwards.
      const lacking = owed > 0 ? (queue.firstMarked ?? LEAST_URGENT) : LEAST_URGENT
      const slots = lacking < toMark ? owed : Math.max(0, picked.segments + owed)
      const wish = { slots, priority: Math.min(lacking, toMark), isPressing }
      return {
        count,
        request: { carrierId, marks: [...marks.values()], wish, segmentsPerSecond },
        settle({ marked, reservation, againMs }) {
          const kept = new Set(marked.map(keyOf))
          for (const range of marks.keys()) {
            if (kept.has(keyOf(range.lease))) renewed(range, sentAt)
            else held.withdraw(range)
          }
          if (reservation !== undefined) {
            heedDatabaseTime(reservation.databaseNow, performance.now())
            if (!of.isSlowing()) pace.grant(reservation, performance.now())
          } else if (kept.size > 0 || marks.size === 0) {
            return Math.min(AGAIN_MS.most, Math.max(AGAIN_MS.least, againMs))
          }
          queue.mark(picked)
          return 0
        },
      }
    },
    async mark({ request, settle }) {
      const { marks, wish } = request
      return settle(
        marks.length === 0 ? await slotsFor(wish.slots) : await markIntents(db, request),
      )
    },
  }
}
