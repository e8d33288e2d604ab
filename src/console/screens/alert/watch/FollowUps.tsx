import { clock, count, words } from '../../../lib/i18n.ts'
import { pathTo } from '../../../lib/place.ts'
import type { Progress } from '../../../lib/types.ts'

/** Reminders and notices to those on duty that have gone out by themselves, and whether somebody has them. */
export function FollowUps({ of }: { of: Progress }) {
  const { alerts, watching } = words()
  const { reminders, escalations, nextReminderAt } = of
  if (reminders.length === 0 && escalations.length === 0 && nextReminderAt === null) return null
  return (
    <section class="card">
      <h2>{watching.followUps}</h2>
      <ul class="plain">
        {reminders.map(({ alertId, state, recipients, delivered }) => (
          <li key={alertId}>
            <a href={pathTo('alerts', alertId)}>{watching.reminderSent}</a> ({alerts.state[state]}):{' '}
            {watching.reminderOf(count(recipients), count(delivered))}
          </li>
        ))}
        {escalations.map(({ alertId, rule, at, takenAt }) => (
          <li key={alertId}>
            <a href={pathTo('alerts', alertId)}>{watching.noticeSent(rule)}</a> {clock(at)}:{' '}
            {takenAt === null ? (
              <strong>{watching.notTaken}</strong>
            ) : (
              watching.taken(clock(takenAt))
            )}
          </li>
        ))}
      </ul>
      {nextReminderAt !== null && (
        <p class="muted">{watching.nextReminder(clock(nextReminderAt))}</p>
      )}
    </section>
  )
}
