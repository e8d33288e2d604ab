import { modeOf } from '../cap/alert.ts'
import type { CapMessage } from '../cap/message.ts'
import type { FeedRow } from '../store/cap-feeds.ts'

/** Where what a feed brings belongs: to the real thing, or to practice, and there to the feed's roster. */
export function placeOf(
  { roster }: Pick<FeedRow, 'roster'>,
  message: Pick<CapMessage, 'status'> | undefined,
): { mode: 'live' | 'exercise'; roster: string | undefined } {
  const status = message?.status
  const isActual = status === undefined || status === 'Draft' || modeOf(status) === 'live'
  // A roster is for drills alone.
  return isActual
    ? { mode: 'live', roster: undefined }
    : { mode: 'exercise', roster: roster ?? undefined }
}
