/** A map in an element of the page. Loaded when the first one is shown. */
import {
  AttributionControl,
  type GeoJSONSource,
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl'
import 'maplibre-gl/dist/maplibre-gl.css'
// The package's own worker, as a file of ours: a blob: worker would be against the policy of `http/console.ts`.
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { Box } from '../../geometry/geojson.ts'
import { featuresOf, type MapArea, type MapPoint, type Values } from './area-features.ts'
import { trustWorker } from './trusted.ts'
import { findStreets, loadGround, loadPlaceNames } from './ground.ts'
import type { Streets } from './streets.ts'
import { hatchImage, layersOf, readColours, SEVERITY_COLOURS, styleOf } from './style.ts'

trustWorker(workerUrl)
setWorkerUrl(workerUrl)

interface MapWords {
  readonly title: string
  readonly zoomIn: string
  readonly zoomOut: string
  readonly sources: string
  /** There are streets, and they can't be drawn. */
  readonly noStreets: string
}

export interface MapView {
  readonly map: MapLibre
  /** The ground is drawn, or won't be: the areas are shown either way. */
  readonly drawn: Promise<void>
  show(areas: readonly MapArea[], values: Values | undefined): void
  showPoints(points: readonly MapPoint[]): void
  fit(box: Box): void
  /** Moves the view where not all of it is seen. */
  include(box: Box): void
  close(): void
}

/** The contiguous United States. */
const NATION: Box = [-125, 24.5, -66.5, 49.5]
/** A town: nearer there is nothing to be seen without streets. */
const NEAREST = 13
const NEAREST_STREET = 16
/** Below these lie what is under the areas, and the names above them. */
const ABOVE = { ground: 'county-shapes', names: 'places-dot' } as const

/** @throws where the browser has no WebGL */
export function openMap(
  container: HTMLElement,
  words: MapWords,
  {
    home = NATION,
    onPick,
    onPickPoint,
  }: {
    home?: Box | undefined
    onPick?: (no: number) => void
    onPickPoint?: (id: string) => void
  },
): MapView {
  const map = new MapLibre({
    container,
    style: styleOf(readColours()),
    bounds: [...home],
    fitBoundsOptions: { padding: 40, maxZoom: NEAREST, animate: false },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    fadeDuration: 0,
    locale: {
      'Map.Title': words.title,
      'NavigationControl.ZoomIn': words.zoomIn,
      'NavigationControl.ZoomOut': words.zoomOut,
    },
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right')
  // Above, where the sources leave it room on a phone; so wide that its shortest bar, half of that, holds its words.
  map.addControl(new ScaleControl({ maxWidth: 140, unit: 'metric' }), 'top-left')
  map.addControl(new AttributionControl({ compact: false, customAttribution: words.sources }))

  let isClosed = false
  let streets: Streets | undefined
  const ready = new Promise<void>(resolve => void map.once('style.load', () => resolve()))
  const put = async (name: string, data: GeoJSON.GeoJSON) => {
    await ready
    if (!isClosed) await map.getSource<GeoJSONSource>(name)?.setData(data)
  }
  const drawHatch = () => {
    const image = hatchImage(readColours())
    if (image === undefined) return
    if (map.hasImage('hatch')) map.removeImage('hatch')
    map.addImage('hatch', image)
  }
  const drawGround = async () => {
    await ready
    drawHatch()
    const { countries, nation, states, counties } = await loadGround()
    const sources = { countries, nation, states, counties }
    for (const [name, data] of Object.entries(sources)) await put(name, data)
    await put('places', await loadPlaceNames())
    await drawStreets().catch(() => {
      const attribution = new AttributionControl({ customAttribution: words.noStreets })
      if (!isClosed) map.addControl(attribution)
    })
  }
  const drawStreets = async () => {
    const url = await findStreets().catch(() => undefined)
    if (url === undefined || isClosed) return
    const { openStreets } = await import('./streets.ts')
    const opened = await openStreets(url)
    if (isClosed) return
    streets = opened
    for (const [name, source] of Object.entries(streets.sources)) map.addSource(name, source)
    const layers = streets.layers(readColours())
    for (const place of ['ground', 'names'] as const) {
      for (const layer of layers[place]) map.addLayer(layer, ABOVE[place])
    }
  }
  // Without the ground the map still shows the areas, and the list stands beside it.
  const grounded = drawGround().catch(() => undefined)
  const drawn = grounded.then(async () => {
    if (!isClosed && !map.loaded()) await map.once('idle')
  })

  // Another theme: the colours are painted anew, the view stays.
  const repaint = new MutationObserver(() => {
    const colours = readColours()
    const { ground = [], names = [] } = streets?.layers(colours) ?? {}
    for (const { id, paint = {} } of [...layersOf(colours), ...ground, ...names]) {
      if (map.getLayer(id) === undefined) continue
      for (const [name, value] of Object.entries(paint)) {
        map.setPaintProperty(id, name as never, value as never)
      }
    }
    drawHatch()
  })
  repaint.observe(document.documentElement, { attributeFilter: ['data-theme', 'data-mode'] })

  // Which one it is, where several lie beside each other.
  map.on('mousemove', 'areas-fill', event => {
    map.getCanvas().title = String(event.features?.[0]?.properties['areaDesc'] ?? '')
  })
  map.on('mouseleave', 'areas-fill', () => (map.getCanvas().title = ''))
  if (onPick !== undefined) {
    map.on('click', 'areas-fill', event => {
      const no: unknown = event.features?.[0]?.properties['no']
      if (typeof no === 'number') onPick(no)
    })
  }
  if (onPickPoint !== undefined) {
    map.on('click', 'points', event => {
      const id: unknown = event.features?.[0]?.properties['id']
      if (typeof id === 'string') onPickPoint(id)
    })
    const point = (cursor: string) => () => void (map.getCanvas().style.cursor = cursor)
    map.on('mouseenter', 'points', point('pointer'))
    map.on('mouseleave', 'points', point(''))
  }
  const fit = ([west, south, east, north]: Box) => {
    const bounds: [number, number, number, number] = [west, south, east, north]
    const maxZoom = streets === undefined ? NEAREST : NEAREST_STREET
    map.fitBounds(bounds, { padding: 40, maxZoom, animate: false })
  }
  return {
    map,
    drawn,
    show(areas, values) {
      void put('areas', featuresOf(areas, values, SEVERITY_COLOURS))
    },
    showPoints(points) {
      void put('points', {
        type: 'FeatureCollection',
        features: points.map(({ position: [x, y], ...properties }) => ({
          type: 'Feature',
          properties,
          geometry: { type: 'Point', coordinates: [x, y] },
        })),
      })
      const chosen = points.find(({ isChosen }) => isChosen)?.position
      if (chosen === undefined) return
      const [x, y] = chosen
      if (!map.getBounds().contains([x, y])) map.jumpTo({ center: [x, y] })
    },
    fit,
    include(box) {
      const [west, south, east, north] = box
      const seen = map.getBounds()
      if (!seen.contains([west, south]) || !seen.contains([east, north])) fit(box)
    },
    close() {
      isClosed = true
      repaint.disconnect()
      map.remove()
    },
  }
}
