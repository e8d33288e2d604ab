/**
 * Whether it is the pace that a lane waits for. One whose windows are full lets slots pass unused: it must not keep
 * them from lanes with less urgent work.
 */
import type { Pace } from './pace.ts'

/** Of its slots, those that may pass for want of a place in the windows. */
const MOST_PASSED = 0.25
/** Slots that are remembered, before all of them count half. */
const MEMORY = 200

export interface Pressing {
  /** After each turn. @param isWaiting something may leave, and the windows have no place for it */
  look(isWaiting: boolean): void
  readonly isPressing: boolean
}

export function createPressing(spent: Pace['spent']): Pressing {
  let { taken, lapsed } = spent
  let used = 0
  let passed = 0
  let wasWaiting = false
  return {
    look(isWaiting) {
      used += spent.taken - taken
      // With a free place it was this process that came too late, and that is no matter of the window.
      if (wasWaiting) passed += spent.lapsed - lapsed
      ;({ taken, lapsed } = spent)
      wasWaiting = isWaiting
      if (used + passed < MEMORY) return
      used /= 2
      passed /= 2
    },
    get isPressing() {
      return passed <= MOST_PASSED * (used + passed)
    },
  }
}
