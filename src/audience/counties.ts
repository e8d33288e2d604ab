import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { feature } from 'topojson-client'
import { AppError } from '../errors.ts'
import type { Box, Position } from '../geometry/geojson.ts'
import { joinShapes, shapeOf } from '../geometry/shape.ts'
import type { Geocode, ResolvedGeocode } from './geocodes.ts'
import { LATER, RENAMED } from './renamed-counties.ts'

/**
 * Counties and states of the United States (US Census 2017, 1:10,000,000, from the `us-atlas` package; borders are
 * true to about 500 m).
 *
 * - SAME `PSSCCC` (47 CFR 11.31(f)): P must be 0, the whole; SS state; CCC county, 000 the whole state.
 * - FIPS `SS` or `SSCCC` (INCITS 38 and 31).
 * - UGC `XXCNNN` (NWS Directive 10-1702): county form alone. Forecast zones, `XXZNNN`, have other borders.
 */

interface Atlas {
  readonly topology: Topology
  readonly version: string
  readonly resolved: Map<string, ResolvedGeocode | undefined>
  /** Of counties, states and the nation, each once; gathered when first asked for. */
  lines: readonly (readonly Position[])[] | undefined
}

type Topology = Parameters<typeof feature>[0]
type Outline = Topology['objects'][string]

let loaded: Atlas | undefined

/** Reads the 800 KB once, at first use (some 20 ms). */
function atlas(): Atlas {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url)
    const file = readFileSync(require.resolve('us-atlas/counties-10m.json'))
    const { version } = require('us-atlas/package.json') as { version: string }
    const digest = createHash('sha256').update(file).update(JSON.stringify(RENAMED)).digest('hex')
    loaded = {
      topology: JSON.parse(file.toString('utf8')) as Atlas['topology'],
      version: `us-atlas ${version} counties-10m sha256:${digest}`,
      resolved: new Map(),
      lines: undefined,
    }
  }
  return loaded
}

/** What a code of a set may look like; those of the three known names keep their form. */
export function codeFault(valueName: string, code: string | undefined): string | undefined {
  if (code === undefined) return 'is missing, or no text or number'
  if (code.length > 50) return 'is longer than 50 characters'
  const form = isCountyName(valueName) ? CODE_FORMS[valueName] : undefined
  if (form !== undefined && !form.test(code)) return `is no ${valueName} code: ${code}`
  return undefined
}

const CODE_FORMS = {
  SAME: /^\d{6}$/,
  FIPS: /^\d{2}(\d{3})?$/,
  UGC: /^[A-Z]{2}[CZ](\d{3}|ALL)$/,
}

/** The three names under which counties and states are known. */
export function isCountyName(valueName: string): valueName is keyof typeof CODE_FORMS {
  return Object.hasOwn(CODE_FORMS, valueName)
}

/** Names the shapes exactly. */
export function countiesVersion(): string {
  return atlas().version
}

/** The shape that a geocode names; undefined if it names none here. */
export function resolveCounty(geocode: Geocode): ResolvedGeocode | undefined {
  const code = toFips(geocode)
  if ('fault' in code) return undefined
  const { resolved } = atlas()
  if (!resolved.has(code.fips)) {
    resolved.set(code.fips, findShape(code.fips) ?? findRenamed(code.fips))
  }
  return resolved.get(code.fips)
}

/** The borders of counties and states that pass through a box, each once, as lines. */
export function countyLinesIn([west, south, east, north]: Box): (readonly Position[])[] {
  const known = atlas()
  known.lines ??= gatherLines(known.topology)
  return known.lines.filter(line => {
    let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity]
    for (const [x, y] of line) {
      w = Math.min(w, x)
      s = Math.min(s, y)
      e = Math.max(e, x)
      n = Math.max(n, y)
    }
    return w <= east && e >= west && s <= north && n >= south
  })
}

function gatherLines(topology: Topology): Position[][] {
  return topology.arcs.map((_arc, no) => {
    const { geometry } = feature(topology, { type: 'LineString', arcs: [no] })
    return geometry.coordinates.map(toPosition)
  })
}

function findRenamed(fips: string): ResolvedGeocode | undefined {
  const found = (RENAMED[fips] ?? []).flatMap(code => findShape(code) ?? [])
  const [first] = found
  if (first === undefined || found.length !== RENAMED[fips]?.length) return undefined
  return {
    shape: joinShapes(found.map(({ shape }) => shape)),
    name: found.map(({ name }) => name).join('; '),
  }
}

