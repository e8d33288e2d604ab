import { settingsWords } from '../../../i18n/settings.ts'
import { isTranslated, sayFault } from '../../../lib/faults.ts'
import { dayAndClock } from '../../../lib/i18n.ts'
import { pathTo } from '../../../lib/place.ts'
import type { FeedMessage } from '../../../lib/setting-types.ts'

/** What a feed brought, and what became of each message, or would become. */
export function FeedMessages({
  of,
  became,
}: {
  of: readonly FeedMessage[]
  /** How the column of what becomes of it is headed. */
  became: string
}) {
  const { feedRules } = settingsWords()
  if (of.length === 0) return <p class="muted">{feedRules.messagesNone}</p>
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{feedRules.message}</th>
          <th scope="col">{feedRules.came}</th>
          <th scope="col">{became}</th>
          <th scope="col">{feedRules.why}</th>
        </tr>
      </thead>
      <tbody>
        {of.map(message => (
          <tr key={message.id}>
            <th scope="row" class="hash">
              {message.alertId === null ? (
                message.identifier
              ) : (
                <a href={pathTo('alerts', message.alertId)}>{message.identifier}</a>
              )}
            </th>
            <td data-label={feedRules.came}>{dayAndClock(message.at)}</td>
            <td data-label={became}>{feedRules.outcome[message.became]}</td>
            <td data-label={feedRules.why}>
              {message.reasons.length === 0 ? '–' : <Reasons of={message.reasons} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Reasons({ of }: { of: FeedMessage['reasons'] }) {
  return (
    <ul class="plain small">
      {of.map(reason => (
        <li key={reason.pointer + reason.detail} lang={isTranslated(reason) ? undefined : 'en'}>
          {reason.pointer !== '' && <span class="hash">{reason.pointer.slice(1)} </span>}
          {sayFault(reason)}
        </li>
      ))}
    </ul>
  )
}
