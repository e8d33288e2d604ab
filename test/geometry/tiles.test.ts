import { expect, test } from 'vitest'
import { circleContains, type Circle } from '../../src/geometry/circle.ts'
import { polygonContains } from '../../src/geometry/containment.ts'
import type { Polygon, Position } from '../../src/geometry/geojson.ts'
import type { Tile } from '../../src/geometry/grid.ts'
import {
  joinShapes,
  makeAreaPredicate,
  prepareParts,
  shapeOf,
  type Shape,
} from '../../src/geometry/shape.ts'
import { cutterOf, cutTiles, type Tiling } from '../../src/geometry/tiles.ts'
import { cpuMilliseconds } from '../support/cpu-time.ts'
import { gridNumber } from '../support/grid-number.ts'
import { fc } from '../support/property.ts'

/** As the audience does it: inner boxes by comparing numbers alone, cells by the predicate. */
function throughTiles(
  { boxes, cells }: Tiling,
  inArea: (x: number, y: number) => boolean,
  point: Position,
): boolean {
  const number = gridNumber(point)
  const holds = ({ from, to }: Tile) => number >= from && number < to
  const tiles = [...boxes, ...cells].filter(holds)
  if (tiles.length > 1) throw new Error(`${point.join()} is in ${tiles.length} tiles`)
  return boxes.some(holds) || (tiles.length === 1 && inArea(point[0], point[1]))
}

function byTheRule({ polygons, circles, intersections = [] }: Shape, point: Position): boolean {
  return (
    intersections.some(sides => sides.every(side => byTheRule(side, point))) ||
    polygons.some(coordinates => polygonContains({ type: 'Polygon', coordinates }, point)) ||
    circles.some(circle => circleContains(circle, point))
  )
}

function expectAgreement(shape: Shape, points: Iterable<Position>, maxTiles: number): void {
  const inArea = makeAreaPredicate(shape)
  const tiling = cutTiles(shape, maxTiles)
  for (const point of points) {
    const expected = byTheRule(shape, point)
    if (inArea(point[0], point[1]) !== expected)
      throw new Error(`predicate: ${point.join()} should be ${expected}`)
    if (throughTiles(tiling, inArea, point) !== expected)
      throw new Error(`tiles: ${point.join()} should be ${expected}`)
  }
}

/** A star-shaped ring, which never crosses itself, around a centre that may lie anywhere. */
function star(center: Position, radii: readonly number[]): Position[] {
  const ring = radii.map((radius, index): Position => {
    const angle = (index / radii.length) * 2 * Math.PI
    const x = center[0] + radius * Math.cos(angle)
    const y = Math.max(-90, Math.min(90, center[1] + radius * Math.sin(angle)))
    return [x > 180 ? x - 360 : x < -180 ? x + 360 : x, y]
  })
  return [...ring, ring[0]!]
}

/** To a tenth of a metre: points nearer to a border than its rounding are on either side of it. */
const degrees = (min: number, max: number) =>
  fc.integer({ min: Math.round(min * 1e6), max: Math.round(max * 1e6) }).map(units => units / 1e6)
const centers = fc.tuple(
  fc.oneof(degrees(-180, 180), fc.constantFrom(-180, 180, 179.5, 0)),
  degrees(-80, 80),
)
const polygons = fc
  .tuple(
    centers,
    fc.array(degrees(2, 5), { minLength: 3, maxLength: 40 }),
    fc.option(fc.array(degrees(0.2, 0.9), { minLength: 3, maxLength: 10 })),
  )
  .map(([center, radii, hole]): Polygon => ({
    type: 'Polygon',
    coordinates: hole === null ? [star(center, radii)] : [star(center, radii), star(center, hole)],
  }))
