import { useMemo, useState } from 'preact/hooks'
import { useGeometries } from '../../../lib/geometries.ts'
import { words } from '../../../lib/i18n.ts'
import type { Alert, Area, Outcomes, Tally } from '../../../lib/types.ts'
import { AreaMap } from '../../../parts/AreaMap.tsx'
import { Segments } from '../../../parts/Field.tsx'
import { rowsByArea } from './breakdown.ts'

const SHOWN = ['delivered', 'replied', 'help'] as const
type Shown = (typeof SHOWN)[number]

/** Each area by the share of its people who have the message, have answered, or need help. */
export function ResultMap({
  alert,
  areas,
  tally,
  outcomes,
}: {
  alert: Alert
  areas: readonly Area[]
  tally: Tally
  outcomes: Outcomes | undefined
}) {
  const { watching } = words()
  const [shown, setShown] = useState<Shown>('delivered')
  const outlines = useGeometries(areas)
  const shares = rowsByArea(tally, outcomes?.reach.byArea, alert.replies.options, '')
    .slice(0, areas.length)
    .map(row => {
      const value = row[shown]
      return value === undefined || row.phones === 0 ? null : value / row.phones
    })
  // Of those in need the few matter: the area with the most of them is the darkest.
  const most = shown === 'help' ? Math.max(...shares.map(share => share ?? 0), 0) : 1
  const values = shares.map(share => share && (most === 0 ? 0 : share / most))
  // The map is drawn anew where a share has changed by a hundredth, and not with every message.
  const key = values.map(value => value?.toFixed(2)).join()
  const steady = useMemo(() => values, [key])
  return (
    <div class="stack">
      <Segments<Shown>
        legend={watching.mapBy}
        name="map-by"
        value={shown}
        options={SHOWN.map(value => ({ value, label: watching.mapValues[value] }))}
        onChoose={setShown}
      />
      <AreaMap areas={outlines} values={steady} label={watching.mapTitle} />
    </div>
  )
}
