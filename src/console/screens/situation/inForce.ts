import { useMemo, useState } from 'preact/hooks'
import { useResource } from '../../lib/resource.ts'
import type { AlertSummary, Page } from '../../lib/types.ts'

const MOST = 50
const DAY_MS = 86_400_000
const EVERY_MS = 15_000

/** What was sent within a day and has not expired, the newest first; undefined until it is known. */
export function useInForce(): readonly AlertSummary[] | undefined {
  const [since] = useState(() => new Date(Date.now() - DAY_MS).toISOString())
  const sent = useResource<Page<AlertSummary>>(
    `/v1/alerts?state=sent&since=${encodeURIComponent(since)}&limit=${MOST}`,
    EVERY_MS,
  ).data.value?.items
  return useMemo(() => sent?.filter(isInForce), [sent])
}

export const isInForce = ({ msgType, expires }: AlertSummary): boolean =>
  msgType !== 'Cancel' && (expires === null || Date.parse(expires) >= Date.now())
