import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPace, PACE_SHARE } from '../../src/dispatch/pace.ts'

const single = () => 1

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
  const pace = createPace(10, single)
  pace.grant(1000, 100, 3)
  expect(pace.available(999)).toBe(0)
  expect(pace.nextDue(999)).toBe(1000)
  expect(pace.available(1000)).toBe(1)
  pace.take(1)
  expect(pace.available(1099)).toBe(0)
  expect(pace.available(1100)).toBe(1)
  expect(pace.heldUntil()).toBe(1300)
})

test('a late slot is never caught up beyond a hundredth of a second', () => {
  const pace = createPace(1000, single)
  pace.grant(0, 1, 1000)
  expect(pace.available(500)).toBe(11)
})

test('a text of several segments can leave at a low rate', () => {
  const pace = createPace(1, () => 3)
  pace.grant(0, 1010, 3)
  expect(pace.available(0)).toBe(1)
  expect(pace.available(2100)).toBe(3)
})

test('no sliding second holds more than the limit and one, however irregular the looks at the clock are', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 10, 100, 1000),
      fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 40, maxLength: 120 }),
      (limit, gaps) => {
        const pace = createPace(limit, single)
        const interval = 1000 / (PACE_SHARE * limit)
        const sent: number[] = []
        let now = 0
        let granted = 0
        for (const gap of gaps) {
          now += gap
          while (granted < now + 200) {
            const slots = Math.max(1, Math.round(limit * 0.2))
            pace.grant(Math.max(granted, now), interval, slots)
            granted = Math.max(granted, now) + slots * interval
          }
          const free = pace.available(now)
          for (let i = 0; i < free; i++) sent.push(now)
          pace.take(free)
        }
        expect(mostInASecond(sent)).toBeLessThanOrEqual(limit + 1)
      },
    ),
  )
})
