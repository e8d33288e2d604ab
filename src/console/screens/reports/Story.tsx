import { reportWords } from '../../i18n/reports.ts'
import { clock, count, day, languageName, span } from '../../lib/i18n.ts'
import type { Report } from '../../lib/setting-types.ts'
import { toldMoments } from '../../../reports/told-moments.ts'
import { detailOf, fill } from '../../../reports/words.ts'
import { humanSteps } from './human-steps.ts'

/** What was said, by whom, when, and how long people took. */
export function Story({ of: { alert, texts, timeline } }: { of: Report }) {
  const { report, reports } = reportWords()
  const events: Readonly<Record<string, string | undefined>> = report.timeline.events
  const steps = humanSteps(timeline)
  const told = toldMoments(timeline)
  return (
    <>
      <section class="card stack">
        <h2>{report.texts.title}</h2>
        <div class="columns even">
          {texts.map(({ language, sms, recipients, segments }) => (
            <div key={language}>
              <p class="small muted">
                {fill(report.texts.meta, {
                  language: languageName(language),
                  recipients: count(recipients),
                  segments: count(segments),
                })}
              </p>
              <div class="bubble" lang={language}>
                {sms}
              </div>
            </div>
          ))}
        </div>
      </section>
      <section class="card stack">
        <h2>{reports.humanSteps}</h2>
        <dl class="facts">
          {steps.map(({ step, seconds }) => (
            <>
              <dt key={step}>{reports.humanStep[step]}</dt>
              <dd>{span(seconds)}</dd>
            </>
          ))}
        </dl>
        <h2>{report.timeline.title}</h2>
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{report.timeline.at}</th>
              <th scope="col">{report.timeline.after}</th>
              <th scope="col">{report.timeline.what}</th>
              <th scope="col">{report.timeline.who}</th>
            </tr>
          </thead>
          <tbody>
            {told.map(({ at, event, operatorId, operatorName, detail, afterSeconds }, no) => (
              <tr key={`${at} ${event}`}>
                <td class="nowrap">
                  <time dateTime={at}>
                    {no === 0 || day(at) !== day(told[no - 1]?.at ?? at) ? `${day(at)} ` : ''}
                    {clock(at)}
                  </time>
                </td>
                {afterSeconds === null ? (
                  <td />
                ) : (
                  <td data-label={report.timeline.after}>{`+ ${span(afterSeconds)}`}</td>
                )}
                <th scope="row">
                  {[events[event] ?? event, detailOf({ event, detail }, report, count)]
                    .filter(Boolean)
                    .join(': ')}
                </th>
                <td data-label={report.timeline.who}>
                  {operatorName ?? (operatorId === null ? report.system : report.unnamed)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <h3>{report.signatures.title}</h3>
        {alert.signatures.length === 0 ? (
          <p>{report.signatures.none}</p>
        ) : (
          <ul class="plain">
            {alert.signatures.map(({ role, operatorId, kid, at, passkey }) => (
              <li key={role + kid}>
                {report.signatures[role]}:{' '}
                {timeline.find(moment => moment.operatorId === operatorId)?.operatorName}{' '}
                {clock(at)} <span class="hash">{kid}</span>
                {passkey && ` ✓ ${reports.byPasskey}`}
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  )
}
