import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

export interface ContactFigures {
  readonly total: number
  /** Without any location: no area finds them. */
  readonly unlocated: number
  /** Neither changed nor confirmed for so long. */
  readonly stale: number
}

/**
 * Reads all contacts and all locations once: a million take 0.2 s. A list that replaced all contacts confirmed
 * everybody who was in it, and nobody else was left.
 */
export async function countContacts(
  db: Database,
  { staleBefore }: { staleBefore: Date },
): Promise<ContactFigures> {
  const before = sql`${staleBefore.toISOString()}::timestamptz`
  const [row] = await db.execute<{ total: number; stale: number; located: number }>(sql`
    select c.total, l.located,
      case when exists (
        select from imports i
        where i.mode = 'replace' and i.state = 'completed' and i.finished_at >= ${before}
      ) then 0 else c.stale end as stale
    from (
      select count(*)::int as total,
        count(*) filter (where updated_at < ${before})::int as stale
      from contacts where not simulated
    ) c cross join (
      select (count(*) filter (where sole)
        + count(distinct contact_id) filter (where not sole))::int as located
      from locations
    ) l
  `)
  const { total, stale, located } = row!
  return { total, unlocated: total - located, stale }
}
