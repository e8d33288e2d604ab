/**
 * Claiming: a lane takes ranges when it runs low, and no more than it is about to send, for what a slow lane holds
 * a fast one can't take.
 */
import { databaseTime } from '../clock.ts'
import type { CarrierConfig } from '../carriers/carrier.ts'
import { START, type Pull } from '../carriers/routes.ts'
import { carries } from '../carriers/traffic.ts'
import type { EncodedText } from '../encoding/segments.ts'
import { AppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import { isDatabaseAway, transact, type Database } from '../store/database.ts'
import {
  claimRanges,
  loadRanges,
  putOffRanges,
  releaseRanges,
  type ClaimedRange,
  type QueuedRecipient,
} from '../store/ranges.ts'
import type { Level } from './queue.ts'
import { isRefusal, refuseToSend } from './refuse.ts'
import type { CarrierText, SendableAlert } from './work.ts'

/** Work in hand beyond the exposure, in seconds of the rate, and recipients at the most. */
const CLAIM_AHEAD = { seconds: 0.5, most: 10_000 }
/** Ranges at the most in one claim. */
const MOST_RANGES = 32
/**
 * An alert that fails in our own hands, and not for what it says or for want of the database, is tried again after
 * this long: given back at once it would be claimed again at once, ahead of all that is less urgent.
 */
const PUT_OFF_SECONDS = 30

export interface ClaimWish {
  /** Ranges at the most. */
  readonly limit: number
  /** Only of alerts that are more urgent than this; undefined: of any. */
  readonly before: number | undefined
}

/**
 * What to claim now. Where there is enough in hand it is only what is more urgent than the least urgent part of it
 * that may be done without: so something more urgent never waits behind what was claimed before. Of equal alerts
 * there should be some of each, or they could not take turns.
 *
 * @param facts `levels`: what is in hand, the most urgent first
 */
export function nextClaim(facts: {
  /** Segments a second. */
  readonly rate: number
  readonly exposureLimit: number
  readonly levels: readonly Level[]
  /** Recipients of a range, as far as is known. */
  readonly rangeSize: number
}): ClaimWish {
  const { rate, exposureLimit, levels, rangeSize } = facts
  const wanted = exposureLimit + Math.min(CLAIM_AHEAD.most, Math.ceil(rate * CLAIM_AHEAD.seconds))
  let inHand = 0
  let before: number | undefined
  for (const { priority, length, alerts, shortest } of levels) {
    const total = inHand + length
    // An alert that runs short because it is nearly out must not make us claim ever more of the others.
    const isBalanced = shortest >= wanted / 2 / alerts || total >= 2 * wanted
    if (total >= wanted / 2 && isBalanced) {
      before = priority
      break
    }
    inHand = total
  }
  const limit = Math.max(1, Math.ceil((wanted - inHand) / rangeSize))
  return { before, limit: Math.min(MOST_RANGES, limit) }
}

export interface Claiming {
  /**
   * Claims ranges and hands each to `hold`, with its recipients; those of an alert that can't be sent go back.
   *
   * @returns how many were claimed
   */
  claim(wish: ClaimWish): Promise<number>
}

/** A range as it comes into a lane's hands. */
export interface TakenRange {
  readonly alert: SendableAlert
  readonly place: ClaimedRange
  readonly text: CarrierText
  /** Of the block that the range is of. */
  readonly phones: Buffer
  readonly recipients: readonly QueuedRecipient[]
  /** On the monotonic clock, before the claim was sent. */
  readonly claimedAt: number
}

export function createClaiming(of: {
  db: Database
  dispatcherId: string
  account: CarrierConfig
  /** Segments a second that fall to this lane. */
  rate: number
  /** How many segments a text takes on the carrier. */
  segmentsHere: (text: EncodedText) => number
  /** How the carrier takes part in each class now. */
  pulls: () => readonly Pull[]
  /** The alert's verified content; rejects where it is not what was signed. */
  sendable: (alertId: string) => Promise<SendableAlert>
  hold: (range: TakenRange) => void
}): Claiming {
  const { db, dispatcherId, account, hold } = of
  const carrierId = account.id

  const portions = createPortions(of.rate)

  const take = async (alertId: string, claimed: readonly ClaimedRange[], claimedAt: number) => {
    const alert = await of.sendable(alertId)
    // The classes that we claim are of what we carry; what the alert is was signed.
    if (!carries(account, alert.traffic)) {
      throw new AppError('integrity_violation', 'the alert is planned for carriers of another kind')
    }
    const loaded = await loadRanges(db, alertId, claimed)
    for (const [i, place] of claimed.entries()) {
      const waiting = loaded[i]!
      const { phones, recipients } = waiting
      const text = textOf(alert, waiting.textNo)
      portions.took(place.routeClass, recipients.length * text.segments, claimedAt)
      hold({ alert, place, text, phones, recipients, claimedAt })
    }
  }

  const textOf = (alert: SendableAlert, textNo: number): CarrierText => {
    const text = alert.texts.get(textNo)
    if (text === undefined) {
      throw new AppError('integrity_violation', `the signed alert has no text ${textNo}`)
    }
    return { ...text, segments: of.segmentsHere(text.encoded) }
  }

  /** Claimed ranges that can't be taken go back; an alert that is not what was signed is stopped. */
  const decline = async (alertId: string, claimed: readonly ClaimedRange[], error: unknown) => {
    if (isRefusal(error)) await refuseToSend(db, alertId, error, new Date(databaseTime()))
    else log.error({ alertId, carrierId, code: describeError(error) }, 'ranges could not be taken')
    if (isRefusal(error) || isDatabaseAway(error)) await releaseRanges(db, claimed)
    else await putOffRanges(db, claimed, PUT_OFF_SECONDS)
  }

  return {
    async claim({ limit, before }) {
      const claimedAt = performance.now()
      const classes = of.pulls().filter(pull => portions.mayTake(pull, claimedAt))
      if (classes.length === 0) return 0
      const least = Math.min(...classes.map(({ share }) => share))
      const claimed = await transact(db, tx =>
        claimRanges(tx, {
          dispatcherId,
          carrierId,
          classes,
          patienceSeconds: START.ofPreferred,
          limit: Math.max(1, Math.floor(limit * least)),
          before,
        }),
      )
      const byAlert = new Map<string, ClaimedRange[]>()
      for (const range of claimed) {
        byAlert.set(range.alertId, [...(byAlert.get(range.alertId) ?? []), range])
      }
      for (const [alertId, mine] of byAlert) {
        await take(alertId, mine, claimedAt).catch((error: unknown) =>
          decline(alertId, mine, error),
        )
      }
      return claimed.length
    },
  }
}

/** Work of a class is taken this far ahead of its portion, in milliseconds. */
const PORTION_AHEAD_MS = 500

/**
 * Holds a lane to its part of a class, where that is less than the whole of its rate: what it has taken counts
 * against the time in which its part would come to as much. (The pace is another matter, and exact.)
 */
export function createPortions(rate: number) {
  const shares = new Map<string, number>()
  /** Until when each class's portion has been taken. */
  const takenUntil = new Map<string, number>()
  return {
    mayTake({ routeClass, share }: Pull, now: number): boolean {
      shares.set(routeClass, share)
      if (share >= 1) return true
      return share > 0 && (takenUntil.get(routeClass) ?? 0) <= now + PORTION_AHEAD_MS
    },
    took(routeClass: string, segments: number, now: number): void {
      const share = shares.get(routeClass) ?? 1
      const since = Math.max(now, takenUntil.get(routeClass) ?? 0)
      takenUntil.set(routeClass, since + (segments * 1000) / (rate * share))
    },
  }
}