/** Round a pole: the corners' longitudes run once round the globe, either way, from anywhere. */
const polar = fc
  .tuple(
    fc.array(degrees(55, 89), { minLength: 3, maxLength: 30 }),
    degrees(-180, 180),
    fc.constantFrom(1, -1),
    fc.constantFrom(1, -1),
  )
  .map(([latitudes, start, way, hemisphere]): Polygon => {
    const ring = latitudes.map((latitude, no): Position => {
      const longitude = start + (way * 360 * no) / latitudes.length
      return [longitude - 360 * Math.round(longitude / 360), hemisphere * latitude]
    })
    return { type: 'Polygon', coordinates: [[...ring, ring[0]!]] }
  })
const circles = fc
  .tuple(centers, degrees(1, 600))
  .map(([center, radiusKm]): Circle => ({ center, radiusKm }))

/** Corners, middles of edges, their neighbours a hair away, both names of the antimeridian, and a scatter. */
function probes(shape: Shape, scatter: readonly Position[]): Position[] {
  return [...rawProbes(shape, scatter)].map(([x, y]) => [
    Math.max(-180, Math.min(180, x)),
    Math.max(-90, Math.min(90, y)),
  ])
}

function* rawProbes(
  { polygons: all, circles: round, intersections = [] }: Shape,
  scatter: readonly Position[],
): Generator<Position> {
  for (const side of intersections.flat()) yield* rawProbes(side, scatter)
  for (const ring of all.flat()) {
    for (const [index, [x, y]] of ring.entries()) {
      yield [x, y]
      yield [x + 1e-14 * Math.abs(x), y]
      yield [x, y - 1e-14 * Math.abs(y)]
      const next = ring[index + 1]
      if (next !== undefined && Math.abs(next[0] - x) < 180)
        yield [(x + next[0]) / 2, (y + next[1]) / 2]
      for (const line of [-180, 180]) yield [line, y]
    }
    const [x, y] = ring[0]!
    for (const [dx, dy] of scatter) yield [Math.max(-180, Math.min(180, x + dx / 20)), y + dy / 20]
  }
  for (const { center, radiusKm } of round) {
    for (const [dx, dy] of scatter) {
      const reach = (radiusKm / 111) * 1.2
      yield [
        center[0] + (dx / 180) * reach,
        Math.max(-90, Math.min(90, center[1] + (dy / 90) * reach)),
      ]
    }
  }
  yield* scatter
}

const scatters = fc.array(fc.tuple(degrees(-180, 180), degrees(-90, 90)), {
  minLength: 30,
  maxLength: 60,
})

test('tiles, predicate and plain rule agree on every point, and no point is in two tiles', () => {
  fc.assert(
    fc.property(
      fc.array(polygons, { maxLength: 3 }),
      fc.array(circles, { maxLength: 2 }),
      scatters,
      fc.constantFrom(1, 7, 64, 256),
      (drawn, round, scatter, maxTiles) => {
        const shape = shapeOf(drawn, round)
        expectAgreement(shape, probes(shape, scatter), maxTiles)
      },
    ),
    { numRuns: 100 },
  )
})

test('what lies in two shapes is cut and tested as both of them say, beside other parts too', () => {
  const sides = fc.tuple(
    fc.array(polygons, { minLength: 1, maxLength: 2 }),
    fc.array(circles, { maxLength: 1 }),
  )
  // Near each other, for what is anywhere on the globe hardly ever meets.
  const near = fc.tuple(
    fc.array(degrees(2, 5), { minLength: 3, maxLength: 20 }),
    degrees(-4, 4),
    degrees(-4, 4),
  )
  fc.assert(
    fc.property(
      sides,
      near,
      fc.array(circles, { maxLength: 1 }),
      scatters,
      fc.constantFrom(1, 7, 64, 256),
      ([drawn, round], [radii, dx, dy], beside, scatter, maxTiles) => {
        const [x, y] = drawn[0]!.coordinates[0]![0]!
        const center: Position = [Math.max(-179, Math.min(179, x + dx)), y + dy]
        const other: Polygon = { type: 'Polygon', coordinates: [star(center, radii)] }
        const both: Shape = {
          polygons: [],
          circles: [],
          intersections: [[shapeOf(drawn, round), shapeOf([other])]],
        }
        const shape = joinShapes([shapeOf([], beside), both])
        expectAgreement(shape, probes(shape, scatter), maxTiles)
      },
    ),
    { numRuns: 100 },
  )
})

