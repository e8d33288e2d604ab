/**
 * Ends: what was not sent in time, what was stopped, and alerts with nothing left to do. A range that a live
 * dispatcher holds is left alone; it gives it back, or its lease runs out.
 */
import { sql } from 'drizzle-orm'
import { lockBlocks, writeBlocks } from './blocks.ts'
import type { Database } from './database.ts'
import { IS_RELEASED } from './holds.ts'
import { IS_MAILING } from './mailings.ts'
import { moveProgress, NO_CARRIER } from './progress.ts'
import { offsetsOf, PLACE, type RangePlace } from './ranges.ts'

/** Alerts that may have something to end, the most urgent first. */
export async function unfinishedAlerts(db: Database): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select a.id from alerts a
    where a.state in ('sending', 'paused')
      or (a.state = 'stopped'
        and (a.finished_at is null
          or exists (select from ranges r where r.alert_id = a.id and r.state <> 'done')
          or ${IS_MAILING}))
    order by a.priority, a.dispatched_at
  `)
  return rows.map(row => row.id)
}

/** Ranges ended in one transaction: a stop of a million recipients is not to be one. */
const RANGES_AT_ONCE = 50

/**
 * Ends the recipients of free ranges that may no longer be sent, some ranges at a time: those of a stopped alert
 * as `cancelled`, those past their expiry as `expired`; what lies under a dead owner's mark may have left and ends
 * as `unknown`. Run inside a transaction.
 *
 * @returns whether there may be more
 */
export async function endRanges(tx: Database, alertId: string): Promise<boolean> {
  const over = await tx.execute<
    RangePlace & { readonly stopped: boolean } & Record<string, unknown>
  >(sql`
    with over as (
      select r.range_no, a.state = 'stopped' as stopped
      from ranges r join alerts a on a.id = r.alert_id
      where r.alert_id = ${alertId}::uuid and r.state <> 'done'
        and (r.state = 'ready' or r.lease_until < now())
        and r.expires <= case when a.state = 'stopped' then 'infinity' else now() end
      order by r.block_no limit ${RANGES_AT_ONCE} for update of r skip locked
    )
    update ranges r set state = 'done', fence = r.fence + 1, owner = null, lease_until = null
    from over o where r.alert_id = ${alertId}::uuid and r.range_no = o.range_no
    returning ${PLACE}, o.stopped
  `)
  if (over.length === 0) return false
  const blocks = await lockBlocks(tx, alertId, [...new Set(over.map(range => range.blockNo))])
  for (const { stopped, ...range } of over) {
    const { blockNo, generation, hwm } = range
    const block = blocks.get(blockNo)
    if (block === undefined) continue
    for (const offset of offsetsOf(range)) {
      if (!block.waitsIn(generation, offset)) continue
      if (blockNo + offset <= hwm) block.ended(offset, 'unknown', 'dispatcher_died')
      else block.ended(offset, stopped ? 'cancelled' : 'expired', undefined)
    }
  }
  await writeBlocks(tx, blocks.values())
  return true
}

/**
 * The state that an alert ends in when it is planned whole and nothing of it is queued or in flight, letters
 * included, for what can still leave must be there to be stopped: `expired` where somebody's text was not sent in
 * time, else `sent`. Undefined while there is work.
 */
export async function endOfAlert(
  tx: Database,
  alertId: string,
): Promise<'sent' | 'expired' | undefined> {
  const [row] = await tx.execute<{ late: boolean }>(sql`
    select exists (select from progress p where p.alert_id = a.id group by p.alert_id having sum(p.expired) > 0) as late
    from alerts a
    where a.id = ${alertId}::uuid and a.state in ('sending', 'paused') and a.plan_state = 'done'
      and not exists (select from ranges r where r.alert_id = a.id and r.state <> 'done')
      and not ${IS_MAILING}
      and (a.state = 'sending' and ${IS_RELEASED} or a.expires <= now())
    for update of a
  `)
  if (row === undefined) return undefined
  return row.late ? 'expired' : 'sent'
}

/**
 * Notes when an alert that was stopped has come to rest: nothing of it is queued or in flight any more, letters
 * included.
 *
 * @returns whether that is so now, and was not before
 */
export async function finishStopped(tx: Database, alertId: string, now: Date): Promise<boolean> {
  const { count } = await tx.execute(sql`
    update alerts a set finished_at = ${now.toISOString()}::timestamptz
    where a.id = ${alertId}::uuid and a.state = 'stopped' and a.finished_at is null
      and a.plan_state = 'done'
      and not exists (select from ranges r where r.alert_id = a.id and r.state <> 'done')
      and not ${IS_MAILING}
  `)
  return count > 0
}

/**
 * The dispatcher refuses to send, or to go on sending: the alert is stopped and an alarm says why. Who is not
 * planned by then never is; whoever plans it finds the plan closed.
 *
 * @returns false where it has been stopped or has ended before
 */
export async function refuseAlert(
  tx: Database,
  alertId: string,
  alarm: { readonly code: string; readonly detail: string },
): Promise<boolean> {
  const [row] = await tx.execute<{ unplanned: number }>(sql`
    update alerts
    set state = 'stopped', plan_state = 'done', planner = null, planner_until = null, finished_at = now(),
        alarms = alarms || jsonb_build_array(
          jsonb_build_object('code', ${alarm.code}::text, 'detail', ${alarm.detail}::text, 'since', now()))
    where id = ${alertId}::uuid
      and (state in ('sending', 'paused') or (state = 'stopped' and plan_state <> 'done'))
    returning recipients - planned as unplanned
  `)
  if (row === undefined) return false
  await moveProgress(tx, [{ alertId, carrierId: NO_CARRIER, delta: { cancelled: row.unplanned } }])
  return true
}
