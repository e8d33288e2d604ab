/** Figures as people read them, in a language and a time zone. */
import { fill, type ReportLanguage, type ReportWords } from './words.ts'

export interface Figures {
  count(n: number): string
  /** Never 100 % of less than all, nor 0 % of somebody. Of nobody it is nothing: `–`. */
  share(part: number, whole: number): string
  /** `part (share)` */
  countOf(part: number, whole: number): string
  moment(rfc3339: string): string
  /** Without its day where that is the one of `before`. */
  timeOfDay(rfc3339: string, before?: string): string
  duration(seconds: number | null): string
}

export function figuresIn(
  language: ReportLanguage,
  timeZone: string,
  { units, never }: Pick<ReportWords, 'units' | 'never'>,
): Figures {
  const count = new Intl.NumberFormat(language, { useGrouping: 'always' })
  const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  const percent = new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  })
  const whole = { timeZone, hourCycle: 'h23', dateStyle: 'long', timeStyle: 'long' } as const
  const short = { timeZone, hourCycle: 'h23', timeStyle: 'medium' } as const
  const moment = new Intl.DateTimeFormat(language, whole)
  const day = new Intl.DateTimeFormat(language, { timeZone, dateStyle: 'medium' })
  const time = new Intl.DateTimeFormat(language, short)

  const share = (part: number, of: number) => {
    if (of === 0) return '–'
    const ratio = part / of
    if (part === of || part === 0) return percent.format(ratio)
    return percent.format(Math.min(0.999, Math.max(0.001, ratio)))
  }
  const unit = (name: keyof ReportWords['units'], n: number) =>
    fill(units[name], { n: name === 's' ? decimal.format(n) : count.format(n) })
  /** The larger unit, and the smaller one where there is any of it. */
  const both = (
    seconds: number,
    [large, largeSeconds]: readonly [keyof ReportWords['units'], number],
    [small, smallSeconds]: readonly [keyof ReportWords['units'], number],
  ) => {
    const smalls = Math.round(seconds / smallSeconds)
    const each = largeSeconds / smallSeconds
    const rest = smalls % each
    const first = unit(large, Math.floor(smalls / each))
    return rest === 0 ? first : `${first} ${unit(small, rest)}`
  }
  return {
    count: n => count.format(n),
    share,
    countOf: (part, of) => `${count.format(part)} (${share(part, of)})`,
    moment: at => moment.format(new Date(at)),
    timeOfDay(at, before) {
      const date = new Date(at)
      const [now, then] = [day.format(date), before && day.format(new Date(before))]
      return now === then ? time.format(date) : `${now} ${time.format(date)}`
    },
    duration(seconds) {
      if (seconds === null) return never
      if (seconds < 1) return unit('ms', Math.round(seconds * 1000))
      if (seconds < 59.95) return unit('s', seconds)
      if (seconds < 3_599.5) return both(seconds, ['min', 60], ['s', 1])
      if (seconds < 86_370) return both(seconds, ['h', 3600], ['min', 60])
      return both(seconds, ['d', 86_400], ['h', 3600])
    },
  }
}
