import { boxesMeet, nextUp, unionOf } from './box.ts'
import { distanceRangeKm } from './circle.ts'
import type { Box } from './geojson.ts'
import { orientation } from './orientation.ts'
import { prepareParts, type PreparedPart, type Shape } from './shape.ts'
import { RADIANS } from './sphere.ts'

/**
 * A shape cut into tiles, so that a database without geometry of its own finds who is inside by comparing
 * coordinates: boxes that lie wholly inside, whose points need no further test, and cells that the border
 * passes through, whose points are candidates for `makeAreaPredicate` of the same shape.
 *
 * A tile is half-open: west ≤ longitude < east and south ≤ latitude < north. Tiles are disjoint, so no point is
 * counted twice, and together they hold every point of the shape, those on its own eastern and northern edge and
 * on ±180° included (the outermost tiles end a hair, one unit in the last place, past it).
 */
export interface Tiling {
  readonly boxes: readonly Box[]
  readonly cells: readonly Box[]
}

/** 2^-49 of the globe is a square metre: such a cell is not worth cutting any more. */
const LEVELS = 50

/** Shifting a ring by a turn rounds its corners by 3·10^-14°; an edge this near to a box counts as touching it. */
const TOUCH_DEGREES = 1e-12

interface Cell {
  readonly box: Box
  readonly contents: readonly Content[]
}

/**
 * What is left to decide in a cell: the edges of a polygon that touch it, shifted by a turn, a circle's rim, or of two
 * shapes that are meant where they meet those that don't hold all of it.
 */
type Content = Outline | (PreparedPart & { kind: 'circle' }) | Intersection

interface Intersection {
  readonly kind: 'intersection'
  readonly sides: readonly (readonly Content[])[]
}

interface Outline {
  readonly kind: 'outline'
  readonly part: PreparedPart & { kind: 'polygon' }
  readonly turn: number
  readonly edges: Int32Array
}

interface CutOptions {
  readonly maxTiles?: number
  /** Those of the shape, where they have been prepared already. */
  readonly parts?: readonly PreparedPart[]
}

/**
 * Cuts a shape by halving the larger cells first, until there are `maxTiles` tiles or nothing worth cutting.
 *
 * The ground left to test falls as one over the number of tiles. Measured at the default, an area of seven lobes:
 * 6 % of the ground lies in cells; 2,000 corners are cut in 6 ms, 50,000 in 150.
 */
export function cutTiles(
  shape: Shape,
  { maxTiles = 1024, parts = prepareParts(shape) }: CutOptions = {},
): Tiling {
  const boxes: Box[] = []
  // By size: the cells of one level differ by less than a factor of two, and halves go to a later level or the same.
  const levels: Cell[][] = Array.from({ length: LEVELS }, () => [])
  let tiles = 0
  const place = (box: Box, contents: readonly Content[]) => {
    const state = classify(box, contents)
    if (state !== 'inside' && state.length === 0) return
    tiles++
    if (state === 'inside') boxes.push(box)
    else levels[levelOf(box)]!.push({ box, contents: state })
  }
  const contents = parts.flatMap(contentsOf)
  for (const box of coverOf(parts)) place(box, contents)

  // The last level holds what is too small to be worth cutting.
  for (const level of levels.slice(0, -1)) {
    while (tiles < maxTiles) {
      const cell = level.pop()
      if (cell === undefined) break
      tiles--
      for (const half of halve(cell.box)) place(half, cell.contents)
    }
  }
  return { boxes, cells: levels.flat().map(cell => cell.box) }
}

function contentsOf(part: PreparedPart): Content[] {
  if (part.kind === 'circle') return [part]
  if (part.kind === 'intersection') {
    return [{ kind: 'intersection', sides: part.sides.map(parts => parts.flatMap(contentsOf)) }]
  }
  const edges = Int32Array.from({ length: part.index.edges.length / 4 }, (_, edge) => edge * 4)
  const [west, , east] = part.index.bounds
  return [0, -360, 360]
    .filter(turn => west + turn <= 180 && east + turn >= -180)
    .map(turn => ({ kind: 'outline', part, turn, edges }))
}

/**
 * All ground that the parts may lie on, half-open and disjoint as tiles are: their boxes, those that meet joined into
 * one. Far-apart parts are not searched for in between.
 */
