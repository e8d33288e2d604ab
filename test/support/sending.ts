import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Database } from '../../src/store/database.ts'
import { insertRecipients } from './blocks.ts'

export interface SendingAlert {
  readonly alertId: string
  readonly recipients: number
}

/** A carrier's row and its pace, without a connection. */
export async function insertCarrier(db: Database, name: string): Promise<string> {
  const id = uuid()
  await db.execute(sql`
    insert into carriers (id, name, protocol, segments_per_second, "window", binds, source_address,
      settings, routes, enabled)
    values (${id}::uuid, ${name}, 'smpp', 100, 10, 1, '72345', '{}', '[]', true)
  `)
  await db.execute(sql`insert into carrier_pace (carrier_id, tat) values (${id}::uuid, now())`)
  return id
}

/**
 * An alert in the middle of being sent, as the planner leaves it: `recipients` in blocks and ranges of
 * `rangeSize`. Its content is no signed one: for the engine's own tables alone.
 */
export async function insertSendingAlert(
  db: Database,
  options: {
    recipients?: number
    rangeSize?: number
    priority?: number
    delivery?: 'at-least-once' | 'at-most-once'
    expiresInSeconds?: number
  } = {},
): Promise<SendingAlert> {
  const { recipients = 10, rangeSize = 10, priority = 1, delivery = 'at-least-once' } = options
  const expires = new Date(Date.now() + (options.expiresInSeconds ?? 3600) * 1000).toISOString()
  const alertId = uuid()
  const operatorId = uuid()
  await db.execute(sql`
    insert into operators (id, email, name, roles)
    values (${operatorId}::uuid, ${`${operatorId}@county.example`}, 'Duty officer', '{author}')
  `)
  await db.execute(sql`
    insert into alerts (id, state, mode, status, msg_type, severity, draft, content, created_by, delivery,
      priority, recipients, planned, plan_state, expires, dispatched_at)
    values (${alertId}::uuid, 'sending', 'live', 'Actual', 'Alert', 'Extreme', '{"replies": {"options": []}}', '\\x7b7d',
      ${operatorId}::uuid, ${delivery}, ${priority}, ${recipients}, ${recipients}, 'done', ${expires}::timestamptz, now())
  `)
  const phones = Array.from({ length: recipients }, (_, i) => ({
    phone: `+1555${String(i + 1).padStart(7, '0')}`,
    segments: 1,
    areaNo: -1,
    groupNos: [],
  }))
  await insertRecipients(db, alertId, phones, { blockSize: rangeSize })
  await db.execute(sql`
    insert into ranges (alert_id, range_no, block_no, route_class, from_seq, to_seq, expires)
    select alert_id, block_no, block_no, '', block_no, block_no + size - 1, ${expires}::timestamptz
    from blocks where alert_id = ${alertId}::uuid
  `)
  return { alertId, recipients }
}
