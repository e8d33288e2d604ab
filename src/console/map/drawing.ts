/**
 * Drawing on the map: by pointer and touch with terra-draw, and by keys with a crosshair of ours.
 *
 * terra-draw can refuse a corner that would make the ring cross itself, but does so in silence. So it takes every
 * ring here, and the form says where it crosses and keeps it from being sent.
 */
import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl'
import {
  TerraDraw,
  TerraDrawCircleMode,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
} from 'terra-draw'
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter'
import type { Circle } from '../../geometry/circle.ts'
import type { Position } from '../../geometry/geojson.ts'
import { distanceKm } from '../../geometry/sphere.ts'
import { readColours } from './style.ts'

export type Tool = 'none' | 'polygon' | 'circle' | 'edit'

export interface DrawingEvents {
  /** A closed ring: the last position is the first again. */
  onRing(ring: readonly Position[]): void
  onCircle(circle: Circle): void
  /** Of the ring that is edited, after each corner that was moved, added or taken away. */
  onEdited(ring: readonly Position[]): void
  /** How many corners stand so far, for who does not see them. */
  onCorners(corners: number): void
  onLeave(): void
}

export interface Drawing {
  use(tool: Tool, ring?: readonly Position[]): void
  close(): void
}

const STEP_PX = 24
const SMALL_STEP_PX = 4
/** A tenth of a metre. */
const rounded = (degrees: number) => Math.round(degrees * 1e6) / 1e6
const at = ([x = 0, y = 0]: readonly number[]): Position => [rounded(x), rounded(y)]

export function startDrawing(map: MapLibre, events: DrawingEvents): Drawing {
  const { outline, isDark } = readColours()
  const colour = outline as `#${string}`
  const paper = (isDark ? '#171c22' : '#ffffff') as `#${string}`
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 9 }),
    modes: [
      new TerraDrawPolygonMode({
        // The keys are ours: see below.
        keyEvents: null,
        pointerDistance: 24,
        showCoordinatePoints: true,
        styles: {
          fillColor: colour,
          fillOpacity: 0.2,
          outlineColor: colour,
          outlineWidth: 3,
          closingPointColor: colour,
          closingPointWidth: 8,
          closingPointOutlineColor: paper,
          closingPointOutlineWidth: 2,
          coordinatePointColor: colour,
          coordinatePointWidth: 5,
          coordinatePointOutlineColor: paper,
          coordinatePointOutlineWidth: 2,
        },
      }),
      new TerraDrawCircleMode({
        keyEvents: null,
        styles: { fillColor: colour, fillOpacity: 0.2, outlineColor: colour, outlineWidth: 3 },
      }),
      new TerraDrawSelectMode({
        keyEvents: null,
        pointerDistance: 24,
        allowManualDeselection: false,
        flags: {
          polygon: {
            feature: {
              draggable: true,
              selfIntersectable: true,
              coordinates: { draggable: true, midpoints: true, deletable: true },
            },
          },
        },
        // Its own style is blue, which is the colour of exercises here.
        styles: {
          selectedPolygonColor: colour,
          selectedPolygonFillOpacity: 0.2,
          selectedPolygonOutlineColor: colour,
          selectedPolygonOutlineWidth: 3,
          selectionPointColor: paper,
          selectionPointWidth: 8,
          selectionPointOutlineColor: colour,
          selectionPointOutlineWidth: 3,
          midPointColor: colour,
          midPointWidth: 5,
          midPointOutlineColor: paper,
          midPointOutlineWidth: 2,
        },
      }),
    ],
  })
  draw.start()
  draw.setMode('static')

  let tool: Tool = 'none'
  const ringOf = (id: string | number) => {
    const geometry = draw.getSnapshotFeature(id)?.geometry
    return geometry?.type === 'Polygon' ? geometry.coordinates[0]?.map(at) : undefined
  }
  draw.on('finish', id => {
    const ring = ringOf(id)
    if (ring === undefined) return
    if (tool === 'edit') return events.onEdited(ring)
    const done = tool
    // Not within its own event: it still has the feature in its hand.
    setTimeout(() => {
      if (draw.hasFeature(id)) draw.removeFeatures([id])
      if (done === 'circle') events.onCircle(circleOf(ring))
      else events.onRing(ring)
    })
  })
  const keys = drawByKeys(map, () => tool, events)
  return {
    use(next, ring) {
      tool = next
      keys.restart()
      draw.clear()
      draw.setMode(next === 'none' ? 'static' : next === 'edit' ? 'select' : next)
      map.getCanvas().style.cursor = next === 'polygon' || next === 'circle' ? 'crosshair' : ''
      if (next !== 'edit' || ring === undefined) return
      const [added] = draw.addFeatures([
        {
          type: 'Feature',
          properties: { mode: 'polygon' },
          geometry: { type: 'Polygon', coordinates: [ring.map(one => [...at(one)])] },
        },
      ])
      if (added?.valid === true && added.id !== undefined) draw.selectFeature(added.id)
    },
    close() {
      keys.close()
      try {
        draw.stop()
      } catch {
        // The map was closed before its drawing.
      }
    },
  }
}

