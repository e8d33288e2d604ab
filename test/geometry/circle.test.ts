import { expect, test } from 'vitest'
import {
  checkCircle,
  circleAreaKm2,
  circleBounds,
  circleContains,
  circleRing,
  distanceRangeKm,
  type Circle,
} from '../../src/geometry/circle.ts'
import { polygonContains } from '../../src/geometry/containment.ts'
import type { Box, Position } from '../../src/geometry/geojson.ts'
import { makeAreaPredicate, shapeAreaKm2, shapeOf } from '../../src/geometry/shape.ts'
import { distanceKm } from '../../src/geometry/sphere.ts'
import { fc } from '../support/property.ts'

const LENGTH_OF_DEGREE_KM = (Math.PI * 6371.0088) / 180

test('distances are great circles on a sphere of 6371.0088 km', () => {
  expect(distanceKm([0, 0], [0, 90])).toBeCloseTo(10_007.557, 3)
  expect(distanceKm([179.5, 0], [-179.5, 0])).toBeCloseTo(LENGTH_OF_DEGREE_KM, 9)
  expect(distanceKm([0, 0], [180, 0])).toBeCloseTo(180 * LENGTH_OF_DEGREE_KM, 6)
  expect(distanceKm([30, 90], [-150, 89])).toBeCloseTo(LENGTH_OF_DEGREE_KM, 6)
  // A millimetre is not lost to rounding.
  expect(distanceKm([10, 50], [10, 50 + 1e-8]) * 1e6).toBeCloseTo(1.112, 3)
  // The central angle of Paris–New York, checked by the spherical law of cosines.
  const [a, b] = [(48.8566 * Math.PI) / 180, (40.7128 * Math.PI) / 180]
  const turn = ((2.3522 + 74.006) * Math.PI) / 180
  const angle = Math.acos(Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(turn))
  expect(distanceKm([2.3522, 48.8566], [-74.006, 40.7128])).toBeCloseTo(angle * 6371.0088, 6)
})

test.each([
  ['the centre', { center: [10, 50], radiusKm: 1 }, [10, 50], true],
  ['a point, on it', { center: [10, 50], radiusKm: 0 }, [10, 50], false],
  ['the rim', { center: [0, 0], radiusKm: distanceKm([0, 0], [1, 0]) }, [1, 0], true],
  ['a metre past the rim', { center: [0, 0], radiusKm: LENGTH_OF_DEGREE_KM }, [1.00001, 0], false],
  ['over the antimeridian', { center: [179.9, -17], radiusKm: 50 }, [-179.9, -17], true],
  ['over the pole', { center: [0, 89.9], radiusKm: 50 }, [180, 89.9], true],
  ['beyond the pole', { center: [0, 89.9], radiusKm: 50 }, [180, 89.6], false],
] as const)('a circle holds or not: %s', (_what, circle, point, expected) => {
  expect(circleContains(circle, point)).toBe(expected)
  expect(makeAreaPredicate(shapeOf([], [circle]))(point[0], point[1])).toBe(expected)
})

test.each([
  ['a negative radius', { center: [0, 0], radiusKm: -1 }, ['/c/radiusKm']],
  ['a radius of a million kilometres', { center: [0, 0], radiusKm: 1e9 }, ['/c/radiusKm']],
  ['NaN', { center: [0, 0], radiusKm: Number.NaN }, ['/c/radiusKm']],
  ['a radius in words', { center: [0, 0], radiusKm: '5' }, ['/c/radiusKm']],
  ['a swapped centre', { center: [29, -95], radiusKm: 5 }, ['/c/center']],
  ['nothing right', { center: 'here' }, ['/c/center', '/c/radiusKm']],
  ['null', null, ['/c']],
])('%s is refused', (_what, circle, pointers) => {
  expect(checkCircle(circle, '/c').map(fault => fault.pointer)).toEqual(pointers)
})

test('a good circle is not', () => {
  expect(checkCircle({ center: [-95.4, 29.8], radiusKm: 12.5 }, '/c')).toEqual([])
  // CAP 1.2 §3.2.4: zero or more.
  expect(checkCircle({ center: [-95.4, 29.8], radiusKm: 0 }, '/c')).toEqual([])
})

/** To a tenth of a metre: points nearer to a border than its rounding are on either side of it. */
const degrees = (min: number, max: number) =>
  fc.integer({ min: Math.round(min * 1e6), max: Math.round(max * 1e6) }).map(units => units / 1e6)
const circles = fc
  .record({ lon: degrees(-180, 180), lat: degrees(-90, 90), radiusKm: degrees(0.001, 5000) })
  .map(({ lon, lat, radiusKm }): Circle => ({ center: [lon, lat], radiusKm }))
