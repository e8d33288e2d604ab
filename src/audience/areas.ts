import type { Area } from '../cap/area.ts'
import { AppError, type Fault } from '../errors.ts'
import { faultAt } from '../faults.ts'
import { checkCircle } from '../geometry/circle.ts'
import { cleanPolygon } from '../geometry/clean.ts'
import { checkPolygon, type Box } from '../geometry/geojson.ts'
import {
  cornersOf,
  joinShapes,
  makeAreaPredicate,
  prepareParts,
  shapeOf,
  type Shape,
} from '../geometry/shape.ts'
import { cutterOf, type Cutter, type Tiling } from '../geometry/tiles.ts'
import type { Geocode, Geocodes } from './geocodes.ts'

/** Ground to look for people in. */
export interface Ground {
  readonly shape: Shape
  readonly contains: (longitude: number, latitude: number) => boolean
  /** Cut when first asked for; what it was lasts. */
  readonly tiling: () => Tiling
  /** In fewer tiles: where few people live, testing some more of them is quicker than more tiles. */
  readonly coarse: () => Tiling
  /** Takes these for its tiles, unless it is cut. */
  readonly leaveCoarse: () => void
  readonly isLeftCoarse: () => boolean
  readonly isCut: () => boolean
  /** One a part: nothing of it lies outside these. */
  readonly bounds: readonly Box[]
}

/** Of all polygons of an area together; the shapes of all counties together have 80,000. */
const MAX_CORNERS = 100_000

/**
 * An area as it is to be stored: without repeated positions and spikes.
 *
 * @returns a warning for each ring that was changed
 */
export function cleanArea(area: Area, pointer: string): { area: Area; warnings: Fault[] } {
  const cleaned = area.polygon?.map((one, no) => cleanPolygon(one, `${pointer}/polygon/${no}`))
  const warnings = cleaned?.flatMap(one => one.warnings) ?? []
  if (cleaned === undefined || warnings.length === 0) return { area, warnings }
  return { area: { ...area, polygon: cleaned.map(({ shape }) => shape) }, warnings }
}

/** What is allowed, and reaches nobody. */
export function areaWarnings({ circle = [] }: Area, pointer: string): Fault[] {
  return circle.flatMap(({ radiusKm }, no) =>
    radiusKm === 0 ? [faultAt(`${pointer}/circle/${no}`, 'no_radius')] : [],
  )
}

/**
 * What is wrong with an area by its meaning: rings, ranges, unknown geocodes, nothing named at all.
 * @param pointer where the area stands in the request
 */
export function areaFaults(area: Area, pointer: string, geocodes: Geocodes): Fault[] {
  const { polygon = [], circle = [], geocode = [] } = area
  if (polygon.length + circle.length + geocode.length === 0) {
    return [faultAt(pointer, 'empty_area')]
  }
  const corners = cornersOf(shapeOf(polygon))
  if (corners > MAX_CORNERS) {
    return [
      faultAt(`${pointer}/polygon`, 'too_many_corners_in_all', { corners, most: MAX_CORNERS }),
    ]
  }
  return [
    ...polygon.flatMap((one, no) => checkPolygon(one, `${pointer}/polygon/${no}`)),
    ...circle.flatMap((one, no) => checkCircle(one, `${pointer}/circle/${no}`)),
    ...geocodeFaults(area, pointer, geocodes),
    ...(area.combine === 'intersection' && !namesBoth(area)
      ? [faultAt(`${pointer}/combine`, 'combine_needs_both')]
      : []),
  ]
}

/** Whether it draws ground and names some: then it matters how these are combined. */
export function namesBoth({ polygon = [], circle = [], geocode = [] }: Area): boolean {
  return polygon.length + circle.length > 0 && geocode.length > 0
}

function geocodeFaults({ geocode = [] }: Area, pointer: string, geocodes: Geocodes): Fault[] {
  return geocode.flatMap((one, no) => geocodes.fault(one, `${pointer}/geocode/${no}`) ?? [])
}

/** What has to be looked up before areas can be judged or resolved. */
export function geocodesOf(areas: readonly Area[]): Geocode[] {
  return areas.flatMap(({ geocode = [] }) => geocode)
}

/**
 * The ground that an area covers: the union of all that it names, or what of its drawings lies in its geocodes.
 *
 * @param geocodes with the area's own looked up
 * @throws AppError `unknown_geocode` if all its faults are of that kind, else `invalid_area`, naming each
 */
export function groundOf(area: Area, geocodes: Geocodes, pointer = ''): Ground {
  const faults = areaFaults(area, pointer, geocodes)
  if (faults.length > 0) {
    const onlyGeocodes = faults.length === geocodeFaults(area, pointer, geocodes).length
    const code = onlyGeocodes ? 'unknown_geocode' : 'invalid_area'
    throw new AppError(code, 'the area can not be resolved to a shape', { faults })
  }
  const { polygon = [], circle = [], geocode = [] } = area
  const named = geocode.flatMap(one => geocodes.find(one)?.shape ?? [])
  const drawn = shapeOf(polygon, circle)
  return groundOfShape(
    area.combine === 'intersection'
      ? { polygons: [], circles: [], intersections: [[drawn, joinShapes(named)]] }
      : joinShapes([drawn, ...named]),
  )
}

export function groundOfShape(shape: Shape): Ground {
  const parts = prepareParts(shape)
  let contains: Ground['contains'] | undefined
  let cut: Cutter | undefined
  let tiling: Tiling | undefined
  let coarse: Tiling | undefined
  const cutTo = (share: number) => (cut ??= cutterOf(parts))(tilesFor(shape) * share)
  const cutCoarsely = () => (coarse ??= cutTo(COARSE))
  return {
    shape,
    bounds: parts.flatMap(part => part.boxes),
    contains: (longitude, latitude) =>
      (contains ??= makeAreaPredicate(shape, parts))(longitude, latitude),
    tiling: () => (tiling ??= cutTo(1)),
    coarse: cutCoarsely,
    isCut: () => tiling !== undefined,
    isLeftCoarse: () => tiling !== undefined && tiling === coarse,
    leaveCoarse: () => {
      tiling ??= cutCoarsely()
    },
  }
}

/**
 * More parts have more border between them. Measured, 30,000 people inside: a tile costs 2 µs to cut and 4 µs to ask for,
 * each candidate in a cell under 1 µs, and 512 tiles leave 5,000 candidates where 256 leave 8,000; with 280,000 inside 1,024
 * would be a little better.
 */
function tilesFor(shape: Shape): number {
  const parts = partsOf(shape)
  if (parts <= 4) return 512
  return parts <= 40 ? 1024 : 2048
}

/**
 * Of the tiles. Measured with one part, its cutting included: with 32, 64 and 128 tiles 300 people are counted in 0.8, 0.8
 * and 1.1 ms, 3,000 in 6.5, 2.4 and 1.9, most of it to send the candidates.
 */
const COARSE = 1 / 8

function partsOf({ polygons, circles, intersections = [] }: Shape): number {
  const both = intersections.flat().reduce((sum, side) => sum + partsOf(side), 0)
  return polygons.length + circles.length + both
}
