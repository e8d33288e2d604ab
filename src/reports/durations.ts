/**
 * How long many things took, counted in buckets whose width grows with the time: true to 1 %, in 13 kB, however
 * many there are and however long the last one took.
 */

/** Buckets of an octave; below twice as many milliseconds each has a bucket of its own. */
const OCTAVE = 128
const LONGEST_MS = 2 ** 32 - 1
const BUCKETS = OCTAVE * 26

export class Durations {
  readonly #counts = new Uint32Array(BUCKETS)
  #total = 0

  get total(): number {
    return this.#total
  }

  add(ms: number): void {
    this.#counts[bucketOf(Math.min(LONGEST_MS, Math.max(0, Math.round(ms))))]!++
    this.#total++
  }

  /** All that it holds, as [bucket, how many] where there are any: `Durations.of` makes it again. */
  toJSON(): [bucket: number, count: number][] {
    return [...this.#counts].flatMap((count, bucket) =>
      count > 0 ? [[bucket, count] as [number, number]] : [],
    )
  }

  static of(counts: readonly (readonly [bucket: number, count: number])[]): Durations {
    const durations = new Durations()
    for (const [bucket, count] of counts) {
      durations.#counts[bucket] = count
      durations.#total += count
    }
    return durations
  }

  /** Until so many were over, in milliseconds; undefined if that many never were. */
  until(count: number): number | undefined {
    if (count <= 0 || count > this.#total) return undefined
    let over = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      over += this.#counts[bucket]!
      if (over >= count) return startOf(bucket + 1) - 1
    }
    return undefined
  }

  /** How many were over after each of these times, which ascend. */
  overBy(times: readonly number[]): number[] {
    let [bucket, over] = [0, 0]
    return times.map(time => {
      while (bucket < BUCKETS && startOf(bucket + 1) - 1 <= time) over += this.#counts[bucket++]!
      return over
    })
  }
}

function bucketOf(ms: number): number {
  if (ms < 2 * OCTAVE) return ms
  const octave = 31 - Math.clz32(ms) - 7
  return OCTAVE * octave + (ms >>> octave)
}

/** The first millisecond of a bucket. */
function startOf(bucket: number): number {
  if (bucket < 2 * OCTAVE) return bucket
  const octave = Math.floor(bucket / OCTAVE) - 1
  return (bucket - OCTAVE * octave) * 2 ** octave
}
