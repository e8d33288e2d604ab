/**
 * Tools for drawing: areas joined, taken from one another, kept where all of them are, widened; who would be inside;
 * and whom within a perimeter neither the area nor any alert in force reaches.
 */
import type { Area } from '../cap/area.ts'
import { AppError, type Fault } from '../errors.ts'
import { buffer } from '../geometry/buffer.ts'
import { clip } from '../geometry/clipping.ts'
import { checkPolygon, type MultiPolygon, type Position, type Rings } from '../geometry/geojson.ts'
import { boxOf, outlinesOf, shift } from '../geometry/outlines.ts'
import { cornersOf, shapeAreaKm2, shapeOf } from '../geometry/shape.ts'
import { ringsAreaKm2 } from '../geometry/sphere.ts'
import type { Database } from '../store/database.ts'
import { areaWarnings, cleanArea, geocodesOf, groundOf, groundOfShape } from './areas.ts'
import { lookUpGeocodes } from './geocodes.ts'
import { missedPlaces } from './missed-places.ts'
import type { Place } from './places.ts'
import { countPeopleOn } from './count.ts'

interface AreaRequest {
  readonly areas: readonly Area[]
  /** The first with all others joined to it, taken from it, or kept of it. */
  readonly operation: 'union' | 'difference' | 'intersection'
  /** Widens the outcome, or narrows it. */
  readonly bufferMetres: number
  /** Where the incident reaches: whoever is inside and not reached is a gap. */
  readonly perimeter: Area | undefined
}

interface ComposedArea {
  /** Undefined where nothing is left. */
  readonly polygon: MultiPolygon | undefined
  readonly corners: number
  readonly areaKm2: number
  readonly people: number
  readonly gaps: readonly Gap[]
  readonly missedPlaces: readonly Place[]
  readonly overlaps: readonly Overlap[]
  readonly warnings: readonly Fault[]
}

/** What an alert in force covers. */
export interface CoveredArea {
  readonly alertId: string
  readonly area: Area
}

/** An area of an alert in force that covers some of the same ground. */
interface Overlap {
  readonly alertId: string
  readonly areaDesc: string
}

/** Ground within the perimeter that nothing covers, where people live. */
interface Gap {
  readonly polygon: MultiPolygon
  readonly people: number
}

/** As little as `checkPolygon` takes for nothing. */
const SLIVER_KM2 = 1e-6
/** Each corner is a band to be joined. */
const MAX_BUFFERED_CORNERS = 2_000
const MAX_GAPS = 20

/**
 * @param covered what the alerts in force cover
 * @throws AppError `invalid_area`, `unknown_geocode`, naming every fault
 */
export async function composeArea(
  db: Database,
  request: AreaRequest,
  covered: readonly CoveredArea[],
): Promise<ComposedArea> {
  const { operation, bufferMetres } = request
  const given = request.areas.map((area, no) => cleanArea(area, `/areas/${no}`))
  const areas = given.map(({ area }) => area)
  const perimeter = request.perimeter && cleanArea(request.perimeter, '/perimeter')
  const all = [
    ...areas,
    ...covered.map(({ area }) => area),
    ...(perimeter === undefined ? [] : [perimeter.area]),
  ]
  const geocodes = await lookUpGeocodes(db, geocodesOf(all))
  const outlines: Rings[][] = []
  for (const [no, area] of areas.entries()) {
    outlines.push(await done(outlinesOf(groundOf(area, geocodes, `/areas/${no}`).shape)))
  }
  const near = alignerOf(outlines.flat()[0])
  const [first = [], ...rest] = outlines.map(near)
  const alone = operation === 'union' ? [[...first, ...rest.flat()]] : [first, ...rest]
  let polygons = await done(clip(operation, [alone])).then(([outcome]) => solid(outcome ?? []))
  if (bufferMetres !== 0 && polygons.length > 0) {
    if (cornersOf({ polygons, circles: [] }) > MAX_BUFFERED_CORNERS) throw tooIntricate()
    polygons = solid(await done(buffer(polygons, bufferMetres / 1000)))
  }
  const drawn = onTheMap(polygons)
  const shape = shapeOf(drawn === undefined ? [] : [drawn])
  const faults = drawn === undefined ? [] : checkPolygon(drawn, '/polygon')
  if (faults.length > 0) {
    throw new AppError('invalid_area', 'what comes of it is no area that can be sent to', {
      faults,
    })
  }
  const composed = groundOfShape(shape)
  const others = covered.map(({ area }) => groundOf(area, geocodes))
  const isCovered = (x: number, y: number) => others.some(({ contains }) => contains(x, y))
  const known: (Overlap & { readonly ground: Rings[] })[] = []
  for (const [no, { alertId, area }] of covered.entries()) {
    const outlined = near(await done(outlinesOf(others[no]!.shape)))
    known.push({ alertId, areaDesc: area.areaDesc, ground: outlined })
  }
  const incident =
    perimeter &&
    near(await done(outlinesOf(groundOf(perimeter.area, geocodes, '/perimeter').shape)))
  return {
    polygon: drawn,
    corners: cornersOf(shape),
    areaKm2: shapeAreaKm2(shape),
    people: await countPeopleOn(db, composed),
    gaps:
      incident === undefined
        ? []
        : await gapsIn(db, incident, [...polygons, ...known.flatMap(({ ground }) => ground)]),
    missedPlaces: await missedPlaces([composed], async () => isCovered),
    overlaps: await overlapsWith(polygons, known),
    warnings: [
      ...given.flatMap(({ area, warnings }, no) => [
        ...warnings,
        ...areaWarnings(area, `/areas/${no}`),
        ...outlineWarnings(area, `/areas/${no}`),
      ]),
      ...(perimeter?.warnings ?? []),
      ...(drawn === undefined
        ? [{ pointer: '', detail: 'nothing is left: it reaches nobody' }]
        : []),
    ],
  }
}

