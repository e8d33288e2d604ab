import { unrollRings } from './antimeridian.ts'
import type { Position, Rings } from './geojson.ts'
import { indexPolygon } from './polygon-index.ts'

/**
 * A polygon as rings without holes that cover the same ground together, for systems that know no holes. Each
 * hole is opened by a cut along a parallel through it, from border to border; so the parts meet along the cuts
 * and nowhere overlap. Without holes the ring is given back as it is.
 *
 * @param rings as `checkPolygon` lets them pass
 * @returns closed rings, longitudes from −180 to 180
 */
export function withoutHoles(rings: Rings): [longitude: number, latitude: number][][] {
  const unrolled = rings.length > 1 ? unrollRings(rings) : undefined
  const parts = unrolled === undefined ? rings.slice(0, 1) : cutOpen(unrolled)
  return parts.map(ring => ring.map(([longitude, latitude]) => [onTheMap(longitude), latitude]))
}

function onTheMap(longitude: number): number {
  if (longitude > 180) return longitude - 360
  return longitude < -180 ? longitude + 360 : longitude
}

function cutOpen(rings: Rings): (readonly Position[])[] {
  const [shell, hole] = rings
  if (hole === undefined) return shell === undefined ? [] : [shell]
  const parallel = parallelThrough(hole, rings)
  return [1, -1].flatMap(side => partsBeside(rings, parallel, side).flatMap(cutOpen))
}

/** A latitude inside the hole that no corner has, as near its middle as may be: so every edge crosses it or doesn't. */
function parallelThrough(hole: readonly Position[], rings: Rings): number {
  const ofHole = hole.map(([, latitude]) => latitude)
  const [south, north] = [Math.min(...ofHole), Math.max(...ofHole)]
  const corners = [...new Set(rings.flat().map(([, latitude]) => latitude))]
    .filter(latitude => latitude >= south && latitude <= north)
    .toSorted((a, b) => a - b)
  const between = corners
    .slice(1)
    .map((latitude, index) => (latitude + corners[index]!) / 2)
    .filter((latitude, index) => latitude > corners[index]! && latitude < corners[index + 1]!)
  const middle = (south + north) / 2
  const best = between.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0]
  if (best === undefined) throw new Error('a hole without height is no hole')
  return best
}

/** What of a ring lies on one side of the parallel, from where it comes over it to where it goes back. */
interface Chain {
  readonly points: readonly Position[]
  readonly ends: readonly [from: number, to: number]
}

function partsBeside(rings: Rings, parallel: number, side: number): Rings[] {
  const isBeside = ([, latitude]: Position) => (latitude - parallel) * side > 0
  const chains: Chain[] = []
  const whole: (readonly Position[])[] = []
  for (const ring of rings) {
    if (ring.every(isBeside)) whole.push(ring)
    else chains.push(...chainsOf(ring, parallel, isBeside))
  }
  const shells = joinChains(chains, parallel)
  const indexes = shells.map(shell => indexPolygon([shell]))
  const parts: Rings[] = shells.map((shell, at) => [
    shell,
    ...whole.filter(hole => {
      const places = hole.map(([x, y]) => indexes[at]!.locate(x, y))
      return places.find(place => place !== 0) === 1
    }),
  ])
  return parts
}

function chainsOf(
  ring: readonly Position[],
  parallel: number,
  isBeside: (position: Position) => boolean,
): Chain[] {
  const corners = ring.slice(1)
  const before = (index: number) => corners.at(index - 1)!
  const starts = corners.flatMap((corner, index) =>
    isBeside(corner) && !isBeside(before(index)) ? [index] : [],
  )
  return starts.map(start => {
    const points: Position[] = []
    let index = start
    for (; isBeside(corners[index]!); index = (index + 1) % corners.length) {
      points.push(corners[index]!)
    }
    const from = crossing(before(start), corners[start]!, parallel)
    return { points, ends: [from, crossing(before(index), corners[index]!, parallel)] }
  })
}

function crossing([x1, y1]: Position, [x2, y2]: Position, parallel: number): number {
  return x1 + ((parallel - y1) * (x2 - x1)) / (y2 - y1)
}

/** From west to east along the parallel one enters and leaves the ground in turn: so its crossings go in pairs. */
function joinChains(chains: readonly Chain[], parallel: number): Position[][] {
  const ends = chains
    .flatMap(chain => [0, 1].map(end => ({ chain, end, longitude: chain.ends[end]! })))
    .toSorted((a, b) => a.longitude - b.longitude)
  const left = new Set(chains)
  const shells: Position[][] = []
  for (const first of chains) {
    const shell: Position[] = []
    let [chain, entry] = [first, 0]
    while (left.delete(chain)) {
      const points = entry === 0 ? chain.points : chain.points.toReversed()
      shell.push([chain.ends[entry]!, parallel], ...points, [chain.ends[1 - entry]!, parallel])
      const exit = ends.findIndex(one => one.chain === chain && one.end === 1 - entry)
      const next = ends[exit % 2 === 0 ? exit + 1 : exit - 1]!
      ;[chain, entry] = [next.chain, next.end]
    }
    if (shell.length > 0) shells.push([...shell, shell[0]!])
  }
  return shells
}
