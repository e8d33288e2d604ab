/**
 * What becomes of a recipient whose message a carrier did not take.
 *
 * Another carrier tries first (`store/ranges.ts` keeps the one that failed away for a while), so the first retry
 * goes at once; later ones are spread over a minute and a half, for then it is trouble that all have. Only what a
 * carrier could not do counts as a try: not that it asked for fewer a second, and not that somebody has to mend its
 * account.
 */
import type { SubmitError, SubmitErrorKind } from '../carriers/carrier.ts'

/** Tries that a recipient gets where each failed and another may help. */
const ATTEMPTS = 6
/** The same where each carrier that was asked holds the phone's opt-out: seldom do so many. */
const ATTEMPTS_DESPITE_BLOCKS = 3
/** Before each retry, in seconds. */
const DELAYS = [0, 2, 6, 20, 60] as const

export type AfterFailure =
  /** For good; `unknown` where it may have left. */
  | { readonly is: 'ended'; readonly state: 'failed' | 'unknown' }
  | {
      readonly is: 'retry'
      readonly spendsAttempt: boolean
      readonly avoidCarrier: boolean
      readonly delaySeconds: number
    }

/** @param attempts how many were spent before this one */
export function afterFailure(
  kind: SubmitErrorKind,
  attempts: number,
  delivery: 'at-least-once' | 'at-most-once',
): AfterFailure {
  const isLast = attempts + 1 >= ATTEMPTS
  const delaySeconds = DELAYS[attempts] ?? 0
  switch (kind) {
    case 'permanent':
      return { is: 'ended', state: 'failed' }
    case 'elsewhere':
      if (isLast) return { is: 'ended', state: 'failed' }
      return { is: 'retry', spendsAttempt: true, avoidCarrier: true, delaySeconds }
    case 'uncertain':
      if (isLast || delivery === 'at-most-once') return { is: 'ended', state: 'unknown' }
      // The link or the answer was lost: that says nothing of others, nor of when this one is back.
      return { is: 'retry', spendsAttempt: true, avoidCarrier: true, delaySeconds: 0 }
    case 'configuration':
      return { is: 'retry', spendsAttempt: false, avoidCarrier: true, delaySeconds: 0 }
    case 'throttled':
    case 'kept-back':
    case 'expired':
      return { is: 'retry', spendsAttempt: false, avoidCarrier: false, delaySeconds: 0 }
  }
}

/** A carrier's block is of its own sender: in an emergency others try, though they may hold one of their own. */
export function kindFor(
  { emergency }: { readonly emergency: boolean },
  { kind, optedOut }: Pick<SubmitError, 'kind' | 'optedOut'>,
  attempts: number,
): SubmitErrorKind {
  const mayTryOthers = optedOut === true && emergency && attempts + 1 < ATTEMPTS_DESPITE_BLOCKS
  return mayTryOthers ? 'elsewhere' : kind
}
