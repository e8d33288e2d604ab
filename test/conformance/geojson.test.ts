import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkPolygon } from '../../src/geometry/geojson.ts'
import { parseStrictJson } from '../../src/signing/canonical.ts'

const folder = join(process.env['TOCSIN_CONFORMANCE_DATA']!, 'geojson', 'good')
const files = readdirSync(folder)

interface GeoJson {
  readonly type: string
  readonly geometry?: GeoJson | null
  readonly geometries?: readonly GeoJson[]
  readonly features?: readonly GeoJson[]
}

function geometriesOf(value: GeoJson): GeoJson[] {
  if (value.type === 'FeatureCollection') return value.features!.flatMap(geometriesOf)
  if (value.type === 'Feature') return value.geometry == null ? [] : geometriesOf(value.geometry)
  if (value.type === 'GeometryCollection') return value.geometries!.flatMap(geometriesOf)
  return [value]
}

/** Good GeoJSON by its syntax, whose coordinates are on no globe: −259°, −141° and the like. */
const OFF_THE_GLOBE = ['issue82.geojson']

test.each(files)('%s: polygons are clean, everything else is refused by name', file => {
  const document = parseStrictJson(readFileSync(join(folder, file))) as GeoJson
  for (const geometry of geometriesOf(document)) {
    const faults = checkPolygon(geometry, '/area')
    if (!geometry.type.endsWith('Polygon')) {
      const detail = `must be Polygon or MultiPolygon, not ${geometry.type}`
      expect(faults).toEqual([{ pointer: '/area/type', detail }])
    } else if (OFF_THE_GLOBE.includes(file)) {
      expect(faults.length).toBeGreaterThan(0)
      for (const { detail } of faults) expect(detail).toMatch(/outside -(180 to 180|90 to 90)/)
    } else {
      expect(faults).toEqual([])
    }
  }
  if (document.type.startsWith('Feature') || document.type === 'GeometryCollection') {
    const faults = checkPolygon(document, '/area')
    expect(faults[0]?.detail).toBe(`must be Polygon or MultiPolygon, not ${document.type}`)
  }
})
