import { expect, test } from 'vitest'
import { PACE_SHARE } from '../../src/dispatch/pace.ts'
import { createTrailingSecond, EPISODE_SECONDS, paceShare } from '../../src/dispatch/throttle.ts'
import { fc } from '../support/property.ts'

/** Whether a carrier takes what comes at a moment, in milliseconds that never run backwards. */
type Limiter = (at: number) => boolean

/** Counts what it took in the second that ends at each moment. */
function slidingSecond(limit: () => number): Limiter {
  const taken: number[] = []
  return at => {
    while (taken.length > 0 && taken[0]! <= at - 1_000) taken.shift()
    if (taken.length >= limit()) return false
    taken.push(at)
    return true
  }
}

/** Counts anew at each second of its clock. */
function wholeSeconds(limit: () => number): Limiter {
  let second = -1
  let taken = 0
  return at => {
    if (Math.floor(at / 1_000) !== second) {
      second = Math.floor(at / 1_000)
      taken = 0
    }
    return taken++ < limit()
  }
}

/** Dispatchers that share a pace by `paceShare`, always with work, and a carrier that takes less; on a clock of its own. */
function play(given: {
  rate: number
  limiter: (limit: () => number) => Limiter
  /** What the carrier takes in a second, by the second. */
  limit: (second: number) => number
  dispatchers: number
  latencyMs: number
  seconds: number
}) {
  let now = 0
  const isTaken = given.limiter(() => given.limit(now / 1_000))
  const pacing = given.rate * PACE_SHARE
  let share = 1
  let throttled: { from: number; taken: number; at: number; episode: number } | undefined
  let tat = 0
  const lanes = Array.from({ length: given.dispatchers }, () => ({
    accepted: 0,
    told: 0,
    deafUntil: 0,
    slots: [] as number[],
    answers: [] as { at: number; taken: boolean }[],
    trailing: createTrailingSecond(),
  }))
  const times: number[] = []
  const refused: number[] = []
  const hear = (lane: (typeof lanes)[number]) => {
    refused.push(now)
    if (now < lane.deafUntil) return
    lane.deafUntil = now + EPISODE_SECONDS * 1_000
    lane.slots = []
    if (throttled === undefined || now - throttled.at >= EPISODE_SECONDS * 1_000) {
      const taken = lane.trailing.secondUntil(now, now, lane.accepted) / pacing
      throttled = { from: share, taken, at: now, episode: (throttled?.episode ?? 0) + 1 }
      lane.told = throttled.episode
      share = paceShare(throttled, 0)
      tat = Math.max(tat, now + 200)
    } else tellPart(lane, throttled)
  }
  const tellPart = (lane: (typeof lanes)[number], of: NonNullable<typeof throttled>) => {
    if (lane.told === of.episode) return
    lane.told = of.episode
    of.taken += lane.trailing.secondUntil(of.at, now, lane.accepted) / pacing
  }
  for (; now < given.seconds * 1_000; now += 5) {
    if (now % 1_000 === 0 && throttled !== undefined) {
      for (const lane of lanes) tellPart(lane, throttled)
      share = paceShare(throttled, (now - throttled.at) / 1_000)
    }
    for (const lane of lanes) {
      while (tat < now + 300 && (lane.slots.at(-1) ?? 0) < now + 120) {
        const slots = Math.max(1, Math.round((pacing * share) / 10 / given.dispatchers))
        tat = Math.max(tat, now)
        for (let i = 0; i < slots; i++) {
          lane.slots.push(tat)
          tat += 1_000 / (pacing * share)
        }
      }
      while (lane.slots.length > 0 && lane.slots[0]! <= now) {
        lane.slots.shift()
        lane.answers.push({ at: now + given.latencyMs, taken: isTaken(now) })
      }
      while (lane.answers.length > 0 && lane.answers[0]!.at <= now) {
        if (lane.answers.shift()!.taken) {
          lane.accepted++
          times.push(now)
        } else hear(lane)
      }
      lane.trailing.note(now, lane.accepted)
    }
  }
  const between = (all: readonly number[], from: number, to: number) =>
    all.filter(at => at >= from * 1_000 && at < to * 1_000).length
  return {
    taken: (from: number, to: number) => between(times, from, to) / (to - from),
    refusedShare: refused.length / (times.length + refused.length),
  }
}

