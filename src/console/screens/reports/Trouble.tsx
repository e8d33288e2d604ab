import { reportWords } from '../../i18n/reports.ts'
import { count } from '../../lib/i18n.ts'
import type { Report } from '../../lib/setting-types.ts'
import { AlarmDetail } from '../alert/watch/Alarms.tsx'
import { alarmHead, fill } from '../../../reports/words.ts'

/** What did not arrive, and why. */
export function Trouble({ of: { causes, progress, reach } }: { of: Report }) {
  const { report } = reportWords()
  const { trouble } = report
  const words: Readonly<Record<string, string>> = report.causes
  const carrierOf = (id: string | null) =>
    reach.byCarrier.find(({ carrierId }) => carrierId === id)?.name ?? '–'
  return (
    <section class="card stack">
      <h2>{trouble.title}</h2>
      {causes.length === 0 ? (
        <p>{trouble.none}</p>
      ) : (
        <table class="table rows">
          <caption>{trouble.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{trouble.cause}</th>
              <th scope="col">{trouble.code}</th>
              <th scope="col">{trouble.carrier}</th>
              <th scope="col" class="number">
                {trouble.people}
              </th>
            </tr>
          </thead>
          <tbody>
            {causes.map(({ state, reason, carrierId, recipients, cause }) => (
              <tr key={`${state} ${reason} ${carrierId}`}>
                <th scope="row">{words[cause] ?? cause}</th>
                <td data-label={trouble.code}>{reason === null ? '–' : <code>{reason}</code>}</td>
                <td data-label={trouble.carrier}>{carrierOf(carrierId)}</td>
                <td class="number" data-label={trouble.people}>
                  {count(recipients)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {progress.possibleDuplicates > 0 && (
        <p>{fill(trouble.duplicates, { count: count(progress.possibleDuplicates) })}</p>
      )}
      {progress.alarms.length > 0 && (
        <>
          <h3>{trouble.alarms}</h3>
          <ul class="plain">
            {progress.alarms.map(({ code, detail }) => (
              <li key={code}>
                <strong>{alarmHead(code, trouble.alarmHeads)}.</strong>{' '}
                <AlarmDetail code={code} detail={detail} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
