import { sql } from 'drizzle-orm'
import { notify, type Database } from './database.ts'

/** Tells an alert's operators something, once for each code. */
export async function raiseAlarm(
  tx: Database,
  alertId: string,
  { code, detail }: { readonly code: string; readonly detail: string },
): Promise<void> {
  await tx.execute(sql`
    update alerts
    set alarms = alarms || jsonb_build_array(
      jsonb_build_object('code', ${code}::text, 'detail', ${detail}::text, 'since', now()))
    where id = ${alertId}::uuid
      and not alarms @> jsonb_build_array(jsonb_build_object('code', ${code}::text))
  `)
  await notify(tx, 'alerts', alertId)
}

/** It is nothing to be told any more. */
export async function dropAlarm(tx: Database, alertId: string, code: string): Promise<void> {
  await tx.execute(sql`
    update alerts
    set alarms = (select coalesce(jsonb_agg(one order by no), '[]') from jsonb_array_elements(alarms)
      with ordinality as a(one, no) where one->>'code' <> ${code}::text)
    where id = ${alertId}::uuid
  `)
  await notify(tx, 'alerts', alertId)
}
