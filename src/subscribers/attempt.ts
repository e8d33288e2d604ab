import type { Settlement } from '../store/notices.ts'

/** What came of an attempt: an answer's status, or why there was none. */
export type Answered = { readonly status: number } | { readonly fault: string }

/** Pauses between attempts, in seconds: nine attempts in some 26 hours, the first ones close, for a restart. */
const PAUSES_SECONDS = [5, 30, 120, 600, 3_600, 3 * 3_600, 8 * 3_600, 14 * 3_600]

/** RFC 9110 §15.5.11: the address is gone, and likely for good. */
const GONE = 410

/**
 * Whether the notice has arrived (any 2xx), has failed for good, or is tried again and when. A redirect is no
 * arrival: it is not followed.
 *
 * @param attempts how many there have been, this one counted
 * @param random draws from 0 … 1: subscribers that failed together don't come back together
 */
export function settlementOf(
  answered: Answered,
  attempts: number,
  random: () => number = Math.random,
): Settlement {
  const status = 'status' in answered ? answered.status : null
  const fault = 'fault' in answered ? answered.fault : null
  if (status !== null && status >= 200 && status < 300) return { state: 'delivered', status, fault }
  const pause = PAUSES_SECONDS[attempts - 1]
  if (pause === undefined || status === GONE) return { state: 'failed', status, fault }
  const afterMs = pause * 1000 * (0.8 + 0.4 * random())
  return { state: 'waiting', afterMs, status, fault }
}

/** Whether the answer asks never to be called again. */
export function isGone(answered: Answered): boolean {
  return 'status' in answered && answered.status === GONE
}
