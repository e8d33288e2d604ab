/** How the map looks: the console's own tokens, so that mode, theme and map never disagree. */
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import type { Severity } from '../lib/types.ts'

export interface Colours {
  readonly ink: string
  readonly muted: string
  readonly land: string
  readonly sea: string
  readonly border: string
  readonly surface: string
  /** Of areas: the mode's. */
  readonly outline: string
  readonly help: string
  readonly isDark: boolean
  readonly isExercise: boolean
}

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement)
  const token = (name: string) => style.getPropertyValue(name).trim()
  const { theme, mode } = document.documentElement.dataset
  const isDark = theme === 'dark'
  const isExercise = mode === 'exercise'
  const ofMode = isExercise ? 'exercise' : 'live'
  return {
    ink: token('--ink'),
    muted: token('--muted'),
    land: token('--land'),
    sea: token('--sea'),
    border: token('--border'),
    surface: token('--surface'),
    // Not the mode's own colour: on dark land that would be under 3:1 (WCAG 1.4.11).
    outline: token(`--${ofMode}-line`),
    help: token('--help'),
    isDark,
    isExercise,
  }
}

export const SEVERITY_COLOURS: Readonly<Record<Severity, string>> = {
  Extreme: '#b3001b',
  Severe: '#b34700',
  Moderate: '#ffd21f',
  Minor: '#1f6fb2',
  Unknown: '#4a5361',
}

/** Of a spot that is in an area, or in many. */
export const areaOpacity = (isDark: boolean): number => (isDark ? 0.35 : 0.25)

/** One hue, pale to full: of shares from 0 to 1. */
export function shareColours(isDark: boolean): readonly string[] {
  return isDark
    ? ['#26382a', '#2f6043', '#418c5c', '#6cbb80', '#b5ecb9']
    : ['#eef5d6', '#b8d98a', '#6fb26a', '#2f8052', '#00522f']
}

/** From which zoom on places of which size have their names: the nearer one looks, the smaller. */
const NAMED: readonly (readonly [zoom: number, population: number])[] = [
  [4, 500_000],
  [6, 100_000],
  [7.5, 40_000],
  [8.5, 15_000],
  [9.5, 4_000],
  [11, 0],
]
const atLeast = (population: number) => ['>=', ['get', 'population'], population]
const IS_NAMED = [
  'step',
  ['zoom'],
  atLeast(1_000_000),
  ...NAMED.flatMap(([zoom, population]) => [zoom, atLeast(population)]),
] as unknown as ExpressionSpecification

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }
const empty = { type: 'geojson', data: EMPTY } as const

/** Drawn with the machine's own fonts: no host of glyphs is asked. */
export const FONT = ['sans-serif']

export function styleOf(colours: Colours): StyleSpecification {
  return {
    version: 8,
    // Flat fills keep their colours.
    light: { anchor: 'viewport', intensity: 0 },
    sources: {
      countries: empty,
      nation: empty,
      states: empty,
      counties: empty,
      'county-shapes': empty,
      places: empty,
      areas: empty,
      points: empty,
      sketch: empty,
    },
    layers: layersOf(colours),
  }
}

const IS_ASIDE: ExpressionSpecification = ['has', 'aside']

/** In the order in which they are painted. */
export function layersOf(colours: Colours): LayerSpecification[] {
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': colours.sea } },
    ...landOf('countries', colours),
    ...landOf('nation', colours),
    // To be picked: hardly to be seen, for the borders are drawn above.
    {
      id: 'county-shapes',
      source: 'county-shapes',
      type: 'fill',
      paint: { 'fill-color': colours.outline, 'fill-opacity': 0.05 },
    },
    ...fillsOf(colours),
    {
      id: 'counties',
      source: 'counties',
      type: 'line',
      minzoom: 4.5,
      paint: {
        'line-color': colours.border,
        'line-width': ['interpolate', ['linear'], ['zoom'], 5, 0.4, 9, 1],
      },
    },
    {
      id: 'states',
      source: 'states',
      type: 'line',
      paint: { 'line-color': colours.border, 'line-width': 1.4 },
    },
    {
      id: 'areas-line',
      source: 'areas',
      type: 'line',
      filter: ['!', IS_ASIDE],
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': colours.outline,
        'line-width': 2.5,
        ...(colours.isExercise && { 'line-dasharray': [3, 1.5] }),
      },
    },
    {
      id: 'areas-aside',
      source: 'areas',
      type: 'line',
      filter: IS_ASIDE,
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': colours.ink, 'line-width': 2.5, 'line-dasharray': [0.1, 2] },
    },
    ...namesOf(colours),
    ...sketchOf(colours),
    ...pointsOf(colours),
  ]
}

function landOf(source: string, { land, border }: Colours): LayerSpecification[] {
  const line = { 'line-color': border, 'line-width': 1 }
  return [
    { id: source, source, type: 'fill', paint: { 'fill-color': land } },
    { id: `${source}-coast`, source, type: 'line', paint: line },
  ]
}

