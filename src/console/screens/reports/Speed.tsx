import { reportWords } from '../../i18n/reports.ts'
import { count, dayAndClock, span } from '../../lib/i18n.ts'
import type { Report } from '../../lib/setting-types.ts'
import { fill } from '../../../reports/words.ts'
import { Curve } from './Curve.tsx'

const LINES = ['submitted', 'delivered', 'answered'] as const
const MILESTONES = ['half', 'ninety', 'ninetyNine'] as const

/** How fast it went, against plan and beside earlier ones. */
export function Speed({ of: { curve, timesTo, plan, earlier, reach } }: { of: Report }) {
  const { report } = reportWords()
  const time = (seconds: number | null) => (seconds === null ? report.never : span(seconds))
  return (
    <section class="card stack">
      <h2>{report.speed.title}</h2>
      {curve.length > 1 && <Curve points={curve} recipients={reach.total.recipients} />}
      <table class="table rows">
        <caption>{report.speed.to}</caption>
        <thead>
          <tr>
            <td />
            {MILESTONES.map(milestone => (
              <th key={milestone} scope="col" class="number">
                {report.speed[milestone]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {LINES.map(line => (
            <tr key={line}>
              <th scope="row">{report.speed[line]}</th>
              {MILESTONES.map(milestone => (
                <td key={milestone} class="number" data-label={report.speed[milestone]}>
                  {time(timesTo[line][milestone])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {plan.tookSeconds !== null && (
        <p>
          {plan.seconds === null
            ? report.plan.noPlan
            : fill(report.plan.took, {
                took: span(plan.tookSeconds),
                planned: span(plan.seconds),
              })}
        </p>
      )}
      {earlier.length > 0 && <Earlier of={earlier} />}
    </section>
  )
}

function Earlier({ of: earlier }: { of: Report['earlier'] }) {
  const { report, reports } = reportWords()
  return (
    <table class="table rows">
      <caption>{report.earlier.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{report.facts.dispatched}</th>
          <th scope="col" class="number">
            {report.glance.recipients}
          </th>
          <th scope="col" class="number">
            {reports.delivered}
          </th>
          <th scope="col" class="number">
            {reports.replied}
          </th>
          <th scope="col" class="number">
            {report.earlier.took}
          </th>
        </tr>
      </thead>
      <tbody>
        {earlier.map(one => (
          <tr key={one.id}>
            <th scope="row">
              {dayAndClock(one.dispatchedAt)} ({reports.statuses[one.status] ?? one.status})
            </th>
            <td class="number" data-label={report.glance.recipients}>
              {count(one.recipients)}
            </td>
            <td class="number" data-label={reports.delivered}>
              {count(one.delivered)}
            </td>
            <td class="number" data-label={reports.replied}>
              {count(one.replied)}
            </td>
            <td class="number" data-label={report.earlier.took}>
              {one.tookSeconds === null ? '–' : span(one.tookSeconds)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
