import { expect, test } from 'vitest'
import { checkPolygon, type Position, type Rings } from '../../src/geometry/geojson.ts'
import { withoutHoles } from '../../src/geometry/holes.ts'
import { makeAreaPredicate } from '../../src/geometry/shape.ts'
import { ringsAreaKm2 } from '../../src/geometry/sphere.ts'
import { fc } from '../support/property.ts'

const box = (west: number, south: number, east: number, north: number): Position[] => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
]

/** A star round a place: simple, whatever its spokes are. */
const star = ([x, y]: Position, spokes: readonly number[]): Position[] => {
  const corners = spokes.map((spoke, index): Position => {
    const angle = (2 * Math.PI * index) / spokes.length
    return [x + spoke * Math.cos(angle), y + spoke * Math.sin(angle)]
  })
  return [...corners, corners[0]!]
}

test('without holes a ring stays as it is', () => {
  expect(withoutHoles([box(0, 0, 4, 4)])).toEqual([box(0, 0, 4, 4)])
})

test('a hole is opened by a cut through its middle', () => {
  const parts = withoutHoles([box(0, 0, 4, 4), box(1, 1, 3, 3)])
  expect(parts).toHaveLength(2)
  for (const part of parts) {
    expect(checkPolygon({ type: 'Polygon', coordinates: [part] }, '')).toEqual([])
    const cuts = part.filter(([, latitude]) => latitude === 2).map(([longitude]) => longitude)
    expect([...new Set(cuts)].toSorted((a, b) => a - b)).toEqual([0, 1, 3, 4])
  }
})

test('across the antimeridian the parts stay on the map', () => {
  const across: Rings = [
    [
      [170, 0],
      [-170, 0],
      [-170, 8],
      [170, 8],
      [170, 0],
    ],
    [
      [178, 2],
      [-178, 2],
      [-178, 6],
      [178, 6],
      [178, 2],
    ],
  ]
  const parts = withoutHoles(across)
  expect(parts.flat().every(([longitude]) => Math.abs(longitude) <= 180)).toBe(true)
  const inside = makeAreaPredicate({ polygons: parts.map(part => [part]), circles: [] })
  expect([inside(180, 4), inside(179, 5), inside(-175, 4), inside(175, 7)]).toEqual([
    false,
    false,
    true,
    true,
  ])
})

const spokes = fc.array(fc.double({ min: 0.2, max: 1, noNaN: true }), {
  minLength: 3,
  maxLength: 12,
})

/** To a tenth of a metre: what is nearer to a border than a corner's last digit is on either side of it. */
const coordinate = fc.integer({ min: -8e6, max: 8e6 }).map(micro => micro / 1e6)

test('the parts cover the ground, nothing beside it and nothing twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 6, max: 8, noNaN: true }), { minLength: 5, maxLength: 20 }),
      // Nine places so far apart that their stars don't meet.
      fc.array(fc.option(spokes), { minLength: 9, maxLength: 9 }),
      fc.array(fc.tuple(coordinate, coordinate), {
        minLength: 20,
        maxLength: 20,
      }),
      (shell, holes, points) => {
        const rings = [
          star([0, 0], shell),
          ...holes.flatMap((hole, index) =>
            hole === null
              ? []
              : [star([((index % 3) - 1) * 2.1, (Math.floor(index / 3) - 1) * 2.1], hole)],
          ),
        ]
        fc.pre(checkPolygon({ type: 'Polygon', coordinates: rings }, '').length === 0)
        const parts = withoutHoles(rings)
        for (const part of parts) {
          expect(checkPolygon({ type: 'Polygon', coordinates: [part] }, '')).toEqual([])
        }
        const area = parts.reduce((sum, part) => sum + ringsAreaKm2([part]), 0)
        expect(area).toBeCloseTo(ringsAreaKm2(rings), 3)
        const before = makeAreaPredicate({ polygons: [rings], circles: [] })
        const after = makeAreaPredicate({ polygons: parts.map(part => [part]), circles: [] })
        for (const [x, y] of points) expect(after(x, y)).toBe(before(x, y))
      },
    ),
    { numRuns: 150 },
  )
})
