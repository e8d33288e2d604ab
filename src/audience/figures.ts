import { describeError, log } from '../log.ts'
import { countContacts, type ContactFigures } from '../store/contact-figures.ts'
import type { Database } from '../store/database.ts'

/** How good the contacts are that areas and groups choose from. */
export interface CountedFigures extends ContactFigures {
  readonly staleAfterDays: number
  readonly countedAt: Date
}

/** While one draws an estimate is asked for again and again: all contacts are counted once a minute at the most. */
const FRESH_MS = 60_000
/** Older ones are waited for. */
const OLDEST_MS = 600_000

interface Kept {
  figures: CountedFigures | undefined
  counting: Promise<CountedFigures> | undefined
}

const kept = new WeakMap<Database, Kept>()

/** As they were a minute ago, or somewhat longer where nobody has asked since. */
export async function contactFigures(
  db: Database,
  staleAfterDays: number,
  now: Date,
): Promise<CountedFigures> {
  const mine = kept.get(db) ?? { figures: undefined, counting: undefined }
  kept.set(db, mine)
  const { figures } = mine
  const isSame = figures?.staleAfterDays === staleAfterDays
  const age = isSame ? Math.abs(now.getTime() - figures.countedAt.getTime()) : Infinity
  if (figures !== undefined && age < FRESH_MS) return figures
  mine.counting ??= count(db, staleAfterDays, now)
    .then(counted => (mine.figures = counted))
    .finally(() => (mine.counting = undefined))
  if (figures === undefined || age > OLDEST_MS) return mine.counting
  mine.counting.catch((error: unknown) => {
    log.warn({ code: describeError(error) }, 'contacts were not counted')
  })
  return figures
}

async function count(db: Database, staleAfterDays: number, now: Date): Promise<CountedFigures> {
  const staleBefore = new Date(now.getTime() - staleAfterDays * 24 * 3600 * 1000)
  const figures = await countContacts(db, { staleBefore })
  return { ...figures, staleAfterDays, countedAt: now }
}
