/**
 * Holds: time after a dispatch in which a stop still prevents every message. The alert is laid out meanwhile; nothing
 * of it is claimed to be sent, nor does it end, until the hold is over by the database's clock.
 */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

/** Whether an alert is not held, or not any more. */
export const IS_RELEASED = sql.raw(`(hold_until is null or hold_until <= now())`)

/** When the next alert's hold ends, in milliseconds from now; undefined when none is held. */
export async function nextHoldEnds(db: Database): Promise<number | undefined> {
  const [row] = await db.execute<{ ms: number | null }>(sql`
    select (extract(epoch from min(hold_until) - now()) * 1000)::float8 as ms from alerts
    where state = 'sending' and hold_until > now()
  `)
  return row?.ms ?? undefined
}
