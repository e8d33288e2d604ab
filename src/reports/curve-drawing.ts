import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import type { CurvePoint } from './curve.ts'
import type { Figures } from './figures.ts'
import { COLOURS, type Drawing, type DrawnShape } from './sheet.ts'
import type { ReportWords } from './words.ts'

const WIDTH = 720
const HEIGHT = 300
const PLOT = { left: 64, right: WIDTH - 196, top: 12, bottom: HEIGHT - 44 }
const WORDS = 12
const LINE_HEIGHT = 16

/** Told apart without colour too. */
const LINES = [
  { name: 'submitted', colour: COLOURS.ink, width: 2, dash: undefined },
  { name: 'delivered', colour: COLOURS.good, width: 3, dash: undefined },
  { name: 'answered', colour: COLOURS.urgent, width: 2, dash: [6, 4] },
] as const

/** @param points at least one */
export function drawCurve(
  points: readonly CurvePoint[],
  recipients: number,
  { count }: Figures,
  { speed }: ReportWords,
): Drawing {
  const end = points.at(-1)?.seconds ?? 0
  const [each, unit] =
    end > 7_200 ? [3_600, speed.hours] : end > 300 ? [60, speed.minutes] : [1, speed.seconds]
  const x = scaleLinear([0, end / each], [PLOT.left, PLOT.right])
  const y = scaleLinear([0, recipients], [PLOT.bottom, PLOT.top]).nice(5)
  const words = (text: string, at: readonly [number, number], anchor: 'start' | 'middle' | 'end') =>
    ({ is: 'words', text, x: at[0], y: at[1], anchor, size: WORDS, fill: COLOURS.muted }) as const
  const shapes: DrawnShape[] = [
    ...y.ticks(5).flatMap(tick => [
      {
        is: 'path' as const,
        d: `M${PLOT.left},${y(tick)}H${PLOT.right}`,
        stroke: tick === 0 ? COLOURS.line : COLOURS.faint,
        strokeWidth: 1,
      },
      words(count(tick), [PLOT.left - 8, y(tick)], 'end'),
    ]),
    ...x.ticks(6).map(tick => words(count(tick), [x(tick), PLOT.bottom + 14], 'middle')),
    words(unit, [(PLOT.left + PLOT.right) / 2, HEIGHT - 10], 'middle'),
  ]
  for (const { name, colour, width, dash } of LINES) {
    const path = line<CurvePoint>(
      point => x(point.seconds / each),
      point => y(point[name]),
    ).digits(1)
    shapes.push({
      is: 'path',
      d: path(points) ?? '',
      stroke: colour,
      strokeWidth: width,
      ...(dash !== undefined && { dash }),
    })
  }
  return { width: WIDTH, height: HEIGHT, shapes: [...shapes, ...names(points, y, count, speed)] }
}

/** Beside the ends of the lines, and pushed apart where those meet. */
function names(
  points: readonly CurvePoint[],
  y: (value: number) => number,
  count: Figures['count'],
  speed: ReportWords['speed'],
): DrawnShape[] {
  const last = points.at(-1)
  if (last === undefined) return []
  const ends = LINES.map(({ name, colour }) => ({
    text: SHORT[name](speed),
    value: count(last[name]),
    colour,
    y: y(last[name]),
  })).toSorted((a, b) => b.y - a.y)
  const places = pushedApart(ends.map(end => end.y))
  return ends.flatMap(({ text, value, colour }, i): DrawnShape[] => {
    const at = places[i]!
    const common = { is: 'words', x: PLOT.right + 10, anchor: 'start', fill: colour } as const
    return [
      { ...common, y: at - LINE_HEIGHT / 2, text: value, size: 13, bold: true },
      { ...common, y: at + LINE_HEIGHT / 2, text, size: WORDS },
    ]
  })
}

/** From the lowest up, each two lines and a gap from the one below; what does not fit above is pushed down again. */
function pushedApart(wanted: readonly number[]): number[] {
  const room = 2 * LINE_HEIGHT + 4
  let limit = PLOT.bottom - LINE_HEIGHT / 2
  const places = wanted.map(y => {
    const at = Math.min(y, limit)
    limit = at - room
    return at
  })
  let highest = PLOT.top + LINE_HEIGHT / 2
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.max(places[i]!, highest)
    highest = places[i]! + room
  }
  return places
}

const SHORT = {
  submitted: speed => speed.submitted,
  delivered: speed => speed.delivered,
  answered: speed => speed.answeredShort,
} as const satisfies Record<(typeof LINES)[number]['name'], (speed: ReportWords['speed']) => string>
