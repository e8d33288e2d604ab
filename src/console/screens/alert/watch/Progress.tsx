import { count, span, words } from '../../../lib/i18n.ts'
import { lazy } from '../../../parts/lazy.tsx'
import { type Point, sampled } from './series.ts'

const Chart = lazy(async () => (await import('./Chart.tsx')).Chart)

const ROWS = 10

/** Progress against plan, for who sees it and for who has it read out. */
export function Progress({
  points,
  recipients,
  planSeconds,
}: {
  points: readonly Point[]
  recipients: number
  planSeconds: number | null
}) {
  const { watching } = words()
  const lines = [
    { kind: 'plan', name: watching.plan },
    { kind: 'sent', name: watching.sentLine },
    { kind: 'delivered', name: watching.deliveredLine },
    { kind: 'replied', name: watching.repliedLine },
  ]
  return (
    <>
      <Chart points={points} recipients={recipients} planSeconds={planSeconds} />
      <ul class="legend small" aria-hidden="true">
        {lines.map(({ kind, name }) => (
          <li key={kind}>
            <span class="swatch" data-kind={kind} /> {name}
          </li>
        ))}
      </ul>
      <details>
        <summary>{watching.asTable}</summary>
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{watching.atSecond}</th>
              {lines.map(({ kind, name }) => (
                <th key={kind} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sampled(points, ROWS).map(point => (
              <tr key={point.seconds}>
                <th scope="row">{span(point.seconds)}</th>
                <td class="number" data-label={watching.plan}>
                  {planSeconds === null || planSeconds === 0
                    ? '–'
                    : count(Math.round(Math.min(1, point.seconds / planSeconds) * recipients))}
                </td>
                <td class="number" data-label={watching.sentLine}>
                  {count(point.sent)}
                </td>
                <td class="number" data-label={watching.deliveredLine}>
                  {count(point.delivered)}
                </td>
                <td class="number" data-label={watching.repliedLine}>
                  {count(point.replied)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  )
}
