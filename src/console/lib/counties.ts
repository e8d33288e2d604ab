/** The names of the counties of the United States, by FIPS code (US Census, from the outlines that the map draws). */
import countiesUrl from 'us-atlas/counties-10m.json?url'

export interface County {
  readonly fips: string
  /** `Harris, Texas`; a state is in the list by its name alone. */
  readonly name: string
}

interface Atlas {
  readonly objects: Readonly<
    Record<'counties' | 'states', { geometries: { id: string; properties: { name: string } }[] }>
  >
}

let loading: Promise<readonly County[]> | undefined

export function loadCounties(): Promise<readonly County[]> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<readonly County[]> {
  const { objects } = (await (await fetch(countiesUrl)).json()) as Atlas
  const states = objects.states.geometries.map(({ id, properties }) => ({
    fips: id,
    name: properties.name,
  }))
  const nameOf = new Map(states.map(({ fips, name }) => [fips, name]))
  const counties = objects.counties.geometries.map(({ id, properties }) => ({
    fips: id,
    name: `${properties.name}, ${nameOf.get(id.slice(0, 2)) ?? ''}`,
  }))
  return [...states, ...counties].toSorted((a, b) => a.name.localeCompare(b.name))
}

/** Those whose name has every word, the ones that begin so first. */
export function findCounties(
  counties: readonly County[],
  search: string,
  most = 12,
): readonly County[] {
  const wanted = search
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
  if (wanted.length === 0) return []
  const found = counties.filter(({ name, fips }) => {
    const lower = name.toLowerCase()
    return wanted.every(word => lower.includes(word) || fips.startsWith(word))
  })
  const begins = ({ name }: County) => name.toLowerCase().startsWith(wanted[0] ?? '')
  return found.toSorted((a, b) => Number(begins(b)) - Number(begins(a))).slice(0, most)
}
