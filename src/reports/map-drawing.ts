/** A map of an alert's areas over county lines. Flat: what is drawn is seldom larger than a state. */
import { geoIdentity, geoPath, type GeoPermissibleObjects } from 'd3-geo'
import { groundOf, geocodesOf } from '../audience/areas.ts'
import { countyLinesIn } from '../audience/counties.ts'
import { lookUpGeocodes, type Geocodes } from '../audience/geocodes.ts'
import type { Area } from '../cap/area.ts'
import type { AlertContent } from '../cap/content.ts'
import { isAppError } from '../errors.ts'
import type { Box, Position, Rings } from '../geometry/geojson.ts'
import { boxOf, outlinesOf } from '../geometry/outlines.ts'
import type { Database } from '../store/database.ts'
import { COLOURS, type Drawing, type DrawnShape } from './sheet.ts'

/** An area as it is drawn; without outlines where its shape is not known any more, or is too intricate to draw. */
export interface MappedArea {
  readonly areaDesc: string
  readonly outlines: readonly Rings[]
}

/** The shapes of the areas, by the geocode sets that they were signed for. */
export async function mapAreas(
  db: Database,
  { areas, geocodeSets }: Pick<AlertContent, 'areas' | 'geocodeSets'>,
): Promise<MappedArea[]> {
  const geocodes = await lookUpGeocodes(db, geocodesOf(areas), geocodeSets)
  const mapped: MappedArea[] = []
  for (const area of areas) mapped.push(await mapArea(area, geocodes))
  return mapped
}

async function mapArea(area: Area, geocodes: Geocodes): Promise<MappedArea> {
  const { areaDesc } = area
  try {
    const outlines = await outlinesOf(groundOf(area, geocodes).shape)
    return { areaDesc, outlines: outlines === 'too intricate' ? [] : outlines }
  } catch (error) {
    if (isAppError(error)) return { areaDesc, outlines: [] }
    throw error
  }
}

const WIDTH = 720
const HEIGHT = 420
const MARGIN = 28
/** Nearer points are one: half a pixel is not seen. */
const HALF_PIXEL = 0.5

/** Stands in an area: its number, and below it what became of those in it. */
export interface AreaLabel {
  readonly number: string
  readonly tally: string
}

/**
 * @param labels of the areas, in their order
 * @returns undefined where no area has a shape
 */
export function drawMap(
  areas: readonly MappedArea[],
  labels: readonly AreaLabel[],
): Drawing | undefined {
  const boxes = areas.flatMap(({ outlines }) => outlines.map(boxOf))
  if (boxes.length === 0) return undefined
  const inside = around(boxes)
  const flat = flatAt((inside[1] + inside[3]) / 2)
  const fitted = fit(inside, flat)
  const path = geoPath(fitted.projection).digits(1)
  const draw = (shape: GeoPermissibleObjects) => path(shape) ?? ''
  const thin = (line: readonly Position[]) => thinned(line.map(flat), fitted.unit * HALF_PIXEL)
  const shapes: DrawnShape[] = []
  const shapeOf = ({ outlines }: MappedArea) => ({
    type: 'MultiPolygon' as const,
    coordinates: outlines.map(rings => rings.map(thin)),
  })
  const drawn = areas.map(shapeOf)
  for (const area of drawn) shapes.push({ is: 'path', d: draw(area), fill: COLOURS.area })
  const lines = countyLinesIn(fitted.seen).map(thin)
  shapes.push({
    is: 'path',
    d: draw({ type: 'MultiLineString', coordinates: lines }),
    stroke: COLOURS.line,
    strokeWidth: 0.7,
  })
  for (const area of drawn) {
    shapes.push({ is: 'path', d: draw(area), stroke: COLOURS.good, strokeWidth: 2 })
  }
  for (const [no, area] of drawn.entries()) {
    const [x, y] = path.centroid(area)
    if (Number.isNaN(x) || Number.isNaN(y)) continue
    const words = { is: 'words', x, anchor: 'middle', fill: COLOURS.ink } as const
    const { number, tally } = labels[no] ?? { number: '', tally: '' }
    shapes.push({ ...words, y: y - 8, text: number, size: 14, bold: true })
    shapes.push({ ...words, y: y + 8, text: tally, size: 12 })
  }
  return { width: WIDTH, height: HEIGHT, shapes: shapes.filter(notEmpty) }
}

const notEmpty = (shape: DrawnShape) => shape.is === 'words' || shape.d !== ''

function around(boxes: readonly Box[]): Box {
  return boxes.reduce(([w, s, e, n], [west, south, east, north]) => [
    Math.min(w, west),
    Math.min(s, south),
    Math.max(e, east),
    Math.max(n, north),
  ])
}

/** Degrees of longitude as long as those of latitude are, at that latitude. */
function flatAt(latitude: number): (position: Position) => Position {
  const narrower = Math.max(0.05, Math.cos((latitude * Math.PI) / 180))
  return ([x, y]) => [x * narrower, y]
}

function fit([west, south, east, north]: Box, flat: (position: Position) => Position) {
  const corners: Position[] = [flat([west, south]), flat([east, north])]
  const projection = geoIdentity()
    .reflectY(true)
    .fitExtent(
      [
        [MARGIN, MARGIN],
        [WIDTH - MARGIN, HEIGHT - MARGIN],
      ],
      { type: 'MultiPoint', coordinates: corners.map(([x, y]) => [x, y]) },
    )
    .clipExtent([
      [0, 0],
      [WIDTH, HEIGHT],
    ])
  const scale = projection.scale()
  const [narrower] = flat([1, 0])
  const [x0, y0] = projection.translate()
  // What of the ground is seen: the box, and what lies around it in the frame.
  const seen: Box = [
    -x0 / scale / narrower,
    (y0 - HEIGHT) / scale,
    (WIDTH - x0) / scale / narrower,
    y0 / scale,
  ]
  return { projection, seen, unit: 1 / scale }
}

/** Its first and last point stay. */
function thinned(line: readonly Position[], distance: number): number[][] {
  const kept: number[][] = []
  let [x, y] = [Infinity, Infinity]
  for (const [i, position] of line.entries()) {
    const isEnd = i === line.length - 1
    if (!isEnd && Math.abs(position[0] - x) < distance && Math.abs(position[1] - y) < distance) {
      continue
    }
    x = position[0]
    y = position[1]
    kept.push([x, y])
  }
  return kept
}
