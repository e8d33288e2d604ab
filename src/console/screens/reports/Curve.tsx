import { useEffect, useRef, useState } from 'preact/hooks'
import { reportWords } from '../../i18n/reports.ts'
import { count } from '../../lib/i18n.ts'
import type { Report } from '../../lib/setting-types.ts'

const WIDEST = 720
const HEIGHT = 260
const PLOT = { left: 64, top: 12, bottom: HEIGHT - 44 }
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
  const figure = useRef<HTMLElement>(null)
  const width = useWidth(figure)
  const right = width - 12
  const end = points.at(-1)?.seconds ?? 1
  const [each, unit] =
    end > 7_200
      ? [3_600, report.speed.hours]
      : end > 300
        ? [60, report.speed.minutes]
        : [1, report.speed.seconds]
  const x = (seconds: number) => PLOT.left + ((right - PLOT.left) * seconds) / end
  const y = (value: number) =>
    PLOT.bottom - ((PLOT.bottom - PLOT.top) * value) / Math.max(1, recipients)
  return (
    <figure class="curve" ref={figure}>
      <figcaption>{reports.curveOf}</figcaption>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={reports.curveOf}>
        {ticksTo(recipients, 4).map(tick => (
          <g key={tick}>
            <path class="grid" d={`M${PLOT.left},${y(tick)}H${right}`} />
            <text x={PLOT.left - 8} y={y(tick)} text-anchor="end" dominant-baseline="middle">
              {count(tick)}
            </text>
          </g>
        ))}
        {ticksTo(end / each, width < 480 ? 4 : 6).map(tick => (
          <text key={tick} x={x(tick * each)} y={PLOT.bottom + 18} text-anchor="middle">
            {count(tick)}
          </text>
        ))}
        <text x={(PLOT.left + right) / 2} y={HEIGHT - 6} text-anchor="middle">
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

/** Of what is drawn: the letters of a drawing that is shrunk to a phone's width can't be read. */
function useWidth(figure: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(WIDEST)
  useEffect(() => {
    const { current } = figure
    if (current === null) return
    const observer = new ResizeObserver(() =>
      setWidth(Math.min(WIDEST, Math.max(1, current.clientWidth))),
    )
    observer.observe(current)
    return () => observer.disconnect()
  }, [])
  return width
}
