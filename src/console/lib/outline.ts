/** Outlines as GeoJSON (RFC 7946) has them, whatever they come wrapped in. */

type Ring = readonly (readonly number[])[]
export type Outline =
  | { readonly type: 'Polygon'; readonly coordinates: readonly Ring[] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly Ring[])[] }

/** @returns the polygons of a geometry, a feature or a collection as one; undefined where there are none */
export function readOutline(text: string): Outline | undefined {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return undefined
  }
  const polygons = polygonsOf(document)
  const [first] = polygons
  if (first === undefined) return undefined
  return polygons.length === 1
    ? { type: 'Polygon', coordinates: first }
    : { type: 'MultiPolygon', coordinates: polygons }
}

function polygonsOf(value: unknown): (readonly Ring[])[] {
  if (typeof value !== 'object' || value === null) return []
  const { type, coordinates, geometry, geometries, features } = value as Record<string, unknown>
  switch (type) {
    case 'Polygon':
      return Array.isArray(coordinates) ? [coordinates as Ring[]] : []
    case 'MultiPolygon':
      return Array.isArray(coordinates) ? (coordinates as Ring[][]) : []
    case 'Feature':
      return polygonsOf(geometry)
    case 'FeatureCollection':
      return Array.isArray(features) ? features.flatMap(polygonsOf) : []
    case 'GeometryCollection':
      return Array.isArray(geometries) ? geometries.flatMap(polygonsOf) : []
    default:
      return []
  }
}

/** Without the last position of each ring, which is the first again. */
export function cornersOf({ type, coordinates }: Outline): number {
  const polygons = type === 'Polygon' ? [coordinates] : coordinates
  return polygons.flat().reduce((sum, ring) => sum + Math.max(0, ring.length - 1), 0)
}
