/** Which county somewhere is in, by the outlines that the map draws. */
import { polygonContains } from '../../geometry/containment.ts'
import type { MultiPolygon, Polygon, Position } from '../../geometry/geojson.ts'
import { loadGround } from './ground.ts'

/** `Harris, Texas`; undefined where no county of the United States is. */
export type CountyAt = (at: Position) => string | undefined

let loading: Promise<CountyAt> | undefined

export function loadCountyAt(): Promise<CountyAt> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<CountyAt> {
  const { countyShapes } = await loadGround()
  const counties = countyShapes().features.map(({ geometry, properties }) => {
    const shape = geometry as unknown as Polygon | MultiPolygon
    const rings = shape.type === 'Polygon' ? shape.coordinates : shape.coordinates.flat()
    const corners = rings.flat()
    const longitudes = corners.map(([longitude]) => longitude)
    const latitudes = corners.map(([, latitude]) => latitude)
    return {
      name: `${properties?.['name']}, ${properties?.['state']}`,
      shape,
      west: Math.min(...longitudes),
      east: Math.max(...longitudes),
      south: Math.min(...latitudes),
      north: Math.max(...latitudes),
    }
  })
  // Exact containment of 3,231 shapes is slow; few boxes hold a point.
  return at =>
    counties.find(
      ({ shape, west, east, south, north }) =>
        at[0] >= west &&
        at[0] <= east &&
        at[1] >= south &&
        at[1] <= north &&
        polygonContains(shape, at),
    )?.name
}
