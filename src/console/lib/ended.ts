import { useEffect, useState } from 'preact/hooks'
import { openAlerts } from './desk.ts'
import { useResource } from './resource.ts'
import type { AlertSummary, Page } from './types.ts'

const DAY_MS = 86_400_000

/**
 * What ended within a day, the newest first; undefined until it is known. Asked at once when the open ones are others
 * than before: what leaves them is not for seconds on neither list.
 */
export function useEnded(
  states: string,
  { most, everyMs }: { most: number; everyMs: number },
): readonly AlertSummary[] | undefined {
  const [since] = useState(() => new Date(Date.now() - DAY_MS).toISOString())
  const ended = useResource<Page<AlertSummary>>(
    `/v1/alerts?state=${states}&since=${encodeURIComponent(since)}&limit=${most}`,
    everyMs,
  )
  const open = openAlerts.value?.map(({ id }) => id).join()
  useEffect(() => {
    if (open !== undefined) void ended.refresh()
  }, [open])
  return ended.data.value?.items
}
