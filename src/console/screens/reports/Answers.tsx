import { reportWords } from '../../i18n/reports.ts'
import { count, percent } from '../../lib/i18n.ts'
import type { Report } from '../../lib/setting-types.ts'
import { ShareBar } from '../../parts/ShareBar.tsx'
import { outsideAreas } from '../../../reports/outside-areas.ts'
import { fill } from '../../../reports/words.ts'

/** What people answered, each once. */
export function Answers({ of: { tally, reach } }: { of: Report }) {
  const { report, reports } = reportWords()
  const { byOption, other, noReply, optedOut, requests, recipients } = tally
  const rows = [
    ...byOption.map(({ code, label, count: people }) => ({ name: `${code} ${label}`, people })),
    { name: report.answers.other, people: other },
    { name: report.answers.noReply, people: noReply },
  ]
  const hasOthers = reach.byArea.some(({ areaDesc, recipients: n }) => areaDesc === null && n > 0)
  const outside = hasOthers ? outsideAreas(tally) : undefined
  const asked = requests.open + requests.taken + requests.closed
  return (
    <section class="card stack">
      <h2>{report.answers.title}</h2>
      <table class="table rows">
        <caption>{report.answers.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{report.answers.answer}</th>
            <th scope="col" class="number">
              {report.answers.people}
            </th>
            <th scope="col">{report.answers.share}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, people }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number" data-label={report.answers.people}>
                {count(people)}
              </td>
              <td data-label={report.answers.share}>
                <ShareBar part={people} whole={recipients}>
                  {percent(people, recipients)}
                </ShareBar>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {asked > 0 && (
        <p>
          {fill(report.answers.requests, {
            asked: count(asked),
            open: count(requests.open),
            taken: count(requests.taken),
            closed: count(requests.closed),
          })}
        </p>
      )}
      {optedOut > 0 && <p>{fill(report.answers.optedOut, { count: count(optedOut) })}</p>}
      <div class="columns even">
        <ByPart
          title={report.answers.byArea}
          head={reports.area}
          of={[
            ...tally.byArea.map(({ areaDesc, ...row }) => ({ ...row, name: areaDesc })),
            ...(outside === undefined ? [] : [{ ...outside, name: report.reach.throughGroups }]),
          ]}
        />
        <ByPart title={report.answers.byGroup} head={report.answers.group} of={tally.byGroup} />
      </div>
    </section>
  )
}

type AnswerPart = Pick<Report['tally'], 'recipients' | 'replied' | 'byOption'> & {
  readonly name: string
}

function ByPart({
  title,
  head,
  of: rows,
}: {
  title: string
  head: string
  of: readonly AnswerPart[]
}) {
  const { report } = reportWords()
  const [first] = rows
  if (first === undefined) return null
  return (
    <table class="table rows">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col" class="number">
            {report.answers.addressed}
          </th>
          {first.byOption.map(({ code, label }) => (
            <th key={code} scope="col" class="number">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, recipients, byOption }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number" data-label={report.answers.addressed}>
              {count(recipients)}
            </td>
            {byOption.map(option => (
              <td key={option.code} class="number" data-label={option.label}>
                {count(option.count)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
