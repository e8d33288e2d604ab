import { expect, test } from 'vitest'
import {
  DAYS,
  minuteOfWeek,
  minutesOfWeek,
  readWeeklyHours,
  weeklyHoursFaults,
  type WeeklySpan,
} from '../../src/encoding/weekly-hours.ts'
import { fc } from '../support/property.ts'

const time = (minute: number) =>
  [Math.floor(minute / 60), minute % 60].map(part => String(part).padStart(2, '0')).join(':')

test('a span is of each of its days, past midnight of the next, past the week’s end of the first', () => {
  expect(minutesOfWeek([{ days: ['Mo', 'We'], from: '08:00', to: '17:30' }])).toEqual([
    [480, 1050],
    [3360, 3930],
  ])
  expect(minutesOfWeek([{ days: ['Sa'], from: '00:00', to: '24:00' }])).toEqual([[7200, 8640]])
  expect(minutesOfWeek([{ days: ['Fr'], from: '22:00', to: '06:00' }])).toEqual([[7080, 7560]])
  expect(minutesOfWeek([{ days: ['Su'], from: '22:00', to: '06:00' }])).toEqual([
    [9960, 10080],
    [0, 360],
  ])
  // Until midnight, in either way of writing it.
  for (const to of ['24:00', '00:00']) {
    expect(minutesOfWeek([{ days: ['Su'], from: '22:00', to }]).filter(([a, b]) => a < b)).toEqual([
      [9960, 10080],
    ])
  }
})

test('a minute is in a span if a clock says so, day by day', () => {
  const spans = fc.record({
    days: fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1 }),
    from: fc.integer({ min: 0, max: 1439 }),
    to: fc.integer({ min: 0, max: 1440 }),
  })
  fc.assert(
    fc.property(spans, fc.integer({ min: 0, max: 10_079 }), ({ days, from, to }, at) => {
      fc.pre(from !== to)
      const [today, minute] = [DAYS[Math.floor(at / 1440)]!, at % 1440]
      const yesterday = DAYS[(DAYS.indexOf(today) + 6) % 7]!
      const isSince = days.includes(today) && minute >= from && (minute < to || to < from)
      const isUntil = days.includes(yesterday) && to < from && minute < to
      const span: WeeklySpan = { days, from: time(from), to: time(to) }
      const isWithin = minutesOfWeek([span]).some(([start, end]) => start <= at && at < end)
      expect(isWithin).toBe(isSince || isUntil)
    }),
  )
})

test('what can not be meant is named at its place', () => {
  expect(
    weeklyHoursFaults([
      { days: ['Mo'], from: '08:00', to: '18:00' },
      { days: ['Tu', 'Mo', 'Tu'], from: '08:00', to: '08:00' },
    ]),
  ).toMatchObject([{ pointer: '/1/days/2' }, { pointer: '/1/to' }])
})

test('the minute of the week is what the clock on the wall shows', () => {
  // 2026-11-29 is a Sunday.
  const sunday = new Date('2026-11-29T23:59:59.999Z')
  expect(minuteOfWeek(sunday, 'UTC')).toBe(10_079)
  expect(minuteOfWeek(new Date('2026-11-30T00:00:00Z'), 'UTC')).toBe(0)
  expect(minuteOfWeek(sunday, 'Asia/Kathmandu')).toBe(5 * 60 + 44)
  expect(minuteOfWeek(sunday, 'America/New_York')).toBe(6 * 1440 + 18 * 60 + 59)
  // Clocks go from 01:59 to 03:00 on 2026-03-08 in New York, and from 01:59 back to 01:00 on 2026-11-01.
  const newYork = (at: string) => minuteOfWeek(new Date(at), 'America/New_York') - 6 * 1440
  expect([newYork('2026-03-08T06:59:00Z'), newYork('2026-03-08T07:00:00Z')]).toEqual([119, 180])
  expect([newYork('2026-11-01T05:30:00Z'), newYork('2026-11-01T06:30:00Z')]).toEqual([90, 90])
})

test('a week is read as OpenStreetMap writes it', () => {
  const days = ['Mo', 'Tu', 'We', 'Th', 'Fr'] as const
  expect(readWeeklyHours('Mo-Fr 08:00-17:00')).toEqual([{ days, from: '08:00', to: '17:00' }])
  expect(readWeeklyHours(' sa , su-MO  22:00-06:00;We 00:00-24:00 ')).toEqual([
    { days: ['Sa', 'Su', 'Mo'], from: '22:00', to: '06:00' },
    { days: ['We'], from: '00:00', to: '24:00' },
  ])
  expect(readWeeklyHours('Mo-Mo 08:00-17:00')).toEqual([
    { days: ['Mo'], from: '08:00', to: '17:00' },
  ])
})

test.each([
  '',
  '24/7',
  'Mo',
  '08:00-17:00',
  'Mo 8:00-17:00',
  'Mo 24:00-25:00',
  'Mo 08:00',
  'Mo-We-Fr 08:00-17:00',
  'Mo, 08:00-17:00',
  'Mo 08:00-17:00;',
  'Montag 08:00-17:00',
  Array.from({ length: 22 }, () => 'Mo 08:00-17:00').join(';'),
])('%j is no week', text => {
  expect(readWeeklyHours(text)).toBeUndefined()
})