function circleOf(ring: readonly Position[]): Circle {
  const longitudes = ring.map(([x]) => x)
  const latitudes = ring.map(([, y]) => y)
  const middle = (values: readonly number[]) => (Math.min(...values) + Math.max(...values)) / 2
  const center = at([middle(longitudes), middle(latitudes)])
  const radiusKm = Math.round(distanceKm(center, [Math.max(...longitudes), center[1]]) * 100) / 100
  return { center, radiusKm }
}

/**
 * With the map focused and a tool chosen: arrows move the crosshair (with Shift by less), Space sets a corner,
 * Backspace takes the last away, Enter closes the ring, Escape leaves. A circle is its middle and a point on its rim.
 */
function drawByKeys(map: MapLibre, toolNow: () => Tool, events: DrawingEvents) {
  const container = map.getContainer()
  const crosshair = document.createElement('div')
  crosshair.className = 'crosshair'
  crosshair.hidden = true
  container.append(crosshair)
  let [x, y] = [0, 0]
  let corners: Position[] = []
  const sketch = () => {
    const source = map.getSource('sketch')
    if (source === undefined) return
    void (source as GeoJSONSource).setData({
      type: 'FeatureCollection',
      features: [
        ...(corners.length > 1
          ? [
              {
                type: 'Feature' as const,
                properties: {},
                geometry: {
                  type: 'LineString' as const,
                  coordinates: corners.map(([lon, lat]) => [lon, lat]),
                },
              },
            ]
          : []),
        ...corners.map(([lon, lat]) => ({
          type: 'Feature' as const,
          properties: {},
          geometry: { type: 'Point' as const, coordinates: [lon, lat] },
        })),
      ],
    })
    events.onCorners(corners.length)
  }
  const place = () => {
    const { clientWidth, clientHeight } = container
    // At the edge the map moves on below the crosshair.
    const [left, top] = [
      Math.min(Math.max(x, 20), clientWidth - 20),
      Math.min(Math.max(y, 20), clientHeight - 20),
    ]
    if (left !== x || top !== y) map.panBy([x - left, y - top], { animate: false })
    ;[x, y] = [left, top]
    crosshair.style.transform = `translate(${x}px, ${y}px)`
    crosshair.hidden = false
  }
  const restart = () => {
    corners = []
    crosshair.hidden = true
    ;[x, y] = [container.clientWidth / 2, container.clientHeight / 2]
    sketch()
  }
  const setCorner = () => {
    const { lng, lat } = map.unproject([x, y])
    corners = [...corners, at([lng, lat])]
    place()
    const [center, rim] = corners
    if (toolNow() === 'circle' && center !== undefined && rim !== undefined) {
      const radiusKm = Math.round(distanceKm(center, rim) * 100) / 100
      restart()
      return events.onCircle({ center, radiusKm })
    }
    sketch()
  }
  const pressed = (event: KeyboardEvent) => {
    const tool = toolNow()
    if (tool === 'none') return
    const step = event.shiftKey ? SMALL_STEP_PX : STEP_PX
    const move = (dx: number, dy: number) => {
      x += dx
      y += dy
      place()
    }
    const acts: Readonly<Record<string, (() => void) | undefined>> =
      tool === 'edit'
        ? { Escape: events.onLeave, Enter: events.onLeave }
        : {
            ArrowLeft: () => move(-step, 0),
            ArrowRight: () => move(step, 0),
            ArrowUp: () => move(0, -step),
            ArrowDown: () => move(0, step),
            ' ': setCorner,
            Backspace: () => {
              corners = corners.slice(0, -1)
              sketch()
            },
            Enter: () => {
              const [first] = corners
              if (tool !== 'polygon' || first === undefined || corners.length < 3) return
              const ring = [...corners, first]
              restart()
              events.onRing(ring)
            },
            Escape: events.onLeave,
          }
    const act = acts[event.key]
    if (act === undefined) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }
  // Before the map's own keys, which pan and zoom.
  container.addEventListener('keydown', pressed, true)
  return {
    restart,
    close() {
      container.removeEventListener('keydown', pressed, true)
      crosshair.remove()
    },
  }
}
