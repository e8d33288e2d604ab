/**
 * Letters of alerts in this dispatcher's hands: claimed for a mail lane that has room for them, renewed while it has
 * them, and written back as they end.
 */
import { databaseTime } from '../clock.ts'
import { isSubmitError, type Outcome, type SubmitError } from '../carriers/carrier.ts'
import { AppError } from '../errors.ts'
import { describeError, log } from '../log.ts'
import type { Database } from '../store/database.ts'
import {
  claimLetters,
  LETTER_LEASE_SECONDS,
  renewLetters,
  settleLetters,
  type ClaimedLetter,
  type LetterLease,
  type SettledLetter,
} from '../store/letters.ts'
import { SEND_MARGIN_SECONDS } from './held.ts'
import type { LaneCounts } from './lane-counts.ts'
import type { Outgoing } from './outgoing.ts'
import { isRefusal, refuseToSend } from './refuse.ts'
import type { SendableAlert, SendableText } from './work.ts'

/** Pauses before the next try of a letter that the server did not take for now: greylisting asks for some minutes. */
const PAUSES_SECONDS = [10, 120, 600, 1_800]
/** Before a letter goes again that was refused for what is wrong with the account, or with our own hands. */
const PUT_OFF_SECONDS = 30

export interface LetterDesk {
  /** Letters that may leave now, at most `limit`. */
  claim(limit: number): Promise<Outgoing[]>
  /** Keeps the leases up. @returns whether one of these may not be sent any more */
  renew(): Promise<(outgoing: Outgoing) => boolean>
  /** Writes every end that has been collected. */
  flush(): Promise<void>
  /** Ends that are not on record yet: what a death now would send again. */
  readonly unwritten: number
}

type Held = Outgoing & { readonly lease: LetterLease; deadline: number }

export function createLetterDesk(of: {
  db: Database
  carrierId: string
  /** The alert's verified content; rejects where it is not what was signed. */
  sendable: (alertId: string) => Promise<SendableAlert>
  counts: LaneCounts
  /** Told whenever ends are on record. */
  written: () => void
}): LetterDesk {
  const { db, carrierId, counts } = of
  const held = new Map<string, Held>()
  let ended: SettledLetter[] = []
  let unwritten = 0
  /** Its statements meet the same rows: one after the other. */
  let writing: Promise<void> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = writing.then(work)
    writing = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  const flush = () =>
    inTurn(async () => {
      const batch = ended
      ended = []
      const startedAt = performance.now()
      try {
        await settleLetters(db, batch)
        unwritten -= batch.length
        if (batch.length > 0) countBatch(counts, performance.now() - startedAt)
        if (batch.length > 0) of.written()
      } catch (error) {
        // Written with the next; until then their leases are kept up.
        ended = [...batch, ...ended]
        throw error
      }
    })

  const settle = (lease: LetterLease, end: LetterEnd) => {
    held.delete(keyOf(lease))
    ended.push({ ...lease, ...end })
    unwritten++
    flush().catch((error: unknown) => {
      log.warn({ carrierId, code: describeError(error) }, 'ends of letters were not written')
    })
  }

  const hold = (claimed: ClaimedLetter, alert: SendableAlert, claimedAt: number): Held => {
    const { alertId, seq, fence, contactId, address, textNo, attempts } = claimed
    const lease = { alertId, seq, fence }
    const { encoded, personal, expiresAt, letter: common } = textOf(alert, textNo)
    const letter = personal === undefined ? common : personal.letter(seq)
    const one: Held = {
      lease,
      deadline: deadlineFrom(claimedAt),
      message: {
        to: address,
        text: encoded,
        expiresAt,
        letter: { ...letter, tag: `${alertId}${contactId}`.replaceAll('-', '') },
      },
      ended: outcome => {
        const end = endOf(outcome, attempts, alert.delivery)
        countEnd(counts, outcome, end)
        settle(lease, end)
      },
      givenBack: () => settle(lease, AGAIN),
    }
    held.set(keyOf(lease), one)
    return one
  }

  /** Letters of one alert that were claimed and can't be sent. */
  const decline = async (alertId: string, claimed: readonly ClaimedLetter[], error: unknown) => {
    if (isRefusal(error)) await refuseToSend(db, alertId, error, new Date(databaseTime()))
    else log.error({ alertId, carrierId, code: describeError(error) }, 'letters were not taken')
    for (const lease of claimed) settle(leaseOf(lease), { ...AGAIN, afterSeconds: PUT_OFF_SECONDS })
  }

  return {
    async claim(limit) {
      const claimedAt = performance.now()
      const claimed = await claimLetters(db, carrierId, limit)
      const outgoing: Outgoing[] = []
      for (const alertId of new Set(claimed.map(letter => letter.alertId))) {
        const mine = claimed.filter(letter => letter.alertId === alertId)
        try {
          const alert = await of.sendable(alertId)
          for (const letter of mine) {
            if (letter.isOptedOut) settle(leaseOf(letter), OPTED_OUT)
            else outgoing.push(hold(letter, alert, claimedAt))
          }
        } catch (error) {
          await decline(alertId, mine, error)
        }
      }
      return outgoing
    },
    renew: () =>
      inTurn(async () => {
        const askedAt = performance.now()
        const asked = [...held.values()]
        const leases = [...asked.map(({ lease }) => lease), ...ended]
        const kept = new Set((await renewLetters(db, leases)).map(keyOf))
        for (const one of asked) {
          if (kept.has(keyOf(one.lease))) one.deadline = deadlineFrom(askedAt)
        }
        const lost = new Set<Outgoing>(asked.filter(({ lease }) => !kept.has(keyOf(lease))))
        return outgoing => lost.has(outgoing)
      }),
    flush,
    get unwritten() {
      return unwritten
    },
  }
}