const points = fc.tuple(degrees(-180, 180), degrees(-90, 90))

function inSome(boxes: readonly Box[], [x, y]: Position): boolean {
  return boxes.some(
    ([west, south, east, north]) => x >= west && x <= east && y >= south && y <= north,
  )
}

test('no point of a circle lies outside its boxes', () => {
  fc.assert(
    fc.property(circles, points, (circle, point) => {
      if (circleContains(circle, point)) expect(inSome(circleBounds(circle), point)).toBe(true)
    }),
    { numRuns: 5000 },
  )
  expect(circleBounds({ center: [0, 89.9], radiusKm: 50 })).toEqual([
    [-180, expect.any(Number), 180, 90],
  ])
  expect(circleBounds({ center: [179.9, 0], radiusKm: 50 })).toHaveLength(2)
  expect(circleBounds({ center: [-179.9, 0], radiusKm: 50 })).toHaveLength(2)
})

test('no point of a box is nearer or farther than its range', () => {
  fc.assert(
    fc.property(points, points, points, degrees(0, 1), degrees(0, 1), (center, a, b, s, t) => {
      const box: Box = [
        Math.min(a[0], b[0]),
        Math.min(a[1], b[1]),
        Math.max(a[0], b[0]),
        Math.max(a[1], b[1]),
      ]
      const point: Position = [box[0] + s * (box[2] - box[0]), box[1] + t * (box[3] - box[1])]
      const [nearest, farthest] = distanceRangeKm(center, box)
      const distance = distanceKm(center, point)
      expect(distance).toBeGreaterThanOrEqual(nearest - 1e-6)
      expect(distance).toBeLessThanOrEqual(farthest + 1e-6)
    }),
    { numRuns: 5000 },
  )
})

test('a circle’s ring lies on its rim, closed, and holds what is well within', () => {
  for (const center of [
    [10, 50],
    [179.9, -17],
    [-179.99, 60],
  ] as const) {
    const circle = { center, radiusKm: 80 }
    const ring = circleRing(circle, 360)
    expect(ring).toHaveLength(361)
    expect(ring[0]).toEqual(ring[360])
    for (const point of ring) expect(distanceKm(center, point)).toBeCloseTo(80, 6)
    const onTheMap = ring.map(([x, y]): Position => [x > 180 ? x - 360 : x < -180 ? x + 360 : x, y])
    expect(polygonContains({ type: 'Polygon', coordinates: [onTheMap] }, center)).toBe(true)
  }
})

test('a circle round a pole is closed along the edge of the map', () => {
  const ring = circleRing({ center: [20, 89.5], radiusKm: 200 }, 36)
  expect(ring[0]).toEqual(ring.at(-1))
  const longitudes = ring.map(([x]) => x)
  expect(Math.max(...longitudes) - Math.min(...longitudes)).toBeCloseTo(360, 9)
  expect(ring.filter(([, y]) => y === 90)).toHaveLength(2)
})

test('areas are of the sphere', () => {
  const sphere = 4 * Math.PI * 6371.0088 ** 2
  const octant = {
    type: 'Polygon',
    coordinates: [
      [
        [0, 0],
        [90, 0],
        [90, 90],
        [0, 90],
        [0, 0],
      ],
    ],
  } as const
  expect(shapeAreaKm2(shapeOf([octant]))).toBeCloseTo(sphere / 8, 3)
  const hole = [
    [10, 10],
    [20, 10],
    [20, 20],
    [10, 20],
    [10, 10],
  ] as const
  const pierced = { type: 'Polygon', coordinates: [octant.coordinates[0], hole] } as const
  // Between two parallels and two meridians: R² · Δλ · (sin φ2 − sin φ1).
  const box = 6371.0088 ** 2 * (Math.PI / 18) * (Math.sin(Math.PI / 9) - Math.sin(Math.PI / 18))
  expect(shapeAreaKm2(shapeOf([pierced]))).toBeCloseTo(sphere / 8 - box, 3)
  expect(circleAreaKm2({ center: [0, 90], radiusKm: (Math.PI / 2) * 6371.0088 })).toBeCloseTo(
    sphere / 2,
    3,
  )
  const acrossTheLine = {
    type: 'Polygon',
    coordinates: [
      [
        [175, 0],
        [-175, 0],
        [-175, 10],
        [175, 10],
        [175, 0],
      ],
    ],
  } as const
  const elsewhere = {
    type: 'Polygon',
    coordinates: [
      [
        [5, 0],
        [15, 0],
        [15, 10],
        [5, 10],
        [5, 0],
      ],
    ],
  } as const
  expect(shapeAreaKm2(shapeOf([acrossTheLine]))).toBeCloseTo(shapeAreaKm2(shapeOf([elsewhere])), 6)
})
