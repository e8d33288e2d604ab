import { sql } from 'drizzle-orm'
import type { AlertState } from './alerts.ts'
import type { Database } from './database.ts'

/** An alert for real, as far as it was sent: what is said to everybody, if its content says so. */
export interface RealAlert {
  readonly id: string
  readonly state: AlertState
  readonly msgType: string
  readonly contentDigest: string
  /** Dispatched, and its holding time over. */
  readonly begunAt: Date
  /** When it last changed. */
  readonly updatedAt: Date
  readonly expires: Date
  /** Alerts of ours that it follows. */
  readonly references: readonly string[]
}

export interface RealAlerts {
  /** Of the organisation. */
  readonly name: string
  /** Those that have not expired, and every update or cancellation that could speak of one of them. Newest first. */
  readonly alerts: readonly RealAlert[]
  /** When the last of the others expired. */
  readonly lastExpired: Date | undefined
}

interface Row extends Record<string, unknown> {
  readonly name: string
  readonly last_expired: string | null
  /** Null in the one row that there is without an alert, as is all that follows. */
  readonly id: string | null
  readonly state: AlertState
  readonly msg_type: string
  readonly content_digest: string
  readonly begun_at: string
  readonly updated_at: string
  readonly expires: string
  readonly references: string[]
}

/** In one statement: the feeds' only question. */
export async function listRealAlerts(db: Database, now: Date): Promise<RealAlerts> {
  const at = now.toISOString()
  const rows = await db.execute<Row>(sql`
    with oldest as (
      select min(dispatched_at) as at from alerts
      where status = 'Actual' and dispatched_at is not null and expires > ${at}::timestamptz
    ), found as (
      select id from alerts
      where status = 'Actual' and dispatched_at is not null and expires > ${at}::timestamptz
        and reminder_of is null and escalation_of is null
      union
      select id from alerts
      where status = 'Actual' and msg_type <> 'Alert' and dispatched_at >= (select at from oldest)
        and reminder_of is null and escalation_of is null
    )
    select o.name,
      (
        select max(expires) from alerts
        where status = 'Actual' and dispatched_at is not null and expires <= ${at}::timestamptz
      ) as last_expired,
      a.id, a.state, a.msg_type, a.content_digest, greatest(a.dispatched_at, a.hold_until) as begun_at, a.updated_at, a.expires,
      a."references"::text[] as "references"
    from organisation o
    left join found on true
    left join alerts a on a.id = found.id
    order by begun_at desc, a.id desc
  `)
  const [first] = rows
  return {
    name: first?.name ?? '',
    lastExpired: first?.last_expired == null ? undefined : new Date(first.last_expired),
    alerts: rows.flatMap(row => (row.id === null ? [] : [alertFromRow(row.id, row)])),
  }
}

function alertFromRow(id: string, row: Row): RealAlert {
  return {
    id,
    state: row.state,
    msgType: row.msg_type,
    contentDigest: row.content_digest,
    begunAt: new Date(row.begun_at),
    updatedAt: new Date(row.updated_at),
    expires: new Date(row.expires),
    references: row.references,
  }
}
