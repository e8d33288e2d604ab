/** How an alert went, as a line of points that stays short however long one watches. */

export interface Point {
  /** Since the first message could leave. */
  readonly seconds: number
  readonly sent: number
  readonly delivered: number
  readonly replied: number
}

/** More than a screen has pixels to show, and nothing to a browser's memory. */
export const MOST_POINTS = 600

/** @returns with the point at its end; of a line that is full every second point is given up */
export function extended(points: readonly Point[], point: Point): readonly Point[] {
  const last = points.at(-1)
  if (last !== undefined && point.seconds <= last.seconds) return points
  // What comes sooner than the line is fine takes the place of the last.
  const first = points[0]
  const fineness = first === undefined ? 0 : (point.seconds - first.seconds) / MOST_POINTS
  const before = points.at(-2)
  const isDense =
    before !== undefined && last !== undefined && last.seconds - before.seconds < fineness
  const kept = isDense ? points.slice(0, -1) : points
  const next = [...kept, point]
  return next.length <= MOST_POINTS
    ? next
    : next.filter((_, no) => no % 2 === 0 || no === next.length - 1)
}

/** What was before one began to watch, followed by what one saw oneself. */
export function joined(before: readonly Point[], seen: readonly Point[]): readonly Point[] {
  const [first] = seen
  return first === undefined
    ? before
    : [...before.filter(({ seconds }) => seconds < first.seconds), ...seen]
}

/** So many of them, evenly over the time, the last among them: for a table. */
export function sampled(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points
  return Array.from(
    { length: most },
    (_, no) => points[Math.round((no * (points.length - 1)) / (most - 1))] as Point,
  )
}

interface Reading {
  readonly at: number
  readonly segments: number
}

const MEAN_MS = 5_000

/** Segments a second over the last five seconds. */
export function meanRate(readings: readonly Reading[], now: number): number | undefined {
  const recent = readings.filter(({ at }) => now - at <= MEAN_MS)
  const [first, last] = [recent[0], recent.at(-1)]
  if (first === undefined || last === undefined || last.at - first.at < 1_000) return undefined
  return ((last.segments - first.segments) * 1000) / (last.at - first.at)
}

export function withReading(readings: readonly Reading[], reading: Reading): readonly Reading[] {
  return [...readings.filter(({ at }) => reading.at - at <= 2 * MEAN_MS), reading]
}
