import type { PlayedAlert } from '../../src/exercises/score.ts'

/** An alert of an exercise of which everything went well, but for the `facts`. */
export const played = (facts: Partial<PlayedAlert> = {}): PlayedAlert => ({
  draftedAfter: 10,
  signedAfter: 60,
  approvedAfter: 80,
  firstSentAfter: 90,
  ninetyDeliveredAfter: 100,
  mistakes: [],
  prepared: { cancel: true, allClear: true },
  help: { asked: 4, handled: 4 },
  ...facts,
})
