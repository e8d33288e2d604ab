import { expect, test } from 'vitest'
import { cleanPolygon } from '../../src/geometry/clean.ts'
import { polygonContains } from '../../src/geometry/containment.ts'
import { checkPolygon, type Polygon, type Position } from '../../src/geometry/geojson.ts'
import { fc } from '../support/property.ts'

const drawn = (...coordinates: Position[][]): Polygon => ({ type: 'Polygon', coordinates })
const clean = (...rings: Position[][]) => cleanPolygon(drawn(...rings), '/polygon/0')

const square: Position[] = [
  [0, 0],
  [4, 0],
  [4, 4],
  [0, 4],
  [0, 0],
]

test('a sound ring is not touched, and nothing is said', () => {
  const shape = drawn(square)
  const cleaned = cleanPolygon(shape, '')
  expect(cleaned.shape).toBe(shape)
  expect(cleaned.warnings).toEqual([])
})

test.each([
  [
    'in the middle of an edge',
    [
      [0, 0],
      [4, 0],
      [4, 2],
      [9, 2],
      [4, 2],
      [4, 4],
      [0, 4],
      [0, 0],
    ],
    'a spike at [9, 2]',
    6,
  ],
  [
    'past a corner and back along the edge',
    [
      [0, 0],
      [9, 0],
      [4, 0],
      [4, 4],
      [0, 4],
      [0, 0],
    ],
    'a spike at [9, 0]',
    5,
  ],
  [
    'of several corners',
    [
      [0, 0],
      [4, 0],
      [4, 4],
      [6, 6],
      [8, 7],
      [6, 6],
      [4, 4],
      [0, 4],
      [0, 0],
    ],
    'a spike at [8, 7]',
    5,
  ],
  [
    'where the ring begins',
    [
      [-3, -3],
      [0, 0],
      [4, 0],
      [4, 4],
      [0, 4],
      [0, 0],
      [-3, -3],
    ],
    'a spike at [-3, -3]',
    5,
  ],
] as [string, Position[], string, number][])(
  'a spike %s is left out, and said',
  (_where, ring, said, positions) => {
    const { shape, warnings } = clean(ring)
    expect(warnings).toEqual([
      { pointer: '/polygon/0/coordinates/0', detail: expect.stringContaining(said) as string },
    ])
    expect(shape.coordinates[0]).toHaveLength(positions)
    expect(checkPolygon(shape, '')).toEqual([])
  },
)

test('positions given twice are left out and counted, in a hole of a MultiPolygon too', () => {
  const hole: Position[] = [
    [1, 1],
    [1, 1],
    [2, 1],
    [2, 2],
    [2, 2],
    [2, 2],
    [1, 1],
    [1, 1],
  ]
  const { shape, warnings } = cleanPolygon(
    { type: 'MultiPolygon', coordinates: [[square], [square, hole]] },
    '/polygon/0',
  )
  expect(warnings).toEqual([
    {
      pointer: '/polygon/0/coordinates/1/1',
      detail: 'had 4 position(s) given twice: left out',
    },
  ])
  expect(shape.coordinates[1]![1]).toEqual([
    [1, 1],
    [2, 1],
    [2, 2],
    [1, 1],
  ])
})

test('a spike over ±180° is one too', () => {
  const { shape } = clean([
    [178, 0],
    [179, 0],
    [179, 1],
    [-179, 1],
    [179, 1],
    [179, 2],
    [178, 2],
    [178, 0],
  ])
  expect(shape.coordinates[0]).not.toContainEqual([-179, 1])
})

test('what would be no ring any more is left to be refused', () => {
  const line: Position[] = [
    [0, 0],
    [4, 0],
    [4, 4],
    [4, 0],
    [0, 0],
  ]
  expect(clean(line).warnings).toEqual([])
  expect(checkPolygon(clean(line).shape, '')).not.toEqual([])
  const open = square.slice(0, 4)
  expect(clean(open).shape.coordinates[0]).toEqual(open)
  const far: Position[] = [
    [0, 0],
    [0, 0],
    [Number.NaN, 0],
    [4, 4],
    [0, 0],
  ]
  expect(clean(far).shape.coordinates[0]).toEqual(far)
})

test('whatever is added to a star, cleaning brings the star back and changes nobody', () => {
  const step = fc.record({
    at: fc.nat({ max: 11 }),
    kind: fc.constantFrom('double', 'spike', 'long spike'),
    to: fc.tuple(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -60, max: 60 })),
  })
  const star = Array.from({ length: 12 }, (_, no): Position => {
    const reach = no % 2 === 0 ? 20 : 8
    const angle = (no / 12) * 2 * Math.PI
    return [Math.round(reach * Math.cos(angle)), Math.round(reach * Math.sin(angle))]
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), steps => {
      const marred = star.flatMap((corner, no): Position[] => [
        corner,
        ...steps
          .filter(({ at }) => at === no)
          .flatMap(({ kind, to }): Position[] => {
            if (kind === 'double') return [corner]
            // Out to the side, never back along an edge: that would shorten it.
            const out: Position = [to[0] + 0.25, to[1] + 0.125]
            return kind === 'spike' ? [out, corner] : [out, [99, 66.5], out, corner]
          }),
      ])
      const { shape } = clean([...marred, marred[0]!])
      const plain = drawn([...star, star[0]!])
      expect(shape.coordinates[0]!.slice(1)).toEqual(plain.coordinates[0]!.slice(1))
      for (const point of [
        [0, 0],
        [10.5, 3.25],
        [19, 1],
        [50, 20],
      ] as const) {
        expect(polygonContains(shape, point)).toBe(polygonContains(plain, point))
      }
    }),
  )
})
