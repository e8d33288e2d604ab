import { reportWords } from '../../i18n/reports.ts'
import { count, percent } from '../../lib/i18n.ts'
import type { Report } from '../../lib/setting-types.ts'
import { ShareBar } from '../../parts/ShareBar.tsx'

const STEPS = ['recipients', 'attempted', 'taken', 'confirmed', 'answered'] as const

/** From those addressed to those who answered. */
export function Reach({ of: { reach } }: { of: Report }) {
  const { report, reports } = reportWords()
  const { total, byArea, byCarrier } = reach
  return (
    <section class="card stack">
      <h2>{reports.ladder}</h2>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">{reports.step}</th>
            <th scope="col" class="number">
              {reports.people}
            </th>
            <th scope="col">{reports.share}</th>
          </tr>
        </thead>
        <tbody>
          {STEPS.map(step => (
            <tr key={step}>
              <th scope="row">{report.reach[step]}</th>
              <td class="number" data-label={reports.people}>
                {count(total[step])}
              </td>
              <td data-label={reports.share}>
                <ShareBar part={total[step]} whole={total.recipients}>
                  {percent(total[step], total.recipients)}
                </ShareBar>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted small">{report.reach.denominator}</p>
      <div class="columns even">
        <Parts
          title={report.reach.byArea}
          head={report.reach.area}
          rows={byArea.map(({ areaDesc, ...row }) => ({
            ...row,
            name: areaDesc ?? report.reach.throughGroups,
          }))}
        />
        <Parts
          title={report.reach.byCarrier}
          head={report.reach.carrier}
          rows={byCarrier.map(({ name, ...row }) => ({
            ...row,
            name: name ?? report.reach.noCarrier,
          }))}
        />
      </div>
    </section>
  )
}

interface PartRow {
  readonly name: string
  readonly recipients: number
  readonly reached: number
  readonly answered: number
}

function Parts({ title, head, rows }: { title: string; head: string; rows: readonly PartRow[] }) {
  const { report } = reportWords()
  if (rows.length === 0) return null
  return (
    <table class="table rows">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col" class="number">
            {report.glance.recipients}
          </th>
          <th scope="col" class="number">
            {report.glance.reached}
          </th>
          <th scope="col" class="number">
            {report.glance.answered}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, recipients, reached, answered }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number" data-label={report.glance.recipients}>
              {count(recipients)}
            </td>
            <td class="number" data-label={report.glance.reached}>
              {count(reached)} ({percent(reached, recipients)})
            </td>
            <td class="number" data-label={report.glance.answered}>
              {count(answered)} ({percent(answered, recipients)})
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
