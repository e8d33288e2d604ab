/**
 * Receipts that never came are asked for, where the carrier can be asked: a webhook may have found nobody, or its
 * sender may have given it up. What a look-up says is taken as a receipt, and like one it only moves a delivery
 * forward; a delivery that the carrier knows nothing new of stays as it is.
 *
 * A lane asks while nothing waits to be sent, and no more than a share of the account's rate, in slots of its budget
 * that all dispatchers have in common. A batch of ids is one dispatcher's: it is claimed by the moment of the look.
 */
import type { LookUp, Receipt } from '../carriers/carrier.ts'
import type { Database } from '../store/database.ts'
import { findBlocks } from '../store/blocks.ts'
import { reservePace } from '../store/intents.ts'
import { claimOverdue, type Submissions } from '../store/submissions.ts'
import { PACE_SHARE } from './pace.ts'

/** Most callbacks come within seconds; Twilio keeps a message for ten hours at the longest. */
const OVERDUE = { afterMinutes: 10, withinHours: 12 }
/** Of the account's rate. */
const SHARE = 0.1
/** At once: each takes a connection. */
const MOST_AT_ONCE = 20
/** Batches that are looked through in a turn, most of which have got all of their receipts. */
const MOST_BATCHES = 20
/** Before anything is looked for again, where nothing was overdue, or the carrier didn't answer. */
const REST_MS = { nothing: 10_000, unanswered: 60_000 }

export interface LookUps {
  /** Called about once a second while the lane is bound and idle. Safe to call while a turn is under way. */
  turn(): Promise<void>
}

export function createLookUps(of: {
  db: Database
  carrierId: string
  /** The account's, in segments a second. */
  rate: number
  lookUp: LookUp
  receive: (receipt: Receipt) => void
}): LookUps {
  const { db, carrierId, rate, lookUp, receive } = of
  const atOnce = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(rate * SHARE)))
  let ids: string[] = []
  let restsUntil = -Infinity
  let isAtIt = false

  const rest = (ms: number) => {
    restsUntil = performance.now() + ms
  }

  const findIds = async () => {
    for (let batches = 0; ids.length === 0; batches++) {
      const batch = batches < MOST_BATCHES ? await claimOverdue(db, carrierId, OVERDUE) : undefined
      if (batch === undefined) return batches < MOST_BATCHES && rest(REST_MS.nothing)
      ids = await awaited(db, batch)
    }
  }

  const look = async () => {
    if (ids.length === 0) await findIds()
    const asked = ids.slice(0, atOnce)
    if (asked.length === 0) return
    // Where others have reserved as far ahead as anyone may, it is their turn.
    const slots = await reservePace(db, carrierId, asked.length, rate * PACE_SHARE)
    if (slots === undefined) return
    ids = ids.slice(asked.length)
    const answers = await Promise.all(asked.map(id => lookUp(id)))
    for (const answer of answers) {
      if (answer === 'unanswered') {
        // The rest of the batch is overdue again when it is twice as old.
        ids = []
        rest(REST_MS.unanswered)
      } else if (answer !== undefined) receive({ ...answer, acknowledge: () => undefined })
    }
  }

  return {
    async turn() {
      if (isAtIt || performance.now() < restsUntil) return
      isAtIt = true
      try {
        await look()
      } finally {
        isAtIt = false
      }
    },
  }
}

/** The ids of a batch that no receipt has come for. */
async function awaited(db: Database, batch: Submissions): Promise<string[]> {
  const { alertId, blockNo, parts, ids, refs } = batch
  const block = (await findBlocks(db, alertId, [blockNo])).get(blockNo)?.block
  if (block === undefined) return []
  return ids.filter((_id, i) =>
    block.awaitsReceipt({
      offset: refs.readUInt16BE(i * 4),
      part: refs[i * 4 + 2]!,
      tryNo: refs[i * 4 + 3]!,
      parts,
    }),
  )
}
