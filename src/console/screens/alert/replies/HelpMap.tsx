import { useMemo } from 'preact/hooks'
import { replyWords } from '../../../i18n/replies.ts'
import { useGeometries } from '../../../lib/geometries.ts'
import type { Area, HelpRequest } from '../../../lib/types.ts'
import type { MapPoint } from '../../../map/area-features.ts'
import { AreaMap } from '../../../parts/AreaMap.tsx'
import { rowIdOf } from './HelpRow.tsx'
import { markOf } from './mark.ts'

/**
 * Where those are who need help, as far as the list of contacts knows. A point and its row choose each other; all
 * that it says stands in the list, too.
 */
export function HelpMap({
  areas,
  requests,
  hasMore,
  chosen,
  onChoose,
}: {
  areas: readonly Area[]
  requests: readonly HelpRequest[]
  /** On the server, and not on the list yet. */
  hasMore: boolean
  chosen: string | undefined
  onChoose: (requestId: string) => void
}) {
  const replies = replyWords()
  const outlines = useGeometries(areas)
  const points = pointsOf(requests, chosen)
  // Asked for every few seconds, and seldom another answer.
  const key = JSON.stringify(points)
  const steady = useMemo(() => points, [key])
  const placed = requests.filter(({ locations }) => locations?.length).length
  const choose = (requestId: string) => {
    onChoose(requestId)
    const row = document.getElementById(rowIdOf(requestId))
    row?.focus({ preventScroll: true })
    row?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <div class="help-map">
      <AreaMap
        areas={outlines}
        points={steady}
        home={useMemo(() => homeOf(points), [])}
        label={replies.map(placed)}
        onPickPoint={choose}
      />
      <p class="hint">{replies.mapKey}</p>
      {hasMore && <p class="hint">{replies.mapIsPart(requests.length)}</p>}
      {placed < requests.length && <p class="hint">{replies.notOnMap(requests.length - placed)}</p>}
    </div>
  )
}

/** A point each place that somebody may be at; what waits longest lies on top, and the chosen one above all. */
function pointsOf(requests: readonly HelpRequest[], chosen: string | undefined): MapPoint[] {
  return requests
    .flatMap(request =>
      (request.locations ?? []).map(({ longitude, latitude }) => ({
        id: request.id,
        position: [longitude, latitude] as const,
        mark: markOf(request),
        isHollow: request.state !== 'open',
        isChosen: request.id === chosen,
      })),
    )
    .toReversed()
    .toSorted((a, b) => Number(a.isChosen) - Number(b.isChosen))
}

/** Around those who asked first, where the alert has no area. */
function homeOf(points: readonly MapPoint[]) {
  const [first] = points
  if (first === undefined) return undefined
  const [x, y] = first.position
  return [x - 0.2, y - 0.15, x + 0.2, y + 0.15] as const
}
