import { settingsWords } from '../../../i18n/settings.ts'
import { span } from '../../../lib/i18n.ts'
import { useResource } from '../../../lib/resource.ts'
import { Empty } from '../../../parts/Empty.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { ShareBar } from '../../../parts/ShareBar.tsx'
import { type ExerciseScore, nameOfStep, saidOf, type ScoredAlert } from './score-lines.ts'

const TIMES = [
  'draftedAfter',
  'signedAfter',
  'approvedAfter',
  'firstSentAfter',
  'ninetyDeliveredAfter',
] as const

/** How it went, each line in words: to talk about afterwards, not to rank people by. */
export function Score({ id, isOver }: { id: string; isOver: boolean }) {
  const { exercises } = settingsWords()
  const score = useResource<ExerciseScore>(`/v1/exercises/${id}/score`, 5_000)
  return (
    <section class="card stack">
      <h2>{exercises.score}</h2>
      <Loaded of={score} what={exercises.score} lines={2}>
        {({ points, alerts }) =>
          points === null ? (
            <Empty>{isOver ? exercises.scoreNoneEver : exercises.scoreNone}</Empty>
          ) : (
            <>
              <p>
                <strong>{exercises.points(points)}</strong>
              </p>
              {alerts.map(alert => (
                <AlertScore key={alert.alertId} of={alert} />
              ))}
            </>
          )
        }
      </Loaded>
    </section>
  )
}

function AlertScore({ of: alert }: { of: ScoredAlert }) {
  const { exercises } = settingsWords()
  return (
    <>
      <table class="table rows">
        <caption>
          {alert.event}: {exercises.points(alert.points)}
        </caption>
        <thead>
          <tr>
            <th scope="col">{exercises.words}</th>
            <th scope="col">{exercises.pointsHead}</th>
          </tr>
        </thead>
        <tbody>
          {alert.lines.map(({ item, points, of }) => (
            <tr key={item}>
              <th scope="row">{saidOf(alert, item)}</th>
              <td data-label={exercises.pointsHead}>
                <ShareBar part={points} whole={of}>
                  {points}/{of}
                </ShareBar>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="facts">
        {TIMES.map(name => {
          const seconds = alert[name]
          return (
            seconds !== null && (
              <>
                <dt key={name}>{exercises[name]}</dt>
                <dd>{span(seconds)}</dd>
              </>
            )
          )
        })}
      </dl>
      {alert.mistakes.length > 0 && (
        <>
          <h3>{exercises.mistakes}</h3>
          <ul class="plain">
            {alert.mistakes.map(mistake => (
              <li key={mistake}>{nameOfStep(mistake)}</li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}
