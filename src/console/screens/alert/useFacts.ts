import { useEffect, useMemo, useState } from 'preact/hooks'
import { post } from '../../lib/api.ts'
import { ringsAreaKm2 } from '../../../geometry/sphere.ts'
import { useGeometries } from '../../lib/geometries.ts'
import { Problem } from '../../lib/problem.ts'
import { useResource } from '../../lib/resource.ts'
import type { ReadBytes } from '../../lib/signed.ts'
import type { Alert, AlertSummary, Area, Estimate, LintedTexts, Page } from '../../lib/types.ts'
import type { Facts } from './checks.ts'

const NO_AREAS: readonly Area[] = []
const COUNT_AGAIN_MS = 30_000
const YEAR_MS = 365 * 86_400_000

/** All that the checks look at, asked of the server when the screen opens, and the count again as long as it is open. */
export function useFacts(alert: Alert, read: ReadBytes | undefined): Omit<Facts, 'read'> {
  const { data } = useResource<Estimate>(`/v1/alerts/${alert.id}/estimate`, COUNT_AGAIN_MS)
  const since = useMemo(() => new Date(Date.now() - YEAR_MS).toISOString(), [])
  const before = useResource<Page<AlertSummary>>(
    alert.mode === 'live'
      ? `/v1/alerts?status=Actual&state=sending,paused,sent,stopped,expired&limit=1000&since=${encodeURIComponent(since)}`
      : undefined,
  ).data.value?.items
  return {
    alert,
    estimate: data.value,
    before,
    linted: useLinted(read),
    areaKm2: areaOf(useGeometries(read?.content.areas ?? NO_AREAS)),
    refusal: useRefusal(alert),
  }
}

function useLinted(read: ReadBytes | undefined): LintedTexts | undefined {
  const [linted, setLinted] = useState<LintedTexts>()
  useEffect(() => {
    if (read === undefined) return
    const { texts, areas, groups } = read.content
    const asked = {
      texts: texts.map(({ language, sms }) => ({ language, sms })),
      places: [...areas.map(({ areaDesc }) => areaDesc), ...groups.map(({ name }) => name)],
    }
    // Without an answer the check is not on the list: nobody reads that it had passed.
    post<LintedTexts>('/v1/texts/lint', asked).then(setLinted, () => undefined)
  }, [read?.digest])
  return linted
}

/** Tells its author that it was opened; the server answers as it would to an approval. */
function useRefusal({ id, contentDigest }: Alert): string | null | undefined {
  const [refusal, setRefusal] = useState<string | null>()
  useEffect(() => {
    post(`/v1/alerts/${id}/seen`).then(
      () => setRefusal(null),
      (error: unknown) => {
        if (error instanceof Problem && error.status === 403) setRefusal(error.message)
      },
    )
  }, [id, contentDigest])
  return refusal
}

/** Overlaps count twice: it is told to who compares it with what they have in mind. */
function areaOf(outlines: ReturnType<typeof useGeometries>): number | undefined {
  if (outlines.length === 0) return undefined
  return outlines
    .flatMap(({ geometry }) => geometry.coordinates)
    .reduce((sum, rings) => sum + ringsAreaKm2(rings), 0)
}
