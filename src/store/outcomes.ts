import { sql } from 'drizzle-orm'
import { Block } from './block.ts'
import { readReplies, type ReplyState } from './replies.ts'
import type { Database } from './database.ts'

/** A block as far as a report counts it: who its recipients are is not read. */
export interface OutcomeBlock {
  readonly blockNo: number
  readonly textNo: number
  readonly block: Block
  /** 2 octets each: index of the first signed area that holds the recipient; −1 none does. */
  readonly areaNos: Buffer
}

export interface OutcomePage {
  readonly blocks: readonly OutcomeBlock[]
  /** By the recipients' numbers. */
  readonly replies: ReadonlyMap<number, ReplyState>
}

/** Blocks read at once: 25,000 recipients, some 0.5 MB. */
const PAGE = 50

/** What has become of an alert's recipients, in order, read only as fast as it is taken. */
export async function* readOutcomes(
  db: Database,
  alertId: string,
): AsyncGenerator<OutcomePage, void> {
  for (let after = 0; ;) {
    const rows = await db.execute<{
      block_no: number
      text_no: number
      size: number
      segments: number
      planned_ms: number
      records: Buffer
      extras: Buffer
      carriers: string[]
      reasons: string[]
      area_nos: Buffer
    }>(sql`
      select block_no, text_no, size, segments, records, extras, carriers::text[] as carriers, reasons, area_nos,
        (extract(epoch from planned_at) * 1000)::float8 as planned_ms
      from blocks where alert_id = ${alertId}::uuid and block_no > ${after}::int
      order by block_no limit ${PAGE}
    `)
    const [first, last] = [rows[0], rows.at(-1)]
    if (first === undefined || last === undefined) return
    after = last.block_no
    const replies = await readReplies(db, alertId, first.block_no, last.block_no + last.size - 1)
    const blocks = rows.map(row => ({
      blockNo: row.block_no,
      textNo: row.text_no,
      areaNos: row.area_nos,
      block: new Block({
        alertId,
        blockNo: row.block_no,
        size: row.size,
        segments: row.segments,
        plannedAt: row.planned_ms,
        now: row.planned_ms,
        records: row.records,
        extras: row.extras,
        parts: null,
        olderParts: null,
        carriers: row.carriers,
        reasons: row.reasons,
      }),
    }))
    yield { blocks, replies }
  }
}

/** Recipients and segments of one route class, as they were laid out. */
export interface RouteDemand {
  readonly routeClass: string
  readonly recipients: number
  readonly segments: number
}

/** What the carriers were asked for, by route class. */
export async function readDemands(db: Database, alertId: string): Promise<RouteDemand[]> {
  // The range that a block was planned with bears the block's number.
  return await db.execute<RouteDemand & Record<string, unknown>>(sql`
    select r.route_class as "routeClass", sum(b.size)::int as recipients,
      sum(b.size * b.segments)::int as segments
    from blocks b join ranges r on r.alert_id = b.alert_id and r.range_no = b.block_no
    where b.alert_id = ${alertId}::uuid
    group by r.route_class order by r.route_class
  `)
}
