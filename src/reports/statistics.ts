/** Reach and response over many alerts. */
import type { Database } from '../store/database.ts'
import { readOrganisation } from '../store/organisation.ts'
import {
  readOptOutDays,
  readStatistics,
  type Statistics,
  type StatisticsFilter,
} from '../store/statistics.ts'

export interface StatisticsReport extends Statistics {
  /** IANA: hours and days are its. */
  readonly timeZone: string
  readonly optOutSpikes: readonly Spike[]
}

interface Spike {
  /** `2026-11-23` */
  readonly day: string
  readonly optOuts: number
  /** The median of the 28 days before. */
  readonly usual: number
}

const DAY_MS = 86_400_000
const USUAL_DAYS = 28

export async function statisticsOf(
  db: Database,
  filter: StatisticsFilter,
): Promise<StatisticsReport> {
  const { timeZone } = await readOrganisation(db)
  const statistics = await readStatistics(db, filter, timeZone)
  // A day more, for the first day of a time zone may begin before.
  const from = new Date(filter.since.getTime() - (USUAL_DAYS + 1) * DAY_MS)
  const days = await readOptOutDays(db, from, filter.until, timeZone)
  const first = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' }).format(filter.since)
  return { ...statistics, timeZone, optOutSpikes: optOutSpikes(days, first) }
}

/** Fewer on a day are no spike. */
const LEAST = 5
const TIMES_USUAL = 3

/**
 * Days with more than three times as many opt-outs as is usual.
 *
 * @param days ascending, without those on which nobody opted out
 * @param since the first day that is looked at; those before say what is usual
 */
export function optOutSpikes(
  days: readonly { readonly day: string; readonly optOuts: number }[],
  since: string,
): Spike[] {
  const counts = new Map(days.map(({ day, optOuts }) => [day, optOuts]))
  return days.flatMap(({ day, optOuts }) => {
    if (day < since || optOuts < LEAST) return []
    const before = Array.from(
      { length: USUAL_DAYS },
      (_, i) => counts.get(daysBefore(day, i + 1)) ?? 0,
    ).toSorted((a, b) => a - b)
    const usual = (before[USUAL_DAYS / 2 - 1]! + before[USUAL_DAYS / 2]!) / 2
    return optOuts > TIMES_USUAL * usual ? [{ day, optOuts, usual }] : []
  })
}

function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10)
}
