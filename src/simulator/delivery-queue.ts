import { COMMAND_STATUS } from '../encoding/smpp.ts'
import type { Account } from './account.ts'
import { ORDINARY_RECEIPTS } from './behaviour.ts'
import { type Delivery, encodeDelivery } from './deliveries.ts'
import type { Link } from './link.ts'
import { DUE, type Due, type Workings } from './workings.ts'

/**
 * What is owed to the accounts, one queue each, out over any of its binds that receive and within their windows.
 * It comes back into the queue when the bind dies, when no response comes in time, and a while after a response
 * that says to try again.
 */
export interface DeliveryQueue {
  add(account: Account, delivery: Delivery): void
  /** Sends what waits, as far as the windows of the account's links go. */
  pump(account: Account): void
  onResponse(link: Link, sequence: number, status: number): void
  /** Takes back what a link had in flight that is gone. */
  takeBack(account: Account, link: Link): void
  /** Takes back what got no response in time. */
  takeBackLate(account: Account, link: Link, now: number): void
  /** An event of the agenda: what was put off goes out again. */
  readonly onRested: Due
}

const S = COMMAND_STATUS
/** Sent entries that a queue may keep before it is cut. */
const QUEUE_SLACK = 10_000

/** @param onTaken told of each that was acknowledged with ESME_ROK */
export function createDeliveryQueue(
  workings: Workings,
  onTaken: (delivery: Delivery) => void,
): DeliveryQueue {
  const resting = new Map<number, { readonly account: Account; readonly delivery: Delivery }>()
  let nextResting = 0

  const linkWithRoom = (account: Account): Link | undefined => {
    const { links } = account
    const { window } = workings.behaviour.deliveries
    for (let i = 0; i < links.length; i++) {
      account.nextLink = (account.nextLink + 1) % links.length
      const link = links[account.nextLink]!
      if (link.takesDeliveries && link.inFlight.size < window) return link
    }
    return undefined
  }

  const pump = (account: Account): void => {
    while (account.queueHead < account.queue.length) {
      const link = linkWithRoom(account)
      if (link === undefined) {
        if (account.queueHead > QUEUE_SLACK) {
          account.queue = account.queue.slice(account.queueHead)
          account.queueHead = 0
        }
        return
      }
      const delivery = account.queue[account.queueHead++]!
      const sequence = link.nextSequence()
      const { receipts } = workings.behaviour
      const writing = receipts === 'none' ? ORDINARY_RECEIPTS : receipts
      link.send(encodeDelivery(delivery, workings.list, sequence, writing))
      link.inFlight.set(sequence, { delivery, sentAt: performance.now() })
    }
    account.queue = []
    account.queueHead = 0
  }

  const add = (account: Account, delivery: Delivery): void => {
    account.queue.push(delivery)
    pump(account)
  }

  const rest = (account: Account, delivery: Delivery): void => {
    account.repeated++
    account.resting++
    const number = nextResting++
    resting.set(number, { account, delivery })
    workings.agenda.add(workings.behaviour.deliveries.retryMs, DUE.sendAgain, number, 0, 0)
  }

  return {
    add,
    pump,
    onResponse(link, sequence, status) {
      const { account } = link
      const entry = link.inFlight.get(sequence)
      if (account === undefined || entry === undefined) return
      link.inFlight.delete(sequence)
      if (status === S.ESME_ROK) {
        account.acknowledged++
        onTaken(entry.delivery)
      } else if (status === S.ESME_RX_P_APPN || status === S.ESME_RX_R_APPN) {
        account.refusedDeliveries++
      } else {
        rest(account, entry.delivery)
      }
      pump(account)
    },
    takeBack(account, link) {
      const unanswered = Array.from(link.inFlight.values(), entry => entry.delivery)
      account.repeated += unanswered.length
      account.queue = [...unanswered, ...account.queue.slice(account.queueHead)]
      account.queueHead = 0
      pump(account)
    },
    takeBackLate(account, link, now) {
      for (const [sequence, { delivery, sentAt }] of link.inFlight) {
        if (now - sentAt < workings.behaviour.deliveries.timeoutMs) break
        link.inFlight.delete(sequence)
        account.repeated++
        account.queue.push(delivery)
      }
      pump(account)
    },
    onRested(number) {
      const rested = resting.get(number)
      if (rested === undefined) return
      resting.delete(number)
      rested.account.resting--
      add(rested.account, rested.delivery)
    },
  }
}
