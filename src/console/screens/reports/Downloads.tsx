import { reportWords } from '../../i18n/reports.ts'
import { useAct } from '../../lib/act.ts'
import { csvBlob } from '../../lib/csv-blob.ts'
import { download, save } from '../../lib/file.ts'
import { dayAndClock, language, words } from '../../lib/i18n.ts'
import { isIn } from '../../lib/session.ts'
import type { Report } from '../../lib/setting-types.ts'
import { ProblemNotice } from '../../parts/Notice.tsx'
import { areasAsGeoJson, talliesAsCsv } from './files.ts'

/** The report as files, for those who were not there. */
export function Downloads({ of: report }: { of: Report }) {
  const { reports } = reportWords()
  const { isBusy, problem, run } = useAct()
  const { watching } = words()
  const { id, recipientsDeletedAt: deletedAt } = report.alert
  const path = `/v1/alerts/${id}`
  const file = (name: string, accept: string) => () =>
    download(`${path}/report`, name, accept, language.value)
  const files = [
    [reports.pdf, file(`alert-${id}.pdf`, 'application/pdf')],
    [reports.html, file(`alert-${id}.html`, 'text/html')],
    ...(deletedAt === null ? [[reports.csv, file(`alert-${id}.csv`, 'text/csv')] as const] : []),
    [
      reports.tallies,
      async () => save(csvBlob([talliesAsCsv(report.tally)]), `alert-${id}-tallies.csv`),
    ],
    [
      reports.geojson,
      async () => {
        const text = JSON.stringify(areasAsGeoJson(report.alert), null, 2)
        save(new Blob([text], { type: 'application/geo+json' }), `alert-${id}.geojson`)
      },
    ],
    [reports.cap, () => download(`${path}/cap`, `alert-${id}.cap.xml`)],
  ] as const
  return (
    <section class="card stack no-print">
      <h2>{reports.downloads}</h2>
      <ProblemNotice problem={problem} />
      {deletedAt !== null && <p>{watching.recipientsDeleted(dayAndClock(deletedAt))}</p>}
      <div class="buttons">
        {files.map(([label, get]) => (
          <button
            key={label}
            type="button"
            class="button"
            aria-disabled={isBusy}
            onClick={() => void run(get)}
          >
            {label}
          </button>
        ))}
        {isIn('administrator', 'auditor') && (
          <button
            type="button"
            class="button"
            aria-disabled={isBusy}
            onClick={() =>
              void run(() => download(`${path}/evidence`, `alert-${id}.evidence.json`))
            }
          >
            {reports.evidence}
          </button>
        )}
      </div>
      <details>
        <summary>{reports.evidenceAbout}</summary>
        <p>
          {isIn('administrator', 'auditor') ? '' : `${reports.evidenceWho} `}
          {reports.evidenceText}
        </p>
        <pre class="mono">tocsin evidence alert-{id}.evidence.json</pre>
      </details>
    </section>
  )
}
