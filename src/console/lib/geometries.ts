/**
 * Areas as outlines. Drawings and circles are read here; what is named by geocode the server resolves, for it knows
 * the sets that this organisation has loaded.
 */
import { useEffect, useState } from 'preact/hooks'
import { circleRing } from '../../geometry/circle.ts'
import type { MultiPolygon, Rings } from '../../geometry/geojson.ts'
import { post } from './api.ts'
import type { Area } from './types.ts'

const resolved = new Map<string, Promise<MultiPolygon>>()
const MOST_KEPT = 300
const NOWHERE: MultiPolygon = { type: 'MultiPolygon', coordinates: [] }

/** Of an area without geocodes. */
export function outlineOf({
  polygon = [],
  circle = [],
}: Pick<Area, 'polygon' | 'circle'>): MultiPolygon {
  const drawn = polygon.flatMap(({ type, coordinates }): Rings[] =>
    type === 'Polygon' ? [coordinates] : coordinates,
  )
  return { type: 'MultiPolygon', coordinates: [...drawn, ...circle.map(one => [circleRing(one)])] }
}

/** @throws Problem */
function resolve(area: Area): Promise<MultiPolygon> {
  if (area.geocode === undefined) return Promise.resolve(outlineOf(area))
  const key = JSON.stringify(area)
  const known = resolved.get(key)
  if (known !== undefined) return known
  const asked = post<{ polygon: MultiPolygon | null }>('/v1/areas', { areas: [area] }).then(
    ({ polygon }) => polygon ?? NOWHERE,
  )
  // An answer that did not come is asked for again.
  asked.catch(() => resolved.delete(key))
  if (resolved.size >= MOST_KEPT) resolved.clear()
  resolved.set(key, asked)
  return asked
}

interface Outlined {
  readonly areaDesc: string
  readonly geometry: MultiPolygon
}

const NONE: readonly Outlined[] = []

/** The same array until the areas change or more of them are known; what can't be resolved is empty. */
export function useGeometries(areas: readonly Area[]): readonly Outlined[] {
  const [outlines, setOutlines] = useState(NONE)
  const key = JSON.stringify(areas)
  useEffect(() => {
    let isOver = false
    void Promise.all(areas.map(area => resolve(area).catch(() => NOWHERE))).then(found => {
      if (isOver) return
      setOutlines(areas.map(({ areaDesc }, no) => ({ areaDesc, geometry: found[no] ?? NOWHERE })))
    })
    return () => {
      isOver = true
    }
  }, [key])
  return outlines
}
