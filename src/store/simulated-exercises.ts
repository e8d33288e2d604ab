/**
 * What exercises on simulated phones leave behind: a carrier each, and practices a roster of made-up phones. Nobody
 * needs a roster once its exercise is over; its phones stay, for others to practise with. A carrier that an alert went
 * over keeps its row, for the alert's report and statistics name it, but it is an account no more.
 */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

/** Let go of in one transaction. */
const AT_ONCE = 500

/** Lets go of what was needed by exercises that were over before `until`. Any number of nodes may do it at once. */
export async function purgeSimulated(db: Database, until: Date): Promise<void> {
  const before = sql`${until.toISOString()}::timestamptz`
  const overCarriers = sql`
    select c.id from carriers c join exercises e on e.id = c.exercise_id
    where c.deleted_at is null and e.settled_at < ${before}`
  const sent = sql`select from alerts a where a.exercise_id = e.id and a.dispatched_at is not null`
  const chunk = sql`limit ${AT_ONCE} for update of`
  for (const statement of [
    sql`
      delete from groups where id in (
        select g.id from groups g
        where g.simulated and g.created_at < ${before} and not exists (
          select from exercises e
          where e.roster_id = g.id and (e.settled_at is null or e.settled_at >= ${before}))
        ${chunk} g skip locked)`,
    sql`delete from carriers where id in (${overCarriers} and not exists (${sent}) ${chunk} c skip locked)`,
    sql`update carriers set deleted_at = now() where id in (${overCarriers} ${chunk} c skip locked)`,
  ]) {
    while ((await db.execute(statement)).count === AT_ONCE);
  }
}