/** Seen from above the pole: the sign of the turn by which a corner follows on another decides the side of the edge. */
function isPoleward(ring: readonly Position[], [x, y]: Position): boolean {
  for (let at = 1; at < ring.length; at++) {
    const [[ax, ay], [bx, by]] = [ring[at - 1]!, ring[at]!]
    const to = bx - ax - 360 * Math.round((bx - ax) / 360)
    const off = x - ax - 360 * Math.round((x - ax) / 360)
    if (off / to >= 0 && off / to <= 1) return Math.abs(y) >= Math.abs(ay + ((by - ay) * off) / to)
  }
  throw new Error('the ring leaves out a longitude')
}

test('a ring round a pole holds what lies poleward of it, whichever way it is drawn', () => {
  fc.assert(
    fc.property(polar, scatters, fc.constantFrom(16, 256), (polygon, scatter, maxTiles) => {
      const [ring] = polygon.coordinates
      const hemisphere = Math.sign(ring![0]![1])
      const shape = shapeOf([polygon])
      expectAgreement(shape, probes(shape, scatter), maxTiles)
      const inArea = makeAreaPredicate(shape)
      for (const [x, y] of scatter) {
        const point: Position = [x, hemisphere * (50 + (Math.abs(y) / 90) * 40)]
        if (inArea(point[0], point[1]) !== isPoleward(ring!, point))
          throw new Error(`wrong: ${point.join()}`)
        if (inArea(x, -point[1])) throw new Error('the other hemisphere is inside')
      }
      expect([-180, 0, 77, 180].map(x => inArea(x, hemisphere * 90))).toEqual(Array(4).fill(true))
    }),
    { numRuns: 100 },
  )
})

test('on the cuts themselves nobody is lost: whole degrees, where corners, edges and tile borders meet', () => {
  const corner = fc.tuple(fc.integer({ min: -8, max: 8 }), fc.integer({ min: -8, max: 8 }))
  const ring = fc
    .array(corner, { minLength: 3, maxLength: 9 })
    .map(corners => [...corners, corners[0]!])
  const grid: Position[] = []
  for (let x = -9; x <= 9; x += 0.5) for (let y = -9; y <= 9; y += 0.5) grid.push([x, y])
  fc.assert(
    fc.property(
      fc.array(ring, { minLength: 1, maxLength: 2 }),
      fc.constantFrom(16, 300),
      (coordinates, maxTiles) => {
        expectAgreement(shapeOf([{ type: 'Polygon', coordinates }]), grid, maxTiles)
      },
    ),
    { numRuns: 40 },
  )
})

test('a shape that ends on the edges of the map keeps its border', () => {
  const corner: Polygon = {
    type: 'Polygon',
    coordinates: [
      [
        [170, 80],
        [180, 80],
        [180, 90],
        [170, 90],
        [170, 80],
      ],
    ],
  }
  const points: Position[] = [
    [180, 90],
    [180, 85],
    [175, 90],
    [170, 80],
    [-180, 85],
    [-180, 90],
    [-179.9, 85],
    [169.9, 85],
  ]
  const shape = shapeOf([corner])
  expectAgreement(shape, points, 64)
  expect(points.filter(point => byTheRule(shape, point))).toHaveLength(6)
})

