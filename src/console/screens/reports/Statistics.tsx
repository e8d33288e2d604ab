import { useMemo, useState } from 'preact/hooks'
import { reportWords } from '../../i18n/reports.ts'
import { count, dayOfDate, percent } from '../../lib/i18n.ts'
import { place } from '../../lib/place.ts'
import { useResource } from '../../lib/resource.ts'
import type { Statistics as StatisticsResource } from '../../lib/setting-types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { Field } from '../../parts/Field.tsx'
import { Figure } from '../../parts/Figure.tsx'
import { useModeOfPage } from '../../parts/Frame.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { ShareBar } from '../../parts/ShareBar.tsx'
import { Tabs } from './Tabs.tsx'

const PERIODS = ['30', '90', '365'] as const
const DAY_MS = 86_400_000

/** Reach and answers over many alerts. */
export function Statistics() {
  const { reports } = reportWords()
  const isLive = place.value.mode === 'live'
  const [days, setDays] = useState('365')
  const [status, setStatus] = useState(isLive ? 'Actual' : 'Exercise')
  useModeOfPage(reports.statistics)
  const path = useMemo(() => {
    const since = new Date(Date.now() - Number(days) * DAY_MS).toISOString()
    return `/v1/statistics?${new URLSearchParams({ since, status })}`
  }, [days, status])
  const found = useResource<StatisticsResource>(path)
  return (
    <div class="stack">
      <h1>{reports.title}</h1>
      <Tabs at="statistics" />
      <p class="muted">{reports.statisticsText}</p>
      <div class="filters">
        <Field label={reports.period}>
          <select value={days} onChange={event => setDays(event.currentTarget.value)}>
            {PERIODS.map(value => (
              <option key={value} value={value}>
                {reports.periods[value]}
              </option>
            ))}
          </select>
        </Field>
        <Field label={reports.kind}>
          <select value={status} onChange={event => setStatus(event.currentTarget.value)}>
            {(['Actual', 'Exercise', 'Test'] as const).map(value => (
              <option key={value} value={value}>
                {reports.kinds[value]}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Loaded of={found} what={reports.statistics}>
        {statistics =>
          statistics.total.alerts === 0 ? (
            <section class="card">
              <Empty>{reports.statisticsNone}</Empty>
            </section>
          ) : (
            <Tables of={statistics} />
          )
        }
      </Loaded>
    </div>
  )
}

type Counts = StatisticsResource['total']

function Tables({ of: statistics }: { of: StatisticsResource }) {
  const { reports } = reportWords()
  const { total, byEvent, byHour, byArea, byCarrier, optOutSpikes } = statistics
  const figures = [
    [reports.alerts, total.alerts],
    [reports.recipients, total.recipients],
    [reports.delivered, total.delivered],
    [reports.replied, total.replied],
    [reports.failed, total.failed],
    [reports.optedOut, total.optedOut],
  ] as const
  return (
    <>
      <div class="figures">
        {figures.map(([label, value]) => (
          <Figure key={label} value={count(value)}>
            {label}
          </Figure>
        ))}
      </div>
      <section class="card">
        <CountTable
          title={reports.byEvent}
          head={reports.event}
          rows={byEvent.map(({ event, ...counts }) => ({ name: event, ...counts }))}
        />
      </section>
      <section class="card">
        <CountTable
          title={reports.byHour}
          head={reports.hour}
          rows={byHour.map(({ hour, ...counts }) => ({
            name: `${String(hour).padStart(2, '0')}:00`,
            ...counts,
          }))}
        />
      </section>
      {byArea.length > 0 && (
        <section class="card">
          <CountTable
            title={reports.byArea}
            head={reports.area}
            rows={byArea.map(({ areaDesc, ...counts }) => ({
              name: areaDesc ?? reports.outsideAreas,
              ...counts,
            }))}
          />
        </section>
      )}
      <section class="card">
        <h2>{reports.byCarrier}</h2>
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{reports.carrier}</th>
              <th scope="col" class="number">
                {reports.alerts}
              </th>
              <th scope="col" class="number">
                {reports.delivered}
              </th>
              <th scope="col" class="number">
                {reports.unconfirmed}
              </th>
              <th scope="col" class="number">
                {reports.failed}
              </th>
            </tr>
          </thead>
          <tbody>
            {byCarrier.map(({ carrierId, name, alerts, delivered, unconfirmed, failed }) => (
              <tr key={carrierId}>
                <th scope="row">{name}</th>
                <td class="number" data-label={reports.alerts}>
                  {count(alerts)}
                </td>
                <td class="number" data-label={reports.delivered}>
                  {count(delivered)}
                </td>
                <td class="number" data-label={reports.unconfirmed}>
                  {count(unconfirmed)}
                </td>
                <td class="number" data-label={reports.failed}>
                  {count(failed)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section class="card stack">
        <h2>{reports.spikes}</h2>
        <p class="muted">{optOutSpikes.length === 0 ? reports.spikesNone : reports.spikesText}</p>
        {optOutSpikes.length > 0 && (
          <ul class="plain">
            {optOutSpikes.map(({ day, optOuts, usual }) => (
              <li key={day}>
                {dayOfDate(day)}: <strong>{count(optOuts)}</strong> {reports.usually(count(usual))}
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  )
}

function CountTable({
  title,
  head,
  rows,
}: {
  title: string
  head: string
  rows: readonly (Counts & { readonly name: string })[]
}) {
  const { reports } = reportWords()
  return (
    <>
      <h2>{title}</h2>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">{head}</th>
            <th scope="col" class="number">
              {reports.alerts}
            </th>
            <th scope="col" class="number">
              {reports.recipients}
            </th>
            <th scope="col">{reports.delivered}</th>
            <th scope="col">{reports.replied}</th>
            <th scope="col" class="number">
              {reports.failed}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, alerts, recipients, delivered, replied, failed }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number" data-label={reports.alerts}>
                {count(alerts)}
              </td>
              <td class="number" data-label={reports.recipients}>
                {count(recipients)}
              </td>
              <td data-label={reports.delivered}>
                <ShareBar part={delivered} whole={recipients}>
                  {percent(delivered, recipients)}
                </ShareBar>
              </td>
              <td data-label={reports.replied}>
                <ShareBar part={replied} whole={recipients}>
                  {percent(replied, recipients)}
                </ShareBar>
              </td>
              <td class="number" data-label={reports.failed}>
                {count(failed)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
