import { useEffect, useMemo, useState } from 'preact/hooks'
import { get } from '../../lib/api.ts'
import { openAlerts } from '../../lib/desk.ts'
import { useGeometries } from '../../lib/geometries.ts'
import { words } from '../../lib/i18n.ts'
import { goTo, pathTo } from '../../lib/place.ts'
import type { Alert, AlertSummary, Area, Severity } from '../../lib/types.ts'
import type { MapArea } from '../../map/area-features.ts'
import { AreaMap } from '../../parts/AreaMap.tsx'
import { isInForce } from './inForce.ts'

interface ActiveArea {
  readonly alertId: string
  readonly severity: Severity
  readonly area: Area
}

/** Where areas lie over each other the first is seen: the worst. */
const ORDER: readonly Severity[] = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown']
const MOST = 50

/** Where alerts are in force or on their way, by severity. */
export function ActiveAreas({ inForce }: { inForce: readonly AlertSummary[] }) {
  const { situation } = words()
  const [showsList, setShowsList] = useState(false)
  const active = useActiveAreas(inForce)
  const outlines = useGeometries(useMemo(() => active.map(({ area }) => area), [active]))
  const areas = useMemo(
    () =>
      outlines.map((outline, no): MapArea => ({
        ...outline,
        ...(active[no] && { severity: active[no].severity }),
      })),
    [outlines],
  )
  return (
    <>
      <div class="row apart map-head">
        <h2>{situation.map}</h2>
        <button
          type="button"
          class="button quiet"
          aria-pressed={showsList}
          onClick={() => setShowsList(!showsList)}
        >
          {situation.listView}
        </button>
      </div>
      <AreaMap
        areas={areas}
        label={situation.mapLabel(areas.length)}
        showsList={showsList}
        onPick={no => goTo(pathTo('alerts', active[no]?.alertId ?? ''))}
      />
      {areas.length === 0 && <p class="hint">{situation.mapEmpty}</p>}
    </>
  )
}

/** The areas of what is open, and of what is in force. */
function useActiveAreas(inForce: readonly AlertSummary[]): readonly ActiveArea[] {
  const [known, setKnown] = useState<ReadonlyMap<string, Alert>>(new Map())
  const shown = [...(openAlerts.value ?? []), ...inForce].filter(isInForce).slice(0, MOST)
  const key = shown.map(({ id, revision }) => `${id} ${revision}`).join()
  useEffect(() => {
    const missing = shown.filter(({ id, revision }) => known.get(id)?.revision !== revision)
    if (missing.length === 0) return
    void Promise.allSettled(missing.map(({ id }) => get<Alert>(`/v1/alerts/${id}`))).then(found => {
      const answers = found.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
      setKnown(before => new Map([...before, ...answers.map(alert => [alert.id, alert] as const)]))
    })
  }, [key])
  return useMemo(
    () =>
      shown
        .flatMap(({ id, severity }) => {
          const areas = known.get(id)?.info.flatMap(({ area = [] }) => area) ?? []
          // Blocks in other languages speak of the same areas.
          const distinct = new Map(
            areas.map(area => [JSON.stringify({ ...area, areaDesc: '' }), area]),
          )
          return [...distinct.values()].map(area => ({ alertId: id, severity, area }))
        })
        .toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity)),
    [key, known],
  )
}