test('far-apart parts, a thousand small ones and an empty shape are cut', () => {
  const squareAt = (x: number, y: number): Polygon => ({
    type: 'Polygon',
    coordinates: [
      [
        [x, y],
        [x + 0.1, y],
        [x + 0.1, y + 0.1],
        [x, y + 0.1],
        [x, y],
      ],
    ],
  })
  const many = Array.from({ length: 1000 }, (_, index) =>
    squareAt(-100 + (index % 40), 20 + Math.floor(index / 40)),
  )
  const shape = joinShapes([shapeOf(many), shapeOf([squareAt(140, -30)])])
  const points: Position[] = Array.from({ length: 2000 }, (_, index) => [
    -100 + (index % 41) + (index % 7) / 60,
    20 + Math.floor(index / 80),
  ])
  expectAgreement(shape, [...points, [140.05, -29.95], [0, 0]], 256)
  expect(cutTiles(shapeOf([]))).toEqual({ boxes: [], cells: [] })
})

test('cut further, a shape is as if it had been cut so far at once', () => {
  const drawn = fc.tuple(fc.array(polygons, { maxLength: 3 }), fc.array(circles, { maxLength: 2 }))
  const steps = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(drawn, steps, ([several, round], given) => {
      const shape = shapeOf(several, round)
      const cut = cutterOf(prepareParts(shape))
      const rising = given.toSorted((a, b) => a - b)
      // All first: what comes later changes nothing of what was given before.
      const tilings = rising.map(cut)
      for (const [no, maxTiles] of rising.entries()) {
        expect(tilings[no]).toEqual(cutTiles(shape, maxTiles))
      }
    }),
  )
})

test('the larger part of a wide area needs no test', () => {
  const ring = star(
    [-95, 38],
    Array.from({ length: 2000 }, (_, index) => 4 + Math.sin((index / 2000) * 14 * Math.PI)),
  )
  const shape = shapeOf([{ type: 'Polygon', coordinates: [ring] }])
  const inArea = makeAreaPredicate(shape)
  const { boxes, cells } = cutTiles(shape)
  expect(boxes.length + cells.length).toBeLessThanOrEqual(1025)
  const ground = (tiles: readonly Tile[]) =>
    tiles.reduce((sum, { box: [west, south, east, north] }) => {
      return sum + (east - west) * (north - south)
    }, 0)
  expect(ground(cells) / ground(boxes)).toBeLessThan(0.1)
  for (const {
    box: [west, south, east, north],
  } of boxes) {
    for (const point of [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
    ] as const) {
      expect(inArea(...point)).toBe(true)
    }
  }
})

test('folded rings are cut in bounded time', () => {
  const teeth = Array.from({ length: 500 }, (_, tooth): Position[] => {
    const x = tooth / 50
    return [
      [x, 0],
      [x, 20],
      [x + 0.01, 20],
      [x + 0.01, 0.001],
    ]
  }).flat()
  const comb: Polygon = { type: 'Polygon', coordinates: [[...teeth, [10, -1], [0, -1], [0, 0]]] }
  const shape = shapeOf([comb])
  expect(cpuMilliseconds(() => cutTiles(shape))).toBeLessThan(500)
  expect(cpuMilliseconds(() => makeAreaPredicate(shape))).toBeLessThan(100)
})

test('thousands of far-apart circles are cut in bounded time', () => {
  const posts = Array.from({ length: 4000 }, (_, no): Circle => ({
    center: [-170 + (no % 100) * 3.4, -80 + Math.floor(no / 100) * 4],
    radiusKm: 5,
  }))
  const shape = shapeOf([], posts)
  let tiling: Tiling | undefined
  expect(cpuMilliseconds(() => (tiling = cutTiles(shape)))).toBeLessThan(10_000)
  const numbers = posts.filter((_, no) => no % 100 === 0).map(({ center }) => gridNumber(center))
  const tiles = [...tiling!.boxes, ...tiling!.cells].toSorted((a, b) => a.from - b.from)
  const held = numbers.filter(number => {
    const tile = tiles.findLast(({ from }) => from <= number)
    return tile !== undefined && number < tile.to
  })
  expect(held).toHaveLength(numbers.length)
})
