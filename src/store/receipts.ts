/** Receipts that came before their message's id was written: parked, and taken out when it is. */
import { sql } from 'drizzle-orm'
import { arrayLiteral, type Database } from './database.ts'

/** What a receipt says in the end. */
export interface FinalReceipt {
  readonly messageId: string
  readonly state: 'delivered' | 'failed'
  readonly reason: string
}

const ORPHAN_HOURS = 72

export async function parkReceipts(
  tx: Database,
  carrierId: string,
  receipts: readonly FinalReceipt[],
): Promise<void> {
  if (receipts.length === 0) return
  await tx.execute(sql`
    insert into orphan_receipts (carrier_id, message_id, state, reason)
    select ${carrierId}::uuid, r.message_id, r.state, r.reason
    from unnest(
      ${arrayLiteral(receipts.map(receipt => receipt.messageId))}::text[],
      ${arrayLiteral(receipts.map(receipt => receipt.state))}::text[],
      ${arrayLiteral(receipts.map(receipt => receipt.reason))}::text[]
    ) as r(message_id, state, reason)
    on conflict do nothing
  `)
}

/** Parked receipts in the order of their ids, some at a time. */
export async function readParked(
  db: Database,
  carrierId: string,
  afterId: string,
  limit: number,
): Promise<FinalReceipt[]> {
  return await db.execute<FinalReceipt & Record<string, unknown>>(sql`
    select message_id as "messageId", state, reason from orphan_receipts
    where carrier_id = ${carrierId}::uuid and message_id > ${afterId}
    order by message_id limit ${limit}
  `)
}

/** Takes those of the parked receipts out that are still there. */
export async function takeParked(
  tx: Database,
  carrierId: string,
  messageIds: readonly string[],
): Promise<FinalReceipt[]> {
  return await tx.execute<FinalReceipt & Record<string, unknown>>(sql`
    delete from orphan_receipts
    where carrier_id = ${carrierId}::uuid and message_id = any(${arrayLiteral(messageIds)}::text[])
    returning message_id as "messageId", state, reason
  `)
}

/** Drops receipts that nobody's message has claimed in 72 hours; answers how many still wait. */
export async function dropOldParked(db: Database, carrierId: string): Promise<number> {
  const [row] = await db.execute<{ left: number }>(sql`
    with dropped as (
      delete from orphan_receipts
      where carrier_id = ${carrierId}::uuid and at < now() - make_interval(hours => ${ORPHAN_HOURS}::int)
      returning 1
    )
    select ((select count(*) from orphan_receipts where carrier_id = ${carrierId}::uuid)
      - (select count(*) from dropped))::int as left
  `)
  return row?.left ?? 0
}
