import { reportWords } from '../../i18n/reports.ts'
import { settingsWords } from '../../i18n/settings.ts'
import { count, dayAndClock, percent, span, words } from '../../lib/i18n.ts'
import { pathTo } from '../../lib/place.ts'
import { titleOf } from '../../lib/title.ts'
import { fill } from '../../../reports/words.ts'
import { useResource } from '../../lib/resource.ts'
import type { Report } from '../../lib/setting-types.ts'
import { AreasShown } from '../../parts/AreasShown.tsx'
import { Figure } from '../../parts/Figure.tsx'
import { useModeOfPage } from '../../parts/Frame.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Notice } from '../../parts/Notice.tsx'
import { Severity } from '../../parts/Severity.tsx'
import { Answers } from './Answers.tsx'
import { Downloads } from './Downloads.tsx'
import { Notes } from './Notes.tsx'
import { Reach } from './Reach.tsx'
import { Speed } from './Speed.tsx'
import { Story } from './Story.tsx'
import { Trouble } from './Trouble.tsx'

/** The after-action report of one alert: the PDF's figures and words, to look through. */
export function ReportPage({ id }: { id: string }) {
  const { reports } = reportWords()
  const { settings } = settingsWords()
  const report = useResource<Report>(`/v1/alerts/${id}/report`)
  useModeOfPage(reports.report)
  return (
    <div class="stack report">
      <a class="start back-to" href={pathTo('reports')}>
        ‹ {settings.backTo(reports.title)}
      </a>
      <Loaded of={report} what={reports.report} lines={10}>
        {found => (
          <>
            <Head of={found} />
            <Downloads of={found} />
            <Reach of={found} />
            <Speed of={found} />
            <Answers of={found} />
            <Where of={found} />
            <Trouble of={found} />
            <Story of={found} />
            <Notes of={found} added={() => void report.refresh()} />
          </>
        )}
      </Loaded>
    </div>
  )
}

function Where({ of: { alert } }: { of: Report }) {
  const { report, reports } = reportWords()
  const areas = alert.info[0]?.area ?? []
  return (
    <section class="card stack">
      <h2>{report.map.title}</h2>
      {areas.length === 0 ? (
        <p class="muted">{report.map.none}</p>
      ) : (
        <AreasShown areas={areas} label={reports.mapOf} />
      )}
    </section>
  )
}

function Head({ of: { alert, madeAt, reach, timeline } }: { of: Report }) {
  const { report, reports } = reportWords()
  const { alerts } = words()
  const [info] = alert.info
  const { total } = reach
  const figures = [
    [report.glance.recipients, total.recipients, undefined],
    [report.glance.reached, total.reached, 'delivered'],
    [report.glance.answered, total.answered, undefined],
    [report.glance.failed, total.failed, 'failed'],
    [report.glance.unknown, total.unknown, undefined],
    [report.glance.notSent, total.notSent, undefined],
  ] as const
  const alone = timeline.findLast(({ event }) => event === 'brokeGlass')
  const lasted =
    alert.dispatchedAt && alert.finishedAt
      ? (Date.parse(alert.finishedAt) - Date.parse(alert.dispatchedAt)) / 1000
      : undefined
  return (
    <>
      <div class="screen-head">
        <h1 lang={alert.msgType === 'Alert' ? info?.language : undefined}>{titleOf(alert)}</h1>
        <a class="button" href={pathTo('alerts', alert.id)}>
          {reports.openAlert}
        </a>
      </div>
      {alert.status !== 'Actual' && (
        <Notice kind="info">
          <p>
            {report.notReal.replace('{status}', reports.statuses[alert.status] ?? alert.status)}
          </p>
        </Notice>
      )}
      {alert.brokeGlass && (
        <Notice kind="warn">
          <p>
            {fill(report.glance.brokeGlass, {
              name: alone?.operatorName ?? report.unnamed,
              reason: alone?.detail ?? '',
            })}
          </p>
        </Notice>
      )}
      <section class="card">
        <dl class="facts">
          <dt>{report.facts.severity}</dt>
          <dd>
            <Severity of={alert.severity} />{' '}
            {info && `${reports.urgency[info.urgency]}, ${reports.certainty[info.certainty]}`}
          </dd>
          <dt>{report.facts.state}</dt>
          <dd>{alerts.state[alert.state]}</dd>
          <dt>{report.facts.dispatched}</dt>
          <dd>{alert.dispatchedAt ? dayAndClock(alert.dispatchedAt) : report.none}</dd>
          {alert.finishedAt && (
            <>
              <dt>{reports.endedAt}</dt>
              <dd>
                {dayAndClock(alert.finishedAt)}
                {lasted !== undefined && ` (${span(lasted)})`}
              </dd>
            </>
          )}
          <dt>{report.facts.expires}</dt>
          <dd>{alert.expires ? dayAndClock(alert.expires) : report.none}</dd>
          <dt>{report.facts.digest}</dt>
          <dd class="hash">{alert.contentDigest ?? report.none}</dd>
        </dl>
        <p class="muted small">{reports.madeAt(dayAndClock(madeAt))}</p>
      </section>
      <div class="figures">
        {figures.map(([label, value, kind], no) => (
          <Figure key={label} value={count(value)} kind={kind}>
            {label}
            {no > 0 && ` · ${percent(value, total.recipients)}`}
          </Figure>
        ))}
      </div>
    </>
  )
}