/** Why it names none. */
export function countyFault(geocode: Geocode): string {
  const code = toFips(geocode)
  if ('fault' in code) return code.fault
  const later = LATER.find(({ codes }) => codes.test(code.fips))
  if (later !== undefined)
    return `${later.detail}: its shape is not known here, load a set that has it`
  return `names no state or county known here (${atlas().version.split(' sha256')[0]})`
}

/** @returns `SS` or `SSCCC` */
function toFips({ valueName, value }: Geocode): { fips: string } | { fault: string } {
  switch (valueName) {
    case 'SAME': {
      const [, part, state, county] = /^(\d)(\d\d)(\d{3})$/.exec(value) ?? []
      if (state === undefined) return { fault: 'must be six digits, PSSCCC' }
      if (part !== '0')
        return {
          fault: `names part ${part} of a county, whose shape is not known here: load a set that has it`,
        }
      return { fips: county === '000' ? state : `${state}${county}` }
    }
    case 'FIPS': {
      const [, state, county = '000'] = /^(\d\d)(\d{3})?$/.exec(value) ?? []
      if (state === undefined) return { fault: 'must be two or five digits, SS or SSCCC' }
      return { fips: county === '000' ? state : `${state}${county}` }
    }
    case 'UGC': {
      const [, letters = '', kind, number] = /^([A-Z]{2})([CZ])(\d{3}|ALL)$/.exec(value) ?? []
      if (kind === undefined) return { fault: 'must be like TXC453' }
      if (kind === 'Z')
        return {
          fault: 'names a forecast zone, whose shape is not known here: load a set that has it',
        }
      const state = STATE_NUMBERS[letters]
      if (state === undefined) return { fault: `names no state: ${letters}` }
      return { fips: number === '000' || number === 'ALL' ? state : `${state}${number}` }
    }
    default:
      return { fault: 'has a valueName other than SAME, FIPS and UGC' }
  }
}

function findShape(fips: string): ResolvedGeocode | undefined {
  const { topology } = atlas()
  const state = outlineOf('states', fips.slice(0, 2))
  const found = fips.length === 2 ? state : outlineOf('counties', fips)
  if (found === undefined || state === undefined) return undefined
  const polygons =
    found.type === 'Polygon'
      ? [feature(topology, found).geometry.coordinates]
      : found.type === 'MultiPolygon'
        ? feature(topology, found).geometry.coordinates
        : []
  if (polygons.length === 0) return undefined
  const coordinates = polygons.map(rings => rings.map(ring => ring.map(toPosition)))
  return {
    shape: shapeOf([{ type: 'MultiPolygon', coordinates }]),
    name: found === state ? nameOf(state) : `${nameOf(found)}, ${nameOf(state)}`,
  }
}

function outlineOf(layer: 'counties' | 'states', fips: string): Outline | undefined {
  const outlines = atlas().topology.objects[layer]
  return outlines?.type === 'GeometryCollection'
    ? outlines.geometries.find(({ id }) => id === fips)
    : undefined
}

function nameOf({ id, properties }: Outline): string {
  return properties != null && 'name' in properties ? String(properties['name']) : String(id)
}

function toPosition(numbers: readonly number[]): Position {
  const [longitude, latitude] = numbers
  if (longitude === undefined || latitude === undefined)
    throw new AppError('internal', 'the atlas is damaged')
  return [longitude, latitude]
}

/** INCITS 38: the numbers of the states, the District, Puerto Rico and the island areas. */
const STATE_NUMBERS: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'AL01 AK02 AZ04 AR05 CA06 CO08 CT09 DE10 DC11 FL12 GA13 HI15 ID16 IL17 IN18 IA19 KS20 KY21 LA22 ME23 ' +
    'MD24 MA25 MI26 MN27 MS28 MO29 MT30 NE31 NV32 NH33 NJ34 NM35 NY36 NC37 ND38 OH39 OK40 OR41 PA42 RI44 ' +
    'SC45 SD46 TN47 TX48 UT49 VT50 VA51 WA53 WV54 WI55 WY56 AS60 GU66 MP69 PR72 VI78'
  )
    .split(' ')
    .map(entry => [entry.slice(0, 2), entry.slice(2)]),
)
