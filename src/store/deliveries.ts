import type { DeliveryState } from './block.ts'
import { contactIdAt, phoneAt, readBlocks, type ReadBlock } from './blocks.ts'
import type { Database } from './database.ts'
import { readReplies, type ReplyState } from './replies.ts'

export interface DeliveryRow {
  readonly seq: number
  readonly phone: string
  readonly contactId: string
  readonly state: DeliveryState
  readonly reason: string | null
  readonly carrierId: string | null
  readonly segments: number
  /** Of the latest try, by its receipts: a failed message of several may have come in part. */
  readonly segmentsDelivered: number
  readonly attempts: number
  readonly possibleDuplicate: boolean
  readonly submittedAt: Date | null
  readonly finalAt: Date | null
  /** An option's code or `other`. */
  readonly reply: string | null
  readonly repliedAt: Date | null
}

/** Blocks read at once: a page that asks for few rows seldom needs a second. */
const BLOCKS = 10

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
  const rows: DeliveryRow[] = []
  for (let from = page.afterSeq + 1; ;) {
    const blocks = await readBlocks(db, alertId, from, BLOCKS)
    const last = blocks.at(-1)
    if (last === undefined) return rows
    const end = last.blockNo + last.block.size
    const replies = await readReplies(db, alertId, from, end - 1)
    for (const read of blocks) {
      for (let offset = Math.max(0, from - read.blockNo); offset < read.block.size; offset++) {
        if (page.states?.includes(read.block.state(offset)) === false) continue
        if (rows.push(deliveryAt(read, offset, replies)) === page.limit) return rows
      }
    }
    if (blocks.length < BLOCKS) return rows
    from = end
  }
}

function deliveryAt(
  { blockNo, phones, contactIds, block }: ReadBlock,
  offset: number,
  replies: ReadonlyMap<number, ReplyState>,
): DeliveryRow {
  const seq = blockNo + offset
  return {
    seq,
    phone: phoneAt(phones, offset),
    contactId: contactIdAt(contactIds, offset),
    state: block.state(offset),
    reason: block.reason(offset) ?? null,
    carrierId: block.carrier(offset) ?? null,
    segments: block.segments,
    segmentsDelivered: block.deliveredSegments(offset),
    attempts: block.attempts(offset),
    possibleDuplicate: block.isPossibleDuplicate(offset),
    submittedAt: block.submittedAt(offset) ?? null,
    finalAt: block.finalAt(offset) ?? null,
    reply: replies.get(seq)?.option ?? null,
    repliedAt: replies.get(seq)?.repliedAt ?? null,
  }
}
