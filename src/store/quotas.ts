/** How many places of an option are taken, of those that have a number of them. */
import { sql } from 'drizzle-orm'
import { arrayLiteral, numberArray, type Database } from './database.ts'

export interface QuotaOption {
  readonly alertId: string
  readonly option: string
  /** As it was signed. */
  readonly quota: number
}

/** Locks them until the transaction ends, in one order; an option that nobody has chosen before is made. */
export async function lockQuotas(
  tx: Database,
  options: readonly QuotaOption[],
): Promise<{ alertId: string; option: string; taken: number }[]> {
  const rows = await tx.execute<{ alert_id: string; option: string; taken: number }>(sql`
    insert into quotas (alert_id, option, quota)
    select * from unnest(
      ${arrayLiteral(options.map(one => one.alertId))}::uuid[],
      ${arrayLiteral(options.map(one => one.option))}::text[],
      ${numberArray(options.map(one => one.quota))}::int[]
    ) as q(alert_id, option, quota)
    order by alert_id, option
    on conflict (alert_id, option) do update set quota = excluded.quota
    returning alert_id, option, taken
  `)
  return rows.map(({ alert_id: alertId, option, taken }) => ({ alertId, option, taken }))
}

/** Of locked ones. @param moves `by`: how many more are taken */
export async function moveQuotas(
  tx: Database,
  moves: readonly { readonly alertId: string; readonly option: string; readonly by: number }[],
): Promise<void> {
  if (moves.length === 0) return
  await tx.execute(sql`
    update quotas q set taken = q.taken + m.by
    from unnest(
      ${arrayLiteral(moves.map(one => one.alertId))}::uuid[],
      ${arrayLiteral(moves.map(one => one.option))}::text[],
      ${numberArray(moves.map(one => one.by))}::int[]
    ) as m(alert_id, option, by)
    where q.alert_id = m.alert_id and q.option = m.option
  `)
}
