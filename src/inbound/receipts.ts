/**
 * Receipts meet the messages that they speak of.
 *
 * A delivery moves by what its segments say: delivered when all segments of one try are, failed when one of the
 * latest try is and nothing better is known; it only moves up (unknown < failed < delivered). A receipt is a fact
 * whoever holds the lease, so nothing here asks for a fence: also a delivery whose result was lost and that still
 * waits as `queued` becomes delivered.
 */
import type { Receipt } from '../carriers/carrier.ts'
import { describeError, log } from '../log.ts'
import type { Block } from '../store/block.ts'
import { changeLocked, changeUnlocked } from '../store/blocks.ts'
import { transact, type Database } from '../store/database.ts'
import { raiseAlarm } from '../store/alarms.ts'
import { blockPhones } from '../store/consents.ts'
import {
  dropOldParked,
  parkReceipts,
  readParked,
  takeParked,
  type FinalReceipt,
} from '../store/receipts.ts'
import { createFilterWatch, filterAlarm } from './filtered.ts'
import type { GivenTo, MessageIds } from './message-ids.ts'

type SaidOf = Pick<Receipt, 'messageId' | 'state' | 'reason' | 'optedOut' | 'filtered'>

/** What is said of a message in the end. Parked, it loses the mark: that is of a share of many. */
type Said = FinalReceipt & { readonly filtered?: true | undefined }

/** Parked receipts looked at in one go. */
const PARKED_AT_ONCE = 5_000

export interface ReceiptBook {
  /**
   * Records a batch of receipts, in one transaction: deliveries and counters move together and only forward, so
   * that a batch may come twice, in any order, to several processes at once. Intermediate receipts change
   * nothing. Acknowledge them after this resolves.
   *
   * @returns how many had no message yet: `adopt` finds it when it is written; and how many said of a segment the
   * opposite of what had been said of it
   */
  record(receipts: readonly SaidOf[]): Promise<{ orphaned: number; contradicted: number }>
  /**
   * Gives parked receipts to messages that have been written since: a receipt may overtake the response that
   * names its message, on another bind or in another process.
   *
   * @returns how many still wait
   */
  adopt(): Promise<{ left: number }>
}

/**
 * One carrier's receipts.
 *
 * @param idsWritten resolves when the ids that the carrier has given so far are on record. Awaited where a receipt
 * names none that is known: most come long after, and don't wait
 */
export function openReceiptBook(
  db: Database,
  ids: MessageIds,
  idsWritten: () => Promise<void> = () => Promise.resolve(),
): ReceiptBook {
  const { carrierId } = ids
  let parkedAfter = ''

  const watch = createFilterWatch()

  const find = async (receipts: readonly FinalReceipt[]) => {
    const wanted = receipts.map(receipt => receipt.messageId)
    const known = ids.known(wanted)
    if (known.size === wanted.length) return known
    await idsWritten()
    return ids.find(wanted)
  }

  const complain = (count: number) => {
    if (count === 0) return
    log.warn({ carrierId, count }, 'receipts contradict others: what was delivered stays so')
  }

  /** After the commit: what was rolled back is no receipt, and comes again. */
  const watchFiltered = async (byAlert: Applied['byAlert']) => {
    for (const [alertId, said] of byAlert) {
      const filtered = said.map(({ receipt }) => receipt.filtered === true)
      const share = watch.note(alertId, filtered)
      if (share === undefined) continue
      try {
        await transact(db, tx => raiseAlarm(tx, alertId, filterAlarm(share)))
        watch.told(alertId)
      } catch (error) {
        // The next receipts raise it; these are recorded, and must not come again for it.
        log.error({ carrierId, alertId, code: describeError(error) }, 'no alarm could be raised')
      }
    }
  }

  return {
    async record(receipts) {
      const final = finalReceipts(receipts)
      if (final.length === 0) return { orphaned: 0, contradicted: 0 }
      const found = await find(final)
      const orphans = final.filter(({ messageId }) => !found.has(messageId))
      const blocked = receipts.flatMap(({ optedOut }) => optedOut ?? [])
      const hasMore =
        orphans.length > 0 || blocked.length > 0 || final.some(({ filtered }) => filtered === true)
      const { byAlert, contradicted } = hasMore
        ? await transact(db, async tx => {
            await parkReceipts(tx, carrierId, orphans)
            await blockPhones(tx, carrierId, blocked)
            return apply(tx, carrierId, final, found, changeLocked)
          })
        : await apply(db, carrierId, final, found, changeUnlocked)
      complain(contradicted)
      await watchFiltered(byAlert)
      return { orphaned: orphans.length, contradicted }
    },
    async adopt() {
      const parked = await readParked(db, carrierId, parkedAfter, PARKED_AT_ONCE)
      parkedAfter = parked.length < PARKED_AT_ONCE ? '' : (parked.at(-1)?.messageId ?? '')
      const found = await ids.find([...new Set(parked.map(receipt => receipt.messageId))])
      if (found.size > 0) {
        const { byAlert, contradicted } = await transact(db, async tx => {
          const taken = await takeParked(tx, carrierId, [...found.keys()])
          return apply(tx, carrierId, finalReceipts(taken), found, changeLocked)
        })
        complain(contradicted)
        await watchFiltered(byAlert)
      }
      return { left: await dropOldParked(db, carrierId) }
    },
  }
}

