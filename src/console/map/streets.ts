/**
 * Streets under the areas, where the installation has an archive of them (`http/streets.ts`): vector tiles with the
 * layers of Protomaps or of OpenMapTiles, painted in the console's own colours, or pictures.
 */
import { addProtocol } from 'maplibre-gl'
import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  SourceSpecification,
} from 'maplibre-gl'
import { FetchSource, PMTiles, Protocol, TileType, type Header } from 'pmtiles'
import type { Box } from '../../geometry/geojson.ts'
import { FONT, type Colours } from './style.ts'

export interface Streets {
  readonly sources: Readonly<Record<string, SourceSpecification>>
  /** In the order in which they are painted: what lies under the areas, and the names, which lie above. */
  layers(colours: Colours): {
    readonly ground: LayerSpecification[]
    readonly names: LayerSpecification[]
  }
}

/** Where a schema has what, by its layers and the field that tells kinds apart. */
interface Schema {
  readonly water: string
  readonly waterways: string
  readonly buildings: string
  readonly roads: string
  readonly kind: string
  readonly major: readonly string[]
  readonly rails: readonly string[]
  /** Neither a road nor a rail. */
  readonly others: readonly string[]
  readonly names: string
}

/**
 * @see Protomaps, basemap layers
 * @see OpenMapTiles, vector tile schema
 */
const SCHEMAS: readonly Schema[] = [
  {
    water: 'water',
    waterways: 'water',
    buildings: 'buildings',
    roads: 'roads',
    kind: 'kind',
    major: ['highway', 'major_road'],
    rails: ['rail'],
    others: ['ferry', 'aerialway', 'aeroway'],
    names: 'roads',
  },
  {
    water: 'water',
    waterways: 'waterway',
    buildings: 'building',
    roads: 'transportation',
    kind: 'class',
    major: ['motorway', 'trunk', 'primary', 'secondary'],
    rails: ['rail', 'transit'],
    others: ['ferry', 'aerialway'],
    names: 'transportation_name',
  },
]

/** Farther away the outlines of the counties' data are as good, and tell more. */
const FROM_ZOOM = 7
const BUILDINGS_FROM_ZOOM = 14
const NAMES_FROM_ZOOM = 13

const protocol = new Protocol()
let isKnown = false

/** @param url - of the archive @throws where it can't be read, or has layers that nobody here knows */
export async function openStreets(url: string): Promise<Streets> {
  const archive = new PMTiles(new FetchSource(new URL(url, location.href).href))
  const header = await archive.getHeader()
  const metadata = (await archive.getMetadata()) as Metadata
  protocol.add(archive)
  if (!isKnown) addProtocol('pmtiles', protocol.tile)
  isKnown = true
  const tiles = {
    url: `pmtiles://${archive.source.getKey()}`,
    attribution: plainText(metadata.attribution ?? ''),
  }
  if (header.tileType !== TileType.Mvt) return pictures(tiles)
  const layers = new Set(metadata.vector_layers?.map(({ id }) => id))
  const schema = SCHEMAS.find(({ roads }) => layers.has(roads))
  if (schema === undefined) throw new Error('the archive of streets has no layer of roads')
  return vectors(tiles, header, schema, layers)
}

interface Metadata {
  readonly attribution?: string
  readonly vector_layers?: readonly { readonly id: string }[]
}

interface Tiles {
  readonly url: string
  readonly attribution: string
}

function pictures(tiles: Tiles): Streets {
  return {
    sources: { streets: { type: 'raster', tileSize: 256, ...tiles } },
    layers: ({ isDark }) => ({
      ground: [
        {
          id: 'streets',
          source: 'streets',
          type: 'raster',
          minzoom: FROM_ZOOM,
          // Their colours are not ours: faint, so that an area is never taken for a park.
          paint: { 'raster-saturation': -0.7, 'raster-brightness-max': isDark ? 0.45 : 1 },
        },
      ],
      names: [],
    }),
  }
}

