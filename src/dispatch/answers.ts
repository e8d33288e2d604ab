/**
 * Answers to people: HELP texts, confirmations of an opt-out, a carrier's test message. They go ahead of
 * every alert, from the alert's own slots where one is being sent, and keep to a twentieth of the rate.
 */
import {
  isSubmitError,
  type Outcome,
  type ShortMessage,
  type SubmitErrorKind,
} from '../carriers/carrier.ts'
import { type EncodedText, encodeText } from '../encoding/segments.ts'
import type { Database } from '../store/database.ts'
import { claimAnswers, finishAnswer, giveBackAnswer, keepAnswers } from '../store/answers.ts'
import { blockPhones } from '../store/consents.ts'
import { reservePace } from '../store/intents.ts'
import { describeError, log } from '../log.ts'
import type { LaneCounts } from './lane-counts.ts'
import { PACE_SHARE, type Pace } from './pace.ts'

const SHARE = 0.05
/** Slots beside theirs, in seconds: the first may have lapsed before the database's answer is here. */
const SPARE_SECONDS = 0.02
/** What the carrier, or this process, didn't want just now, and nobody has got. */
const AGAIN: ReadonlySet<SubmitErrorKind> = new Set(['throttled', 'elsewhere', 'kept-back'])

interface Answer {
  readonly id: string
  readonly message: ShortMessage
  readonly segments: number
  /** Negative, so that it can't be taken for a recipient's. */
  readonly ref: number
}

export interface AnswerDesk {
  readonly waiting: number
  next(): Answer | undefined
  owns(ref: number): boolean
  outcome(ref: number, outcome: Outcome): void
  /** Takes what waits in the database, at most this second's share. */
  claim(mayClaim: boolean): Promise<void>
}

export function createAnswerDesk(of: {
  db: Database
  carrierId: string
  dispatcherId: string
  rate: number
  /** How many segments a text takes on the carrier. */
  segmentsHere: (text: EncodedText) => number
  pace: Pace
  counts: LaneCounts
}): AnswerDesk {
  const { counts, db, carrierId, dispatcherId, rate, pace } = of
  let waiting: Answer[] = []
  const sent = new Map<number, Answer>()
  let lastRef = 0

  /** What waits for long here, or for the carrier's answer, must not be taken for what a dead process had. */
  const keep = async () => {
    const inHand = [...waiting, ...sent.values()]
    if (inHand.length === 0) return
    const kept = await keepAnswers(
      db,
      dispatcherId,
      inHand.map(({ id }) => id),
    )
    waiting = waiting.filter(({ id }) => kept.has(id))
  }

  return {
    get waiting() {
      return waiting.length
    },
    next() {
      const answer = waiting.shift()
      if (answer !== undefined) sent.set(answer.ref, answer)
      return answer
    },
    owns: ref => ref < 0,
    outcome(ref, outcome) {
      const answer = sent.get(ref)
      if (answer === undefined) return
      sent.delete(ref)
      const refusal = isSubmitError(outcome) ? outcome : undefined
      if (refusal === undefined) {
        counts.acceptedMessages++
        counts.acceptedSegments += answer.segments
      }
      const isForAgain = refusal !== undefined && AGAIN.has(refusal.kind)
      Promise.all([
        isForAgain ? giveBackAnswer(db, answer.id) : finishAnswer(db, answer.id, refusal?.reason),
        refusal?.optedOut && blockPhones(db, carrierId, [answer.message.to]),
      ]).catch((error: unknown) => {
        log.warn({ carrierId, code: describeError(error) }, 'the end of an answer was not written')
      })
    },
    async claim(mayClaim) {
      if (!mayClaim) return
      await keep()
      const most = Math.max(1, Math.floor(rate * SHARE)) - waiting.length
      const limit = Math.max(0, most)
      const claimed = await claimAnswers(db, { carrierId, dispatcherId, limit })
      for (const { id, phone, text, expires } of claimed) {
        const encoded = encodeText(text)
        waiting.push({
          id,
          message: { to: phone, text: encoded, expiresAt: expires.getTime() },
          segments: of.segmentsHere(encoded),
          ref: --lastRef,
        })
      }
      if (waiting.length === 0 || pace.heldUntil() > performance.now()) return
      // Nothing is being sent that they could take slots from. Also for those whose slots have lapsed unused.
      const segments = waiting.reduce((sum, answer) => sum + answer.segments, 0)
      const wanted = segments + Math.ceil(rate * SPARE_SECONDS)
      const slots = await reservePace(db, carrierId, wanted, rate * PACE_SHARE)
      if (slots !== undefined) {
        pace.grant(slots, performance.now())
      }
    },
  }
}
