import { expect, test } from 'vitest'
import { sorted } from '../../src/console/screens/alert/watch/breakdown.ts'
import {
  extended,
  joined,
  meanRate,
  MOST_POINTS,
  type Point,
  sampled,
  withReading,
} from '../../src/console/screens/alert/watch/series.ts'

const at = (seconds: number): Point => ({ seconds, sent: seconds, delivered: 0, replied: 0 })

test('a line of a whole day stays short, and keeps its beginning, its end and its order', () => {
  let points: readonly Point[] = []
  for (let quarter = 0; quarter <= 4 * 86_400; quarter++) points = extended(points, at(quarter / 4))
  expect(points.length).toBeLessThanOrEqual(MOST_POINTS)
  expect(points.length).toBeGreaterThan(MOST_POINTS / 4)
  expect(points[0]).toEqual(at(0))
  expect(points.at(-1)).toEqual(at(86_400))
  expect(points.every((point, no) => no === 0 || point.seconds > points[no - 1]!.seconds)).toBe(
    true,
  )
  const widest = Math.max(...points.map((one, no) => one.seconds - (points[no - 1]?.seconds ?? 0)))
  expect(widest, 'no hole in it').toBeLessThan(86_400 / 100)
})

test('a clock that goes back adds nothing', () => {
  const points = [at(1), at(2)]
  expect(extended(points, at(2))).toBe(points)
  expect(extended(points, at(1.5))).toBe(points)
})

test('what one saw oneself replaces what the report says of the same time', () => {
  expect(joined([at(0), at(10), at(20)], [at(15), at(25)]).map(one => one.seconds)).toEqual([
    0, 10, 15, 25,
  ])
  expect(joined([at(0)], [])).toEqual([at(0)])
})

test('a table has the first and the last of the line', () => {
  const points = Array.from({ length: 100 }, (_, no) => at(no))
  const rows = sampled(points, 10)
  expect(rows).toHaveLength(10)
  expect([rows[0], rows.at(-1)]).toEqual([at(0), at(99)])
})

test('the rate is that of five seconds, and unknown before one has passed', () => {
  let readings: ReturnType<typeof withReading> = []
  const read = (seconds: number, segments: number) =>
    (readings = withReading(readings, { at: seconds * 1000, segments }))
  read(0, 0)
  read(0.5, 500)
  expect(meanRate(readings, 500)).toBeUndefined()
  for (let seconds = 1; seconds <= 60; seconds++) read(seconds, seconds * 1000)
  expect(meanRate(readings, 60_000)).toBe(1000)
  expect(readings.length, 'old ones are forgotten').toBeLessThan(15)
  expect(meanRate(readings, 90_000), 'nothing was heard').toBeUndefined()
})

test('a table is sorted by share of delivered, by number of those in need, and what is unknown comes last', () => {
  const row = (name: string, phones: number, delivered: number | undefined, help: number) => ({
    name,
    phones,
    delivered,
    submitted: 0,
    failed: 0,
    replied: undefined,
    help,
  })
  const rows = [row('B', 100, 50, 1), row('C', 10, undefined, 3), row('A', 10, 9, 2)]
  const by = (column: 'name' | 'delivered' | 'help') => sorted(rows, column).map(one => one.name)
  expect(by('delivered')).toEqual(['A', 'B', 'C'])
  expect(by('help')).toEqual(['C', 'A', 'B'])
  expect(by('name')).toEqual(['A', 'B', 'C'])
})
