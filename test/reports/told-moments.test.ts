import { expect, test } from 'vitest'
import { toldMoments } from '../../src/reports/told-moments.ts'

const moment = (event: string, at: string, afterSeconds: number | null) => ({
  event,
  at: `2026-05-01T10:00:${at}Z`,
  afterSeconds,
})

test('what lies between two times is what their clocks say, whatever was noted in between', () => {
  const told = toldMoments([
    moment('submitted', '00.900', null),
    moment('approved', '01.100', 0.2),
    moment('noted', '02.000', 0.9),
    moment('dispatched', '05.999', 3.999),
    moment('firstSubmitted', '05.999', 0),
  ])
  expect(told.map(({ event, afterSeconds }) => [event, afterSeconds])).toEqual([
    ['submitted', null],
    ['approved', 1],
    ['dispatched', 4],
    ['firstSubmitted', 0],
  ])
})
