import type { Receipt } from '../carriers/carrier.ts'
import { transact, type Database } from '../store/database.ts'
import { bumpProgress } from '../store/progress.ts'
import {
  dropOldOrphans,
  joinParts,
  moveSegments,
  takeOrphans,
  useKeys,
  type CountedMove,
  type FinalReceipt,
} from '../store/receipts.ts'

/**
 * Records a batch of one carrier's receipts, in one transaction: segments, deliveries and counters move together
 * and only forward, so that a batch may come twice, in any order, from several processes at once. Intermediate
 * receipts change nothing. Acknowledge them after this resolves.
 *
 * @returns how many had no message yet; `adoptOrphans` finds it when it is written
 */
export async function recordReceipts(
  db: Database,
  carrierId: string,
  receipts: readonly Pick<Receipt, 'messageId' | 'state' | 'reason'>[],
): Promise<{ orphaned: number }> {
  const final = finalReceipts(receipts)
  if (final.length === 0) return { orphaned: 0 }
  return transact(db, async tx => {
    await useKeys(tx)
    return recordFinal(tx, carrierId, final)
  })
}

/**
 * Gives parked receipts to messages that have been written since: a receipt may overtake the response that
 * names its message, on another bind or in another process.
 *
 * @returns how many still wait
 */
export async function adoptOrphans(db: Database, carrierId: string): Promise<{ left: number }> {
  await transact(db, async tx => {
    await useKeys(tx)
    const found = finalReceipts(await takeOrphans(tx, carrierId))
    if (found.length > 0) await recordFinal(tx, carrierId, found)
  })
  return { left: await dropOldOrphans(db, carrierId) }
}

async function recordFinal(
  tx: Database,
  carrierId: string,
  receipts: readonly FinalReceipt[],
): Promise<{ orphaned: number }> {
  const { moves, parts, orphaned } = await moveSegments(tx, carrierId, receipts)
  await count(tx, moves)
  if (parts.length > 0) await count(tx, await joinParts(tx, carrierId, parts))
  return { orphaned }
}

async function count(tx: Database, moves: readonly CountedMove[]): Promise<void> {
  for (const { alertId, carrierId, delta } of moves) {
    await bumpProgress(tx, alertId, carrierId, delta)
  }
}

/**
 * One a message id, the best of what is said of it, in the ids' order, so that two batches lock alike. What a
 * carrier calls expired was taken by it and not delivered: failed. (Ours is what was never handed over.)
 */
function finalReceipts(
  receipts: readonly Pick<Receipt, 'messageId' | 'state' | 'reason'>[],
): FinalReceipt[] {
  const best = new Map<string, FinalReceipt>()
  for (const { messageId, state, reason } of receipts) {
    if (state === 'enroute' || messageId === '') continue
    if (state === 'delivered') best.set(messageId, { messageId, state, reason })
    else if (!best.has(messageId)) best.set(messageId, { messageId, state: 'failed', reason })
  }
  return [...best.values()].toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1))
}
