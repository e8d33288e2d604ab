import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

/** The priority of the alert that `claimPlan` would take now; undefined when none waits. */
export async function mostUrgentPlan(db: Database): Promise<number | undefined> {
  const [row] = await db.execute<{ priority: number | null }>(sql`
    select min(priority)::int as priority from alerts
    where state in ('sending', 'paused', 'stopped') and plan_state in ('pending', 'running')
      and (planner_until is null or planner_until < now())
      and (state = 'stopped' or hold_until is null or hold_until <= now())
  `)
  return row?.priority ?? undefined
}
