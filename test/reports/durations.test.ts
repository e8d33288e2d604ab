import { expect, test } from 'vitest'
import { Durations } from '../../src/reports/durations.ts'
import { fc } from '../support/property.ts'

const durations = (times: readonly number[]) => {
  const counted = new Durations()
  for (const time of times) counted.add(time)
  return counted
}

const day = 86_400_000
const milliseconds = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 60_000 }),
  fc.integer({ min: 0, max: 40 * day }),
)

test('the time until so many is true to 1 %, whatever the times', () => {
  fc.assert(
    fc.property(fc.array(milliseconds, { minLength: 1, maxLength: 60 }), times => {
      const counted = durations(times)
      const inOrder = times.toSorted((a, b) => a - b)
      for (const [i, time] of inOrder.entries()) {
        const until = counted.until(i + 1)!
        expect(until).toBeGreaterThanOrEqual(time)
        expect(until).toBeLessThanOrEqual(time * 1.01)
      }
    }),
  )
})

test('what was over by a time was, and nothing else but of the last 1 %', () => {
  const times = fc.array(milliseconds, { maxLength: 60 })
  fc.assert(
    fc.property(times, fc.uniqueArray(milliseconds), (all, asked) => {
      const moments = asked.toSorted((a, b) => a - b)
      const over = durations(all).overBy(moments)
      for (const [i, moment] of moments.entries()) {
        expect(over[i]).toBeLessThanOrEqual(all.filter(time => time <= moment).length)
        expect(over[i]).toBeGreaterThanOrEqual(all.filter(time => time * 1.01 <= moment).length)
      }
    }),
  )
})

test('more than there are were never over', () => {
  expect(durations([5]).until(2)).toBeUndefined()
  expect(durations([]).until(0)).toBeUndefined()
  expect(durations([]).overBy([0, day])).toEqual([0, 0])
})

test('the clock of another machine may run behind, and 49 days are the longest', () => {
  expect(durations([-20]).until(1)).toBe(0)
  expect(durations([2 ** 40]).until(1)).toBe(2 ** 32 - 1)
})