const keyOf = ({ alertId, seq, fence }: LetterLease): string => `${alertId} ${seq} ${fence}`
const leaseOf = ({ alertId, seq, fence }: LetterLease): LetterLease => ({ alertId, seq, fence })
const deadlineFrom = (at: number) => at + (LETTER_LEASE_SECONDS - SEND_MARGIN_SECONDS) * 1000

function textOf(alert: SendableAlert, textNo: number): SendableText {
  const text = alert.texts.get(textNo)
  if (text === undefined) {
    throw new AppError('integrity_violation', `the signed alert has no text ${textNo}`)
  }
  return text
}

/** As texts are counted: a letter is a message of one segment. */
function countEnd(counts: LaneCounts, outcome: Outcome, { state }: LetterEnd): void {
  if (!isSubmitError(outcome)) {
    counts.acceptedMessages++
    counts.acceptedSegments++
    return
  }
  if (outcome.kind === 'throttled') counts.throttled++
  if (outcome.kind === 'uncertain') counts.uncertain++
  if (state === 'waiting') counts.retried++
  else counts.failed++
}

function countBatch(counts: LaneCounts, ms: number): void {
  counts.batches++
  counts.batchMs = ms
  counts.batchSeconds += ms / 1000
}

type LetterEnd = Omit<SettledLetter, keyof LetterLease>

const PLAIN = { reason: null, isAttempt: false, isSuspect: false, afterSeconds: 0 } as const
/** Nothing of it has left, and nothing was wrong with it. */
export const AGAIN: LetterEnd = { ...PLAIN, state: 'waiting' }
const OPTED_OUT: LetterEnd = { ...PLAIN, state: 'failed', reason: 'opted_out' }

/** What becomes of a letter that was handed over, after `attempts` tries before it. */
export function endOf(
  outcome: Outcome,
  attempts: number,
  delivery: SendableAlert['delivery'],
): LetterEnd {
  if (!isSubmitError(outcome)) return { ...PLAIN, state: 'sent', isAttempt: true }
  const { kind, reason } = outcome
  switch (kind) {
    case 'permanent':
      return { ...PLAIN, state: 'failed', reason, isAttempt: true }
    case 'uncertain':
      return delivery === 'at-most-once'
        ? { ...PLAIN, state: 'unknown', reason, isAttempt: true }
        : { ...laterOrNever(outcome, attempts), isSuspect: true }
    case 'elsewhere':
      // Nobody was there to refuse it: the lane claims nothing before it is bound again.
      return reason === 'unbound' ? AGAIN : laterOrNever(outcome, attempts)
    case 'configuration':
      return { ...AGAIN, reason, afterSeconds: PUT_OFF_SECONDS }
    case 'throttled':
    case 'kept-back':
    case 'expired':
      return AGAIN
  }
}

function laterOrNever({ kind, reason }: SubmitError, attempts: number): LetterEnd {
  const pause = PAUSES_SECONDS[attempts]
  const spent = { ...PLAIN, reason, isAttempt: true }
  if (pause !== undefined) return { ...spent, state: 'waiting', afterSeconds: pause }
  return { ...spent, state: kind === 'uncertain' ? 'unknown' : 'failed' }
}
