import { settingsWords } from '../../../i18n/settings.ts'
import { languageName } from '../../../lib/i18n.ts'
import type { TemplateSummary } from '../../../lib/setting-types.ts'

const MARKS = { reviewed: '✓', draft: '!', stale: '!', missing: '✗' } as const

/** How far a language's text is: a mark and a word. */
export function TextState({
  language,
  state,
}: {
  language: string
  state: TemplateSummary['states'][number]['state']
}) {
  const { templates } = settingsWords()
  return (
    <span class="tag">
      <span aria-hidden="true">{MARKS[state]}</span> {languageName(language)}:{' '}
      {templates.textStates[state]}
    </span>
  )
}
