import { sql } from 'drizzle-orm'
import type { AlertDraft } from '../cap/alert.ts'
import type { Database } from './database.ts'

/** More at once is a drill of another kind; the newest count. */
const MAX_ALERTS = 100

/**
 * Alerts for real, or those of an exercise, that go out or have gone out, have not expired, and that no other that goes
 * out follows on.
 */
export async function listInForce(
  db: Database,
  now: Date,
  exerciseId: string | undefined,
): Promise<{ id: string; draft: AlertDraft }[]> {
  const here =
    exerciseId === undefined ? sql`a.status = 'Actual'` : sql`a.exercise_id = ${exerciseId}::uuid`
  return db.execute<{ id: string; draft: AlertDraft }>(sql`
    select a.id, a.draft from alerts a
    where ${here} and a.msg_type in ('Alert', 'Update') and a.state in ('sending', 'paused', 'sent')
      and a.reminder_of is null and a.escalation_of is null
      and a.expires > ${now.toISOString()}::timestamptz
      and not exists (
        select from alerts later
        where later.dispatched_at is not null and later.msg_type in ('Update', 'Cancel')
          and later.reminder_of is null and a.id = any(later."references"))
    order by a.dispatched_at desc
    limit ${MAX_ALERTS}::int
  `)
}
