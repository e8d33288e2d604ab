import type { Account } from './account.ts'
import type { Fate, SegmentInput } from './arrivals.ts'
import { drawDelay, drawsFrom } from './draws.ts'
import type { DeliveryQueue } from './delivery-queue.ts'
import { DUE, type Due, type Workings } from './workings.ts'

/** What becomes of messages on their way to the phone, and the receipts that tell of it. */
export interface Receipts {
  /** How a segment ends; the same for all parts of a message. */
  fateOf(segment: SegmentInput): Fate
  /** Owes the receipts that a registered_delivery asks for, of the segment of this number in the list. */
  owe(account: Account, number: number, fate: Fate, registeredDelivery: number): void
  /** An event of the agenda: a receipt is to go out. */
  readonly onDue: Due
}

export function createReceipts(workings: Workings, queue: DeliveryQueue): Receipts {
  const { agenda, draw, seed } = workings
  const byNumber = new Map(Array.from(workings.accounts.values(), a => [a.number, a] as const))
  return {
    fateOf({ phone, text, reference, total }) {
      const { receipts } = workings.behaviour
      if (receipts === 'none' || receipts.failed + receipts.expired === 0) return 'delivered'
      const drawn = drawsFrom(seed, phone, total > 1 ? reference : text, total)()
      if (drawn < receipts.failed) return 'failed'
      return drawn < receipts.failed + receipts.expired ? 'expired' : 'delivered'
    },
    owe(account, number, fate, registeredDelivery) {
      const { receipts } = workings.behaviour
      // SMPP 3.4 §5.2.17: 1 asks for every final outcome, 2 for failures alone.
      const asked = registeredDelivery & 3
      if (receipts === 'none' || asked === 0) return
      if (asked === 2 && fate === 'delivered') return
      if (receipts.share < 1 && draw() >= receipts.share) return
      const copies = receipts.twice > 0 && draw() < receipts.twice ? 2 : 1
      for (let copy = 0; copy < copies; copy++) {
        agenda.add(drawDelay(receipts.delay, draw), DUE.sendReceipt, number, account.number, 0)
      }
    },
    onDue(segment, accountNumber) {
      const account = byNumber.get(accountNumber)
      if (account !== undefined) queue.add(account, { kind: 'receipt', segment })
    },
  }
}
