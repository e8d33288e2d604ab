import { useMemo } from 'preact/hooks'
import { useEnded } from '../../lib/ended.ts'
import type { AlertSummary } from '../../lib/types.ts'

/** What was sent within a day and has not expired, the newest first; undefined until it is known. */
export function useInForce(): readonly AlertSummary[] | undefined {
  const sent = useEnded('sent', { most: 50, everyMs: 15_000 })
  return useMemo(() => sent?.filter(isInForce), [sent])
}

export const isInForce = ({ msgType, expires }: AlertSummary): boolean =>
  msgType !== 'Cancel' && (expires === null || Date.parse(expires) >= Date.now())
