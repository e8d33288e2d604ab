import { expect, test } from 'vitest'
import { createPace, PACE_SHARE } from '../../src/dispatch/pace.ts'
import { fc } from '../support/property.ts'

/** A reservation whose answer came at once, the database's clock being ours. */
const slotsFrom = (startsAt: number, intervalMs: number, slots: number) =>
  [{ startsAt, databaseNow: startsAt, intervalMs, slots }, startsAt] as const

/** The most that falls into any sliding second of `times` (milliseconds, ascending). */
function mostInASecond(times: readonly number[]): number {
  let from = 0
  let most = 0
  times.forEach((time, i) => {
    while (time - (times[from] ?? 0) >= 1000) from++
    most = Math.max(most, i - from + 1)
  })
  return most
}

test('slots become due one after the other', () => {
  const pace = createPace(10)
  pace.grant(...slotsFrom(1000, 100, 3))
  expect(pace.available(999)).toBe(0)
  expect(pace.nextDue(999)).toBe(1000)
  expect(pace.available(1000)).toBe(1)
  pace.take(1)
  expect(pace.available(1099)).toBe(0)
  expect(pace.available(1100)).toBe(1)
  expect(pace.heldUntil()).toBe(1300)
})

test('a slot lapses when it is four milliseconds and a slot late', () => {
  const pace = createPace(1000)
  pace.grant(...slotsFrom(0, 1, 1000))
  // Those of 496 … 500; that of 495 is 5 slots old.
  expect(pace.available(500)).toBe(5)
  expect(pace.outstanding(500)).toBe(504)
  expect(pace.nextDue(500)).toBe(501)
})

test('an answer that comes late doesn’t move its slots', () => {
  const pace = createPace(10)
  pace.grant({ startsAt: 5_000, databaseNow: 5_000, intervalMs: 101, slots: 2 }, 100_001)
  expect(pace.nextDue(100_000)).toBe(100_001)
  pace.grant({ startsAt: 5_202, databaseNow: 5_100, intervalMs: 101, slots: 2 }, 100_141)
  expect(pace.heldUntil()).toBe(100_001 + 4 * 101)
})

test('slots never move onto those before, whatever is learnt of the clock', () => {
  const pace = createPace(100)
  // It seems to be 30 ms further away than it is.
  pace.grant({ startsAt: 1_000, databaseNow: 1_000, intervalMs: 10, slots: 10 }, 1_030)
  pace.grant({ startsAt: 1_100, databaseNow: 1_050, intervalMs: 10, slots: 10 }, 1_050)
  expect(pace.heldUntil()).toBe(1_230)
  const early = createPace(100)
  early.observe(900, 900)
  early.grant({ startsAt: 1_000, databaseNow: 1_000, intervalMs: 10, slots: 10 }, 1_030)
  expect(early.nextDue(990)).toBe(1_000)
})

test('pitfall 16: no sliding second holds more than the limit and one, however many share it and however irregular they look', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 10, 100, 200, 1000),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 40, maxLength: 120 }),
      (limit, dispatchers, gaps) => {
        const paces = Array.from({ length: dispatchers }, () => createPace(limit))
        const interval = 1000 / (PACE_SHARE * limit)
        const sent: number[] = []
        let now = 0
        let granted = 0
        gaps.forEach((gap, i) => {
          now += gap
          // They look in turn, and whoever looks reserves what none of the others has.
          const pace = paces[i % dispatchers]!
          while (granted < now + 200) {
            const slots = Math.max(1, Math.round(limit * 0.2))
            const startsAt = Math.max(granted, now)
            pace.grant({ startsAt, databaseNow: now, intervalMs: interval, slots }, now)
            granted = startsAt + slots * interval
          }
          const free = pace.available(now)
          for (let n = 0; n < free; n++) sent.push(now)
          pace.take(free)
        })
        expect(mostInASecond(sent)).toBeLessThanOrEqual(limit + 1)
      },
    ),
  )
})
