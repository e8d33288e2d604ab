import { useEffect, useState } from 'preact/hooks'
import type { Box } from '../../geometry/geojson.ts'
import { boxAround, type MapArea, type MapPoint, ringsOf, type Values } from './area-features.ts'
import { loadGround } from './ground.ts'
import { areaOpacity, readColours, SEVERITY_COLOURS, shareColours } from './style.ts'

const WIDTH = 720
const HEIGHT = 420
/** Of the picture, around what it shows. */
const MARGIN = 0.35
const NATION: Box = [-125, 24.5, -66.5, 49.5]

type Line = readonly (readonly number[])[]

/** The areas and the borders around them as a still picture, for browsers without WebGL. */
export function Outline({
  areas,
  values,
  points = [],
  label,
  home = NATION,
}: {
  areas: readonly MapArea[]
  values: Values | undefined
  points?: readonly MapPoint[] | undefined
  label: string
  home: Box | undefined
}) {
  const [borders, setBorders] = useState<readonly Line[]>([])
  useEffect(() => {
    loadGround().then(
      ({ states, counties, nation }) =>
        setBorders([
          ...nation.features.flatMap(({ geometry }) => linesOf(geometry)),
          ...states.coordinates,
          ...counties.coordinates,
        ]),
      // Without the borders the areas still have their form.
      () => undefined,
    )
  }, [])
  const { isDark, isExercise, outline } = readColours()
  const { flat, holds } = projectionOf(boxAround(areas) ?? home)
  const pathOf = (line: Line) =>
    line.map(([x = 0, y = 0], no) => `${no === 0 ? 'M' : 'L'}${flat(x, y)}`).join('')
  const fillOf = ({ severity }: MapArea, share: number | null | undefined) => {
    const steps = shareColours(isDark)
    if (typeof share === 'number') return steps[Math.round(share * (steps.length - 1))]
    return severity === undefined ? outline : SEVERITY_COLOURS[severity]
  }
  // The first on top, as on the map.
  const drawn = areas
    .map((area, no) => ({
      no,
      area,
      d: ringsOf(area.geometry)
        .flat()
        .map(ring => `${pathOf(ring)}Z`)
        .join(''),
      fill: fillOf(area, values?.[no]),
      isFlat: typeof values?.[no] !== 'number' && area.isAside !== true,
    }))
    .toReversed()
  return (
    <svg class="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <path class="outline-borders" d={borders.filter(holds).map(pathOf).join('')} />
      <g opacity={areaOpacity(isDark)}>
        {drawn
          .filter(({ isFlat }) => isFlat)
          .map(({ no, d, fill }) => (
            <path key={no} d={d} fill={fill} fill-rule="evenodd" />
          ))}
      </g>
      {drawn.map(({ no, area, d, fill, isFlat }) => (
        <path
          key={no}
          d={d}
          fill={isFlat ? 'none' : fill}
          fill-opacity={area.isAside ? 0.08 : 0.85}
          fill-rule="evenodd"
          stroke={outline}
          stroke-width="2.5"
          stroke-dasharray={area.isAside ? '1 5' : isExercise ? '8 4' : undefined}
        />
      ))}
      {points.map(({ id, position: [x, y], mark, isHollow, isChosen }, no) => (
        <g
          key={`${id} ${no}`}
          class="outline-point"
          data-hollow={isHollow || undefined}
          transform={`translate(${flat(x, y)})`}
        >
          {isChosen && <circle class="outline-chosen" r="17" />}
          <circle r="11" />
          <text dy="0.35em">{mark}</text>
        </g>
      ))}
    </svg>
  )
}

function linesOf(geometry: GeoJSON.Geometry): GeoJSON.Position[][] {
  if (geometry.type === 'Polygon') return geometry.coordinates
  return geometry.type === 'MultiPolygon' ? geometry.coordinates.flat() : []
}

/** Longitudes are as wide as they are at the middle latitude: over some hundred kilometres nothing looks bent. */
function projectionOf([west, south, east, north]: Box) {
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180)
  const wide = Math.max((east - west) * squeeze, 0.05)
  const high = Math.max(north - south, 0.05)
  const scale = Math.min(WIDTH / wide, HEIGHT / high) / (1 + MARGIN)
  const [middleX, middleY] = [(west + east) / 2, (south + north) / 2]
  const [reachX, reachY] = [WIDTH / scale / squeeze, HEIGHT / scale]
  return {
    flat(x: number, y: number): string {
      const left = WIDTH / 2 + (x - middleX) * squeeze * scale
      return `${left.toFixed(1)} ${(HEIGHT / 2 - (y - middleY) * scale).toFixed(1)}`
    },
    holds(line: Line): boolean {
      return line.some(
        ([x = 0, y = 0]) => Math.abs(x - middleX) < reachX && Math.abs(y - middleY) < reachY,
      )
    },
  }
}
