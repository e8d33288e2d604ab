import { reportWords } from '../../i18n/reports.ts'
import { count } from '../../lib/i18n.ts'
import type { Report } from '../../lib/setting-types.ts'

const WIDTH = 720
const HEIGHT = 260
const PLOT = { left: 64, right: WIDTH - 12, top: 12, bottom: HEIGHT - 44 }
const LINES = ['submitted', 'delivered', 'answered'] as const

/** Whole steps of 1, 2 or 5, at most so many of them. */
function ticksTo(most: number, steps: number): number[] {
  if (most <= 0) return [0]
  const raw = most / steps
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = Math.max(1, ([1, 2, 5, 10].find(one => one * power >= raw) ?? 10) * power)
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, no) => no * step)
}

/** Lines that are told apart by their strokes; the table below says the same in numbers. */
export function Curve({ points, recipients }: { points: Report['curve']; recipients: number }) {
  const { report, reports } = reportWords()
  const end = points.at(-1)?.seconds ?? 1
  const [each, unit] =
    end > 7_200
      ? [3_600, report.speed.hours]
      : end > 300
        ? [60, report.speed.minutes]
        : [1, report.speed.seconds]
  const x = (seconds: number) => PLOT.left + ((PLOT.right - PLOT.left) * seconds) / end
  const y = (value: number) =>
    PLOT.bottom - ((PLOT.bottom - PLOT.top) * value) / Math.max(1, recipients)
  return (
    <figure class="curve">
      <figcaption>{reports.curveOf}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={reports.curveOf}>
        {ticksTo(recipients, 4).map(tick => (
          <g key={tick}>
            <path class="grid" d={`M${PLOT.left},${y(tick)}H${PLOT.right}`} />
            <text x={PLOT.left - 8} y={y(tick)} text-anchor="end" dominant-baseline="middle">
              {count(tick)}
            </text>
          </g>
        ))}
        {ticksTo(end / each, 6).map(tick => (
          <text key={tick} x={x(tick * each)} y={PLOT.bottom + 18} text-anchor="middle">
            {count(tick)}
          </text>
        ))}
        <text x={(PLOT.left + PLOT.right) / 2} y={HEIGHT - 6} text-anchor="middle">
          {unit}
        </text>
        {LINES.map(line => (
          <polyline
            key={line}
            data-line={line}
            points={points
              .map(point => `${x(point.seconds).toFixed(1)},${y(point[line]).toFixed(1)}`)
              .join(' ')}
          />
        ))}
      </svg>
      <ul class="legend">
        {LINES.map(line => (
          <li key={line}>
            <svg viewBox="0 0 32 8" aria-hidden="true">
              <polyline data-line={line} points="0,4 32,4" />
            </svg>{' '}
            {line === 'answered' ? report.speed.answeredShort : report.speed[line]}
          </li>
        ))}
      </ul>
    </figure>
  )
}
