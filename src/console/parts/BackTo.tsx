import { settingsWords } from '../i18n/settings.ts'
import { pathTo } from '../lib/place.ts'

/** From one thing to the list that it stands in. */
export function BackTo({ way, children }: { way: readonly string[]; children: string }) {
  return (
    <a class="start back-to" href={pathTo(...way)}>
      ‹ {settingsWords().settings.backTo(children)}
    </a>
  )
}
