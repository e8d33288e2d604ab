/**
 * When a lane marks: as soon as it is worth a commit, one mark at a time; by itself, or along with the results that
 * make the room for it.
 */
import type { HandOver } from './hand-over.ts'
import type { Health } from './health.ts'
import { nextMark, untilReservable, type Marking, type PreparedMark } from './mark.ts'
import type { Pace } from './pace.ts'
import type { Pressing } from './pressing.ts'
import type { Queue } from './queue.ts'
import type { MarkAlong } from './results.ts'

export interface MarkTurns {
  /** Marks what there is to mark, in a statement of its own. */
  turn(): Promise<void>
  /**
   * The same in the commit of results, for the room that they make: one commit and not two, one behind the other. What
   * is marked and not recorded stays under the limit all the same, for neither is done without the other.
   *
   * @param freed results that are recorded by then
   */
  along(freed: number): MarkAlong | undefined
}

export function createMarkTurns(of: {
  marking: Marking
  queue: Queue
  pace: Pace
  health: Health
  handOver: HandOver
  pressing: Pressing
  rate: number
  isAlone: boolean
  /** What may be marked and not yet recorded now. */
  exposureLimit: () => number
  /** Whether the windows have a free place. */
  hasRoom: () => boolean
  /** Nothing may be marked now. */
  isOff: () => boolean
  /** Asks for a turn of the lane in so many milliseconds, and at once. */
  wakeIn: (ms: number) => void
  wake: () => void
  /** Told of a mark that failed. @returns in how many milliseconds to try again, and whether others are to wait as well */
  failed: (error: unknown) => { readonly againMs: number; readonly isAway: boolean }
}): MarkTurns {
  const { marking, queue, pace, health, handOver, pressing, rate, isAlone, wakeIn } = of
  let isMarking = false
  /** Nothing is marked before. */
  let from = 0

  const prepare = (freed: number): PreparedMark | undefined => {
    const now = performance.now()
    if (isMarking || now < from || of.isOff()) return undefined
    const aheadMs = pace.heldUntil() - now
    const wanted = nextMark({
      rate,
      exposureLimit: of.exposureLimit(),
      exposure: queue.exposure - freed,
      unmarked: queue.unmarked,
      ahead: queue.ahead,
      owing: handOver.owing,
      hasRoom: of.hasRoom(),
      isAlone,
      outstanding: pace.outstanding(now),
      aheadMs,
    })
    if (wanted === undefined) return undefined
    if (untilReservable(aheadMs) > 0) {
      wakeIn(untilReservable(aheadMs))
      return undefined
    }
    isMarking = true
    return marking.prepare(wanted.count, wanted.owed, pressing.isPressing)
  }

  /** @param ms 0: there are slots */
  const askAgainIn = (ms: number) => {
    if (ms === 0) return
    from = performance.now() + ms
    wakeIn(ms)
  }

  return {
    async turn() {
      const prepared = prepare(0)
      if (prepared === undefined) return
      health.letGo(prepared.count)
      try {
        askAgainIn(await marking.mark(prepared))
      } catch (error) {
        const { againMs, isAway } = of.failed(error)
        if (!isAway) from = performance.now() + againMs
        wakeIn(againMs)
      } finally {
        isMarking = false
      }
      of.wake()
    },
    along(freed) {
      // Where it is watched how the carrier fares, little is let go at a time.
      const prepared = health.share < 1 ? undefined : prepare(freed)
      if (prepared === undefined) return undefined
      const { request } = prepared
      if (request.marks.length === 0) {
        isMarking = false
        return undefined
      }
      return {
        request,
        settled(answer) {
          isMarking = false
          if (answer !== undefined) askAgainIn(prepared.settle(answer))
        },
      }
    },
  }
}
