import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Position } from '../../../geometry/geojson.ts'
import { composeWords } from '../../i18n/compose.ts'
import { useGeometries } from '../../lib/geometries.ts'
import type { Area } from '../../lib/types.ts'
import { boxAround, type MapArea } from '../../map/area-features.ts'
import type { Drawing, Tool } from '../../map/drawing.ts'
import type { MapView } from '../../map/view.ts'
import { AreaMap } from '../../parts/AreaMap.tsx'
import { AreaList } from './AreaList.tsx'
import { AreaTools } from './AreaTools.tsx'
import { ringOf, withRing } from './areas.ts'
import type { Composition } from './composition.ts'
import {
  countyArea,
  CountyPicker,
  FilePicker,
  PlacePicker,
  SavedPicker,
  TypedCorners,
} from './pickers.tsx'
import { pointed } from './pointed.ts'
import type { GroupSummary } from './What.tsx'

type Way = 'draw' | 'circle' | 'counties' | 'saved' | 'places' | 'type' | 'file' | 'combine'
const WAYS: readonly Way[] = [
  'draw',
  'circle',
  'counties',
  'places',
  'saved',
  'type',
  'file',
  'combine',
]

/** Where people are alerted: each way of saying it has one that needs neither a mouse nor a map. */
export function Where({
  of: composition,
  groups,
  fault,
}: {
  of: Composition
  groups: readonly GroupSummary[]
  fault: string | undefined
}) {
  const { compose: text } = composeWords()
  const { form, change } = composition
  const { areas } = form.value
  const [way, setWay] = useState<Way>()
  const [edited, setEdited] = useState<number>()
  const [corners, setCorners] = useState(0)
  const [view, setView] = useState<MapView>()
  const drawing = useRef<Drawing | undefined>(undefined)
  const card = useRef<HTMLElement>(null)
  const latest = useRef({ areas, edited })
  latest.current = { areas, edited }

  const add = (more: readonly Area[]) => {
    change({ areas: [...latest.current.areas, ...more] })
    setWay(undefined)
  }
  const named = (name: (n: number) => string) => {
    const taken = new Set(latest.current.areas.map(({ areaDesc }) => areaDesc))
    let n = 1
    while (taken.has(name(n))) n++
    return name(n)
  }
  const addRing = (ring: readonly Position[], name: (n: number) => string) =>
    add([withRing({ areaDesc: named(name) }, ring)])
  const leave = () => {
    setWay(undefined)
    setEdited(undefined)
  }
  const events = useRef({ addRing, add, leave, named })
  events.current = { addRing, add, leave, named }

  const onView = useCallback((opened: MapView) => {
    let isOver = false
    setView(opened)
    void import('../../map/drawing.ts').then(({ startDrawing }) => {
      if (isOver) return
      opened.map.once('idle', () => {
        if (isOver) return
        drawing.current = startDrawing(opened.map, {
          onRing: ring => events.current.addRing(ring, text.drawn),
          onCircle: one =>
            events.current.add([
              {
                areaDesc: events.current.named(text.circleName),
                circle: [{ center: [one.center[0], one.center[1]], radiusKm: one.radiusKm }],
              },
            ]),
          onEdited(ring) {
            const { areas: now, edited: no } = latest.current
            const area = no === undefined ? undefined : now[no]
            if (area === undefined) return
            change({ areas: now.map((one, at) => (at === no ? withRing(one, ring) : one)) })
          },
          onCorners: setCorners,
          onLeave: () => events.current.leave(),
        })
        card.current?.setAttribute('data-drawable', 'true')
      })
    })
    return () => {
      isOver = true
      drawing.current?.close()
      drawing.current = undefined
    }
  }, [])

  const tool: Tool =
    edited !== undefined
      ? 'edit'
      : way === 'draw'
        ? 'polygon'
        : way === 'circle'
          ? 'circle'
          : 'none'
  useEffect(() => {
    const area = edited === undefined ? undefined : latest.current.areas[edited]
    drawing.current?.use(tool, area && ringOf(area))
    setCorners(0)
    if (tool !== 'none') view?.map.getCanvas().focus({ preventScroll: true })
  }, [tool, edited])

  useEffect(() => {
    if (view === undefined || way !== 'counties') return
    let stop: (() => void) | undefined
    let isOver = false
    void import('../../map/counties.ts').then(({ pickCounties }) => {
      if (isOver) return
      stop = pickCounties(view.map, county => {
        const more = countyArea(county)
        const isIn = latest.current.areas.some(area => isSameCounty(area, more))
        const kept = latest.current.areas.filter(area => !isSameCounty(area, more))
        // A second click takes it away.
        change({ areas: isIn ? kept : [...kept, more] })
      })
    })
    return () => {
      isOver = true
      stop?.()
    }
  }, [view, way])

  const outlines = useGeometries(areas)
  // What is dragged is drawn by the tool.
  const aside = useGroupAreas(groups, form.value.groups)
  const shown = useMemo(
    () => [...outlines.filter((_, no) => no !== edited), ...aside],
    [outlines, edited, aside],
  )
  useEffect(() => {
    const box = pointed.peek() === undefined ? undefined : boxAround(aside)
    if (box !== undefined) view?.include(box)
  }, [view, aside])
  const home = useMemo(
    () =>
      boxAround(
        groups.flatMap(({ area }) => area?.polygon?.map(geometry => ({ geometry })) ?? []),
      ) ?? boxOfCircles(groups),
    [groups],
  )
  const first = useRef(true)
  useEffect(() => {
    // The first areas are shown; after that the view is the author's own.
    const box = boxAround(outlines) ?? home
    if (view === undefined || box === undefined || !first.current) return
    if (outlines.length > 0 || home !== undefined) view.fit(box)
    if (outlines.length > 0) first.current = false
  }, [view, outlines, home])
  const show = (no: number) => {
    const outline = outlines[no]
    const box = outline && boxAround([outline])
    if (box) view?.fit(box)
  }
  const lookingAt = (): Position | undefined => {
    const center = view?.map.getCenter()
    return center === undefined || (view?.map.getZoom() ?? 0) < 4.5
      ? undefined
      : [center.lng, center.lat]
  }
  const help = { polygon: text.drawHelp, circle: text.circleHelp, edit: text.editHelp, none: '' }[
    tool
  ]
  const needsMap = way === 'draw' || way === 'circle'
  return (
    <section class="card where" aria-labelledby="c-where-title" ref={card}>
      <h2 id="c-where-title">
        <span class="step">3</span> {text.where}
      </h2>
      <div class="buttons ways" id="c-where" tabIndex={-1} role="group" aria-label={text.where}>
        {WAYS.map(one => (
          <button
            key={one}
            type="button"
            class="button quiet"
            aria-pressed={way === one}
            onClick={() => {
              setEdited(undefined)
              setWay(way === one ? undefined : one)
            }}
          >
            {text[one]}
          </button>
        ))}
      </div>
      {fault && <p class="fault">{fault}</p>}
      {way === 'counties' && <CountyPicker onAdd={add} hasMap={view !== undefined} />}
      {way === 'places' && <PlacePicker onAdd={add} near={lookingAt} />}
      {way === 'saved' && <SavedPicker groups={groups} onAdd={add} />}
      {way === 'type' && <TypedCorners onAdd={ring => addRing(ring, text.typed)} />}
      {way === 'file' && <FilePicker onAdd={add} name={named(text.drawn)} />}
      {way === 'combine' && (
        <AreaTools areas={areas} groups={groups} onChange={next => change({ areas: next })} />
      )}
      {help !== '' && (
        <p class="hint" role="status">
          {view === undefined && needsMap ? text.noMapDraw : help}{' '}
          {corners > 0 && <strong>{text.cornersSoFar(corners)}</strong>}
        </p>
      )}
      <AreaMap areas={shown} label={text.where} onView={onView} home={home} />
      <AreaList
        areas={areas}
        canDrag={view !== undefined}
        edited={edited}
        onChange={(next, kind) => change({ areas: next }, kind)}
        onDrag={no => {
          setWay(undefined)
          setEdited(no)
          if (no !== undefined) show(no)
        }}
        onShow={show}
      />
    </section>
  )
}

/** Of the groups that were chosen, and of the one that is pointed at. */
function useGroupAreas(
  groups: readonly GroupSummary[],
  chosen: readonly string[],
): readonly MapArea[] {
  const shown = groups.flatMap(({ id, area }) =>
    area !== null && (chosen.includes(id) || id === pointed.value) ? [area] : [],
  )
  const outlines = useGeometries(shown)
  return useMemo(() => outlines.map(one => ({ ...one, isAside: true })), [outlines])
}

const isSameCounty = (a: Area, b: Area) =>
  a.geocode?.length === 1 && a.geocode[0]?.value === b.geocode?.[0]?.value

/** Half a degree around each: some 50 km. */
function boxOfCircles(groups: readonly GroupSummary[]) {
  const centers = groups.flatMap(({ area }) => area?.circle?.map(({ center }) => center) ?? [])
  if (centers.length === 0) return undefined
  const [xs, ys] = [centers.map(([x]) => x), centers.map(([, y]) => y)]
  return [
    Math.min(...xs) - 0.5,
    Math.min(...ys) - 0.5,
    Math.max(...xs) + 0.5,
    Math.max(...ys) + 0.5,
  ] as const
}
