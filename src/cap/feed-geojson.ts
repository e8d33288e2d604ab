import { mapCircle, mapPolygons } from '../geometry/map-polygons.ts'
import { capUrl, type Feed, type FeedEntry } from './feed.ts'
import type { CapArea, CapInfo } from './message.ts'
import { withinOf } from './within.ts'

/**
 * The feed as GeoJSON (RFC 7946): a feature an alert, with the ground that its areas draw. Geocodes are named beside
 * it, and no shape is made up for them: an alert that names nothing else has no geometry here. `within`: of each area
 * the geocodes in which alone its drawing is meant, or null.
 */
export function writeGeoJson(feed: Feed): string {
  const features = feed.entries.map(entry => featureOf(feed, entry))
  return JSON.stringify({ type: 'FeatureCollection', features })
}

function featureOf(feed: Feed, entry: FeedEntry) {
  const { identifier, sender, sent, status, msgType, references, info } = entry.message
  const areas = info.flatMap(block => block.area)
  const drawn = new Map(areas.flatMap(polygonsOf).map(one => [JSON.stringify(one), one]))
  const coordinates = [...drawn.values()]
  return {
    type: 'Feature',
    id: entry.id,
    geometry: coordinates.length === 0 ? null : { type: 'MultiPolygon', coordinates },
    properties: {
      identifier,
      sender,
      sent,
      status,
      msgType,
      references,
      cap: capUrl(feed, entry),
      info: info.map(block => ({
        ...shown(block),
        areaDesc: block.area.map(one => one.areaDesc),
        geocode: block.area.flatMap(one => one.geocode),
        within: block.area.map((_one, no) => withinOf(block, no) ?? null),
      })),
    },
  }
}

function shown({ area: _area, parameter: _parameter, resource: _resource, ...block }: CapInfo) {
  return block
}

function polygonsOf({ polygon, circle }: CapArea) {
  return [...polygon.flatMap(ring => mapPolygons([ring])), ...circle.flatMap(mapCircle)]
}
