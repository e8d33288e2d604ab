import { reportWords } from '../../i18n/reports.ts'
import { pathTo } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'

/** The pages of reports. */
export function Tabs({ at }: { at: 'list' | 'statistics' | 'unreached' }) {
  const { reports } = reportWords()
  const tabs = [
    ['list', reports.ended, pathTo('reports')],
    ['statistics', reports.statistics, pathTo('reports', 'statistics')],
    ...(isIn('administrator', 'author', 'viewer')
      ? [['unreached', reports.unreached, pathTo('reports', 'unreached')] as const]
      : []),
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
