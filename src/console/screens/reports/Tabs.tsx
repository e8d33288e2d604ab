import { reportWords } from '../../i18n/reports.ts'
import { pathTo } from '../../lib/place.ts'

/** The two pages of reports. */
export function Tabs({ at }: { at: 'list' | 'statistics' }) {
  const { reports } = reportWords()
  const tabs = [
    ['list', reports.ended, pathTo('reports')],
    ['statistics', reports.statistics, pathTo('reports', 'statistics')],
  ] as const
  return (
    <nav class="page-tabs" aria-label={reports.title}>
      {tabs.map(([name, label, path]) => (
        <a key={name} href={path} aria-current={name === at ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  )
}
