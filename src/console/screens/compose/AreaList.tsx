import { useState } from 'preact/hooks'
import type { Position } from '../../../geometry/geojson.ts'
import { composeWords } from '../../i18n/compose.ts'
import { count, words } from '../../lib/i18n.ts'
import type { Area } from '../../lib/types.ts'
import {
  type AreaFault,
  areaFault,
  areaKm2,
  closed,
  cornersOf,
  MOST_NAME,
  ringOf,
  withRing,
} from './areas.ts'
import { CornerTable } from './CornerTable.tsx'

/** The areas in words: named, measured, mended and removed here, with or without a map. */
export function AreaList({
  areas,
  canDrag,
  edited,
  onChange,
  onDrag,
  onShow,
}: {
  areas: readonly Area[]
  canDrag: boolean
  edited: number | undefined
  /** A name is typed: undone in one go. */
  onChange: (areas: readonly Area[], kind?: 'typed') => void
  onDrag: (no: number | undefined) => void
  onShow: (no: number) => void
}) {
  const { compose: text } = composeWords()
  const [open, setOpen] = useState<number>()
  if (areas.length === 0) return <p class="hint">{text.areasNone}</p>
  const put = (no: number, next: Area, kind?: 'typed') =>
    onChange(
      areas.map((one, at) => (at === no ? next : one)),
      kind,
    )
  return (
    <ol class="areas" aria-label={text.areas}>
      {areas.map((area, no) => {
        const ring = ringOf(area)
        const fault = areaFault(area)
        const [circle] = area.circle ?? []
        return (
          <li key={no}>
            <div class="area-row">
              <input
                class="input"
                aria-label={text.areaName}
                value={area.areaDesc}
                maxLength={MOST_NAME}
                onInput={({ currentTarget }) =>
                  put(no, { ...area, areaDesc: currentTarget.value }, 'typed')
                }
              />
              <span class="muted small">{sizeOf(area)}</span>
              <span class="row">
                {canDrag && (
                  <button type="button" class="link-button" onClick={() => onShow(no)}>
                    {text.showOnMap}
                  </button>
                )}
                {ring && canDrag && (
                  <button
                    type="button"
                    class="link-button"
                    onClick={() => onDrag(edited === no ? undefined : no)}
                  >
                    {edited === no ? text.doneCorners : text.dragCorners}
                  </button>
                )}
                {ring && (
                  <button
                    type="button"
                    class="link-button"
                    aria-expanded={open === no}
                    onClick={() => setOpen(open === no ? undefined : no)}
                  >
                    {open === no ? text.doneCorners : text.editCorners}
                  </button>
                )}
                <button
                  type="button"
                  class="link-button"
                  aria-label={text.remove(area.areaDesc)}
                  onClick={() => {
                    setOpen(undefined)
                    onDrag(undefined)
                    onChange(areas.filter((_, at) => at !== no))
                  }}
                >
                  {words().everywhere.remove}
                </button>
              </span>
            </div>
            {circle && area.circle?.length === 1 && (
              <label class="row small">
                {text.radius}
                <input
                  class="input short"
                  type="number"
                  min="0.1"
                  step="0.1"
                  value={circle.radiusKm}
                  onInput={({ currentTarget }) =>
                    put(no, {
                      ...area,
                      circle: [{ ...circle, radiusKm: Number(currentTarget.value) }],
                    })
                  }
                />
                km · {count(circle.center[1])}, {count(circle.center[0])}
              </label>
            )}
            {fault && (
              <p class="fault" role="alert">
                {faultText(fault)}
              </p>
            )}
            {ring && open === no && (
              <CornerTable
                corners={cornersOf(ring)}
                onChange={(corners: readonly Position[]) =>
                  put(no, withRing(area, closed(corners)))
                }
              />
            )}
          </li>
        )
      })}
    </ol>
  )
}

function faultText(fault: AreaFault): string {
  const { compose: text } = composeWords()
  switch (fault.kind) {
    case 'crosses':
      return text.crosses(fault.edge, fault.other)
    case 'few corners':
      return text.fewCorners
    case 'no name':
      return text.noName
    case 'no radius':
      return text.noRadius
  }
}

export function sizeOf(area: Area): string {
  const { compose: text } = composeWords()
  const ring = ringOf(area)
  const km2 = areaKm2(area)
  return [
    ...(ring ? [text.corners(ring.length - 1)] : []),
    ...(area.geocode ? [text.wholeCounty] : []),
    ...(km2 > 0 ? [text.km2(count(km2 < 10 ? Math.round(km2 * 10) / 10 : Math.round(km2)))] : []),
  ].join(', ')
}
