/** Areas as the map draws them. */
import { unrollRings } from '../../geometry/antimeridian.ts'
import type { Box, MultiPolygon, Polygon, Position, Rings } from '../../geometry/geojson.ts'
import type { Severity } from '../lib/types.ts'

export interface MapArea {
  readonly areaDesc: string
  readonly geometry: Polygon | MultiPolygon
  readonly severity?: Severity
  /** Of a group, to be seen beside the areas of the alert: a dotted line, and hardly filled. */
  readonly isAside?: boolean
}

/** One an area, from 0 to 1; null: there is no data, and the area is hatched. */
export type Values = readonly (number | null)[]

/** Somewhere somebody is. What it is about is told by its mark and its form, and by no colour alone. */
export interface MapPoint {
  readonly id: string
  readonly position: Position
  /** One character in it. */
  readonly mark: string
  /** Somebody sees to it: it is drawn hollow. */
  readonly isHollow: boolean
  /** It has a ring around it. */
  readonly isChosen: boolean
}

/** Each polygon with longitudes that run on past ±180°. */
export function ringsOf({ type, coordinates }: Polygon | MultiPolygon): Rings[] {
  const polygons = type === 'Polygon' ? [coordinates] : coordinates
  return polygons.flatMap(rings => {
    const unrolled = unrollRings(rings)
    return unrolled === undefined ? [] : [unrolled]
  })
}

export function boxAround(areas: readonly Pick<MapArea, 'geometry'>[]): Box | undefined {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  const corners = areas.flatMap(({ geometry }) =>
    ringsOf(geometry).flatMap(([shell = []]) => shell),
  )
  for (const [x, y] of corners) {
    west = Math.min(west, x)
    south = Math.min(south, y)
    east = Math.max(east, x)
    north = Math.max(north, y)
  }
  return corners.length === 0 ? undefined : [west, south, east, north]
}

export function featuresOf(
  areas: readonly MapArea[],
  values: Values | undefined,
  fills: Readonly<Record<Severity, string>>,
): GeoJSON.FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: areas.map(({ areaDesc, geometry, severity, isAside }, no) => {
      const share = values?.[no]
      return {
        type: 'Feature',
        properties: {
          no,
          areaDesc,
          ...(typeof share === 'number' && { share }),
          ...(values !== undefined && typeof share !== 'number' && { noData: true }),
          ...(severity !== undefined && { fill: fills[severity] }),
          ...(isAside === true && { aside: true }),
        },
        geometry: {
          type: 'MultiPolygon',
          coordinates: ringsOf(geometry).map(rings =>
            rings.map(ring => ring.map(([x, y]) => [x, y])),
          ),
        },
      }
    }),
  }
}
