import type { Box, Rings } from './geojson.ts'
import { orientation } from './orientation.ts'

/** 1 inside, 0 on the border (of the shell or of a hole), −1 outside. */
type Location = 1 | 0 | -1

export interface PolygonIndex {
  /** Of the unrolled rings: may reach past ±180°. */
  readonly bounds: Box
  /** x1, y1, x2, y2 of every edge of every ring. */
  readonly edges: Float64Array
  locate(x: number, y: number): Location
}

/**
 * Prepares a polygon for many tests by even-odd crossing: its edges sorted into horizontal strips, so that a
 * test looks only at those that reach the point's height. 2,000 corners: 0.6 ms to build, then 5 to 10 million a second.
 *
 * @param rings unrolled (`unrollRings`), closed
 */
export function indexPolygon(rings: Rings): PolygonIndex {
  const edges = edgesOf(rings)
  const bounds = boundsOfEdges(edges)
  const [west, south, east, north] = bounds
  const { strips, starts, members, scale } = sortIntoStrips(edges, south, north)

  function locate(x: number, y: number): Location {
    if (x < west || x > east || y < south || y > north) return -1
    const strip = stripOf(y, south, scale, strips)
    let inside = false
    for (let at = starts[strip]!, end = starts[strip + 1]!; at < end; at++) {
      const edge = members[at]!
      const x1 = edges[edge]!
      const y1 = edges[edge + 1]!
      const x2 = edges[edge + 2]!
      const y2 = edges[edge + 3]!
      if (y1 > y !== y2 > y) {
        // The edge passes the point's height, its upper end excluded: a ray to the east meets it or not.
        if (x < x1 && x < x2) inside = !inside
        else if (x <= x1 || x <= x2) {
          const side = orientation(x1, y1, x2, y2, x, y)
          if (side === 0) return 0
          if (side > 0 === y2 > y1) inside = !inside
        }
      } else if ((y === y1 && x === x1) || (y === y2 && x === x2)) {
        return 0
      } else if (y === y1 && y === y2 && x < x1 !== x < x2) {
        return 0
      }
    }
    return inside ? 1 : -1
  }

  return { bounds, edges, locate }
}

function edgesOf(rings: Rings): Float64Array {
  const corners = rings.reduce((sum, ring) => sum + Math.max(0, ring.length - 1), 0)
  const edges = new Float64Array(corners * 4)
  let at = 0
  for (const ring of rings) {
    for (let index = 1; index < ring.length; index++) {
      const [x1, y1] = ring[index - 1]!
      const [x2, y2] = ring[index]!
      edges[at++] = x1
      edges[at++] = y1
      edges[at++] = x2
      edges[at++] = y2
    }
  }
  return edges
}

function boundsOfEdges(edges: Float64Array): Box {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let at = 0; at < edges.length; at += 2) {
    const x = edges[at]!
    const y = edges[at + 1]!
    if (x < west) west = x
    if (x > east) east = x
    if (y < south) south = y
    if (y > north) north = y
  }
  return [west, south, east, north]
}

/**
 * About a strip an edge; fewer where the edges are long (a comb's teeth reach through all strips), so that the
 * index never holds an edge more than 16 times on average.
 */
function sortIntoStrips(edges: Float64Array, south: number, north: number) {
  const count = edges.length / 4
  const height = north - south
  let strips = 1
  while (strips < count) strips *= 2
  let scale = height > 0 ? strips / height : 0
  let places = countPlaces(edges, south, scale, strips)
  while (places > 16 * count && strips > 1) {
    strips /= 2
    scale /= 2
    places = countPlaces(edges, south, scale, strips)
  }
  const starts = new Int32Array(strips + 1)
  forEachPlace(edges, south, scale, strips, strip => starts[strip + 1]!++)
  for (let strip = 0; strip < strips; strip++) starts[strip + 1]! += starts[strip]!
  const next = starts.slice()
  const members = new Int32Array(places)
  forEachPlace(edges, south, scale, strips, (strip, edge) => {
    members[next[strip]!++] = edge
  })
  return { strips, starts, members, scale }
}

function countPlaces(edges: Float64Array, south: number, scale: number, strips: number): number {
  let places = 0
  for (let edge = 0; edge < edges.length; edge += 4) {
    const y1 = edges[edge + 1]!
    const y2 = edges[edge + 3]!
    places +=
      stripOf(Math.max(y1, y2), south, scale, strips) -
      stripOf(Math.min(y1, y2), south, scale, strips) +
      1
  }
  return places
}

function forEachPlace(
  edges: Float64Array,
  south: number,
  scale: number,
  strips: number,
  visit: (strip: number, edge: number) => void,
): void {
  for (let edge = 0; edge < edges.length; edge += 4) {
    const y1 = edges[edge + 1]!
    const y2 = edges[edge + 3]!
    const last = stripOf(Math.max(y1, y2), south, scale, strips)
    for (let strip = stripOf(Math.min(y1, y2), south, scale, strips); strip <= last; strip++)
      visit(strip, edge)
  }
}

/** Never falls as y rises, whatever the rounding: so a point's strip holds every edge that reaches its height. */
function stripOf(y: number, south: number, scale: number, strips: number): number {
  return Math.min(strips - 1, Math.floor((y - south) * scale))
}
