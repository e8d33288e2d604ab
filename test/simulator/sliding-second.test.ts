import { expect, test } from 'vitest'
import { SlidingSecond } from '../../src/simulator/sliding-second.ts'

function maximumOf(times: readonly number[]): number {
  const second = new SlidingSecond()
  for (const at of times) second.add(at)
  return second.maximum
}

test('counts what falls in any 1,000 ms, not in a second of the clock', () => {
  // 5 at the end of one second and 5 at the start of the next are 10 within 200 ms.
  const edge = [900, 920, 940, 960, 980, 1000, 1020, 1040, 1060, 1080]
  expect(maximumOf(edge)).toBe(10)
})

test.each([
  [[0], 1],
  [[0, 0, 0], 3],
  [[0, 999.999], 2],
  [[0, 1000], 1],
  [[0, 500, 1000, 1500, 2000], 2],
  [[0, 1, 2, 1000.5, 1001.5, 5000], 3],
])('%j holds at most %i in a second', (times, expected) => {
  expect(maximumOf(times)).toBe(expected)
})

test('forgets what is a second old', () => {
  const second = new SlidingSecond()
  for (const at of [0, 250, 500]) second.add(at)
  expect([
    second.within(999),
    second.within(1000),
    second.within(1250),
    second.within(1500),
  ]).toEqual([3, 2, 1, 0])
})

test('keeps count past the room it began with', () => {
  const second = new SlidingSecond()
  // 2,000 events half a millisecond apart fill a second; events before them have wrapped the ring.
  for (let i = 0; i < 10_000; i++) second.add(i * 0.5)
  expect(second.maximum).toBe(2_000)
})
