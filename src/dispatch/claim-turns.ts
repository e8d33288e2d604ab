/**
 * When a lane claims: when it runs low, and with enough in hand still now and then, for what is more urgent. Where
 * there was nothing it waits to be woken, and looks by itself twice a second.
 */
import { nextClaim, type Claiming } from './claim.ts'
import type { Health } from './health.ts'
import type { Queue } from './queue.ts'

/** How long a lane waits when there is nothing to claim; NOTIFY wakes it sooner. */
const IDLE_MS = 500
/** With enough in hand, a lane that is woken looks for something more urgent after this long at the latest. */
export const CONTENT_MS = 100

export interface ClaimTurns {
  /** Claims what there is to claim. */
  turn(): Promise<void>
  /** There may be work, and something more urgent than what is in hand. */
  hear(): void
  /** There may be work. */
  anew(): void
}

export function createClaimTurns(of: {
  claiming: Claiming
  queue: Queue
  health: Health
  rate: number
  exposureLimit: number
  /** Of the largest range lately: how many to claim follows from it. */
  rangeSize: () => number
  /** Nothing may be claimed now. */
  isOff: () => boolean
  /** Asks for a turn of the lane in so many milliseconds, and at once. */
  wakeIn: (ms: number) => void
  wake: () => void
  /** Told of a claim that failed. @returns in how many milliseconds to try again */
  failed: (error: unknown) => { readonly againMs: number }
}): ClaimTurns {
  const { claiming, queue, health, rate, exposureLimit, wakeIn } = of
  let isClaiming = false
  /** Until then there was nothing to claim, or nothing more urgent than what is in hand. */
  let idleUntil = 0
  let contentUntil = 0

  return {
    async turn() {
      const now = performance.now()
      if (isClaiming || now < idleUntil || of.isOff()) return
      const { before, limit } = nextClaim({
        rate,
        exposureLimit,
        levels: queue.levels(),
        rangeSize: of.rangeSize(),
      })
      if (before !== undefined && now < contentUntil) return
      isClaiming = true
      try {
        if ((await claiming.claim({ before, limit: health.share < 1 ? 1 : limit })) === 0) {
          contentUntil = now + IDLE_MS
          if (before === undefined) idleUntil = contentUntil
          wakeIn(IDLE_MS)
        }
      } catch (error) {
        const { againMs } = of.failed(error)
        idleUntil = performance.now() + againMs
        wakeIn(againMs)
      } finally {
        isClaiming = false
      }
      of.wake()
    },
    hear() {
      idleUntil = 0
      contentUntil = Math.min(contentUntil, performance.now() + CONTENT_MS)
    },
    anew() {
      idleUntil = 0
    },
  }
}
