import { sql } from 'drizzle-orm'
import { arrayLiteral, notify, numberArray, transact, type Database } from './database.ts'
import { storable } from './storable.ts'

/** What a gateway told by webhook and no dispatcher has recorded yet; its shape is the carriers' room's. */
export interface StoredCallback {
  readonly no: number
  readonly callback: unknown
}

/** A claim lapses after this long: its dispatcher died, or the database took none of what it read. */
const CLAIM_SECONDS = 15

/** Stores what came, in its order, and tells the dispatchers. Durable when it resolves. */
export async function insertCallbacks(
  db: Database,
  came: readonly { readonly carrierId: string; readonly callback: unknown }[],
): Promise<void> {
  await transact(db, async tx => {
    await tx.execute(sql`
      insert into callbacks (carrier_id, callback)
      select c.carrier_id, c.callback::jsonb
      from unnest(
        ${arrayLiteral(came.map(one => one.carrierId))}::uuid[],
        ${arrayLiteral(came.map(one => storableJson(one.callback)))}::text[]
      ) with ordinality as c(carrier_id, callback, n)
      order by c.n
    `)
    for (const carrierId of new Set(came.map(one => one.carrierId))) {
      await notify(tx, 'callbacks', carrierId)
    }
  })
}

/** Its texts are cleaned before they are escaped: somebody may have written the six characters of `\u0000`. */
function storableJson(callback: unknown): string {
  return JSON.stringify(callback, (_key, value: unknown) =>
    typeof value === 'string' ? storable(value) : value,
  )
}

/**
 * Claims the oldest of a carrier's callbacks. Texts of one phone must be heard in their order, so while a dispatcher
 * holds some of a carrier, no other gets any.
 */
export async function claimCallbacks(
  db: Database,
  of: { readonly carrierId: string; readonly dispatcherId: string; readonly limit: number },
): Promise<StoredCallback[]> {
  const { carrierId, dispatcherId, limit } = of
  const rows = await transact(db, async tx => {
    await tx.execute(sql`
      select pg_advisory_xact_lock(hashtext('callbacks'), hashtext(${carrierId}))
    `)
    return await tx.execute<{ no: string; callback: unknown }>(sql`
      update callbacks c
      set claimed_by = ${dispatcherId}::uuid,
        claimed_until = now() + make_interval(secs => ${CLAIM_SECONDS}::int)
      where c.no in (
          select d.no from callbacks d
          where d.carrier_id = ${carrierId}::uuid
            and (d.claimed_until is null or d.claimed_until < now())
          order by d.no limit ${limit})
        and not exists (
          select from callbacks o
          where o.carrier_id = ${carrierId}::uuid and o.claimed_until >= now()
            and o.claimed_by <> ${dispatcherId}::uuid)
      returning c.no, c.callback
    `)
  })
  return rows
    .map(({ no, callback }) => ({ no: Number(no), callback }))
    .toSorted((a, b) => a.no - b.no)
}

/** They have been recorded. */
export async function removeCallbacks(db: Database, nos: readonly number[]): Promise<void> {
  await db.execute(sql`delete from callbacks where no = any(${numberArray(nos)}::bigint[])`)
}

/** Carriers whose callbacks nobody has taken for some seconds. */
export async function carriersLeftWaiting(db: Database, seconds: number): Promise<string[]> {
  const rows = await db.execute<{ carrier_id: string }>(sql`
    select distinct carrier_id from callbacks
    where at < now() - make_interval(secs => ${seconds}::int)
      and (claimed_until is null or claimed_until < now())
  `)
  return rows.map(row => row.carrier_id)
}
