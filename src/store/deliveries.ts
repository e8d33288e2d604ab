import { and, asc, eq, gt, inArray } from 'drizzle-orm'
import type { Database } from './database.ts'
import { deliveries, type DELIVERY_STATES } from './schema.ts'

export type DeliveryState = (typeof DELIVERY_STATES)[number]

export interface DeliveryRow {
  readonly seq: number
  readonly phone: string
  readonly contactId: string
  readonly state: DeliveryState
  readonly reason: string | null
  readonly carrierId: string | null
  readonly segments: number
  readonly attempts: number
  readonly possibleDuplicate: boolean
  readonly submittedAt: Date | null
  readonly finalAt: Date | null
  /** An option's code or `other`. */
  readonly reply: string | null
  readonly repliedAt: Date | null
}

/** An alert's recipients by their number, after the one given. */
export async function listDeliveries(
  db: Database,
  alertId: string,
  page: {
    readonly states?: readonly DeliveryState[] | undefined
    readonly afterSeq: number
    readonly limit: number
  },
): Promise<DeliveryRow[]> {
  const { seq, phone, contactId, state, reason, carrierId, segments, attempts } = deliveries
  const { possibleDuplicate, submittedAt, finalAt, reply, repliedAt } = deliveries
  const rows = await db
    .select({
      seq,
      phone,
      contactId,
      state,
      reason,
      carrierId,
      segments,
      attempts,
      possibleDuplicate,
      submittedAt,
      finalAt,
      reply,
      repliedAt,
    })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.alertId, alertId),
        gt(deliveries.seq, page.afterSeq),
        page.states && inArray(deliveries.state, [...page.states]),
      ),
    )
    .orderBy(asc(deliveries.seq))
    .limit(page.limit)
  return rows as DeliveryRow[]
}
