import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { NO_CARRIER, type ProgressCounts } from './progress.ts'

/** A count of recipients by what they replied; `dimension` and `key` say of which of them. */
export interface TallyCount {
  readonly dimension: 'total' | 'area' | 'group'
  /** Index of the signed area or group; 0 for `total`. */
  readonly key: number
  /** An option's code, `other`, `optedOut`, or `recipients`: how many there are. */
  readonly option: string
  readonly count: number
}

/** An alert's counters; those that stand at nothing are left out. */
export async function readTallies(db: Database, alertId: string): Promise<TallyCount[]> {
  return await db.execute<TallyCount & Record<string, unknown>>(sql`
    select dimension, key, option, sum(count)::int as count from tallies
    where alert_id = ${alertId}::uuid
    group by dimension, key, option having sum(count) <> 0
    order by dimension, key, option
  `)
}

/** What `readTallies` must say, counted from the rows. */
export async function recountTallies(db: Database, alertId: string): Promise<TallyCount[]> {
  return await db.execute<TallyCount & Record<string, unknown>>(sql`
    with rows as (
      select area_no, group_nos, reply, opted_out from deliveries where alert_id = ${alertId}::uuid
    ),
    spread as (
      select 'total' as dimension, 0 as key, reply, opted_out from rows
      union all
      select 'area', area_no, reply, opted_out from rows where area_no is not null
      union all
      select 'group', group_no, reply, opted_out from rows, unnest(group_nos) as group_no
    )
    select dimension, key, option, count(*)::int as count from (
      select dimension, key, 'recipients' as option from spread where dimension <> 'total'
      union all
      select dimension, key, reply from spread where reply is not null
      union all
      select dimension, key, 'optedOut' from spread where opted_out
    ) counted
    group by dimension, key, option order by dimension, key, option
  `)
}

/** What `readProgress` must say, counted from the rows; segments handed over can't be. */
export async function recountProgress(
  db: Database,
  alertId: string,
): Promise<ReadonlyMap<string, Omit<ProgressCounts, 'segments'>>> {
  const rows = await db.execute<
    Omit<ProgressCounts, 'segments'> & { readonly carrierId: string }
  >(sql`
    select coalesce(carrier_id, ${NO_CARRIER}::uuid) as "carrierId",
      count(*) filter (where state = 'submitted')::int as submitted,
      count(*) filter (where state = 'delivered')::int as delivered,
      count(*) filter (where state = 'failed')::int as failed,
      count(*) filter (where state = 'expired')::int as expired,
      count(*) filter (where state = 'cancelled')::int as cancelled,
      count(*) filter (where state = 'unknown')::int as unknown,
      count(*) filter (where possible_duplicate)::int as "possibleDuplicates"
    from deliveries where alert_id = ${alertId}::uuid group by 1
  `)
  return new Map(rows.map(({ carrierId, ...counts }) => [carrierId, counts]))
}
