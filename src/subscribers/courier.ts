/**
 * Brings subscribers their notices. Each subscriber has a round of its own, a few notices side by side, and the
 * next round begins when that one is over: so one that is slow holds up nobody but itself.
 *
 * Any number of couriers work at once; a claim is a lease with a fence. A notice whose courier dies between sending
 * and settling is sent again when the lease is over, under the same `webhook-id`, by which the receiver knows it.
 */
import { isAppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import { mayBePrivate, NetworkFault, openOrigin, type Origin } from '../network/origin.ts'
import { webhookHeaders } from '../signing/webhooks.ts'
import { recordAudit } from '../store/audit.ts'
import { type Database, transact } from '../store/database.ts'
import { cancelNotices, type ClaimedNotice, claimNotices, settleNotice } from '../store/notices.ts'
import { lockSubscriber, updateSubscriber } from '../store/subscribers.ts'
import { type Answered, isGone, settlementOf } from './attempt.ts'
import { openSecrets, signingSecrets } from './secrets.ts'

/** Notices of one subscriber that are under way at once. */
const ROUND = 4
const CONNECT_MS = 3_000
const ANSWER_MS = 10_000
/** Longer than a round can take. */
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

export function startCourier({ db, masterKey, privateHosts, now, wake }: CourierOptions): Courier {
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

  const bring = async (notices: readonly ClaimedNotice[]) => {
    const [first] = notices
    if (first === undefined) return
    try {
      const origin = openOrigin({
        url: new URL(first.url),
        connections: ROUND,
        allowPrivate: mayBePrivate(first.url, privateHosts),
        connectMs: CONNECT_MS,
        answerMs: ANSWER_MS,
      })
      await Promise.all(notices.map(notice => bringOne(origin, notice)))
      await origin.close()
    } catch (error) {
      // Their leases bring back what was not settled.
      const { subscriberId } = first
      log.error({ subscriberId, code: describeError(error) }, 'a round of notices stumbled')
    }
  }

  const bringOne = async (origin: Origin, notice: ClaimedNotice) => {
    const { subscriberId, noticeId, attempts } = notice
    const answered = await attempt(origin, notice)
    const settlement = settlementOf(answered, attempts)
    const { status, fault } = settlement
    await settleNotice(db, notice, settlement)
    if (isGone(answered)) await disable(subscriberId)
    if (settlement.state === 'delivered') return
    const fields = {
      subscriberId,
      noticeId,
      attempt: attempts,
      ...(status !== null && { status }),
      ...(fault !== null && { reason: fault }),
    }
    if (settlement.state === 'failed') log.error(fields, 'a subscriber was not told')
    else log.warn(fields, 'a subscriber could not be told yet')
  }

  const attempt = async (origin: Origin, notice: ClaimedNotice): Promise<Answered> => {
    const { subscriberId, noticeId, body, url, sealedSecrets } = notice
    const at = now()
    const { pathname, search } = new URL(url)
    try {
      const secrets = signingSecrets(openSecrets(masterKey, subscriberId, sealedSecrets), at)
      const { status } = await origin.send({
        method: 'POST',
        path: pathname + search,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Tocsin',
          ...webhookHeaders(noticeId, at, body, secrets),
        },
        body,
      })
      return { status }
    } catch (error) {
      if (error instanceof NetworkFault) return { fault: error.reason }
      // Its secrets were changed in the database: nothing of it can be signed.
      if (isAppError(error)) return { fault: error.code }
      throw error
    }
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
