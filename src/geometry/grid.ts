import { boxesMeet } from './box.ts'
import type { Box } from './geojson.ts'

/**
 * The globe halved again and again, by longitude and by latitude in turn, down to 2^52 cells of 0.6 by 0.3 m or less.
 * The cells are numbered as they are halved (a Z-order curve: Morton, IBM 1966): so every half of a half has numbers
 * without a gap, and whoever is in it is found by comparing one number, in an index as plain as any. The database
 * numbers positions itself (`grid_number`): who stands on the line between two cells is in the one to the east or
 * north, and on the last meridian or a pole in the last one.
 */
export interface Tile extends Run {
  readonly box: Box
}

/** Numbers of cells, `from` included and `to` not. */
export interface Run {
  readonly from: number
  readonly to: number
}

/** A position's number comes by rounding: it may lie 10^-13 degrees outside of its cell's box. */
export const ROUNDING_DEGREES = 1e-12

const GLOBE: Tile = { box: [-180, -90, 180, 90], from: 0, to: 2 ** 52 }

/** @throws RangeError if it is one of the smallest */
export function halve({ box: [west, south, east, north], from, to }: Tile): [Tile, Tile] {
  if (to - from === 1) throw new RangeError('the smallest cells are not halved')
  const half = from + (to - from) / 2
  if (east - west > north - south) {
    const middle = (west + east) / 2
    return [
      { box: [west, south, middle, north], from, to: half },
      { box: [middle, south, east, north], from: half, to },
    ]
  }
  const middle = (south + north) / 2
  return [
    { box: [west, south, east, middle], from, to: half },
    { box: [west, middle, east, north], from: half, to },
  ]
}

/** Tiles that hold a whole box, its edges included, some tens: a quarter as long and as wide as it, or filled by it. */
export function tilesOver(box: Box): Tile[] {
  const [west, south, east, north] = grown(box)
  const length = Math.max(east - west, north - south) / 4
  const over: Tile[] = []
  const search = (tile: Tile) => {
    const [w, s, e, n] = tile.box
    if (!boxesMeet([west, south, east, north], tile.box)) return
    const filled =
      (Math.min(e, east) - Math.max(w, west)) * (Math.min(n, north) - Math.max(s, south))
    const isFilled = filled > ((e - w) * (n - s)) / 2
    if (isFilled || Math.max(e - w, n - s) <= length || tile.to - tile.from === 1) over.push(tile)
    else for (const half of halve(tile)) search(half)
  }
  search(GLOBE)
  return over
}

/** With what may come to be numbered as if it lay in it. */
export function grown([west, south, east, north]: Box): Box {
  return [
    west - ROUNDING_DEGREES,
    south - ROUNDING_DEGREES,
    east + ROUNDING_DEGREES,
    north + ROUNDING_DEGREES,
  ]
}

/** Of tiles, those that lie in no other one, each once, in the order of their numbers. */
export function outermost(tiles: readonly Tile[]): Tile[] {
  const kept: Tile[] = []
  for (const tile of tiles.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    if (tile.from >= (kept.at(-1)?.to ?? 0)) kept.push(tile)
  }
  return kept
}

/** The numbers of disjoint tiles in as few runs as can be, rising. */
export function runsOf(tiles: readonly Run[]): Run[] {
  const runs: { from: number; to: number }[] = []
  for (const { from, to } of tiles.toSorted((a, b) => a.from - b.from)) {
    const last = runs.at(-1)
    if (last?.to === from) last.to = to
    else runs.push({ from, to })
  }
  return runs
}
