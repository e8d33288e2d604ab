import { useState } from 'preact/hooks'
import { reportWords } from '../../i18n/reports.ts'
import { count, dayAndClock } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import type { UnreachedContact } from '../../lib/setting-types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { Field } from '../../parts/Field.tsx'
import { useModeOfPage } from '../../parts/Frame.tsx'
import { PageList } from '../../parts/Pages.tsx'
import { Tabs } from './Tabs.tsx'

const LEAST = ['2', '3', '5', '10'] as const

/** Contacts whom nothing reaches: their numbers are wrong, or somebody else must tell them. */
export function Unreached() {
  const { reports, report } = reportWords()
  const [least, setLeast] = useState('3')
  useModeOfPage(reports.unreached)
  const mayRead = isIn('administrator', 'author', 'viewer')
  const found = usePages<UnreachedContact>(
    mayRead ? `/v1/statistics/unreached?failures=${least}` : undefined,
  )
  const causes: Readonly<Record<string, string>> = report.causes
  return (
    <div class="stack">
      <h1>{reports.title}</h1>
      <Tabs at="unreached" />
      <p class="muted">{reports.unreachedText}</p>
      <div class="filters">
        <Field label={reports.failedInARow}>
          <select value={least} onChange={event => setLeast(event.currentTarget.value)}>
            {LEAST.map(value => (
              <option key={value} value={value}>
                {reports.orMore(value)}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <section class="card">
        <PageList
          of={found}
          what={reports.unreached}
          empty={<Empty>{reports.unreachedNone}</Empty>}
        >
          {items => (
            <table class="table rows">
              <thead>
                <tr>
                  <th scope="col">{reports.contact}</th>
                  <th scope="col" class="number">
                    {reports.failedInARow}
                  </th>
                  <th scope="col">{reports.lastTry}</th>
                  <th scope="col">{reports.why}</th>
                  <th scope="col">{reports.lastReached}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(one => (
                  <tr key={one.contactId}>
                    <th scope="row">
                      <a href={pathTo('settings', 'contacts', one.contactId)}>
                        {one.name ?? one.phone}
                      </a>
                      {one.name !== null && <span class="hint block">{one.phone}</span>}
                    </th>
                    <td class="number" data-label={reports.failedInARow}>
                      {count(one.failures)}
                    </td>
                    <td data-label={reports.lastTry}>
                      <a href={pathTo('reports', one.lastAlertId)}>{dayAndClock(one.lastAt)}</a>
                    </td>
                    <td data-label={reports.why}>{causes[one.cause] ?? one.reason}</td>
                    <td data-label={reports.lastReached}>
                      {one.reachedAt === null ? reports.notOnRecord : dayAndClock(one.reachedAt)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </PageList>
      </section>
    </div>
  )
}