function fillsOf({ outline, isDark, isExercise }: Colours): LayerSpecification[] {
  const hasShare: ExpressionSpecification = ['has', 'share']
  const steps = shareColours(isDark).flatMap((colour, no) => [no / 4, colour])
  const shares = [
    'interpolate',
    ['linear'],
    ['get', 'share'],
    ...steps,
  ] as unknown as ExpressionSpecification
  return [
    {
      id: 'areas-fill',
      source: 'areas',
      type: 'fill',
      layout: { 'fill-sort-key': ['-', 0, ['get', 'no']] },
      paint: {
        'fill-color': ['case', hasShare, shares, ['to-color', ['get', 'fill'], outline]],
        'fill-opacity': ['case', hasShare, 0.85, IS_ASIDE, 0.08, 0],
      },
    },
    // Buildings without height: of all kinds of layer these alone paint a spot once, however many areas lie there. Where
    // fills lay over each other the ground below six warnings could not be read. The first area's colour holds.
    {
      id: 'areas-flat',
      source: 'areas',
      type: 'fill-extrusion',
      filter: ['!', ['any', hasShare, ['has', 'noData'], IS_ASIDE]],
      paint: {
        'fill-extrusion-color': ['to-color', ['get', 'fill'], outline],
        'fill-extrusion-opacity': areaOpacity(isDark),
      },
    },
    {
      id: 'areas-hatch',
      source: 'areas',
      type: 'fill-extrusion',
      // What has no data is hatched; so is every area of an exercise.
      filter: isExercise ? ['!', ['any', hasShare, IS_ASIDE]] : ['has', 'noData'],
      paint: { 'fill-extrusion-pattern': 'hatch', 'fill-extrusion-opacity': 0.55 },
    },
  ]
}

function namesOf({ ink, muted, land }: Colours): LayerSpecification[] {
  return [
    {
      id: 'places-dot',
      source: 'places',
      type: 'circle',
      filter: IS_NAMED,
      minzoom: 7.5,
      paint: {
        'circle-radius': 2,
        'circle-color': muted,
        'circle-stroke-color': land,
        'circle-stroke-width': 1,
      },
    },
    {
      id: 'places',
      source: 'places',
      type: 'symbol',
      filter: IS_NAMED,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': ['interpolate', ['linear'], ['get', 'population'], 1_000, 12, 1_000_000, 15],
        'text-variable-anchor': ['left', 'right', 'top', 'bottom'],
        'text-radial-offset': 0.5,
        'text-justify': 'auto',
        'text-padding': 6,
        'symbol-sort-key': ['-', 0, ['get', 'population']],
      },
      paint: { 'text-color': ink, 'text-halo-color': land, 'text-halo-width': 2 },
    },
  ]
}

/** The chosen one has a ring; what is hollow has somebody who sees to it. */
function pointsOf({ ink, help, surface }: Colours): LayerSpecification[] {
  const isHollow: ExpressionSpecification = ['get', 'isHollow']
  return [
    {
      id: 'points-chosen',
      source: 'points',
      type: 'circle',
      filter: ['get', 'isChosen'],
      paint: {
        'circle-radius': 17,
        'circle-color': surface,
        'circle-opacity': 0.6,
        'circle-stroke-color': ink,
        'circle-stroke-width': 3,
      },
    },
    {
      id: 'points',
      source: 'points',
      type: 'circle',
      paint: {
        'circle-radius': 11,
        'circle-color': ['case', isHollow, surface, help],
        'circle-stroke-color': ['case', isHollow, help, surface],
        'circle-stroke-width': 2.5,
      },
    },
    {
      id: 'points-mark',
      source: 'points',
      type: 'symbol',
      layout: {
        'text-field': ['get', 'mark'],
        'text-font': FONT,
        'text-size': 15,
        'text-allow-overlap': true,
        'text-ignore-placement': true,
      },
      paint: { 'text-color': ['case', isHollow, help, surface] },
    },
  ]
}

/** What is being drawn by keys. */
function sketchOf({ outline, surface }: Colours): LayerSpecification[] {
  return [
    {
      id: 'sketch-line',
      source: 'sketch',
      type: 'line',
      filter: ['==', ['geometry-type'], 'LineString'],
      paint: { 'line-color': outline, 'line-width': 3 },
    },
    {
      id: 'sketch-corners',
      source: 'sketch',
      type: 'circle',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': 5,
        'circle-color': outline,
        'circle-stroke-color': surface,
        'circle-stroke-width': 2,
      },
    },
  ]
}

const HATCH_SIZE = 12

/** Diagonal stripes that meet at the edges of their tile. */
export function hatchImage({ outline, muted, isExercise }: Colours): ImageData | undefined {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = HATCH_SIZE
  const context = canvas.getContext('2d')
  if (context === null) return undefined
  context.strokeStyle = isExercise ? outline : muted
  context.lineWidth = 1.5
  for (const start of [-HATCH_SIZE, 0, HATCH_SIZE]) {
    context.beginPath()
    context.moveTo(start - 2, HATCH_SIZE + 2)
    context.lineTo(start + HATCH_SIZE + 2, -2)
    context.stroke()
  }
  return context.getImageData(0, 0, HATCH_SIZE, HATCH_SIZE)
}
