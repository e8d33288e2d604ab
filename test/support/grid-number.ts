import type { Position } from '../../src/geometry/geojson.ts'

/** The number of a position's cell as the database reckons it (`grid_number`), with the same rounding. */
export function gridNumber([longitude, latitude]: Position): number {
  const column = Math.min(Math.floor(((longitude + 180) * 2 ** 23) / 45), 2 ** 26 - 1)
  const row = Math.min(Math.floor(((latitude + 90) * 2 ** 24) / 45), 2 ** 26 - 1)
  let number = 0
  for (let bit = 25; bit >= 0; bit--) {
    number = number * 4 + ((column >> bit) & 1) * 2 + ((row >> bit) & 1)
  }
  return number
}
