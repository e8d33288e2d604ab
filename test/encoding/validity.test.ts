import { expect, test } from 'vitest'
import { parseValidity, relativeValidity } from '../../src/encoding/validity.ts'
import { fc } from '../support/property.ts'

const SECOND = 1_000
const DAY = 24 * 3600 * SECOND
const now = Date.UTC(2026, 10, 23, 2, 0, 0)

test.each([
  [90 * SECOND, '000000000130000R'],
  [3_600 * SECOND + 999, '000000010000000R'],
  [2 * DAY + 5 * SECOND, '000002000005000R'],
  [0, '000000000001000R'],
  [-5, '000000000001000R'],
  [400 * DAY, '000030235959000R'],
])('%i ms from now is %s', (milliseconds, text) => {
  expect(relativeValidity(milliseconds)).toBe(text)
})

test('a relative time is read back to the second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 * 24 * 3600 }), seconds => {
      expect(parseValidity(relativeValidity(seconds * SECOND), now)).toBe(now + seconds * SECOND)
    }),
  )
})

test.each([
  ['261123030000000+', Date.UTC(2026, 10, 23, 3)],
  ['261123040000504+', Date.UTC(2026, 10, 23, 3, 0, 0, 500)],
  ['261122230000020-', Date.UTC(2026, 10, 23, 4)],
])('absolute time %s', (text, time) => {
  expect(parseValidity(text, now)).toBe(time)
})

test.each([
  '',
  '000000000130000',
  '261323030000000+',
  '260231030000000+',
  '261123250000000+',
  'x'.repeat(16),
])('%j is no time', text => {
  expect(parseValidity(text, now)).toBeUndefined()
})
