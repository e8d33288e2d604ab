import { figuresOf, startCounts } from '../../src/dispatch/lane-counts.ts'

/** What a lane reports that is bound and has nothing to do. */
export const idleLane = figuresOf(
  startCounts(),
  {
    window: 10,
    inFlight: 0,
    room: 10,
    waiting: 0,
    marked: 0,
    exposure: 0,
    ranges: 0,
    leaseAge: 0,
    isResting: false,
  },
  {},
)
