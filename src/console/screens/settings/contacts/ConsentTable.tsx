import type { ComponentChildren } from 'preact'
import { settingsWords } from '../../../i18n/settings.ts'
import { dayAndClock } from '../../../lib/i18n.ts'
import type { Consent } from '../../../lib/setting-types.ts'

/** Opt-outs with their proof. */
export function ConsentTable({
  of: consents,
  showsAct = false,
  act,
}: {
  of: readonly Consent[]
  /** Of a history, which has opt-ins, too. */
  showsAct?: boolean
  act?: (consent: Consent) => ComponentChildren
}) {
  const { optOuts, settings } = settingsWords()
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{optOuts.phone}</th>
          <th scope="col">{optOuts.kind}</th>
          <th scope="col">{optOuts.since}</th>
          <th scope="col">{optOuts.said}</th>
          {act && <th scope="col">{settings.actions}</th>}
        </tr>
      </thead>
      <tbody>
        {consents.map(consent => (
          <tr key={consent.id}>
            <th scope="row" class="nowrap">
              {consent.phone}
            </th>
            <td data-label={optOuts.kind}>
              <span>
                {showsAct && `${consent.act === 'optOut' ? optOuts.optedOut : optOuts.optedIn}: `}
                {optOuts.scope[consent.scope]}
                {consent.category !== null && ` (${consent.category})`}
                {consent.categories !== null && ` (${consent.categories.join(', ')})`}
              </span>
            </td>
            <td data-label={optOuts.since}>
              <time dateTime={consent.at}>{dayAndClock(consent.at)}</time>
            </td>
            <td data-label={optOuts.said}>
              <span>
                {optOuts.source[consent.source]}
                {consent.words !== null && `: “${consent.words}”`}
                {consent.reason !== null && `: ${consent.reason}`}
              </span>
            </td>
            {act && <td>{act(consent)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
