import { sql } from 'drizzle-orm'
import { Block, WHOLE } from '../../src/store/block.ts'
import { readBlocks } from '../../src/store/blocks.ts'
import type { Database } from '../../src/store/database.ts'
import { Bin } from '../../src/store/packing.ts'
import { insertBlocks } from '../../src/store/plan.ts'
import { recordResults } from '../../src/store/results.ts'

interface Recipient {
  readonly phone: string
  readonly segments: number
  readonly areaNo: number
  readonly groupNos: readonly number[]
}

/**
 * Recipients as the planner lays them out, in their order: a block ends after `blockSize`, and wherever the next
 * one's text has other segments or its phone is not the higher.
 *
 * @param at when that was
 * @returns the blocks, of whom nothing has become yet
 */
export async function insertRecipients(
  db: Database,
  alertId: string,
  recipients: readonly Recipient[],
  { blockSize = 500, at = new Date() } = {},
): Promise<Block[]> {
  const runs: Recipient[][] = []
  for (const recipient of recipients) {
    const last = runs.at(-1)?.at(-1)
    const fits =
      last !== undefined &&
      last.segments === recipient.segments &&
      Number(last.phone) < Number(recipient.phone) &&
      runs.at(-1)!.length < blockSize
    if (fits) runs.at(-1)!.push(recipient)
    else runs.push([recipient])
  }
  const blocks = runs.flatMap(run => {
    const segments = run[0]!.segments
    const bin = new Bin({
      routeClass: '',
      textNo: 0,
      segments,
      expires: new Date(),
      blockSize: run.length,
    })
    for (const { phone, areaNo, groupNos } of run) {
      const id = Buffer.from(crypto.randomUUID().replaceAll('-', ''), 'hex')
      bin.add(id, 0, Number(phone), areaNo, groupNos)
    }
    return bin.cut(true)
  })
  let next = 1
  const blockNos = blocks.map(({ size }) => (next += size) - size)
  await insertBlocks(db, alertId, blocks, blockNos)
  await db.execute(sql`
    update blocks set planned_at = ${at.toISOString()}::timestamptz where alert_id = ${alertId}::uuid
  `)
  return blocks.map(
    ({ size, segments }, i) =>
      new Block({
        alertId,
        blockNo: blockNos[i]!,
        size,
        segments,
        plannedAt: at.getTime(),
        now: at.getTime(),
        records: new Uint8Array(),
        extras: new Uint8Array(),
        parts: null,
        olderParts: null,
        carriers: [],
        reasons: [],
      }),
  )
}

/** What has become of each recipient, in order. */
export async function recordsOf(db: Database, alertId: string) {
  const blocks = await readBlocks(db, alertId, 1, 100_000)
  return blocks.flatMap(({ block }) =>
    Array.from({ length: block.size }, (_, offset) => ({
      state: block.state(offset),
      reason: block.reason(offset) ?? null,
      parts: block.deliveredSegments(offset),
      carrier: block.carrier(offset),
    })),
  )
}

/**
 * A carrier took messages, and gave each segment an id, in order, or one to the whole.
 *
 * @param segments that each took there, where they are not those that were approved
 */
export async function wasGiven(
  db: Database,
  alertId: string,
  carrierId: string,
  messages: readonly {
    readonly seq: number
    readonly ids: readonly string[]
    readonly of?: 'whole'
  }[],
  segments?: number,
): Promise<void> {
  const blocks = await readBlocks(db, alertId, 1, 100_000)
  const ranges = blocks.flatMap(({ blockNo, block }) => {
    const here = messages.filter(({ seq }) => seq >= blockNo && seq < blockNo + block.size)
    if (here.length === 0) return []
    const entries = here.flatMap(({ seq, ids, of }) =>
      ids.map((id, part) => ({ seq, id, part: of === 'whole' ? WHOLE : part })),
    )
    return [
      {
        // Nobody's lease: ids are written all the same, for they are facts.
        lease: { alertId, rangeNo: blockNo, fence: -1 },
        blockNo,
        generation: 0,
        taken: [],
        segments,
        messageIds: {
          seqs: entries.map(entry => entry.seq),
          parts: entries.map(entry => entry.part),
          ids: entries.map(entry => entry.id),
        },
        ended: [],
        retries: [],
        finished: false,
      },
    ]
  })
  await recordResults(db, { id: crypto.randomUUID(), alertId, carrierId, ranges })
}
