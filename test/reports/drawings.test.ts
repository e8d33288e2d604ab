import { expect, test } from 'vitest'
import type { Rings } from '../../src/geometry/geojson.ts'
import { outlinesOf } from '../../src/geometry/outlines.ts'
import { shapeOf, type Shape } from '../../src/geometry/shape.ts'
import { drawCurve } from '../../src/reports/curve-drawing.ts'
import { figuresIn } from '../../src/reports/figures.ts'
import { drawMap } from '../../src/reports/map-drawing.ts'
import type { Drawing } from '../../src/reports/sheet.ts'
import { wordsIn } from '../../src/reports/words.ts'
import { fc } from '../support/property.ts'

const words = wordsIn('en')
const figures = figuresIn('en', 'UTC', words)

/** Every number of every path and word lies in the box, a line's width aside. */
function expectInside({ width, height, shapes }: Drawing): void {
  for (const shape of shapes) {
    const numbers =
      shape.is === 'words'
        ? [[shape.x, shape.y] as const]
        : [...shape.d.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(
            ([, x, y]) => [Number(x), Number(y)] as const,
          )
    for (const [x, y] of numbers) {
      expect(x).toBeGreaterThanOrEqual(-0.1)
      expect(x).toBeLessThanOrEqual(width + 0.1)
      expect(y).toBeGreaterThanOrEqual(-0.1)
      expect(y).toBeLessThanOrEqual(height + 0.1)
    }
  }
}

const area = (rings: Rings[], areaDesc = 'Somewhere') => ({ areaDesc, outlines: rings })
const label = { number: '1', tally: '98.6%' }
const square = (west: number, south: number, size: number): Rings => [
  [
    [west, south],
    [west + size, south],
    [west + size, south + size],
    [west, south + size],
    [west, south],
  ],
]

test('an area is drawn where it lies, with county lines around it', () => {
  const drawing = drawMap([area([square(-96, 29, 1)])], [label])!
  expectInside(drawing)
  const [ground, lines] = drawing.shapes
  expect(ground).toMatchObject({ is: 'path', fill: expect.any(String) as string })
  expect(lines!.is === 'path' && lines!.d.length).toBeGreaterThan(200)
  expect(drawing.shapes.filter(shape => shape.is === 'words').map(({ text }) => text)).toEqual([
    '1',
    '98.6%',
  ])
})

test('a square of degrees at 60° north is half as wide as it is high', () => {
  const drawing = drawMap([area([square(10, 59.5, 1)])], [label])!
  const ground = drawing.shapes[0]!
  const points =
    ground.is === 'path'
      ? [...ground.d.matchAll(/([\d.]+),([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)])
      : []
  const spread = (axis: 0 | 1) => {
    const values = points.map(point => point[axis]!)
    return Math.max(...values) - Math.min(...values)
  }
  expect(spread(0) / spread(1)).toBeCloseTo(0.5, 2)
})

const outlined = async (shape: Shape): Promise<Rings[]> => {
  const outlines = await outlinesOf(shape)
  if (outlines === 'too intricate') throw new Error('it is too intricate')
  return outlines
}

test('over ±180° it is one area, not two at the ends of the world', async () => {
  const fiji = shapeOf([
    {
      type: 'Polygon',
      coordinates: [
        [
          [179, -18],
          [-179, -18],
          [-179, -16],
          [179, -16],
          [179, -18],
        ],
      ],
    },
  ])
  const drawing = drawMap([area(await outlined(fiji))], [label])!
  expectInside(drawing)
  const ground = drawing.shapes[0]!
  // As high as the frame lets it, not a hair between ±180°.
  expect(ground.is === 'path' && ground.d).toMatch(/,28\D/)
})

test('a point of a circle, the whole globe and a hundred thousand corners can be drawn', async () => {
  const point = await outlined(shapeOf([], [{ center: [-95, 29], radiusKm: 0 }]))
  expectInside(drawMap([area(point)], [label])!)
  const globe = [
    [
      [-180, -90],
      [180, -90],
      [180, 90],
      [-180, 90],
      [-180, -90],
    ],
  ] as unknown as Rings
  expectInside(drawMap([area([globe])], [label])!)
  const corners = Array.from({ length: 100_000 }, (_, i) => {
    const turn = (i / 100_000) * 2 * Math.PI
    return [-95 + Math.cos(turn), 29 + Math.sin(turn)] as const
  })
  const round = [[...corners, corners[0]!]] as unknown as Rings
  const drawing = drawMap([area([round])], [label])!
  expect(JSON.stringify(drawing).length).toBeLessThan(200_000)
})

test('without a shape there is no map', () => {
  expect(drawMap([], [])).toBeUndefined()
  expect(drawMap([area([])], [label])).toBeUndefined()
  expect(drawMap([area([]), area([square(-96, 29, 1)])], [label, label])).toBeDefined()
})

test('whatever the figures, the curve and the names of its lines stay in their box', () => {
  const n = fc.integer({ min: 0, max: 5_000_000 })
  const curve = fc
    .record({
      end: fc.integer({ min: 1, max: 4_000_000_000 }),
      recipients: n,
      shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: 3,
        maxLength: 3,
      }),
    })
    .map(({ end, recipients, shares }) => ({
      recipients,
      points: Array.from({ length: 121 }, (_, i) => {
        const [submitted, delivered, answered] = shares.map(share =>
          Math.floor((recipients * share * i) / 120),
        )
        return {
          seconds: (end * i) / 120_000,
          submitted: submitted!,
          delivered: delivered!,
          answered: answered!,
        }
      }),
    }))
  fc.assert(
    fc.property(curve, ({ recipients, points }) => {
      const drawing = drawCurve(points, Math.max(1, recipients), figures, words)
      expectInside(drawing)
      const places = drawing.shapes.flatMap(shape =>
        shape.is === 'words' && shape.bold === true ? [shape.y] : [],
      )
      expect(places).toHaveLength(3)
      for (const [i, y] of places.toSorted((a, b) => a - b).entries()) {
        if (i > 0) expect(y - places.toSorted((a, b) => a - b)[i - 1]!).toBeGreaterThanOrEqual(30)
      }
    }),
  )
})
