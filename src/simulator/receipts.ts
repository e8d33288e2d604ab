import type { Account } from './account.ts'
import type { Fate, SegmentInput } from './arrivals.ts'
import type { Delivery } from './deliveries.ts'
import type { DeliveryQueue } from './delivery-queue.ts'
import { drawDelay, drawsFrom } from './draws.ts'
import { createReversal } from './reversal.ts'
import { DUE, type Due, type Workings } from './workings.ts'

/** What becomes of messages on their way to the phone, and the receipts that tell of it. */
export interface Receipts {
  /** How a segment ends; the same for all parts of a message. */
  fateOf(segment: SegmentInput): Fate
  /** Owes the receipts that a registered_delivery asks for, of the segment of this number in the list. */
  owe(account: Account, number: number, fate: Fate, registeredDelivery: number): void
  /** An event of the agenda: a receipt is to go out. */
  readonly onDue: Due
  readonly onLetGo: Due
}

/** What a receipt says: an ENROUTE on the way, the end as it was, the opposite of it. */
const SAYS = ['end', 'enroute', 'opposite'] as const

export function createReceipts(workings: Workings, queue: DeliveryQueue): Receipts {
  const { agenda, draw, seed } = workings
  const byNumber = new Map(Array.from(workings.accounts.values(), a => [a.number, a] as const))
  const reversal = createReversal<{ readonly account: Account; readonly delivery: Delivery }>(
    agenda,
    DUE.letReceiptsGo,
    ({ account, delivery }) => queue.add(account, delivery),
  )
  const happens = (share: number | undefined) => share !== undefined && share > 0 && draw() < share

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
      const send = (ms: number, says: (typeof SAYS)[number]) =>
        agenda.add(ms, DUE.sendReceipt, number, account.number, SAYS.indexOf(says))
      const copies = happens(receipts.twice) ? 2 : 1
      if (happens(receipts.enroute)) send(receipts.delay.ms / 2, 'enroute')
      for (let copy = 0; copy < copies; copy++) send(drawDelay(receipts.delay, draw), 'end')
      if (happens(receipts.contradicted)) {
        send(receipts.delay.ms * 2 + receipts.delay.spreadMs, 'opposite')
      }
    },
    onDue(segment, accountNumber, says) {
      const account = byNumber.get(accountNumber)
      if (account === undefined) return
      const { receipts } = workings.behaviour
      const reversedBy = receipts === 'none' ? 1 : (receipts.reversedBy ?? 1)
      const delivery: Delivery = { kind: 'receipt', segment, says: SAYS[says]! }
      reversal.add({ account, delivery }, reversedBy)
    },
    onLetGo: reversal.onDue,
  }
}
