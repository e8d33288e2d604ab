/** Goes through the recipients of alerts that have ended, for what is counted of many alerts together. */
import { readContent } from '../cap/content.ts'
import { describeError, log } from '../log.ts'
import { type AlertRow, findAlert } from '../store/alerts.ts'
import type { Block } from '../store/block.ts'
import { contactIdAt, labelsAt, type ReadBlock, readBlocks } from '../store/blocks.ts'
import { type Database, transact } from '../store/database.ts'
import {
  type AlertToCount,
  type AreaOutcome,
  isCounting,
  isToCount,
  nextToCount,
  noteContacts,
  writeAreaOutcomes,
} from '../store/ended-alerts.ts'
import { readReplies, type ReplyState } from '../store/replies.ts'

type Counting = { -readonly [Count in keyof Omit<AreaOutcome, 'areaNo' | 'areaDesc'>]: number }

/** Blocks read at once: 25,000 recipients. */
const PAGE = 50
const NONE = {
  recipients: 0,
  delivered: 0,
  unconfirmed: 0,
  failed: 0,
  unknown: 0,
  expired: 0,
  cancelled: 0,
  replied: 0,
  optedOut: 0,
}

/** How long one that could not be counted waits for the next try: longer each time. */
const AGAIN_MS = { base: 60_000, most: 86_400_000 }
const failed = new Map<string, { readonly times: number; readonly until: number }>()

/**
 * Counts what has ended or moved since it was counted; one node at a time does. One that can't be counted keeps no
 * other waiting.
 *
 * @returns how many alerts
 */
export async function countEndedAlerts(db: Database, now: Date): Promise<number> {
  for (let counted = 0; ;) {
    const waiting = [...failed].flatMap(([id, { until }]) => (until > now.getTime() ? [id] : []))
    const next = await transact(db, tx => nextToCount(tx, now, waiting))
    if (next === undefined) return counted
    try {
      if (!(await countAlert(db, next, now))) return counted
      failed.delete(next.id)
      counted++
    } catch (error) {
      const times = (failed.get(next.id)?.times ?? 0) + 1
      const waitMs = Math.min(AGAIN_MS.base * 2 ** (times - 1), AGAIN_MS.most)
      failed.set(next.id, { times, until: now.getTime() + waitMs })
      const code = describeError(error)
      log.warn({ alertId: next.id, code }, 'an ended alert was not counted')
    }
  }
}

/**
 * A page in each transaction, for of millions of recipients all together take longer than one may; what a page notes is
 * the same however often. The figures are those of before: what moves meanwhile has the alert counted again.
 *
 * @returns false where somebody else is counting
 */
async function countAlert(db: Database, next: AlertToCount, now: Date): Promise<boolean> {
  const alert = await findAlert(db, next.id)
  if (alert === undefined) return false
  const names = alert.content === null ? [] : readContent(alert.content).areas
  const areas = new Map<number, Counting>()
  for (let from: number | undefined = 1; from !== undefined;) {
    const page: number = from
    const end = await transact(db, async tx =>
      (await isCounting(tx)) ? countPage(tx, alert, areas, page) : 'elsewhere',
    )
    if (end === 'elsewhere') return false
    from = end
  }
  const rows = [...areas].map(([areaNo, counts]) => ({
    ...counts,
    areaNo,
    areaDesc: names[areaNo]?.areaDesc ?? null,
  }))
  return transact(db, async tx => {
    if (!(await isCounting(tx)) || !(await isToCount(tx, next))) return false
    await writeAreaOutcomes(tx, next, rows, now)
    return true
  })
}

/** @returns where the next page begins */
async function countPage(
  tx: Database,
  { id, dispatchedAt, createdAt }: AlertRow,
  areas: Map<number, Counting>,
  from: number,
): Promise<number | undefined> {
  const blocks = await readBlocks(tx, id, from, PAGE)
  const last = blocks.at(-1)
  if (last === undefined) return undefined
  const end = last.blockNo + last.block.size
  const replies = await readReplies(tx, id, from, end - 1)
  const lost: { contactId: string; reason: string | null }[] = []
  const reached: string[] = []
  for (const { block, contactIds } of blocks) {
    for (let offset = 0; offset < block.size; offset++) {
      const contactId = contactIdAt(contactIds, offset)
      if (isReached(block, offset, replies.get(block.blockNo + offset))) reached.push(contactId)
      else if (hasFailed(block, offset)) {
        lost.push({ contactId, reason: block.reason(offset) ?? null })
      }
    }
  }
  await noteContacts(tx, id, dispatchedAt ?? createdAt, { failed: lost, reached })
  // The last thing in the transaction: whatever fails above is done again from its start.
  for (const read of blocks) {
    for (let offset = 0; offset < read.block.size; offset++) {
      count(areas, read, offset, replies.get(read.blockNo + offset))
    }
  }
  return end
}

/** What a carrier took counts for the contact: only where it said no, they were not reached. */
function isReached(block: Block, offset: number, reply: ReplyState | undefined): boolean {
  const state = block.state(offset)
  return state === 'delivered' || state === 'submitted' || reply !== undefined
}

/** Who has opted out since was spared. */
function hasFailed(block: Block, offset: number): boolean {
  return block.state(offset) === 'failed' && block.reason(offset) !== 'opted_out'
}

function count(
  areas: Map<number, Counting>,
  read: ReadBlock,
  offset: number,
  reply: ReplyState | undefined,
): void {
  const { areaNo } = labelsAt(read, offset)
  let counts = areas.get(areaNo)
  if (counts === undefined) areas.set(areaNo, (counts = { ...NONE }))
  counts.recipients++
  const state = read.block.state(offset)
  if (state === 'submitted') counts.unconfirmed++
  else if (state !== 'queued') counts[state]++
  if (reply?.option != null) counts.replied++
  if (reply?.optedOut === true) counts.optedOut++
}
