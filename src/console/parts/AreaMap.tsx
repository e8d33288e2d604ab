import { useEffect, useRef, useState } from 'preact/hooks'
import type { Box } from '../../geometry/geojson.ts'
import { words } from '../lib/i18n.ts'
import { boxAround, type MapArea, type MapPoint, type Values } from '../map/area-features.ts'
import type { MapView } from '../map/view.ts'
import { lazy } from './lazy.tsx'

const Outline = lazy(async () => (await import('../map/Outline.tsx')).Outline)

/**
 * Areas on a map of ours. What it shows stands in the page as a list, too: for who sees no map, and for browsers
 * without WebGL, which get the outlines as a still picture. Areas, values and points are compared by identity: keep
 * them between renders.
 *
 * @param values - one an area, from 0 to 1; null where there is no data
 * @param home - what is shown while there are no areas
 * @param onPick - of an area, by its place in `areas`
 * @param onPickPoint - given or not for good
 * @param onView - given the map once it is there, to draw on; from then on the view is not moved by `areas`
 */
export function AreaMap({
  areas,
  values,
  points,
  label,
  home,
  onPick,
  onPickPoint,
  onView,
  showsList = false,
}: {
  areas: readonly MapArea[]
  values?: Values | undefined
  points?: readonly MapPoint[] | undefined
  label: string
  home?: Box | undefined
  onPick?: ((no: number) => void) | undefined
  onPickPoint?: ((id: string) => void) | undefined
  onView?: ((view: MapView) => (() => void) | undefined) | undefined
  showsList?: boolean
}) {
  const { map: text, alerts } = words()
  const container = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<MapView>()
  const [isStill, setStill] = useState(false)
  const [isDrawn, setDrawn] = useState(false)
  const pick = useRef(onPick)
  pick.current = onPick
  const pickPoint = useRef(onPickPoint)
  pickPoint.current = onPickPoint
  const box = boxAround(areas) ?? home

  useEffect(() => {
    let opened: MapView | undefined
    let isOver = false
    const open = async () => {
      const { openMap } = await import('../map/view.ts')
      if (isOver || container.current === null) return
      const title = { ...text, title: label }
      opened = openMap(container.current, title, {
        home: box,
        onPick: no => pick.current?.(no),
        ...(pickPoint.current && { onPickPoint: id => pickPoint.current?.(id) }),
      })
      setView(opened)
      await opened.drawn
      if (!isOver) setDrawn(true)
    }
    // No WebGL, or the chunk did not come.
    open().catch(() => setStill(true))
    return () => {
      isOver = true
      opened?.close()
    }
    // The map lives as long as the part; what changes is told to it below.
  }, [])
  useEffect(() => view && onView?.(view), [view])
  useEffect(() => view?.show(areas, values), [view, areas, values])
  useEffect(() => view?.showPoints(points ?? []), [view, points])
  useEffect(() => {
    if (view !== undefined && box !== undefined && onView === undefined) view.fit(box)
  }, [view, box?.join(' ')])

  const hasList = isStill || showsList
  return (
    <>
      {isStill ? (
        <Outline areas={areas} values={values} points={points} label={label} home={home} />
      ) : (
        <div class="map" ref={container} aria-busy={!isDrawn}>
          {view === undefined && <p class="map-wait muted">{text.loading}</p>}
        </div>
      )}
      {isStill && <p class="hint">{text.noWebGl}</p>}
      <ul class={hasList ? 'area-names' : 'visually-hidden'} aria-label={text.areas}>
        {areas.map(({ areaDesc, severity, isAside }, no) => (
          <li key={no}>
            {onPick && hasList ? (
              <button type="button" class="link-button" onClick={() => onPick(no)}>
                {areaDesc}
              </button>
            ) : (
              areaDesc
            )}
            {severity && ` (${alerts.severity[severity]})`}
            {isAside && ` (${text.ofGroup})`}
          </li>
        ))}
      </ul>
    </>
  )
}
