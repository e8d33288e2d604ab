/**
 * Alerts of which nothing leaves though something is due. Asked of the rows alone, so that it is seen also where
 * no dispatcher is left to say so, and is over by itself when something leaves again.
 */
import { sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'

/** Nothing left for so long while something was due: somebody must know. */
const STALLED_SECONDS = 30

export interface StalledAlert {
  readonly alertId: string
  /** When it last moved, or the first of it fell due since. */
  readonly since: Date
  /** Everybody is laid out in ranges. */
  readonly isPlanned: boolean
  /** Of what is due. */
  readonly routeClasses: readonly string[]
}

/** @param alertIds of these alone; undefined: of all that are being sent */
export async function readStalledAlerts(
  db: Database,
  alertIds: readonly string[] | undefined,
): Promise<StalledAlert[]> {
  const among =
    alertIds === undefined ? sql`` : sql`and a.id = any(${arrayLiteral(alertIds)}::uuid[])`
  const rows = await db.execute<{
    id: string
    since_ms: number
    is_planned: boolean
    route_classes: string[] | null
  }>(sql`
    with still as materialized (
      select a.id, a.plan_state, m.moved
      from alerts a cross join lateral (
        select greatest(a.dispatched_at, a.hold_until, a.last_submitted_at,
          -- What was paused, or had ended, is due since it goes on.
          (select max(h.at) from alert_history h
            where h.alert_id = a.id and h.action in ('resumed', 'retried'))) as moved
      ) m
      where a.state = 'sending' ${among}
        and m.moved <= now() - make_interval(secs => ${STALLED_SECONDS}::int)
    )
    select s.id, s.plan_state = 'done' as is_planned, d.route_classes,
      (extract(epoch from case when s.plan_state = 'done' then greatest(s.moved, d.due) else s.moved end)
        * 1000)::float8 as since_ms
    from still s cross join lateral (
      select min(r.due_at) as due, array_agg(distinct r.route_class) as route_classes
      from ranges r
      where r.alert_id = s.id and r.state <> 'done' and r.expires > now() and r.due_at <= now()
    ) d
    where s.plan_state is distinct from 'done'
      or d.due <= now() - make_interval(secs => ${STALLED_SECONDS}::int)
    order by s.id
  `)
  return rows.map(row => ({
    alertId: row.id,
    since: new Date(row.since_ms),
    isPlanned: row.is_planned,
    routeClasses: row.route_classes ?? [],
  }))
}