/** The pieces of the perimeter that are left, those with the most people first. */
async function gapsIn(
  db: Database,
  perimeter: readonly Rings[],
  covered: readonly Rings[],
): Promise<Gap[]> {
  const [left = []] = await done(clip('difference', [[perimeter, covered]]))
  const gaps: Gap[] = []
  for (const rings of solid(left)) {
    const polygon = onTheMap([rings])
    if (polygon === undefined) continue
    const people = await countPeopleOn(db, groundOfShape(shapeOf([polygon])))
    if (people > 0) gaps.push({ polygon, people })
  }
  return gaps.toSorted((a, b) => b.people - a.people).slice(0, MAX_GAPS)
}

async function overlapsWith(
  polygons: readonly Rings[],
  known: readonly (Overlap & { readonly ground: readonly Rings[] })[],
): Promise<Overlap[]> {
  if (polygons.length === 0 || known.length === 0) return []
  const common = await done(
    clip(
      'intersection',
      known.map(({ ground }) => [polygons, ground]),
    ),
  )
  return known
    .filter((_area, no) => solid(common[no] ?? []).length > 0)
    .map(({ alertId, areaDesc }) => ({ alertId, areaDesc }))
}

function outlineWarnings({ circle = [] }: Area, pointer: string): Fault[] {
  const detail = 'became a ring of corners around it, at most a thousandth wider'
  return circle.map((_circle, no) => ({ pointer: `${pointer}/circle/${no}`, detail }))
}

/** Polygons by whole turns as near as may be to the first one, so that they meet over ±180° too. */
function alignerOf(first: Rings | undefined): (outlines: readonly Rings[]) => Rings[] {
  const middleOf = (rings: Rings) => (boxOf(rings)[0] + boxOf(rings)[2]) / 2
  const at = first === undefined ? 0 : middleOf(first)
  return outlines =>
    outlines.map(rings => shift(rings, 360 * Math.round((at - middleOf(rings)) / 360)))
}

function solid(polygons: readonly Rings[]): Rings[] {
  return polygons.filter(rings => ringsAreaKm2(rings) > SLIVER_KM2)
}

function onTheMap(polygons: readonly Rings[]): MultiPolygon | undefined {
  if (polygons.length === 0) return undefined
  const turned = ([x, y]: Position): Position => [x > 180 ? x - 360 : x < -180 ? x + 360 : x, y]
  return {
    type: 'MultiPolygon',
    coordinates: polygons.map(rings => rings.map(ring => ring.map(turned))),
  }
}

async function done<Outcome>(work: Promise<Outcome | 'too intricate'>): Promise<Outcome> {
  const outcome = await work
  if (outcome === 'too intricate') throw tooIntricate()
  return outcome
}

function tooIntricate(): AppError {
  return new AppError('invalid_area', 'the areas are too intricate for this: draw them simpler')
}
