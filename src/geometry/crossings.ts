import type { Position, Rings } from './geojson.ts'
import { orientation } from './orientation.ts'

export interface Crossing {
  readonly ring: number
  /** Edge n runs from position n to position n + 1 of its ring. */
  readonly edge: number
  readonly otherRing: number
  readonly otherEdge: number
  readonly how: 'crosses' | 'touches' | 'runs along'
  /** Where, on the rings as they are given; of a stretch, one end. */
  readonly at: Position
}

/** One is enough to refuse a ring, a few help to mend it. */
const MAX_CROSSINGS = 5

interface Edge {
  readonly ring: number
  readonly index: number
  readonly from: Position
  readonly to: Position
}

/**
 * Finds where a polygon's rings cross, touch or run along themselves or one another. Different rings may touch
 * in single points (OGC 06-103r4 §6.1.11); a ring may not touch itself, for readers differ on what is inside.
 *
 * A sweep over the edges by their beginning, along the axis on which they are shorter, exact in its verdicts.
 * The work is bounded: past four million comparisons and 100 an edge (which 3,000 edges that all overlap each
 * other reach, and no coastline) it gives up.
 */
export function findCrossings(rings: Rings): Crossing[] | 'too intricate' {
  const edges = edgesOf(rings)
  const axis = spread(edges, 0) <= spread(edges, 1) ? 0 : 1
  edges.sort((a, b) => low(a, axis) - low(b, axis))
  let budget = 4_000_000 + 100 * edges.length
  const found: Crossing[] = []
  const active: Edge[] = []
  for (const edge of edges) {
    budget -= active.length
    if (budget < 0) return 'too intricate'
    const start = low(edge, axis)
    const bottom = low(edge, 1 - axis)
    const top = high(edge, 1 - axis)
    let kept = 0
    for (const other of active) {
      if (high(other, axis) < start) continue
      active[kept++] = other
      if (low(other, 1 - axis) > top || high(other, 1 - axis) < bottom) continue
      const how = contactOf(edge, other, rings)
      if (how === undefined) continue
      const isLater = (other.ring - edge.ring || other.index - edge.index) < 0
      const [first, second] = isLater ? [other, edge] : [edge, other]
      found.push({
        ring: first.ring,
        edge: first.index,
        otherRing: second.ring,
        otherEdge: second.index,
        how,
        at: placeOf(edge, other, how),
      })
      if (found.length === MAX_CROSSINGS) return found
    }
    active.length = kept
    active.push(edge)
  }
  return found
}

function edgesOf(rings: Rings): Edge[] {
  return rings.flatMap((positions, ring) => {
    const edges: Edge[] = []
    for (let index = 0; index + 1 < positions.length; index++) {
      const [from, to] = [positions[index]!, positions[index + 1]!]
      // A position given twice in a row is no edge, and does no harm.
      if (from[0] !== to[0] || from[1] !== to[1]) edges.push({ ring, index, from, to })
    }
    return edges
  })
}

function low({ from, to }: Edge, axis: number): number {
  return Math.min(from[axis]!, to[axis]!)
}

function high({ from, to }: Edge, axis: number): number {
  return Math.max(from[axis]!, to[axis]!)
}

/** The edges' length along an axis against the whole extent: how many of them a sweep meets at once. */
function spread(edges: readonly Edge[], axis: number): number {
  let [total, start, end] = [0, Infinity, -Infinity]
  for (const edge of edges) {
    total += high(edge, axis) - low(edge, axis)
    start = Math.min(start, low(edge, axis))
    end = Math.max(end, high(edge, axis))
  }
  return end > start ? total / (end - start) : Infinity
}

function contactOf(a: Edge, b: Edge, rings: Rings): Crossing['how'] | undefined {
  const b1 = sideOf(a, b.from)
  const b2 = sideOf(a, b.to)
  if (b1 === 0 && b2 === 0) return collinearContact(a, b, rings)
  const a1 = sideOf(b, a.from)
  const a2 = sideOf(b, a.to)
  if (b1 * b2 > 0 || a1 * a2 > 0) return undefined
  if (b1 !== 0 && b2 !== 0 && a1 !== 0 && a2 !== 0) return 'crosses'
  return a.ring !== b.ring || areNeighbours(a, b, rings) ? undefined : 'touches'
}

function collinearContact(a: Edge, b: Edge, rings: Rings): Crossing['how'] | undefined {
  // On one line the longer axis of the edge tells the order; a vertical line has no extent in x.
  const axis = a.from[0] === a.to[0] ? 1 : 0
  const overlap = Math.min(high(a, axis), high(b, axis)) - Math.max(low(a, axis), low(b, axis))
  if (overlap > 0) return 'runs along'
  if (overlap < 0 || a.ring !== b.ring || areNeighbours(a, b, rings)) return undefined
  return 'touches'
}

function placeOf(a: Edge, b: Edge, how: Crossing['how']): Position {
  if (how !== 'crosses') {
    const onBoth = [a.from, a.to, b.from, b.to].find(corner => isOn(a, corner) && isOn(b, corner))
    return onBoth ?? a.from
  }
  const [[ax, ay], [bx, by]] = [a.from, a.to]
  const [[cx, cy], [dx, dy]] = [b.from, b.to]
  const along =
    ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) /
    ((bx - ax) * (dy - cy) - (by - ay) * (dx - cx))
  return [ax + along * (bx - ax), ay + along * (by - ay)]
}

function isOn(edge: Edge, corner: Position): boolean {
  return (
    sideOf(edge, corner) === 0 &&
    [0, 1].every(axis => corner[axis]! >= low(edge, axis) && corner[axis]! <= high(edge, axis))
  )
}

/** Neighbours share the corner between them, also over corners that are given twice and over the closing one. */
function areNeighbours(a: Edge, b: Edge, rings: Rings): boolean {
  const edgeCount = rings[a.ring]!.length - 1
  return followsOn(a, b, edgeCount, rings) || followsOn(b, a, edgeCount, rings)
}

function followsOn(a: Edge, b: Edge, edgeCount: number, rings: Rings): boolean {
  const positions = rings[a.ring]!
  for (let index = (a.index + 1) % edgeCount; ; index = (index + 1) % edgeCount) {
    if (index === b.index) return true
    const [from, to] = [positions[index]!, positions[index + 1]!]
    if (from[0] !== to[0] || from[1] !== to[1]) return false
  }
}

function sideOf(edge: Edge, point: Position): -1 | 0 | 1 {
  const side = orientation(edge.from[0], edge.from[1], edge.to[0], edge.to[1], point[0], point[1])
  return side > 0 ? 1 : side < 0 ? -1 : 0
}
