/** Goes through the recipients of alerts that have ended, for what is counted of many alerts together. */
import { readContent } from '../cap/content.ts'
import { findAlert } from '../store/alerts.ts'
import type { Block } from '../store/block.ts'
import { contactIdAt, labelsAt, type ReadBlock, readBlocks } from '../store/blocks.ts'
import { type Database, transact } from '../store/database.ts'
import {
  type AreaOutcome,
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

/** Counts what has ended or moved since it was counted; one node at a time does. @returns how many alerts */
export async function countEndedAlerts(db: Database, now: Date): Promise<number> {
  let counted = 0
  while (await transact(db, tx => countNext(tx, now))) counted++
  return counted
}

async function countNext(tx: Database, now: Date): Promise<boolean> {
  const next = await nextToCount(tx, now)
  const alert = next && (await findAlert(tx, next.id))
  if (next === undefined || alert === undefined) return false
  const areas = new Map<number, Counting>()
  for (let from = 1; ;) {
    const blocks = await readBlocks(tx, next.id, from, PAGE)
    const last = blocks.at(-1)
    if (last === undefined) break
    const end = last.blockNo + last.block.size
    const replies = await readReplies(tx, next.id, from, end - 1)
    const failed: { contactId: string; reason: string | null }[] = []
    const reached: string[] = []
    for (const read of blocks) {
      for (let offset = 0; offset < read.block.size; offset++) {
        const reply = replies.get(read.blockNo + offset)
        count(areas, read, offset, reply)
        const contactId = contactIdAt(read.contactIds, offset)
        if (isReached(read.block, offset, reply)) reached.push(contactId)
        else if (hasFailed(read.block, offset)) {
          failed.push({ contactId, reason: read.block.reason(offset) ?? null })
        }
      }
    }
    await noteContacts(tx, next.id, alert.dispatchedAt ?? alert.createdAt, { failed, reached })
    from = end
  }
  const names = alert.content === null ? [] : readContent(alert.content).areas
  const rows = [...areas].map(([areaNo, counts]) => ({
    ...counts,
    areaNo,
    areaDesc: names[areaNo]?.areaDesc ?? null,
  }))
  await writeAreaOutcomes(tx, next, rows, now)
  return true
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
