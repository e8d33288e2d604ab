import { sql } from 'drizzle-orm'
import { lockBlocks } from './blocks.ts'
import type { Database } from './database.ts'
import { leftOf, readProgress } from './progress.ts'
import { offsetsOf, PLACE, type RangePlace } from './ranges.ts'

/** Whether a dispatcher that lives holds ranges of the alert: messages of it may be in flight. */
export async function isHeld(db: Database, alertId: string): Promise<boolean> {
  const [row] = await db.execute<{ held: boolean }>(sql`
    select exists (
      select from ranges r
      where r.alert_id = ${alertId}::uuid and r.state = 'leased' and r.lease_until > now()
    ) as held
  `)
  return row!.held
}

/**
 * Recipients whose message has been handed to a carrier: those on record, and those under the marks of ranges that
 * are held, whose answers are still to come. Of an alert that may not be sent the marks lie where its dispatchers
 * stopped. Run inside a transaction.
 */
export async function countHandedOver(tx: Database, alertId: string): Promise<number> {
  const held = await tx.execute<RangePlace & Record<string, unknown>>(sql`
    select ${PLACE} from ranges r
    where r.alert_id = ${alertId}::uuid and r.state = 'leased' and r.hwm > 0
  `)
  // Locked, so that nobody moves from the one count to the other in between.
  const blocks = await lockBlocks(tx, alertId, [...new Set(held.map(range => range.blockNo))])
  let inFlight = 0
  for (const range of held) {
    const block = blocks.get(range.blockNo)
    if (block === undefined) continue
    for (const offset of offsetsOf(range)) {
      if (range.blockNo + offset > range.hwm) break
      if (block.waitsIn(range.generation, offset)) inFlight++
    }
  }
  return inFlight + leftOf(await readProgress(tx, alertId))
}
