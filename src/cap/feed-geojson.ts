import { mapCircle, mapPolygons } from '../geometry/map-polygons.ts'
import { capUrl, type Feed, type FeedEntry } from './feed.ts'
import type { CapArea } from './message.ts'

/**
 * The feed as GeoJSON (RFC 7946): a feature an alert, with the ground that its areas draw. Geocodes are named beside
 * it, and no shape is made up for them: an alert that names nothing else has no geometry here.
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
      info: info.map(({ area, parameter: _parameter, resource: _resource, ...block }) => ({
        ...block,
        areaDesc: area.map(one => one.areaDesc),
        geocode: area.flatMap(one => one.geocode),
      })),
    },
  }
}

function polygonsOf({ polygon, circle }: CapArea) {
  return [...polygon.flatMap(ring => mapPolygons([ring])), ...circle.flatMap(mapCircle)]
}
