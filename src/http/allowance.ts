/** Keys remembered at the most: more of them in a minute means that somebody makes them up. */
const MOST_KEYS = 100_000
const MINUTE_MS = 60_000

export interface Allowance {
  /** @returns false where the key has had its share of this minute */
  take(key: string): boolean
}

/** So many a minute and key, in this process. */
export function createAllowance(aMinute: number): Allowance {
  let begunAt = performance.now()
  let taken = new Map<string, number>()
  const countOf = (key: string): number => {
    if (performance.now() - begunAt > MINUTE_MS || taken.size > MOST_KEYS) {
      begunAt = performance.now()
      taken = new Map()
    }
    return taken.get(key) ?? 0
  }
  return {
    take(key) {
      const count = countOf(key)
      taken.set(key, count + 1)
      return count < aMinute
    },
  }
}