interface Told {
  readonly receipt: Said
  readonly given: GivenTo
}

interface Applied {
  readonly byAlert: ReadonlyMap<string, readonly Told[]>
  /** How many contradict what was said before. */
  readonly contradicted: number
}

async function apply(
  db: Database,
  carrierId: string,
  receipts: readonly Said[],
  found: ReadonlyMap<string, GivenTo>,
  changeBlocks: typeof changeLocked,
): Promise<Applied> {
  const byAlert = groupedBy(
    receipts.flatMap((receipt): Told[] => {
      const given = found.get(receipt.messageId)
      return given === undefined ? [] : [{ receipt, given }]
    }),
    ({ given }) => given.alertId,
  )
  let contradicted = 0
  for (const alertId of [...byAlert.keys()].toSorted()) {
    const said = byAlert.get(alertId)!
    const ofBlocks = groupedBy(said, ({ given }) => given.blockNo)
    const contradictions = new Map<number, number>()
    await changeBlocks(db, alertId, [...ofBlocks.keys()], block => {
      contradictions.set(block.blockNo, heed(block, ofBlocks.get(block.blockNo)!, carrierId))
    })
    for (const count of contradictions.values()) contradicted += count
  }
  return { byAlert, contradicted }
}

function groupedBy<T, K>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const one of all) {
    const key = keyOf(one)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return groups
}

/** @returns how many contradict what the block holds of the same segment */
function heed(block: Block, said: readonly Told[], carrierId: string): number {
  let contradicted = 0
  for (const { receipt, given } of said) {
    const before = block.saidOf(given)
    if (before !== undefined && before !== receipt.state) contradicted++
    if (receipt.state === 'delivered') block.segmentDelivered(given, carrierId)
    else block.segmentFailed(given, receipt.reason, carrierId)
  }
  return contradicted
}

/**
 * Each thing that is said of a message id, once. What a carrier calls expired was taken by it and not delivered:
 * failed. (Ours is what was never handed over.)
 */
function finalReceipts(receipts: readonly SaidOf[]): Said[] {
  const said = new Map<string, Said>()
  for (const { messageId, state, reason, filtered } of receipts) {
    if (state === 'enroute' || messageId === '') continue
    const end = state === 'delivered' ? 'delivered' : 'failed'
    const key = `${end} ${messageId}`
    if (!said.has(key)) said.set(key, { messageId, state: end, reason, filtered })
  }
  return [...said.values()]
}
