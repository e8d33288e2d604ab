import { useState } from 'preact/hooks'
import { settingsWords } from '../../i18n/settings.ts'
import { useAct } from '../../lib/act.ts'
import { post } from '../../lib/api.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo, type ScreenProps } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import type { TemplateSummary } from '../../lib/setting-types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { Notice, ProblemNotice } from '../../parts/Notice.tsx'
import { PageList } from '../../parts/Pages.tsx'
import { Severity } from '../../parts/Severity.tsx'
import { EditTemplate, NewTemplate } from './templates/EditTemplate.tsx'
import { TemplatePage, VersionPage } from './templates/TemplatePage.tsx'
import { TextState } from './templates/TextState.tsx'

/** What alerts are made of. */
export function Templates({ way: [chosen, what, version] }: ScreenProps) {
  if (chosen === undefined) return <List />
  if (chosen === 'new') return <NewTemplate />
  if (what === 'versions' && version !== undefined) {
    return <VersionPage id={chosen} version={version} />
  }
  return what === 'edit' ? <EditTemplate id={chosen} /> : <TemplatePage id={chosen} />
}

function List() {
  const { templates } = settingsWords()
  const found = usePages<TemplateSummary>('/v1/templates', 200)
  const { isBusy, problem, run } = useAct()
  const [loaded, setLoaded] = useState<{ added: readonly object[]; kept: readonly string[] }>()
  const load = async () => {
    setLoaded(await post('/v1/templates/starter'))
    await found.refresh()
  }
  return (
    <>
      <div class="screen-head">
        <h1>{templates.title}</h1>
        <div class="buttons">
          {isIn('administrator') && (
            <button
              type="button"
              class="button"
              aria-disabled={isBusy}
              onClick={() => void run(load)}
            >
              {templates.starter}
            </button>
          )}
          {isIn('administrator', 'author') && (
            <a class="button primary" href={pathTo('settings', 'templates', 'new')}>
              {templates.add}
            </a>
          )}
        </div>
      </div>
      <p class="muted">{templates.intro}</p>
      <ProblemNotice problem={problem} />
      <div role="status">
        {loaded && (
          <Notice kind="ok">
            <p>{templates.starterDone(loaded.added.length, loaded.kept.length)}</p>
          </Notice>
        )}
      </div>
      <section class="card">
        <PageList of={found} what={templates.title} empty={<Empty>{templates.none}</Empty>}>
          {items => (
            <table class="table rows">
              <thead>
                <tr>
                  <th scope="col">{templates.name}</th>
                  <th scope="col">{templates.event}</th>
                  <th scope="col">{templates.severity}</th>
                  <th scope="col">{templates.languages}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ id, name, event, severity, states }) => (
                  <tr key={id}>
                    <th scope="row">
                      <a href={pathTo('settings', 'templates', id)}>{name}</a>
                    </th>
                    <td data-label={templates.event}>{event}</td>
                    <td>
                      <Severity of={severity} />
                    </td>
                    <td data-label={templates.languages}>
                      <span class="tags">
                        {states.map(({ language, state }) => (
                          <TextState key={language} language={language} state={state} />
                        ))}
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </PageList>
      </section>
    </>
  )
}
