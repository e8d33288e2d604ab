/** A next number of a seeded sequence, 0 ≤ n < 1. */
export type Draw = () => number

/**
 * A sequence that depends on the numbers given and nothing else: what one phone does is the same in every run,
 * in whatever order the messages came. splitmix32.
 */
export function drawsFrom(...seeds: readonly number[]): Draw {
  let state = 0
  for (const seed of seeds) {
    state = mix(state ^ (seed >>> 0))
    state = mix(state ^ Math.floor(seed / 2 ** 32))
  }
  return () => {
    state = (state + 0x9e3779b9) | 0
    return mix(state) / 2 ** 32
  }
}

function mix(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return (h ^ (h >>> 15)) >>> 0
}

/** Evenly spread from `ms` to `ms + spreadMs` milliseconds. */
export interface Delay {
  readonly ms: number
  readonly spreadMs: number
}

export function drawDelay(delay: Delay, draw: Draw): number {
  return delay.ms + delay.spreadMs * draw()
}
