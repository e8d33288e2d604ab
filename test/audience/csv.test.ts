import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { expect, test } from 'vitest'
import { readCsv } from '../../src/audience/csv.ts'
import { fc } from '../support/property.ts'

/** All records and broken lines of a text that arrives in pieces. */
function read(text: string, pieceLength = 1_000_000) {
  const records: [line: number, fields: string[]][] = []
  const broken: [line: number, reason: string][] = []
  const reader = readCsv({
    record: (line, fields) => records.push([line, fields]),
    broken: (line, reason) => broken.push([line, reason]),
  })
  for (let at = 0; at < text.length; at += pieceLength)
    reader.push(text.slice(at, at + pieceLength))
  reader.end()
  return { records, broken }
}

const OPEN = 'opens a quote that is never closed'

test('records are read with the line where they begin', () => {
  expect(read('a,b\r\n1,2\n\n3,"4, ""or"" 5"\n"6\n7",8').records).toEqual([
    [1, ['a', 'b']],
    [2, ['1', '2']],
    [4, ['3', '4, "or" 5']],
    [5, ['6\n7', '8']],
  ])
})

test('empty values stay at both ends', () => {
  expect(read(',,\n"",""\n"a",\n').records).toEqual([
    [1, ['', '', '']],
    [2, ['', '']],
    [3, ['a', '']],
  ])
})

test('a quote that is never closed breaks its own line alone', () => {
  const { records, broken } = read('h,i\n1,"x\n2,y\n3,z\n')
  expect(records).toEqual([
    [1, ['h', 'i']],
    [3, ['2', 'y']],
    [4, ['3', 'z']],
  ])
  expect(broken).toEqual([[2, OPEN]])
})

test('a quote that is never closed costs no more than the lines a value may have', () => {
  const good = Array.from({ length: 30_000 }, (_, no) => `${no},ok`)
  const { records, broken } = read(['h,i', '1,"x', ...good].join('\n'))
  expect(records.length).toBe(1 + good.length)
  expect(broken).toEqual([[2, OPEN]])
})

test('each of many broken lines is named', () => {
  const text = ['h,i', '1,"x"y', '2,a"b', '3,ok', '"4', '5,"x"y', '6,ok'].join('\n')
  const { records, broken } = read(text)
  expect(records.map(([line]) => line)).toEqual([1, 4, 7])
  expect(broken).toEqual([
    [2, 'has text after a closing quote'],
    [3, 'has a quote inside a value that is not quoted'],
    [5, OPEN],
    [6, 'has text after a closing quote'],
  ])
})

test('a line longer than any row is skipped to its end', () => {
  const { records, broken } = read(`h\n${'x'.repeat(3_000_000)}\nok\n`, 10_000)
  expect(records).toEqual([
    [1, ['h']],
    [3, ['ok']],
  ])
  expect(broken).toEqual([[2, 'is longer than any row']])
})

test('what another program writes is read as another program reads it, however it arrives', () => {
  const value = fc.string({
    unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', '😀'),
    maxLength: 8,
  })
  const table = fc.array(fc.array(value, { minLength: 2, maxLength: 4 }), {
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 40 }), (rows, pieceLength) => {
      const text = stringify(rows)
      const { records, broken } = read(text, pieceLength)
      expect(records.map(([, fields]) => fields)).toEqual(
        parse(text, { relax_column_count: true, skip_empty_lines: true }),
      )
      expect(broken).toEqual([])
    }),
  )
})
