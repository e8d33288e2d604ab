/** Files that are made here, of what the report says. */
import { csvLine, inertCell } from '../../../encoding/csv.ts'
import { outlineOf } from '../../lib/geometries.ts'
import type { Report } from '../../lib/setting-types.ts'

type Tally = Pick<Report['tally'], 'byOption' | 'other' | 'noReply' | 'recipients'> & {
  readonly byArea: Report['tally']['byArea']
  readonly byGroup: Report['tally']['byGroup']
}

/** One row a place and an answer: all, then each area, then each group. */
export function talliesAsCsv({ byOption, other, noReply, recipients, ...rest }: Tally): string {
  const rows: (readonly (string | number)[])[] = [
    ['of', 'name', 'answer', 'label', 'people', 'recipients'],
    ...byOption.map(({ code, label, count }) => ['all', '', code, label, count, recipients]),
    ['all', '', '', 'other', other, recipients],
    ['all', '', '', 'no reply', noReply, recipients],
  ]
  for (const area of rest.byArea) {
    for (const { code, label, count } of area.byOption) {
      rows.push(['area', area.areaDesc, code, label, count, area.recipients])
    }
  }
  for (const group of rest.byGroup) {
    for (const { code, label, count } of group.byOption) {
      rows.push(['group', group.name, code, label, count, group.recipients])
    }
  }
  return rows.map(row => csvLine(row.map(inertCell))).join('')
}

interface Feature {
  readonly type: 'Feature'
  readonly properties: object
  readonly geometry: object | null
}

type Areas = Pick<Report['alert'], 'id' | 'info'>

/** RFC 7946. It has no circles, so each is drawn; codes stand in the properties. */
export function areasAsGeoJson({ id, info }: Areas): object {
  const features = (info[0]?.area ?? []).map(({ areaDesc, polygon, circle, geocode }): Feature => {
    const isDrawn = polygon !== undefined || circle !== undefined
    return {
      type: 'Feature',
      properties: { alert: id, areaDesc, ...(geocode && { geocode }) },
      geometry: isDrawn ? outlineOf({ polygon, circle }) : null,
    }
  })
  return { type: 'FeatureCollection', features }
}
