import type { Area } from '../cap/area.ts'
import { AppError, type Fault } from '../errors.ts'
import { checkCircle } from '../geometry/circle.ts'
import { checkPolygon, type Box } from '../geometry/geojson.ts'
import { makeAreaPredicate, prepareParts, shapeOf, type Shape } from '../geometry/shape.ts'
import { cutTiles, type Tiling } from '../geometry/tiles.ts'
import { geocodeFault, resolveGeocode } from './geocodes.ts'

/** Ground to look for people in. */
export interface Ground {
  readonly shape: Shape
  readonly contains: (longitude: number, latitude: number) => boolean
  /** Cut when first asked for. */
  readonly tiling: () => Tiling
  /** One a part: nothing of it lies outside these. */
  readonly bounds: readonly Box[]
}

/**
 * What is wrong with an area by its meaning: rings, ranges, unknown geocodes, nothing named at all.
 * @param pointer where the area stands in the request
 */
export function areaFaults(area: Area, pointer: string): Fault[] {
  const { polygon = [], circle = [], geocode = [] } = area
  if (polygon.length + circle.length + geocode.length === 0) {
    return [{ pointer, detail: 'names no polygon, circle or geocode: it would reach nobody' }]
  }
  return [
    ...polygon.flatMap((one, no) => checkPolygon(one, `${pointer}/polygon/${no}`)),
    ...circle.flatMap((one, no) => checkCircle(one, `${pointer}/circle/${no}`)),
    ...geocodeFaults(area, pointer),
  ]
}

function geocodeFaults({ geocode = [] }: Area, pointer: string): Fault[] {
  return geocode.flatMap((one, no) => geocodeFault(one, `${pointer}/geocode/${no}`) ?? [])
}

/**
 * The ground that an area covers: the union of all that it names.
 *
 * @throws AppError `unknown_geocode` if all its faults are of that kind, else `invalid_area`, naming each
 */
export function groundOf(area: Area, pointer = ''): Ground {
  const faults = areaFaults(area, pointer)
  if (faults.length > 0) {
    const onlyGeocodes = faults.length === geocodeFaults(area, pointer).length
    const code = onlyGeocodes ? 'unknown_geocode' : 'invalid_area'
    throw new AppError(code, 'the area can not be resolved to a shape', { faults })
  }
  const { polygon = [], circle = [], geocode = [] } = area
  const named = geocode.flatMap(one => resolveGeocode(one)?.shape ?? [])
  return groundOfShape(shapeOf([...polygon, ...named], circle))
}

export function groundOfShape(shape: Shape): Ground {
  let contains: Ground['contains'] | undefined
  let tiling: Tiling | undefined
  return {
    shape,
    bounds: prepareParts(shape).flatMap(part => part.boxes),
    contains: (longitude, latitude) => (contains ??= makeAreaPredicate(shape))(longitude, latitude),
    tiling: () => (tiling ??= cutTiles(shape, { maxTiles: tilesFor(shape) })),
  }
}

/** More parts have more border between them. 512 tiles are cut in 10 to 20 ms, 2,048 in 60 to 100. */
function tilesFor({ polygons, circles }: Shape): number {
  const parts = polygons.length + circles.length
  if (parts <= 4) return 512
  return parts <= 40 ? 1024 : 2048
}
