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

/** Recipients that may have got their message twice, of all alerts that are kept: of no carrier, nobody knows which. */
export async function countPossibleDuplicates(db: Database): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    select coalesce(sum(possible_duplicates), 0)::int as count from progress
  `)
  return row!.count
}

/** Receipts that wait for their message id. */
export async function countOrphanReceipts(
  db: Database,
): Promise<{ readonly carrierId: string; readonly count: number }[]> {
  return await db.execute<{ carrierId: string; count: number }>(sql`
    select c.id as "carrierId",
      (select count(*) from orphan_receipts o where o.carrier_id = c.id)::int as count
    from carriers c where c.deleted_at is null order by c.id
  `)
}
