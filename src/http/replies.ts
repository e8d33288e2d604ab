import { z } from 'zod'
import type { Operator } from '../operators/operator.ts'
import { phoneAsSeenBy } from '../reports/deliveries.ts'
import type { ReplyRow } from '../store/inbound.ts'
import { REPLY_KINDS } from '../store/schema.ts'
import { readCursor } from './pages.ts'
import { timeSchema } from './resources.ts'

export const replySchema = z
  .object({
    id: z.uuid(),
    phone: z.string().meta({
      description: 'In full for administrators and authors, else its last three digits',
    }),
    receivedAt: timeSchema,
    text: z.string(),
    option: z.string().nullable().meta({
      description: 'What it counts for; with kind `help`, the urgent option that it stands for',
    }),
    kind: z.enum(REPLY_KINDS),
    carrierId: z.uuid(),
    alertId: z.uuid().nullable().meta({ description: 'What it answers; null: no alert' }),
    urgent: z
      .boolean()
      .meta({ description: 'It says that somebody needs help, or may: read first' }),
    review: z.enum(['optOut']).nullable().meta({
      description: 'People must say whether it is that; it is not heeded before',
    }),
    automatic: z.boolean().meta({ description: 'A machine wrote it: it counts for nothing' }),
    late: z.boolean().meta({ description: 'It came after the alert had expired' }),
    partial: z.boolean().meta({ description: 'Parts of it never came' }),
    web: z.boolean().meta({
      description: 'By the link in their text: below the code stand their note, and where they are',
    }),
  })
  .meta({ id: 'Reply' })

export function replyAsSeenBy(operator: Operator, row: ReplyRow): z.infer<typeof replySchema> {
  return {
    id: row.id,
    phone: phoneAsSeenBy(operator, row.phone),
    receivedAt: row.receivedAt.toISOString(),
    text: row.text,
    option: row.option,
    kind: row.kind,
    carrierId: row.carrierId,
    alertId: row.alertId,
    urgent: row.urgent,
    review: row.review,
    automatic: row.automatic,
    late: row.late,
    partial: row.partial,
    web: row.web,
  }
}

/** Where a page of replies begins. */
export function receivedAfter(
  cursor: string | undefined,
): { readonly receivedAt: Date; readonly id: string } | undefined {
  const place = readCursor(cursor, z.tuple([timeSchema, z.uuid()]))
  return place && { receivedAt: new Date(place[0]), id: place[1] }
}