test('pitfall 17: a carrier that takes less than it should is given 90 to 100 % of what it takes, and refuses under 2 %', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(50, 100, 400),
      fc.double({ min: 0.4, max: 0.95, noNaN: true }),
      fc.constantFrom(slidingSecond, wholeSeconds),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(5, 20, 100),
      (rate, share, limiter, dispatchers, latencyMs) => {
        const limit = Math.floor(rate * share)
        const { taken, refusedShare } = play({
          rate,
          limiter,
          dispatchers,
          latencyMs,
          limit: () => limit,
          seconds: 90,
        })
        expect(taken(15, 90) / limit).toBeGreaterThanOrEqual(0.9)
        expect(taken(15, 90) / limit).toBeLessThanOrEqual(1.001)
        expect(refusedShare).toBeLessThan(0.02)
      },
    ),
    { numRuns: 60 },
  )
})

test.for([1, 2, 3])(
  'with %i dispatchers the pace comes back when the carrier does',
  dispatchers => {
    const { taken } = play({
      rate: 100,
      limiter: slidingSecond,
      dispatchers,
      latencyMs: 20,
      limit: second => (second < 60 ? 50 : 1_000),
      seconds: 150,
    })
    expect(taken(20, 60)).toBeGreaterThanOrEqual(45)
    expect(taken(130, 150)).toBeGreaterThanOrEqual(98)
  },
)

test('a carrier that falls to a tenth is followed there', () => {
  const { taken } = play({
    rate: 400,
    limiter: slidingSecond,
    dispatchers: 1,
    latencyMs: 20,
    limit: second => (second < 20 ? 400 : 40),
    seconds: 90,
  })
  expect(taken(35, 90)).toBeGreaterThanOrEqual(36)
})

test('the share halves, comes near what was taken, and only then asks for more', () => {
  const heard = { from: 1, taken: 0.6 }
  expect(paceShare(heard, 0)).toBeCloseTo(0.3)
  expect(paceShare(heard, 1)).toBeCloseTo(0.3)
  expect(paceShare(heard, 2)).toBeCloseTo(0.57)
  expect(paceShare(heard, 52)).toBeCloseTo(0.63)
  expect(paceShare(heard, 53)).toBeCloseTo(0.73)
  expect(paceShare(heard, 60)).toBe(1)
})

test('what was taken is no measure where it is less than half: the share comes back by a tenth a second', () => {
  const heard = { from: 0.8, taken: 0.1 }
  expect(paceShare(heard, 0)).toBeCloseTo(0.05)
  expect(paceShare(heard, 5)).toBeCloseTo(0.45)
  expect(paceShare(heard, 8.1)).toBeCloseTo(0.76)
})

test('a share is one at any time, and rises with it', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 200, noNaN: true }),
      fc.double({ min: 0, max: 50, noNaN: true }),
      (from, taken, seconds, more) => {
        const before = paceShare({ from, taken }, seconds)
        const after = paceShare({ from, taken }, seconds + more)
        expect(before).toBeGreaterThan(0)
        expect(before).toBeLessThanOrEqual(after)
        expect(after).toBeLessThanOrEqual(1)
      },
    ),
  )
})

test('the trailing second is counted between two samples', () => {
  const trailing = createTrailingSecond()
  for (let now = 0; now <= 3_000; now += 25) trailing.note(now, now / 10)
  expect(trailing.secondUntil(3_010, 3_010, 301)).toBeCloseTo(100)
  expect(trailing.secondUntil(1_510, 3_010, 301)).toBeCloseTo(100)
  // Nothing came, and nobody looked, for a while.
  expect(trailing.secondUntil(9_000, 9_000, 301)).toBeCloseTo(0, 0)
  expect(createTrailingSecond().secondUntil(5, 5, 7)).toBe(0)
})
