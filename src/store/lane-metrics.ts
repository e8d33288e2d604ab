import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

/** How much of its rate each account is given now. */
export async function readPaces(
  db: Database,
): Promise<{ readonly carrierId: string; readonly factor: number }[]> {
  return await db.execute<{ carrierId: string; factor: number }>(sql`
    select p.carrier_id as "carrierId", p.factor
    from carrier_pace p join carriers c on c.id = p.carrier_id
    where c.deleted_at is null order by p.carrier_id
  `)
}

export interface CarrierTotals {
  readonly carrierId: string
  readonly possibleDuplicates: number
  readonly orphanReceipts: number
}

/** Of the accounts that there are, over all alerts that are kept. */
export async function readCarrierTotals(db: Database): Promise<CarrierTotals[]> {
  return await db.execute<CarrierTotals & Record<string, unknown>>(sql`
    select c.id as "carrierId",
      (select coalesce(sum(p.possible_duplicates), 0) from progress p where p.carrier_id = c.id)::int
        as "possibleDuplicates",
      (select count(*) from orphan_receipts o where o.carrier_id = c.id)::int as "orphanReceipts"
    from carriers c where c.deleted_at is null order by c.id
  `)
}
