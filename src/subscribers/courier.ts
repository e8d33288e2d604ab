/**
 * Brings subscribers their notices. Each subscriber has a round of its own, a few notices at once, and the next round
 * begins when that one is over: so one that is slow holds up nobody but itself.
 *
 * Any number of couriers work at once; a claim is a lease with a fence. A notice whose courier dies between sending
 * and settling is claimed again when the lease is over; what that means is its bearer's to say.
 */
import { describeError, log } from '../log.ts'
import { mayBePrivate, openOrigin } from '../network/origin.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, transact } from '../store/database.ts'
import { cancelNotices, type ClaimedNotice, claimNotices, settleNotice } from '../store/notices.ts'
import { lockSubscriber, updateSubscriber } from '../store/subscribers.ts'
import type { Bearer } from './bearer.ts'
import { ipawsBearer } from './ipaws/post.ts'
import { webhookBearer } from './webhook.ts'

/** Notices of one subscriber in a round. */
const ROUND = 4
const CONNECT_MS = 3_000
/** An aggregator checks signatures and asks its channels before it answers. */
const ANSWER_MS = { webhook: 10_000, ipaws: 15_000 } as const
/** Longer than an attempt can take. */
const LEASE_SECONDS = 30
const LOOK_MS = 1_000

export interface Courier {
  /**
   * Takes what is due and starts on it.
   *
   * @returns when to look again, in milliseconds
   */
  turn(): Promise<number>
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>
}

export interface CourierOptions {
  readonly db: Database
  readonly masterKey: Uint8Array
  /** `Config.privateHosts` */
  readonly privateHosts: readonly string[]
  readonly now: () => Date
  /** A round is over: there may be more for that subscriber. */
  readonly wake: () => void
}

export function startCourier(options: CourierOptions): Courier {
  const { db, privateHosts, wake } = options
  const rounds = new Map<string, Promise<void>>()

  const turn = async () => {
    const claimed = await claimNotices(db, {
      busy: [...rounds.keys()],
      each: ROUND,
      leaseSeconds: LEASE_SECONDS,
    })
    for (const subscriberId of new Set(claimed.map(notice => notice.subscriberId))) {
      const round = bring(claimed.filter(notice => notice.subscriberId === subscriberId))
      rounds.set(
        subscriberId,
        round.finally(() => {
          rounds.delete(subscriberId)
          wake()
        }),
      )
    }
    return LOOK_MS
  }

  const bearerOf = ({ kind, url }: ClaimedNotice): Bearer => {
    const origin = openOrigin({
      url: new URL(url),
      connections: ROUND,
      allowPrivate: mayBePrivate(url, privateHosts),
      connectMs: CONNECT_MS,
      answerMs: ANSWER_MS[kind],
    })
    switch (kind) {
      case 'webhook':
        return webhookBearer(origin, options)
      case 'ipaws':
        return ipawsBearer(origin, { ...options, leaseSeconds: LEASE_SECONDS })
    }
  }

  const bring = async (notices: readonly ClaimedNotice[]) => {
    const [first] = notices
    if (first === undefined) return
    try {
      const bearer = bearerOf(first)
      if (bearer.isInOrder) {
        const oldestFirst = notices.toSorted((a, b) => (a.noticeId < b.noticeId ? -1 : 1))
        for (const notice of oldestFirst) await bringOne(bearer, notice)
      } else {
        await Promise.all(notices.map(notice => bringOne(bearer, notice)))
      }
      await bearer.close()
    } catch (error) {
      // Their leases bring back what was not settled.
      const { subscriberId } = first
      log.error({ subscriberId, code: describeError(error) }, 'a round of notices stumbled')
    }
  }

  const bringOne = async (bearer: Bearer, notice: ClaimedNotice) => {
    const { subscriberId, noticeId, attempts } = notice
    const { settlement, isGone, also } = await bearer.bring(notice)
    const { state, status, fault } = settlement
    await transact(db, async tx => {
      if ((await settleNotice(tx, notice, settlement)) && also !== undefined) await also(tx)
    })
    if (isGone === true) await disable(subscriberId)
    if (state === 'delivered' || settlement.isPutOff === true) return
    const fields = {
      subscriberId,
      noticeId,
      attempt: attempts,
      state,
      ...(status !== null && { status }),
      ...(fault !== null && { reason: fault }),
    }
    if (state === 'waiting') log.warn(fields, 'a subscriber could not be told yet')
    else log.error(fields, 'a subscriber was not told as it should have been')
  }

  /** Its address has said that it is gone: nobody is told anything there until an administrator enables it. */
  const disable = async (subscriberId: string) => {
    log.error({ subscriberId, status: 410 }, 'a subscriber is gone and has been disabled')
    await transact(db, async tx => {
      const subscriber = await lockSubscriber(tx, subscriberId)
      if (subscriber === undefined || !subscriber.enabled) return
      await cancelNotices(tx, subscriberId)
      await updateSubscriber(tx, subscriberId, { enabled: false, gone: true })
      const by = { operatorId: null, action: 'subscriber.gone', subject: subscriberId }
      await recordAudit(tx, by)
    })
  }

  return {
    turn,
    async idle() {
      await Promise.all(rounds.values())
    },
  }
}