function vectors(
  tiles: Tiles,
  { minLon, minLat, maxLon, maxLat, minZoom }: Header,
  schema: Schema,
  known: ReadonlySet<string>,
): Streets {
  const isA = (kinds: readonly string[]): ExpressionSpecification => [
    'in',
    ['get', schema.kind],
    ['literal', [...kinds]],
  ]
  const minzoom = Math.max(FROM_ZOOM, minZoom)
  const isShape: FilterSpecification = ['==', ['geometry-type'], 'Polygon']
  const isLine: FilterSpecification = ['==', ['geometry-type'], 'LineString']
  return {
    sources: {
      streets: { type: 'vector', ...tiles },
      // Where the archive ends the coast of the counties' data begins.
      'streets-land': { type: 'geojson', data: rectangle([minLon, minLat, maxLon, maxLat]) },
    },
    layers({ land, sea, border, muted, ink }) {
      const line = (
        id: string,
        layer: string,
        filter: FilterSpecification,
        color: string,
        widths: readonly number[],
        dashes?: number[],
      ): LayerSpecification => ({
        id,
        source: 'streets',
        'source-layer': layer,
        type: 'line',
        minzoom,
        filter,
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: {
          'line-color': color,
          'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], ...widths] as never,
          ...(dashes && { 'line-dasharray': dashes }),
        },
      })
      const ground: LayerSpecification[] = [
        {
          id: 'streets-land',
          source: 'streets-land',
          type: 'fill',
          minzoom,
          paint: { 'fill-color': land },
        },
        {
          id: 'streets-water',
          source: 'streets',
          'source-layer': schema.water,
          type: 'fill',
          minzoom,
          filter: isShape,
          paint: { 'fill-color': sea },
        },
        line('streets-rivers', schema.waterways, isLine, sea, [7, 0.5, 14, 3]),
        {
          id: 'streets-buildings',
          source: 'streets',
          'source-layer': schema.buildings,
          type: 'fill',
          minzoom: BUILDINGS_FROM_ZOOM,
          paint: { 'fill-color': border, 'fill-opacity': 0.5 },
        },
        line(
          'streets-minor',
          schema.roads,
          ['!', isA([...schema.major, ...schema.rails, ...schema.others])],
          border,
          [10, 0.4, 13, 1.2, 17, 9],
        ),
        line('streets-rails', schema.roads, isA(schema.rails), muted, [10, 0.5, 16, 1.5], [4, 3]),
        line('streets-major', schema.roads, isA(schema.major), muted, [7, 0.5, 12, 1.6, 17, 9]),
      ]
      const names: LayerSpecification[] = [
        {
          id: 'streets-names',
          source: 'streets',
          'source-layer': schema.names,
          type: 'symbol',
          minzoom: NAMES_FROM_ZOOM,
          filter: ['!', isA(schema.others)],
          layout: {
            'symbol-placement': 'line',
            'text-field': ['coalesce', ['get', 'name'], ['get', 'ref'], ''],
            'text-font': FONT,
            'text-size': 12,
          },
          paint: { 'text-color': ink, 'text-halo-color': land, 'text-halo-width': 1.5 },
        },
      ]
      const has = (one: LayerSpecification) =>
        !('source-layer' in one) || known.has(one['source-layer'])
      return { ground: ground.filter(has), names: names.filter(has) }
    },
  }
}

function rectangle([west, south, east, north]: Box): GeoJSON.Polygon {
  const corners = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return { type: 'Polygon', coordinates: [corners] }
}

const ENTITIES: Readonly<Record<string, string>> = { '&copy;': '©', '&amp;': '&', '&nbsp;': ' ' }

/** Attributions are written in HTML; what stands in an archive is text to us. */
const plainText = (html: string) =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&\w+;/g, entity => ENTITIES[entity] ?? entity)
    .trim()
