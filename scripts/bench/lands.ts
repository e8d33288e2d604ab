/** The people and areas of the geography bench: the same in every run. */
import type { Polygon, Position } from '../../src/geometry/geojson.ts'
import { makeAreaPredicate, shapeOf } from '../../src/geometry/shape.ts'

export interface People {
  readonly x: Float64Array
  readonly y: Float64Array
  /** With dashes, in rising order, as UUIDv7 are. */
  idOf(no: number): string
  /** @param id without dashes */
  positionOf(id: string): [longitude: number, latitude: number]
  /** A line for each, thousands at a time. */
  lines(lineOf: (no: number) => string): Generator<string>
}

export interface DrawnArea {
  readonly corners: number
  readonly inside: number
  readonly isSmall: boolean
  /** How many times as fast as PostGIS it is to be counted. */
  readonly wanted: number
  readonly polygon: Polygon
  /** The same for PostGIS. */
  readonly wkt: string
}

/** The middle of what is drawn. */
const MIDDLE: Position = [-95, 38]
const TOWNS = 1500

/** Seven in ten live in towns, close together, the others anywhere in a land as wide as the United States. */
export function settlePeople(count: number): People {
  const random = randomFrom(20261129)
  const [x, y] = [new Float64Array(count), new Float64Array(count)]
  const towns = Array.from({ length: TOWNS }, () => ({
    at: [-125 + 58 * random(), 25 + 24 * random()] as const,
    reach: 0.02 + 0.15 * random() ** 2,
  }))
  for (let no = 0; no < count; no++) {
    const town = random() < 0.7 ? towns[Math.floor(random() ** 2 * TOWNS)]! : undefined
    const away = town === undefined ? 0 : town.reach * Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    x[no] = town === undefined ? -125 + 58 * random() : town.at[0] + away * Math.cos(angle)
    y[no] = town === undefined ? 25 + 24 * random() : town.at[1] + away * Math.sin(angle)
  }
  return {
    x,
    y,
    idOf: no => `018f0000-0000-7000-8000-${no.toString(16).padStart(12, '0')}`,
    positionOf: id => {
      const no = Number.parseInt(id.slice(20), 16)
      return [x[no]!, y[no]!]
    },
    *lines(lineOf) {
      for (let from = 0; from < count; from += 2000) {
        let text = ''
        for (let no = from; no < Math.min(count, from + 2000); no++) text += lineOf(no)
        yield text
      }
    },
  }
}

/**
 * Areas of seven lobes with a jagged coast. Some people are then moved onto the borders, to corners and to the
 * middles of edges, where a careless rule and an exact one part.
 */
export function drawAreas(people: People): DrawnArea[] {
  const total = people.x.length
  const share = (portion: number) => Math.round(total * portion)
  const small = [
    [5, share(0.0003)],
    [20, share(0.003)],
  ] as const
  const wide = [share(0.03), share(0.28)].flatMap(inside =>
    [20, 200, 2000, 10_000].map(corners => [corners, inside] as const),
  )
  const drawn = [...small, ...wide].map(([corners, inside]) => {
    const ring = ringAround(people, corners, inside)
    return { corners, ring, isSmall: inside <= share(0.003) }
  })
  moveOntoBorders(
    people,
    drawn.map(({ ring }) => ring),
  )
  return drawn.map(({ corners, ring, isSmall }) => {
    const polygon: Polygon = { type: 'Polygon', coordinates: [ring] }
    return {
      corners,
      inside: countInside(people, ring),
      isSmall,
      wanted: isSmall ? 1 : corners < 2000 ? 3 : 4,
      polygon,
      wkt: `POLYGON((${ring.map(([x, y]) => `${x} ${y}`).join(',')}))`,
    }
  })
}

/** As large as it takes, within some hundredths: where many are wanted, some of the people speak for all. */
function ringAround(people: People, corners: number, inside: number): Position[] {
  let [low, high] = [0, 30]
  for (let turn = 0; turn < 30; turn++) {
    const radius = (low + high) / 2
    const ring = lobed(corners, radius)
    const found = countInside(people, ring, everyFew(inside))
    if (Math.abs(found - inside) <= inside / 50) return ring
    if (found < inside) low = radius
    else high = radius
  }
  return lobed(corners, high)
}

function lobed(corners: number, radius: number): Position[] {
  const random = randomFrom(corners)
  const ring = Array.from({ length: corners }, (_, no): Position => {
    const angle = (no / corners) * 2 * Math.PI
    const reach = radius * (1 + 0.2 * Math.sin(7 * angle) + 0.01 * random())
    return [MIDDLE[0] + 1.5 * reach * Math.cos(angle), MIDDLE[1] + reach * Math.sin(angle)]
  })
  return [...ring, ring[0]!]
}

function everyFew(inside: number): number {
  return Math.max(1, Math.floor(inside / 3000))
}

function countInside({ x, y }: People, ring: Position[], every = 1): number {
  const contains = makeAreaPredicate(shapeOf([{ type: 'Polygon', coordinates: [ring] }]))
  let inside = 0
  for (let no = 0; no < x.length; no += every) if (contains(x[no]!, y[no]!)) inside++
  return inside * every
}

function moveOntoBorders({ x, y }: People, rings: readonly (readonly Position[])[]): void {
  let no = 0
  for (const ring of rings) {
    const step = Math.ceil(ring.length / 200)
    for (let at = 1; at < ring.length && no + 2 < x.length; at += step) {
      const [[ax, ay], [bx, by]] = [ring[at - 1]!, ring[at]!]
      ;[x[no], y[no]] = [ax, ay]
      ;[x[no + 1], y[no + 1]] = [(ax + bx) / 2, (ay + by) / 2]
      no += 2
    }
  }
}

/** Whether a person is inside, border included, in whole numbers: a double is one over a power of two. */
export function explainDifference(people: People, { polygon }: DrawnArea, id: string): boolean {
  const [px, py] = people.positionOf(id).map(wholeOf) as [bigint, bigint]
  let inside = false
  for (const ring of polygon.coordinates) {
    const corners = ring.map(([x, y]) => [wholeOf(x), wholeOf(y)] as const)
    for (let at = 1; at < corners.length; at++) {
      const [[ax, ay], [bx, by]] = [corners[at - 1]!, corners[at]!]
      const side = (bx - ax) * (py - ay) - (px - ax) * (by - ay)
      const isBetween = (px - ax) * (px - bx) <= 0n && (py - ay) * (py - by) <= 0n
      if (side === 0n && isBetween) return true
      if (ay > py !== by > py && side > 0n === by > ay) inside = !inside
    }
  }
  return inside
}

/** In units of 2^-80, which every coordinate of a degree or more is a multiple of. */
function wholeOf(degrees: number): bigint {
  // Times 2^40 is exact and leaves at most 13 binary places, times 2^40 again none.
  const high = Math.trunc(degrees * 2 ** 40)
  return (BigInt(high) << 40n) + BigInt((degrees * 2 ** 40 - high) * 2 ** 40)
}

/** mulberry32: the same numbers in every run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
