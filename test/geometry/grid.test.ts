import { describe, expect, test } from 'vitest'
import { boxesMeet } from '../../src/geometry/box.ts'
import type { Box, Position } from '../../src/geometry/geojson.ts'
import {
  grown,
  halve,
  outermost,
  ROUNDING_DEGREES,
  runsOf,
  tilesOver,
  type Run,
  type Tile,
} from '../../src/geometry/grid.ts'
import { gridNumber } from '../support/grid-number.ts'
import { fc } from '../support/property.ts'

const [globe] = tilesOver([-180, -90, 180, 90])

const longitudes = fc.oneof(
  fc.double({ min: -180, max: 180, noNaN: true }),
  fc.constantFrom(-180, -90, 0, 90, 180),
  // On the line between two cells, and a hair beside it.
  fc.tuple(fc.nat(2 ** 26), fc.constantFrom(-1e-14, 0, 1e-14)).map(([column, hair]) => {
    return Math.max(-180, Math.min(180, (column * 45) / 2 ** 23 - 180 + hair))
  }),
)
const latitudes = longitudes.map(longitude => longitude / 2)
const positions: fc.Arbitrary<Position> = fc.tuple(longitudes, latitudes)

const holds = ({ from, to }: Run, number: number) => number >= from && number < to

test('a position is numbered into one half of each tile that holds it, and its box holds it but for rounding', () => {
  fc.assert(
    fc.property(positions, position => {
      const number = gridNumber(position)
      const [x, y] = position
      let tile = globe!
      while (tile.to - tile.from > 1) {
        const halves = halve(tile).filter(half => holds(half, number))
        expect(halves).toHaveLength(1)
        tile = halves[0]!
        expect(boxesMeet(grown(tile.box), [x, y, x, y])).toBe(true)
      }
      expect(tile.from).toBe(number)
    }),
  )
})

test('lines between cells are exact: who stands on one is in the cell to the east or north', () => {
  fc.assert(
    fc.property(positions, fc.integer({ min: 0, max: 50 }), (position, depth) => {
      let tile = globe!
      for (let level = 0; level < depth; level++) {
        tile = halve(tile).find(half => holds(half, gridNumber(position)))!
      }
      const [, upper] = halve(tile)
      expect(gridNumber([upper.box[0], upper.box[1]])).toBe(upper.from)
    }),
  )
})

test('rounding is a tenth of what it is allowed to be', () => {
  const column = (longitude: number) => ((longitude + 180) * 2 ** 23) / 45
  fc.assert(
    fc.property(longitudes, longitude => {
      const cell = Math.floor(column(longitude))
      const west = (cell * 45) / 2 ** 23 - 180
      const east = ((cell + 1) * 45) / 2 ** 23 - 180
      expect(longitude).toBeGreaterThanOrEqual(west - ROUNDING_DEGREES / 10)
      expect(longitude).toBeLessThanOrEqual(east + ROUNDING_DEGREES / 10)
    }),
  )
})

const corners = fc.tuple(positions, positions)
const boxes = fc
  .oneof(
    corners,
    // Small ones, lines and points among them.
    fc
      .tuple(
        positions,
        fc.constantFrom(0, 1e-13, 1e-6, 0.001, 0.3),
        fc.constantFrom(0, 1e-9, 0.02, 7),
      )
      .map(([[x, y], wide, high]): [Position, Position] => [
        [x, y],
        [Math.min(180, x + wide), Math.min(90, y + high)],
      ]),
  )
  .map(([a, b]): Box => [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
  ])

test('few tiles hold all that is in a box, its edges too, however it lies', () => {
  fc.assert(
    fc.property(boxes, positions, (box, somewhere) => {
      const tiles = tilesOver(box)
      expect(tiles.length).toBeLessThanOrEqual(100)
      expect(outermost(tiles)).toHaveLength(tiles.length)
      const [west, south, east, north] = box
      const inside: Position = [
        Math.max(west, Math.min(east, somewhere[0])),
        Math.max(south, Math.min(north, somewhere[1])),
      ]
      for (const position of [inside, [west, south], [east, north], [west, north]] as const) {
        expect(tiles.filter(tile => holds(tile, gridNumber(position)))).toHaveLength(1)
      }
    }),
  )
})

const disjoint = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 60 }).map(choices => {
  // Halved here and there; every other piece is left out now and then.
  const tiles: Tile[] = []
  let open = [globe!]
  for (const [no, choice] of choices.entries()) {
    const tile = open.shift()
    if (tile === undefined) break
    const [one, other] = halve(tile)
    open = choice === 1 ? [...open, one, other] : [other, ...open]
    if (choice === 0 && no % 3 > 0) tiles.push(one)
  }
  return [...tiles, ...open]
})

describe('runs', () => {
  test('hold the numbers of their tiles and no others, and none meets the next', () => {
    fc.assert(
      fc.property(disjoint, positions, (tiles, position) => {
        const runs = runsOf(tiles)
        const number = gridNumber(position)
        const isHeld = tiles.some(tile => holds(tile, number))
        expect(runs.some(run => holds(run, number))).toBe(isHeld)
        const size = (all: readonly Run[]) => all.reduce((sum, { from, to }) => sum + to - from, 0)
        expect(size(runs)).toBe(size(tiles))
        for (const [no, run] of runs.entries()) {
          expect(run.from).toBeLessThan(run.to)
          if (no > 0) expect(runs[no - 1]!.to).toBeLessThan(run.from)
        }
      }),
    )
  })

  test('all of the globe is one', () => {
    const quarters = halve(globe!).flatMap(halve)
    expect(runsOf(quarters.toReversed())).toEqual([{ from: 0, to: 2 ** 52 }])
  })
})

test('of tiles that lie in each other the outermost are kept, once', () => {
  const [west, east] = halve(globe!)
  const [south] = halve(east)
  expect(outermost([south, west, east, west, south])).toEqual([west, east])
  expect(outermost([])).toEqual([])
})

test('the smallest cells are not halved', () => {
  const [cell] = tilesOver([7, 7, 7, 7])
  expect(cell!.to - cell!.from).toBe(1)
  expect(() => halve(cell!)).toThrow(RangeError)
})
