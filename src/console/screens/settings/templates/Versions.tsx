import { settingsWords } from '../../../i18n/settings.ts'
import { dayAndClock } from '../../../lib/i18n.ts'
import { usePages } from '../../../lib/pages.ts'
import { usePeople } from '../../../lib/people.ts'
import { pathTo } from '../../../lib/place.ts'
import type { Template, TemplateVersion } from '../../../lib/setting-types.ts'
import { PageList } from '../../../parts/Pages.tsx'

/** What a template was: each version stays readable. */
export function Versions({ of: { id, version: current } }: { of: Template }) {
  const { templates } = settingsWords()
  const nameOf = usePeople()
  const found = usePages<TemplateVersion>(`/v1/templates/${id}/versions`, 10)
  return (
    <section class="card stack">
      <h2>{templates.versions}</h2>
      <PageList of={found} what={templates.versions} empty={null}>
        {items => (
          <table class="table rows">
            <thead>
              <tr>
                <th scope="col">{templates.versions}</th>
                <th scope="col">{templates.writtenAt}</th>
                <th scope="col">{templates.writtenBy}</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ version, writtenAt, writtenBy }) => (
                <tr key={version}>
                  <th scope="row">
                    {version === current ? (
                      `${templates.version(version)} (${templates.inForce})`
                    ) : (
                      <a href={pathTo('settings', 'templates', id, 'versions', String(version))}>
                        {templates.version(version)}
                      </a>
                    )}
                  </th>
                  <td data-label={templates.writtenAt}>{dayAndClock(writtenAt)}</td>
                  <td data-label={templates.writtenBy}>{nameOf(writtenBy) ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </PageList>
    </section>
  )
}
