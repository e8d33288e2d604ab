import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { polygonContains } from '../../src/geometry/containment.ts'
import type { MultiPolygon, Polygon, Position, Rings } from '../../src/geometry/geojson.ts'
import { orientation } from '../../src/geometry/orientation.ts'
import { makeAreaPredicate, shapeOf } from '../../src/geometry/shape.ts'
import { fc } from '../support/property.ts'

interface Verdict {
  readonly desc: string
  readonly point: [number, number]
  readonly area: Polygon | MultiPolygon
  readonly verdict: 'inside' | 'boundary' | 'outside'
}

const verdicts = JSON.parse(
  readFileSync(new URL('../data/point-in-area.json', import.meta.url), 'utf8'),
) as Verdict[]

/** The published cases lie on a plane of 360 × 190; a quarter of that is on the globe, and exact in binary. */
function quarter<T>(value: T): T {
  if (typeof value === 'number') return (value / 4) as T
  if (Array.isArray(value)) return value.map(quarter) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, quarter(child)])) as T
}

test.each(verdicts)('GEOS: $desc is $verdict', ({ point, area, verdict }) => {
  const expected = verdict !== 'outside'
  expect(polygonContains(quarter(area), quarter(point))).toBe(expected)
  expect(makeAreaPredicate(shapeOf([quarter(area)]))(...quarter(point))).toBe(expected)
})

const withHole: Polygon = {
  type: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 10],
      [0, 0],
    ],
    [
      [2, 2],
      [2, 4],
      [4, 4],
      [4, 2],
      [2, 2],
    ],
  ],
}

test.each([
  ['within', [5, 5], true],
  ['a corner', [10, 10], true],
  ['an edge', [10, 3], true],
  ['in the hole', [3, 3], false],
  ['the hole’s edge', [2, 3], true],
  ['the hole’s corner', [4, 4], true],
  ['beside', [10.000000000000002, 3], false],
  ['level with a corner, outside', [11, 10], false],
  ['level with the hole’s top', [1, 4], true],
] as const)(
  'the border belongs to the area, also that of a hole: %s',
  (_what, [x, y], expected) => {
    expect(polygonContains(withHole, [x, y])).toBe(expected)
    expect(makeAreaPredicate(shapeOf([withHole]))(x, y)).toBe(expected)
  },
)

test('which side of a line a point is on is decided without rounding', () => {
  // Points a few units in the last place around (0.5, 0.5), against the line through (12, 12) and (24, 24):
  // plain arithmetic calls many of them collinear (Kettner et al. 2008, figure 2).
  const ulp = 2 ** -53
  for (let i = 0; i < 32; i++) {
    for (let j = 0; j < 32; j++) {
      const side = orientation(12, 12, 24, 24, 0.5 + i * ulp, 0.5 + j * ulp)
      expect(Math.sign(side)).toBe(Math.sign(j - i))
    }
  }
})

/** Even-odd and on-the-edge in integers, where nothing is rounded: the independent judge of the tests below. */
function judge(rings: Rings, [px, py]: Position): boolean {
  let inside = false
  for (const ring of rings) {
    for (let index = 1; index < ring.length; index++) {
      const [ax, ay] = ring[index - 1]!
      const [bx, by] = ring[index]!
      const cross = (bx - ax) * (py - ay) - (px - ax) * (by - ay)
      const within = (px - ax) * (px - bx) <= 0 && (py - ay) * (py - by) <= 0
      if (cross === 0 && within) return true
      if (ay <= py && by > py && cross > 0) inside = !inside
      if (by <= py && ay > py && cross < 0) inside = !inside
    }
  }
  return inside
}

const corner = fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -20, max: 20 }))
const ring = fc
  .array(corner, { minLength: 3, maxLength: 12 })
  .map(corners => [...corners, corners[0]!])

test('on a grid of whole degrees every point is judged as in integer arithmetic, by both rules', () => {
  fc.assert(
    fc.property(fc.array(ring, { minLength: 1, maxLength: 3 }), rings => {
      const polygon: Polygon = { type: 'Polygon', coordinates: rings }
      const inArea = makeAreaPredicate(shapeOf([polygon]))
      for (let x = -21; x <= 21; x++) {
        for (let y = -21; y <= 21; y++) {
          const expected = judge(rings, [x, y])
          if (polygonContains(polygon, [x, y]) !== expected || inArea(x, y) !== expected) {
            throw new Error(`${x}, ${y} should be ${expected ? 'inside' : 'outside'}`)
          }
        }
      }
    }),
    { numRuns: 60 },
  )
})

const fiji: Polygon = {
  type: 'Polygon',
  coordinates: [
    [
      [177, -19],
      [-178, -19],
      [-178, -15],
      [177, -15],
      [177, -19],
    ],
    [
      [-179.5, -17],
      [-179, -17],
      [-179, -16],
      [-179.5, -16],
      [-179.5, -17],
    ],
  ],
}

test.each([
  ['west of the line', [178, -17], true],
  ['east of it', [-179.8, -17], true],
  ['on it, as 180', [180, -17], true],
  ['on it, as -180', [-180, -17], true],
  ['on its southern end', [180, -19], true],
  ['in the hole', [-179.25, -16.5], false],
  ['on the hole’s edge', [-179.5, -16.5], true],
  ['on a corner', [-178, -15], true],
  ['past the eastern edge', [-177.9, -17], false],
  ['past the western edge', [176.9, -17], false],
  ['at Greenwich', [0, -17], false],
] as const)('a ring across the antimeridian goes the short way: %s', (_what, [x, y], expected) => {
  expect(polygonContains(fiji, [x, y])).toBe(expected)
  expect(makeAreaPredicate(shapeOf([fiji]))(x, y)).toBe(expected)
})

test('an area that ends at 180 holds its border under the name of -180 too', () => {
  const polygon: Polygon = {
    type: 'Polygon',
    coordinates: [
      [
        [170, 0],
        [180, 0],
        [180, 10],
        [170, 10],
        [170, 0],
      ],
    ],
  }
  const inArea = makeAreaPredicate(shapeOf([polygon]))
  expect([inArea(-180, 5), inArea(180, 5), inArea(-179.9, 5)]).toEqual([true, true, false])
  expect(polygonContains(polygon, [-180, 5])).toBe(true)
})

test('an area of nothing holds nobody', () => {
  expect(makeAreaPredicate(shapeOf([]))(0, 0)).toBe(false)
  expect(makeAreaPredicate(shapeOf([withHole]))(Number.NaN, 5)).toBe(false)
})
