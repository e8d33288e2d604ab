/** A small archive of map tiles, as tools of the field make them of whole countries (PMTiles version 3). */
import { gzipSync } from 'node:zlib'
import { GeoJSONVT } from '@maplibre/geojson-vt'
import { fromGeojsonVt } from '@maplibre/vt-pbf'
import { Compression, TileType, zxyToTileId } from 'pmtiles'
import type { Box } from '../../src/geometry/geojson.ts'

interface Content {
  readonly bounds: Box
  readonly metadata: object
  readonly zooms: readonly [least: number, most: number]
  /** Undefined: there is no such tile. */
  tile(zoom: number, x: number, y: number): Uint8Array | undefined
}

const HEADER_OCTETS = 127

/** @param layers - what each holds, by its name */
export function vectorArchive(
  bounds: Box,
  layers: Readonly<Record<string, readonly GeoJSON.Feature[]>>,
): Buffer {
  const zooms = [7, 12] as const
  const cut = Object.entries(layers).map(([name, features]) => {
    const data = { type: 'FeatureCollection', features: [...features] } as const
    return [name, new GeoJSONVT(data, { maxZoom: zooms[1] })] as const
  })
  const metadata = {
    vector_layers: Object.keys(layers).map(id => ({ id, fields: {} })),
    attribution: '<a href="https://example.org">&copy; The makers</a>',
  }
  return archiveOf(
    {
      bounds,
      metadata,
      zooms,
      tile(zoom, x, y) {
        const tiles = cut.flatMap(([name, index]) => {
          const tile = index.getTile(zoom, x, y)
          return tile === null ? [] : [[name, tile] as const]
        })
        if (tiles.length === 0) return undefined
        return gzipSync(fromGeojsonVt(Object.fromEntries(tiles), { version: 2 }))
      },
    },
    TileType.Mvt,
    Compression.Gzip,
  )
}

/** The same picture everywhere. */
export const pictureArchive = (bounds: Box, png: Uint8Array): Buffer =>
  archiveOf(
    { bounds, metadata: {}, zooms: [7, 9], tile: () => png },
    TileType.Png,
    Compression.None,
  )

function archiveOf(
  { bounds, metadata, zooms, tile }: Content,
  type: TileType,
  compression: Compression,
): Buffer {
  const found: { id: number; octets: Uint8Array }[] = []
  for (let zoom = zooms[0]; zoom <= zooms[1]; zoom++) {
    const [west, north] = tileAt(zoom, bounds[0], bounds[3])
    const [east, south] = tileAt(zoom, bounds[2], bounds[1])
    for (let x = west; x <= east; x++) {
      for (let y = north; y <= south; y++) {
        const octets = tile(zoom, x, y)
        if (octets !== undefined) found.push({ id: zxyToTileId(zoom, x, y), octets })
      }
    }
  }
  found.sort((a, b) => a.id - b.id)
  const directory = Buffer.from([
    ...varint(found.length),
    ...found.flatMap(({ id }, i) => varint(id - (found[i - 1]?.id ?? 0))),
    ...found.flatMap(() => varint(1)),
    ...found.flatMap(({ octets }) => varint(octets.length)),
    // Each right behind the one before.
    ...found.flatMap((_, i) => varint(i === 0 ? 1 : 0)),
  ])
  const facts = Buffer.from(JSON.stringify(metadata))
  const tiles = Buffer.concat(found.map(({ octets }) => octets))
  const header = Buffer.alloc(HEADER_OCTETS)
  header.write('PMTiles\x03', 'latin1')
  const sections = [directory.length, facts.length, 0, tiles.length]
  let offset = HEADER_OCTETS
  sections.forEach((length, i) => {
    header.writeBigUInt64LE(BigInt(offset), 8 + 16 * i)
    header.writeBigUInt64LE(BigInt(length), 16 + 16 * i)
    offset += length
  })
  for (const at of [72, 80, 88]) header.writeBigUInt64LE(BigInt(found.length), at)
  header.set([1, Compression.None, compression, type, ...zooms], 96)
  bounds.forEach((degrees, i) => header.writeInt32LE(Math.round(degrees * 1e7), 102 + 4 * i))
  return Buffer.concat([header, directory, facts, tiles])
}

function tileAt(zoom: number, longitude: number, latitude: number): [x: number, y: number] {
  const size = 2 ** zoom
  const phi = (latitude * Math.PI) / 180
  const y = (1 - Math.asinh(Math.tan(phi)) / Math.PI) / 2
  return [Math.floor(((longitude + 180) / 360) * size), Math.floor(y * size)]
}

function varint(value: number): number[] {
  const octets: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) octets.push((value % 0x80) | 0x80)
  return [...octets, value]
}
