/**
 * Hours that come again every week, in local time: when somebody is at a place. A minute of the week counts from
 * Monday, 00:00.
 */
import { type Fault, faultAt } from '../faults.ts'

/** As RFC 5545 §3.3.10 abbreviates them, capitalised as schema.org and OpenStreetMap do. */
export const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const

/** `HH:MM`; a span may end at 24:00. */
export const STARTS_AT = /^(?:[01]\d|2[0-3]):[0-5]\d$/
export const ENDS_AT = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/

/** From before to on each of the days, `to` left out; where `to` is the earlier, it runs to that time of the next day. */
export interface WeeklySpan {
  readonly days: readonly (typeof DAYS)[number][]
  readonly from: string
  readonly to: string
}

const DAY_MINUTES = 24 * 60
const WEEK_MINUTES = 7 * DAY_MINUTES

/** What is wrong with spans of the right shape, with pointers such as `/0/days/1`. */
export function weeklyHoursFaults(spans: readonly WeeklySpan[]): Fault[] {
  return spans.flatMap(({ days, from, to }, no) => {
    const repeated = days.flatMap((day, at) =>
      days.indexOf(day) < at ? [faultAt(`/${no}/days/${at}`, 'named_before')] : [],
    )
    return from === to ? [...repeated, faultAt(`/${no}/to`, 'ends_as_begun')] : repeated
  })
}

/** More than three spans a day say more than anybody knows of a person's week. */
export const MAX_SPANS = 21

const SPAN = /^(.+?)\s+(\d\d:\d\d)-(\d\d:\d\d)$/

/**
 * Reads spans as OpenStreetMap writes opening hours: `Mo-Fr 08:00-17:00; Sa,Su 22:00-06:00`. Days run on into the next
 * week where the second is the earlier.
 *
 * @returns undefined for any other text; what spans of the right shape have wrong, `weeklyHoursFaults` says
 */
export function readWeeklyHours(text: string): WeeklySpan[] | undefined {
  const written = text.split(';').map(span => span.trim())
  if (written.length > MAX_SPANS) return undefined
  const spans: WeeklySpan[] = []
  for (const span of written) {
    const [, named = '', from = '', to = ''] = SPAN.exec(span) ?? []
    const days = named.split(',').map(part => readDays(part.trim()))
    if (!STARTS_AT.test(from) || !ENDS_AT.test(to) || days.includes(undefined)) return undefined
    spans.push({ days: days.flatMap(some => some ?? []), from, to })
  }
  return spans
}

/** `We`, or `Mo-Fr`. */
function readDays(text: string): (typeof DAYS)[number][] | undefined {
  const [first, last = first, ...more] = text.split('-').map(name => indexOfDay(name.trim()))
  if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0) {
    return undefined
  }
  const count = ((last - first + DAYS.length) % DAYS.length) + 1
  return Array.from({ length: count }, (_, no) => DAYS[(first + no) % DAYS.length]!)
}

const indexOfDay = (name: string) => DAYS.findIndex(day => day.toLowerCase() === name.toLowerCase())

/** As the database keeps minutes of the week, a multirange. */
export function multirangeOf(ranges: readonly (readonly [from: number, to: number])[]): string {
  return `{${ranges.map(([from, to]) => `[${from},${to})`).join()}}`
}

/** The minutes of the week that spans hold, from before to; they may overlap. None passes the week's end. */
export function minutesOfWeek(spans: readonly WeeklySpan[]): [from: number, to: number][] {
  return spans.flatMap(({ days, from, to }) =>
    days.flatMap((day): [number, number][] => {
      const midnight = DAYS.indexOf(day) * DAY_MINUTES
      const [start, end] = [minuteOf(from), minuteOf(to)]
      const [first, last] = [midnight + start, midnight + end + (end < start ? DAY_MINUTES : 0)]
      if (last <= WEEK_MINUTES) return [[first, last]]
      return [
        [first, WEEK_MINUTES],
        [0, last - WEEK_MINUTES],
      ]
    }),
  )
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

/**
 * Which minute of the week a clock on the wall shows. Where clocks are put forward some minutes never come, where they
 * are put back some come twice.
 *
 * @param timeZone IANA
 */
export function minuteOfWeek(at: Date, timeZone: string): number {
  const shown = new Intl.DateTimeFormat('en', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at)
  const part = (type: string) => shown.find(one => one.type === type)?.value ?? ''
  const day = DAYS.findIndex(name => part('weekday').startsWith(name))
  return day * DAY_MINUTES + Number(part('hour')) * 60 + Number(part('minute'))
}
