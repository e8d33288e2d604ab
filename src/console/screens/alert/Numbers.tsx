import { serverNow } from '../../lib/connection.ts'
import { clockShort, count, day, languageName, percent, span, words, zone } from '../../lib/i18n.ts'
import type { Estimate, SignedContent } from '../../lib/types.ts'

/** Whom it reaches, at what cost of time, and until when; the ceiling and the end as they were signed. */
export function Numbers({ content, estimate }: { content: SignedContent; estimate: Estimate }) {
  const { approve } = words()
  const { recipients, ifActual, contacts, seconds } = estimate
  const isExercise = content.mode === 'exercise'
  return (
    <dl class="facts numbers">
      <dt>{approve.phones}</dt>
      <dd>
        <strong class="big">{count(recipients)}</strong>{' '}
        {!isExercise && <>({approve.shareOfContacts(percent(recipients, contacts.total))})</>}
        <br />
        <span class="muted">
          {approve.ceiling(count(content.maxRecipients))}
          {isExercise && `. ${approve.liveWould(count(ifActual))}`}
        </span>
      </dd>
      <dt>{approve.messages}</dt>
      <dd>
        {approve.sms(count(estimate.segments))}
        {estimate.texts.length > 1 && (
          <ul class="plain muted small">
            {estimate.texts.map(text => (
              <li key={text.language}>
                {languageName(text.language)} {count(text.recipients)}
              </li>
            ))}
          </ul>
        )}
      </dd>
      <dt>{approve.time}</dt>
      <dd>
        {seconds === null ? approve.noCarrier : approve.atFullSpeed(span(Math.ceil(seconds)))}
      </dd>
      <dt>{approve.ends}</dt>
      <dd>{content.expires === null ? approve.noEnd : <End at={content.expires} />}</dd>
      {estimate.optedOut > 0 && (
        <>
          <dt>{approve.notReached}</dt>
          <dd>{approve.optedOut(count(estimate.optedOut))}</dd>
        </>
      )}
    </dl>
  )
}

function End({ at }: { at: string }) {
  const left = (Date.parse(at) - serverNow.value) / 1000
  const isToday = day(at) === day(serverNow.value)
  const clock = `${clockShort(at)} ${zone(at)}`
  const time = isToday ? clock : `${day(at)} ${clock}`
  return <>{words().approve.endsAt(time, span(left))}</>
}
