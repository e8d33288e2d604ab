/** Areas from files of other systems. */
import { readOutline } from '../../lib/outline.ts'
import type { Area } from '../../lib/types.ts'
import { closed, readCorners } from './areas.ts'

/** GeoJSON, or the areas of a CAP alert. @returns undefined where there is no outline in it */
export function readAreas(text: string, name: string): readonly Area[] | undefined {
  if (text.trimStart().startsWith('<')) return readCapAreas(text, name)
  const outline = readOutline(text)
  if (outline === undefined) return undefined
  return [{ areaDesc: name, polygon: [outline as NonNullable<Area['polygon']>[number]] }]
}

function readCapAreas(text: string, name: string): readonly Area[] | undefined {
  const document = new DOMParser().parseFromString(text, 'application/xml')
  const all = (of: Document | Element, tag: string) => [...of.getElementsByTagNameNS('*', tag)]
  const said = (element: Element | undefined) => element?.textContent?.trim() ?? ''
  const areas = all(document, 'area').map((area): Area => {
    const polygon = all(area, 'polygon').flatMap(one => {
      const corners = readCorners(said(one)) ?? []
      const ring = closed(corners).map(([x, y]): [number, number] => [x, y])
      return ring.length < 4 ? [] : [{ type: 'Polygon' as const, coordinates: [ring] }]
    })
    const circle = all(area, 'circle').flatMap(one => {
      const [at = '', radius = ''] = said(one).split(/\s+/)
      const [center] = readCorners(at) ?? []
      if (center === undefined || !(Number(radius) > 0)) return []
      return [{ center: [center[0], center[1]] as [number, number], radiusKm: Number(radius) }]
    })
    const geocode = all(area, 'geocode').map(one => ({
      valueName: said(all(one, 'valueName')[0]),
      value: said(all(one, 'value')[0]),
    }))
    return {
      areaDesc: said(all(area, 'areaDesc')[0]) || name,
      ...(polygon.length > 0 && { polygon }),
      ...(circle.length > 0 && { circle }),
      // Forecast zones and the like are in few installations; a drawing says the same.
      ...(polygon.length + circle.length === 0 && geocode.length > 0 && { geocode }),
    }
  })
  const drawn = areas.filter(area => area.polygon ?? area.circle ?? area.geocode)
  return drawn.length > 0 ? drawn : undefined
}
