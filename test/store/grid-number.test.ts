import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import type { Position } from '../../src/geometry/geojson.ts'
import { halve, tilesOver } from '../../src/geometry/grid.ts'
import { arrayLiteral } from '../../src/store/database.ts'
import { test } from '../support/database.ts'
import { gridNumber } from '../support/grid-number.ts'
import { fc } from '../support/property.ts'

const RANDOM = 2000

/** Corners of the grid, from the whole globe's down to the smallest cells', and what lies a hair beside them. */
function* cornersAndNeighbours(): Generator<Position> {
  let [tile] = tilesOver([-180, -90, 180, 90])
  const steps = [0, -1e-14, 1e-14, 3e-14, -1e-12, 1e-9]
  for (let level = 0; level < 52; level++) {
    const [west, south, east, north] = tile!.box
    for (const x of [west, east]) {
      for (const y of [south, north]) for (const step of steps) yield [x + step, y - step]
    }
    tile = halve(tile!)[level % 3 === 0 ? 0 : 1]
  }
  for (const x of [-180, -179.999_999_999_999_99, -0, 0, 179.999_999_999_999_97, 180]) {
    for (const y of [-90, -1e-300, 0, 5e-324, 89.999_999_999_999_99, 90]) yield [x, y]
  }
}

test('the database numbers every position as the tiles are numbered', async ({ db }) => {
  const scattered = fc.sample(
    fc.tuple(
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.double({ min: -90, max: 90, noNaN: true }),
    ),
    RANDOM,
  )
  const positions = [...cornersAndNeighbours(), ...scattered].map(([x, y]): Position => [
    Math.max(-180, Math.min(180, x)),
    Math.max(-90, Math.min(90, y)),
  ])
  const rows = await db.execute<{ number: string }>(sql`
    select grid_number(point(p.x, p.y))::text as number
    from unnest(${arrayLiteral(positions.map(([x]) => x))}::float8[], ${arrayLiteral(positions.map(([, y]) => y))}::float8[])
      with ordinality as p(x, y, no)
    order by p.no
  `)
  expect(rows).toHaveLength(positions.length)
  const differing = positions.filter(
    (position, no) => Number(rows[no]!.number) !== gridNumber(position),
  )
  expect(differing).toEqual([])
})
