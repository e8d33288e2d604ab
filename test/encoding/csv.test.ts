import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { csvLine, inertCell } from '../../src/encoding/csv.ts'
import { fc } from '../support/property.ts'

// SECURITY.md, E1.
test.each([
  '=cmd',
  '+1+1',
  '+1\n',
  '+1 555 0100',
  '+A1',
  ' +15550100',
  '+1234567890123456',
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

test.each(['"a","b', 'delivered', '1', 'a=b', '…123', '', '+15550100001', '+1'])(
  'the cell %j stays as it is',
  cell => {
    expect(inertCell(cell)).toBe(cell)
  },
)

test('numbers, truth and nothing are written plainly', () => {
  expect([-1, true, null].map(inertCell)).toEqual(['-1', 'true', ''])
})

test('whatever stands in cells is read back as it was', () => {
  const cells = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1 })
  const hostile = fc.array(fc.constantFrom('"', ',', '\r\n', '\n', ';', "'", '', 'a'), {
    minLength: 1,
  })
  const table = fc.array(fc.oneof(cells, hostile), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(table, rows => {
      const read = parse(rows.map(csvLine).join(''), {
        relax_column_count: true,
        record_delimiter: '\r\n',
      })
      expect(read).toEqual(rows)
    }),
  )
})
