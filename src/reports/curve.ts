import type { Durations } from './durations.ts'
import type { Outcomes } from './outcomes.ts'

type Times = Outcomes['times']

/** So many recipients had come so far, this long after the dispatch. */
export interface CurvePoint {
  readonly seconds: number
  readonly submitted: number
  readonly delivered: number
  readonly answered: number
}

const POINTS = 120
/** Where the curve ends: the last receipts and answers may be days behind the others. */
const SHOWN = { delivered: 0.995, answered: 0.95 } as const

/** At most 121 points from the dispatch on, evenly spread; none while nobody has had it. */
export function curveOf(times: Times): CurvePoint[] {
  const { submitted, delivered, answered } = times
  const ends = [
    submitted.until(submitted.total),
    delivered.until(Math.ceil(delivered.total * SHOWN.delivered)),
    answered.until(Math.ceil(answered.total * SHOWN.answered)),
  ].filter(end => end !== undefined)
  if (ends.length === 0) return []
  const step = Math.max(1, Math.ceil(Math.max(...ends) / POINTS))
  const at = Array.from({ length: POINTS + 1 }, (_, i) => i * step)
  const [s, d, a] = [submitted, delivered, answered].map(one => one.overBy(at))
  return at.map((ms, i) => ({
    seconds: ms / 1000,
    submitted: s![i]!,
    delivered: d![i]!,
    answered: a![i]!,
  }))
}

/** Seconds from the dispatch until such a part had come so far, true to 1 %; null: that many never did. */
interface Milestones {
  readonly half: number | null
  readonly ninety: number | null
  readonly ninetyNine: number | null
}

export interface TimesTo {
  /** Of all recipients. */
  readonly submitted: Milestones
  /** Of all recipients. */
  readonly delivered: Milestones
  /** Of those who answered. */
  readonly answered: Milestones
}

export function timesTo({ submitted, delivered, answered }: Times, recipients: number): TimesTo {
  return {
    submitted: milestones(submitted, recipients),
    delivered: milestones(delivered, recipients),
    answered: milestones(answered, answered.total),
  }
}

function milestones(durations: Durations, of: number): Milestones {
  const until = (share: number) => {
    const ms = durations.until(Math.ceil(of * share))
    return ms === undefined ? null : ms / 1000
  }
  return { half: until(0.5), ninety: until(0.9), ninetyNine: until(0.99) }
}
