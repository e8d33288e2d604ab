import { expect, test } from 'vitest'
import { createPortions, nextClaim } from '../../src/dispatch/claim.ts'
import { nextMark } from '../../src/dispatch/mark.ts'

/** 100 a second and 20 exposed: 70 are wanted in hand, and no more claimed while 35 are. */
const lane = { rate: 100, exposureLimit: 20, rangeSize: 10 }

const level = (priority: number, ...lengths: number[]) => ({
  priority,
  length: lengths.reduce((sum, length) => sum + length, 0),
  alerts: lengths.length,
  shortest: Math.min(...lengths),
})

test('a lane that runs low claims what it is about to send', () => {
  expect(nextClaim({ ...lane, levels: [] })).toEqual({ before: undefined, limit: 7 })
  expect(nextClaim({ ...lane, levels: [level(1, 34)] })).toEqual({ before: undefined, limit: 4 })
})

test('with enough in hand only what is more urgent is claimed', () => {
  expect(nextClaim({ ...lane, levels: [level(4, 70)] })).toEqual({ before: 4, limit: 7 })
  // Of the Severe there is enough: more of the Extreme, and of corrections.
  const levels = [level(1, 5), level(2, 60), level(4, 10)]
  expect(nextClaim({ ...lane, levels })).toEqual({ before: 2, limit: 7 })
})

test('of equal alerts there is to be some of each', () => {
  expect(nextClaim({ ...lane, levels: [level(2, 17, 60)] })).toEqual({
    before: undefined,
    limit: 1,
  })
  expect(nextClaim({ ...lane, levels: [level(2, 18, 60)] }).before).toBe(2)
  // Unless one is nearly out.
  expect(nextClaim({ ...lane, levels: [level(2, 1, 139)] }).before).toBe(2)
})

test('a claim is bounded', () => {
  expect(nextClaim({ rate: 1e6, exposureLimit: 2_000, levels: [], rangeSize: 20 }).limit).toBe(32)
})

const facts = {
  rate: 100,
  exposureLimit: 40,
  exposure: 0,
  unmarked: 1_000,
  owing: 0,
  ahead: { marked: 0, markedSegments: 0 },
  hasRoom: true,
  isAlone: false,
  outstanding: 0,
  aheadMs: -Infinity,
}

test('a mark covers a quarter of a second, within the exposure', () => {
  expect(nextMark(facts)).toEqual({ count: 25, owed: 0 })
  expect(nextMark({ ...facts, exposure: 30 })).toEqual({ count: 10, owed: 0 })
  expect(nextMark({ ...facts, exposure: 40 })).toBeUndefined()
  expect(nextMark({ ...facts, unmarked: 2 })).toEqual({ count: 2, owed: 0 })
})

test('what is marked and lasts asks for nothing more', () => {
  const ahead = { marked: 20, markedSegments: 20 }
  expect(nextMark({ ...facts, ahead, outstanding: 20, aheadMs: 200 })).toBeUndefined()
  // Fewer than an eighth of the exposure are not worth a commit.
  expect(nextMark({ ...facts, ahead, outstanding: 20, aheadMs: 50, exposure: 36 })).toBeUndefined()
})

test('slots that lapsed are asked for again, while there is room to use them', () => {
  const ahead = { marked: 25, markedSegments: 25 }
  expect(nextMark({ ...facts, ahead, exposure: 25 })).toEqual({ count: 0, owed: 25 })
  expect(nextMark({ ...facts, ahead, exposure: 25, hasRoom: false })).toBeUndefined()
})

test('whom the window holds up has slots in hand, if nobody else wants them', () => {
  const ahead = { marked: 10, markedSegments: 10 }
  const fast = { ...facts, rate: 10_000, ahead, exposure: 20, isAlone: true, hasRoom: false }
  // For sixty milliseconds, asked for with the next mark.
  expect(nextMark(fast)).toEqual({ count: 20, owed: 600 })
  expect(nextMark({ ...fast, outstanding: 590 })).toEqual({ count: 20, owed: 10 })
  expect(nextMark({ ...fast, isAlone: false })).toEqual({ count: 20, owed: 0 })
  // Nothing can be marked and nothing sent: no slot is of use.
  expect(nextMark({ ...fast, exposure: 40 })).toBeUndefined()
  // There is room: by themselves, once half have passed.
  const free = { ...fast, exposure: 40, hasRoom: true }
  expect(nextMark({ ...free, outstanding: 301 })).toBeUndefined()
  expect(nextMark({ ...free, outstanding: 300 })).toEqual({ count: 0, owed: 300 })
  // Nothing waits: nothing is asked for.
  expect(nextMark({ ...free, ahead: facts.ahead, unmarked: 0 })).toBeUndefined()
})

test('a part of a class is a part of the rate, taken half a second ahead', () => {
  const portions = createPortions(100)
  const pull = { routeClass: '+1', after: [], waitSeconds: 0, share: 0.25, isAlone: false }
  expect(portions.mayTake(pull, 0)).toBe(true)
  // Fifty at 25 a second.
  portions.took('+1', 50, 0)
  expect(portions.mayTake(pull, 1_499)).toBe(false)
  expect(portions.mayTake(pull, 1_500)).toBe(true)
  expect(portions.mayTake({ ...pull, share: 1 }, 0)).toBe(true)
  expect(portions.mayTake({ ...pull, share: 0 }, 10_000)).toBe(false)
})
