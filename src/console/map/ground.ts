/**
 * What the map draws without any other host: the United States by county (US Census, 1:10,000,000), the rest of the
 * world by country (Natural Earth, 1:110,000,000), and the names of places (GeoNames).
 *
 * The two coasts disagree by kilometres, so the United States are drawn from the first alone.
 */
import { feature, mesh } from 'topojson-client'
import countiesUrl from 'us-atlas/counties-10m.json?url'
import countriesUrl from 'world-atlas/countries-110m.json?url'

type Topology = Parameters<typeof feature>[0]
type Outline = Topology['objects'][string]

export interface Ground {
  readonly countries: GeoJSON.FeatureCollection
  readonly nation: GeoJSON.FeatureCollection
  readonly states: GeoJSON.MultiLineString
  readonly counties: GeoJSON.MultiLineString
  /** For picking: each with its `fips`, its `name` and its `state`. */
  countyShapes(): GeoJSON.FeatureCollection
}

/** ISO 3166-1 numeric. */
const UNITED_STATES = '840'

let loading: Promise<Ground> | undefined

/** Loaded once a page; where it fails, the next call tries again. */
export function loadGround(): Promise<Ground> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<Ground> {
  const [us, world] = await Promise.all([read(countiesUrl), read(countriesUrl)])
  const layer = (of: Topology, name: string): Outline => of.objects[name]!
  const inner = (name: string) =>
    mesh(us, layer(us, name) as Parameters<typeof mesh>[1], (a, b) => a !== b)
  const { features: countries } = collect(world, layer(world, 'countries'))
  return {
    countries: {
      type: 'FeatureCollection',
      features: countries.filter(({ id }) => id !== UNITED_STATES),
    },
    nation: collect(us, layer(us, 'nation')),
    states: inner('states'),
    counties: inner('counties'),
    countyShapes: () =>
      countyShapes(collect(us, layer(us, 'counties')), collect(us, layer(us, 'states'))),
  }
}

function countyShapes(
  counties: GeoJSON.FeatureCollection,
  states: GeoJSON.FeatureCollection,
): GeoJSON.FeatureCollection {
  const nameOf = ({ properties }: GeoJSON.Feature) => String(properties?.['name'] ?? '')
  const stateNames = new Map(states.features.map(state => [String(state.id), nameOf(state)]))
  return {
    type: 'FeatureCollection',
    features: counties.features.map(county => {
      const fips = String(county.id)
      // Among the properties, for MapLibre reads an id that begins with 0 as a number.
      const properties = { fips, name: nameOf(county), state: stateNames.get(fips.slice(0, 2)) }
      return { ...county, properties }
    }),
  }
}

async function read(url: string): Promise<Topology> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`the map's outlines could not be loaded: HTTP ${answer.status}`)
  return (await answer.json()) as Topology
}

function collect(topology: Topology, outline: Outline): GeoJSON.FeatureCollection {
  const found = feature(topology, outline)
  return found.type === 'FeatureCollection'
    ? found
    : { type: 'FeatureCollection', features: [found] }
}

/** Where the installation's own archive of streets is; undefined: it has none. */
export async function findStreets(): Promise<string | undefined> {
  const answer = await fetch('/console/streets.json')
  const { archive } = (await answer.json()) as { archive: string | null }
  return archive ?? undefined
}

export async function loadPlaceNames(): Promise<GeoJSON.FeatureCollection> {
  const { default: places } = await import('virtual:place-names')
  return {
    type: 'FeatureCollection',
    features: places.map(([name, longitude, latitude, population]) => ({
      type: 'Feature',
      properties: { name, population },
      geometry: { type: 'Point', coordinates: [longitude, latitude] },
    })),
  }
}
