import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { count } from '../../../lib/i18n.ts'
import { theme } from '../../../lib/theme.ts'
import type { Point } from './series.ts'

const HEIGHT = 260
/** A few phones are planned for a thousandth of a second, and its parts are no times to read. */
const LEAST_SECONDS = 5

const WHOLE = [1, 2, 5]
  .flatMap(n => Array.from({ length: 9 }, (_, power) => n * 10 ** power))
  .toSorted((a, b) => a - b)

/** The plan as a dashed line, and what became of it; what it shows stands in a table beside it, too. */
export function Chart({
  points,
  recipients,
  planSeconds,
}: {
  points: readonly Point[]
  recipients: number
  planSeconds: number | null
}) {
  const container = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const data = dataOf(points, recipients, planSeconds)
  const colours = theme.value
  useEffect(() => {
    const { current } = container
    if (current === null) return
    const drawn = new uPlot(optionsOf(current.clientWidth, recipients), data, current)
    plot.current = drawn
    const observer = new ResizeObserver(() =>
      drawn.setSize({ width: current.clientWidth, height: HEIGHT }),
    )
    observer.observe(current)
    return () => {
      observer.disconnect()
      drawn.destroy()
    }
  }, [recipients, colours])
  useEffect(() => plot.current?.setData(data))
  return <div ref={container} class="chart" aria-hidden="true" />
}

function dataOf(
  points: readonly Point[],
  recipients: number,
  planSeconds: number | null,
): uPlot.AlignedData {
  const planned = (seconds: number) =>
    planSeconds === null || planSeconds === 0
      ? null
      : Math.min(recipients, (recipients * seconds) / planSeconds)
  const last = points.at(-1)?.seconds ?? 0
  const beyond = planSeconds !== null && planSeconds > last ? [planSeconds] : []
  const start = points[0]?.seconds === 0 ? [] : [0]
  const x = [...start, ...points.map(({ seconds }) => seconds), ...beyond]
  const line = (value: (point: Point) => number) => [
    ...start.map(() => 0),
    ...points.map(value),
    ...beyond.map(() => null),
  ]
  return [
    x,
    x.map(planned),
    line(({ sent }) => sent),
    line(({ delivered }) => delivered),
    line(({ replied }) => replied),
  ]
}

function optionsOf(width: number, recipients: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--ink'),
    font: '13px system-ui, sans-serif',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  }
  const short = new Intl.NumberFormat('en', { notation: 'compact' })
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_, from, to) => [from, Math.max(to, LEAST_SECONDS)] },
      y: { range: () => [0, Math.max(1, recipients)] },
    },
    axes: [
      // `10,000 s` and some air.
      { ...axis, space: 80, values: (_, splits) => splits.map(seconds => `${count(seconds)} s`) },
      // There is no half of a person.
      {
        ...axis,
        size: 56,
        incrs: WHOLE,
        values: (_, splits) => splits.map(value => short.format(value)),
      },
    ],
    series: [
      {},
      { stroke: colour('--muted'), width: 2, dash: [6, 4], points: { show: false } },
      { stroke: colour('--sent'), width: 3, points: { show: false } },
      { stroke: colour('--delivered'), width: 3, points: { show: false } },
      { stroke: colour('--help'), width: 3, dash: [2, 3], points: { show: false } },
    ],
  }
}
