import { useMemo, useState } from 'preact/hooks'
import { reportWords } from '../../i18n/reports.ts'
import { count, dayAndClock, words } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo, place } from '../../lib/place.ts'
import { titleOf } from '../../lib/title.ts'
import type { AlertState, AlertSummary } from '../../lib/types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { Field } from '../../parts/Field.tsx'
import { useModeOfPage } from '../../parts/Frame.tsx'
import { PageList } from '../../parts/Pages.tsx'
import { Severity } from '../../parts/Severity.tsx'
import { Tabs } from './Tabs.tsx'

const ENDED: readonly AlertState[] = ['sent', 'stopped', 'expired']
const PERIODS = ['30', '90', '365', ''] as const
const KINDS = ['', 'Actual', 'Exercise', 'Test'] as const
const DAY_MS = 86_400_000

export function ReportList() {
  const { reports } = reportWords()
  const { alerts } = words()
  const [days, setDays] = useState('90')
  const [state, setState] = useState('')
  const [status, setStatus] = useState('')
  useModeOfPage(reports.title)
  const path = useMemo(() => {
    const since = new Date(Date.now() - Number(days) * DAY_MS).toISOString()
    const query = new URLSearchParams({
      state: state || ENDED.join(','),
      ...(days && { since }),
      ...(status && { status }),
    })
    return `/v1/alerts?${query}`
  }, [days, state, status])
  const found = usePages<AlertSummary>(path)
  return (
    <div class="stack">
      <h1>{reports.title}</h1>
      <Tabs at="list" />
      <div class="filters">
        <Field label={reports.since}>
          <select value={days} onChange={event => setDays(event.currentTarget.value)}>
            {PERIODS.map(value => (
              <option key={value} value={value}>
                {reports.periods[value]}
              </option>
            ))}
          </select>
        </Field>
        <Field label={reports.state}>
          <select value={state} onChange={event => setState(event.currentTarget.value)}>
            <option value="">{reports.anyState}</option>
            {ENDED.map(value => (
              <option key={value} value={value}>
                {alerts.state[value]}
              </option>
            ))}
          </select>
        </Field>
        {/* In an exercise one sees its own alerts alone. */}
        {place.value.mode === 'live' && (
          <Field label={reports.kind}>
            <select value={status} onChange={event => setStatus(event.currentTarget.value)}>
              {KINDS.map(value => (
                <option key={value} value={value}>
                  {reports.kinds[value]}
                </option>
              ))}
            </select>
          </Field>
        )}
      </div>
      <section class="card">
        <PageList of={found} what={reports.title} empty={<Empty>{reports.none}</Empty>}>
          {items => <Table of={items} />}
        </PageList>
      </section>
    </div>
  )
}

function Table({ of: items }: { of: readonly AlertSummary[] }) {
  const { report, reports } = reportWords()
  const { alerts } = words()
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{reports.alert}</th>
          <th scope="col">{reports.severity}</th>
          <th scope="col">{reports.state}</th>
          <th scope="col">{report.facts.dispatched}</th>
          <th scope="col" class="number">
            {reports.recipients}
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map(alert => (
          <tr key={alert.id}>
            <th scope="row">
              <a href={pathTo('reports', alert.id)}>{titleOf(alert)}</a>
            </th>
            <td>
              <Severity of={alert.severity} />
            </td>
            <td data-label={reports.state}>{alerts.state[alert.state]}</td>
            <td data-label={report.facts.dispatched}>
              {alert.dispatchedAt ? (
                <time dateTime={alert.dispatchedAt}>{dayAndClock(alert.dispatchedAt)}</time>
              ) : (
                '–'
              )}
            </td>
            <td class="number" data-label={reports.recipients}>
              {alerts.phones(alert.recipients ?? 0, count(alert.recipients ?? 0))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
