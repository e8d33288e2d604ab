import { and, asc, isNull, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { operatorFromRow, type OperatorRow } from './operators.ts'
import { type MODES, operators } from './schema.ts'

export interface DutyFigures {
  /** Operators who may approve, without the one who asks. */
  readonly approvers: number
  /** Of them, those with a sign-in of this mode whose access token was issued within its life. */
  readonly online: number
  readonly newestContactChange: Date | undefined
}

/** Who could approve now, and how old the contacts are: a few rows of two indexes. */
export async function readDuty(
  db: Database,
  asked: {
    readonly operatorId: string
    readonly mode: (typeof MODES)[number]
    readonly since: Date
  },
): Promise<DutyFigures> {
  const [row] = await db.execute<{ approvers: number; online: number; newest: string | null }>(sql`
    select count(*)::int as approvers,
      (count(*) filter (where exists (
        select from sessions s join refresh_tokens t on t.session_id = s.id
        where s.operator_id = o.id and s.mode = ${asked.mode} and s.revoked_at is null
          and t.created_at >= ${asked.since.toISOString()}::timestamptz
      )))::int as online,
      (select updated_at from contacts order by updated_at desc limit 1)::text as newest
    from operators o
    where o.disabled_at is null and 'approver' = any(o.roles)
      and o.id <> ${asked.operatorId}::uuid
  `)
  const { approvers, online, newest } = row!
  return {
    approvers,
    online,
    newestContactChange: newest === null ? undefined : new Date(newest),
  }
}

/** Whoever may approve by their role, by name; `isOnline` as in `DutyFigures`, and where the alert is. */
export async function listApprovers(
  db: Database,
  asked: {
    readonly mode: (typeof MODES)[number]
    readonly exerciseId: string | null
    readonly since: Date
  },
): Promise<{ operator: OperatorRow; isOnline: boolean }[]> {
  const rows = await db
    .select({
      operator: operators,
      isOnline: sql<boolean>`exists (
        select from sessions s join refresh_tokens t on t.session_id = s.id
        where s.operator_id = ${operators}.id and s.mode = ${asked.mode} and s.revoked_at is null
          and s.exercise_id is not distinct from ${asked.exerciseId}::uuid
          and t.created_at >= ${asked.since.toISOString()}::timestamptz
      )`,
    })
    .from(operators)
    .where(and(isNull(operators.disabledAt), sql`'approver' = any(${operators.roles})`))
    .orderBy(asc(operators.name), asc(operators.id))
  return rows.map(row => ({ operator: operatorFromRow(row.operator), isOnline: row.isOnline }))
}
