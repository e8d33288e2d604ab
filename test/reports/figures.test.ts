import { expect, test } from 'vitest'
import { figuresIn } from '../../src/reports/figures.ts'
import { wordsIn } from '../../src/reports/words.ts'

const english = figuresIn('en', 'America/Chicago', wordsIn('en'))
const spanish = figuresIn('es', 'America/Chicago', wordsIn('es'))

test.each([
  [0, 0, '–'],
  [0, 3, '0.0%'],
  [1, 3, '33.3%'],
  [1, 1_000_000, '0.1%'],
  [999_999, 1_000_000, '99.9%'],
  [7, 7, '100.0%'],
])('%i of %i is %s: all and nobody are said of all and of nobody alone', (part, whole, said) => {
  expect(english.share(part, whole)).toBe(said)
})

test.each([
  [0, '0 ms'],
  [0.25, '250 ms'],
  [7.12, '7.1 s'],
  [59.94, '59.9 s'],
  [59.96, '1 min'],
  [104, '1 min 44 s'],
  [119.7, '2 min'],
  [3_599.6, '1 h'],
  [7_500, '2 h 5 min'],
  [86_400, '1 d'],
  [200_000, '2 d 8 h'],
  [null, 'not reached'],
])('%d seconds are %s', (seconds, said) => {
  expect(english.duration(seconds)).toBe(said)
})

test('times are those of the organisation, with their zone, by 24 hours', () => {
  const at = '2026-11-23T05:59:12.345Z'
  expect(english.moment(at)).toBe('November 22, 2026 at 23:59:12 CST')
  expect(english.timeOfDay(at)).toBe('Nov 22, 2026 23:59:12')
  expect(english.timeOfDay('2026-11-23T06:00:01Z', at)).toBe('Nov 23, 2026 00:00:01')
  expect(english.timeOfDay(at, '2026-11-23T05:00:00Z')).toBe('23:59:12')
  expect(spanish.count(29_862)).toBe('29.862')
})