export function coverOf(parts: readonly PreparedPart[]): Box[] {
  const disjoint: Box[] = []
  for (const [west, south, east, north] of parts.flatMap(part => part.boxes)) {
    let joined: Box = [west, south, nextUp(east), nextUp(north)]
    for (;;) {
      const at = disjoint.findIndex(box => boxesMeet(box, joined))
      if (at === -1) break
      const [met] = disjoint.splice(at, 1)
      joined = unionOf(met!, joined)
    }
    disjoint.push(joined)
  }
  return disjoint
}

/** 'inside' if some part holds the whole box; else what is still to be decided there, nothing if it lies outside. */
function classify(box: Box, contents: readonly Content[]): 'inside' | Content[] {
  const undecided: Content[] = []
  for (const content of contents) {
    if (content.kind === 'circle') {
      const { center, radiusKm } = content.circle
      const [nearest, farthest] = distanceRangeKm(center, box)
      // A micrometre for rounding: what lies between is tested point by point.
      if (farthest < radiusKm - 1e-9) return 'inside'
      if (nearest <= radiusKm + 1e-9) undecided.push(content)
    } else if (content.kind === 'intersection') {
      const sides = content.sides.map(side => classify(box, side))
      const open = sides.filter(side => side !== 'inside')
      if (open.length === 0) return 'inside'
      if (open.every(side => side.length > 0)) undecided.push({ kind: 'intersection', sides: open })
    } else {
      const edges = edgesTouching(content, box)
      if (edges.length > 0) undecided.push({ ...content, edges })
      else if (holdsMiddle(content, box)) return 'inside'
    }
  }
  return undecided
}

/** No edge of it passes through the box, so the box's middle speaks for all of it. */
function holdsMiddle({ part, turn }: Outline, [west, south, east, north]: Box): boolean {
  return part.index.locate((west + east) / 2 - turn, (south + north) / 2) > 0
}

function edgesTouching({ part, turn, edges: candidates }: Outline, box: Box): Int32Array {
  const { edges } = part.index
  const west = box[0] - TOUCH_DEGREES
  const south = box[1] - TOUCH_DEGREES
  const east = box[2] + TOUCH_DEGREES
  const north = box[3] + TOUCH_DEGREES
  const touching = new Int32Array(candidates.length)
  let count = 0
  for (const edge of candidates) {
    const x1 = edges[edge]! + turn
    const y1 = edges[edge + 1]!
    const x2 = edges[edge + 2]! + turn
    const y2 = edges[edge + 3]!
    if ((x1 < west && x2 < west) || (x1 > east && x2 > east)) continue
    if ((y1 < south && y2 < south) || (y1 > north && y2 > north)) continue
    // Most edges are short against the box: one end of them lies in it.
    const beginsInside = x1 >= west && x1 <= east && y1 >= south && y1 <= north
    if (beginsInside || lineMeets(x1, y1, x2, y2, west, south, east, north)) {
      touching[count++] = edge
    }
  }
  return touching.slice(0, count)
}

/** Not so where all four corners are strictly on one side of the line. */
function lineMeets(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  west: number,
  south: number,
  east: number,
  north: number,
): boolean {
  const side = orientation(x1, y1, x2, y2, west, south)
  return !(
    side !== 0 &&
    side * orientation(x1, y1, x2, y2, east, south) > 0 &&
    side * orientation(x1, y1, x2, y2, west, north) > 0 &&
    side * orientation(x1, y1, x2, y2, east, north) > 0
  )
}

function halve([west, south, east, north]: Box): [Box, Box] {
  const middleLatitude = (south + north) / 2
  if ((east - west) * Math.cos(middleLatitude * RADIANS) > north - south) {
    const middle = (west + east) / 2
    return [
      [west, south, middle, north],
      [middle, south, east, north],
    ]
  }
  return [
    [west, south, east, middleLatitude],
    [west, middleLatitude, east, north],
  ]
}

/** How often the globe would have to be halved to come to a box of this size. */
function levelOf([west, south, east, north]: Box): number {
  const middleLatitude = ((south + north) / 2) * RADIANS
  const ground = Math.abs((east - west) * (north - south) * Math.cos(middleLatitude))
  const halvings = Math.log2((360 * 180) / ground)
  return Math.max(0, Math.min(LEVELS - 1, Math.floor(halvings)))
}
