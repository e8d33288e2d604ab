import { expect, test } from 'vitest'
import { inertCell } from '../../src/reports/deliveries.ts'

// SECURITY.md, E1.
test.each([
  '=cmd',
  '+1',
  '-1',
  '@x',
  '\t=1',
  '\r=1',
  '＝1',
  '＋1',
  '－1',
  '＠x',
  '  =1',
  '\n=1',
  '\u00a0=1',
])('the cell %j is no formula', cell => {
  expect(inertCell(cell)).toBe(`'${cell}`)
})

test.each(['"a","b', 'delivered', '1', 'a=b', '…123', ''])('the cell %j stays as it is', cell => {
  expect(inertCell(cell)).toBe(cell)
})

test('numbers, truth and nothing are written plainly', () => {
  expect([-1, true, null].map(inertCell)).toEqual(['-1', 'true', ''])
})
