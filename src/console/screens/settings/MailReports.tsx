import { settingsWords } from '../../i18n/settings.ts'
import { dayAndClock } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { usePeople } from '../../lib/people.ts'
import { pathTo, type ScreenProps } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import type { ReportSchedule } from '../../lib/setting-types.ts'
import { TitledList } from '../../parts/TitledList.tsx'
import { NewMailReport, MailReportPage } from './mail-reports/MailReport.tsx'

/** Reports that go out by mail at their time. */
export function MailReports({ way: [chosen] }: ScreenProps) {
  if (chosen === undefined) return <All />
  return chosen === 'new' ? <NewMailReport /> : <MailReportPage id={chosen} />
}

function All() {
  const { mailReports } = settingsWords()
  const found = usePages<ReportSchedule>('/v1/report-schedules')
  const nameOf = usePeople()
  return (
    <TitledList
      of={found}
      title={mailReports.title}
      add={
        isIn('administrator') && (
          <a class="button primary" href={pathTo('settings', 'mail-reports', 'new')}>
            {mailReports.add}
          </a>
        )
      }
      intro={mailReports.intro}
      none={mailReports.none}
    >
      {items => (
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{mailReports.kind}</th>
              <th scope="col">{mailReports.every}</th>
              <th scope="col">{mailReports.to}</th>
              <th scope="col">{mailReports.next}</th>
            </tr>
          </thead>
          <tbody>
            {items.map(schedule => (
              <tr key={schedule.id}>
                <th scope="row">
                  <a href={pathTo('settings', 'mail-reports', schedule.id)}>
                    {mailReports.kinds[schedule.kind]}
                  </a>
                </th>
                <td data-label={mailReports.every}>{whenOf(schedule)}</td>
                <td data-label={mailReports.to}>
                  {schedule.operatorIds.map(id => nameOf(id) ?? '…').join(', ')}
                </td>
                <td data-label={mailReports.next}>
                  {!schedule.enabled
                    ? mailReports.off
                    : schedule.nextAt === null
                      ? '–'
                      : dayAndClock(schedule.nextAt)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </TitledList>
  )
}

function whenOf({ every, hoursAfterEnd }: ReportSchedule): string {
  const { mailReports } = settingsWords()
  return every === null ? mailReports.afterHours(hoursAfterEnd ?? 0) : mailReports.periods[every]
}
