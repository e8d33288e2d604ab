import { serverNow } from '../../lib/connection.ts'
import { useHotkeys } from '../../lib/hotkeys.ts'
import { clock, count, dayAndClock, span, words } from '../../lib/i18n.ts'
import { usePeople } from '../../lib/people.ts'
import { pathTo } from '../../lib/place.ts'
import { useResource } from '../../lib/resource.ts'
import { useSigned } from '../../lib/signed.ts'
import type { Alert, Outcomes, Progress as ProgressResource } from '../../lib/types.ts'
import { Notice } from '../../parts/Notice.tsx'
import { Severity } from '../../parts/Severity.tsx'
import { Waiting } from '../../parts/Waiting.tsx'
import { titleOf } from '../../lib/title.ts'
import { Actions } from './watch/Actions.tsx'
import { Alarms } from './watch/Alarms.tsx'
import { AreaLine } from './watch/AreaLine.tsx'
import { Breakdown } from './watch/Breakdown.tsx'
import { Carriers } from './watch/Carriers.tsx'
import { Rate, SlowCarriers, useCapacity } from './watch/Capacity.tsx'
import { Causes, Times } from './watch/Causes.tsx'
import { FollowUps } from './watch/FollowUps.tsx'
import { Progress } from './watch/Progress.tsx'
import { ResultMap } from './watch/ResultMap.tsx'
import { Spoken } from './watch/Spoken.tsx'
import { Totals } from './watch/Totals.tsx'
import { sentOf, startOf, useLive } from './watch/useLive.ts'

/** Every recipient is counted for it, once for all who watch: a few times a minute is often enough. */
const OUTCOMES_MS = 10_000

/** S7: what is going out, figure by figure, and the ways to stop, correct and end it. */
export function Watch({ alert, refresh }: { alert: Alert; refresh: () => Promise<void> }) {
  const { watching } = words()
  const outcomes = useResource<Outcomes>(`/v1/alerts/${alert.id}/outcomes`, OUTCOMES_MS).data.value
  const { read, problem } = useSigned(`/v1/alerts/${alert.id}/content`, alert.contentDigest ?? '')
  const live = useLive(alert, outcomes)
  const { figures, age, isFrozen, freeze } = live
  const state = figures?.progress.state ?? alert.state
  const capacity = useCapacity()
  useHotkeys({ p: freeze })
  return (
    <div class="stack">
      <div class="screen-head watch-head">
        <Head alert={alert} />
        <Actions alert={alert} progress={figures?.progress} refresh={refresh} />
      </div>
      {age > 0 && (
        <Notice kind="warn">
          <p>{isGoing(state) ? watching.old(age) : watching.oldAfter(age)}</p>
        </Notice>
      )}
      {figures && <Alarms of={figures.progress.alarms} />}
      {figures && <SlowCarriers progress={figures.progress} capacity={capacity} />}
      <StateNotice alert={alert} state={state} progress={figures?.progress} />
      {figures === undefined ? (
        <Waiting lines={6} what={watching.totals} />
      ) : (
        <>
          <Totals alert={alert} figures={figures} rate={live.rate} isOld={age > 0 || isFrozen} />
          <Spoken figures={figures} />
          <div class="columns">
            <div class="stack">
              <section class="card">
                <div class="row apart progress-head">
                  <h2>{watching.progress}</h2>
                  <span class="row">
                    {state === 'sending' && <Rate rate={live.rate} capacity={capacity} />}
                    {isFrozen && <strong>{watching.updatesPaused(clock(figures.at))}</strong>}
                    <button
                      type="button"
                      class="button quiet"
                      aria-keyshortcuts="P"
                      onClick={freeze}
                    >
                      {isFrozen ? watching.resumeUpdates : watching.pauseUpdates} <kbd>(P)</kbd>
                    </button>
                  </span>
                </div>
                <Progress
                  points={live.points}
                  recipients={figures.progress.recipients}
                  planSeconds={outcomes?.plan.seconds ?? null}
                />
                {outcomes && <Times of={outcomes} />}
              </section>
              <section class="card">
                <h2>{watching.carriers}</h2>
                <Carriers of={figures.progress.byCarrier} />
              </section>
              <section class="card">
                <h2>{watching.causes}</h2>
                {outcomes === undefined ? (
                  <Waiting what={watching.causes} />
                ) : (
                  <Causes outcomes={outcomes} failed={figures.progress.failed} />
                )}
                {alert.recipientsDeletedAt === null && (
                  <p class="apart-above">
                    <a href={pathTo('alerts', alert.id, 'deliveries')}>{watching.oneByOne}</a>
                  </p>
                )}
              </section>
            </div>
            <div class="stack">
              {read && read.content.areas.length > 0 && (
                <section class="card">
                  <ResultMap
                    alert={alert}
                    areas={read.content.areas}
                    tally={figures.tally}
                    outcomes={outcomes}
                  />
                </section>
              )}
              <section class="card">
                <Breakdown alert={alert} tally={figures.tally} outcomes={outcomes} />
              </section>
              <FollowUps of={figures.progress} />
              <section class="card">
                <h2>{watching.areaCheck}</h2>
                <AreaLine alert={alert} read={read} problem={problem} />
              </section>
            </div>
          </div>
        </>
      )}
    </div>
  )
}

const isGoing = (state: Alert['state']): boolean => state === 'sending' || state === 'paused'

function Head({ alert }: { alert: Alert }) {
  const { approve, watching } = words()
  const nameOf = usePeople()
  const signedBy = (role: Alert['signatures'][number]['role']) => {
    const found = alert.signatures.find(one => one.role === role)
    return found && (nameOf(found.operatorId) ?? approve.somebody)
  }
  const author = signedBy('author')
  const approver = signedBy('approver')
  const alone = signedBy('breakGlass')
  const since = startOf(alert)
  const ended = alert.finishedAt === null ? undefined : Date.parse(alert.finishedAt)
  return (
    <div>
      <h1 class="row">
        {titleOf(alert)} <Severity of={alert.severity} />
      </h1>
      <p class="muted">
        {ended !== undefined && ended < since
          ? watching.notStarted
          : watching.started(clock(since), span((serverNow.value - since) / 1000))}
        .{' '}
        {alone !== undefined
          ? watching.alone(alone)
          : author !== undefined && approver !== undefined
            ? watching.approvedBy(author, approver)
            : (author ?? approver)}
      </p>
    </div>
  )
}

/** In words, whatever is not the ordinary course of sending. */
function StateNotice({
  alert,
  state,
  progress,
}: {
  alert: Alert
  state: Alert['state']
  progress: ProgressResource | undefined
}) {
  const { alerts, watching } = words()
  const left = progress === undefined ? 0 : sentOf(progress)
  const text = {
    paused: watching.isPaused,
    stopped:
      left === 0 ? watching.isStoppedInTime : watching.isStopped(alerts.phones(left, count(left))),
    // Of whom nobody knows any more nothing comes in.
    sent: alert.recipientsDeletedAt === null ? watching.isSent : undefined,
    expired: watching.isExpired(progress?.expired ?? 0, count(progress?.expired ?? 0)),
  }[state as string]
  const [first] = alert.references
  return (
    <>
      {text !== undefined && (
        <Notice kind={state === 'sent' ? 'ok' : 'warn'}>
          <p role="status">{text}</p>
        </Notice>
      )}
      {alert.recipientsDeletedAt !== null && (
        <Notice kind="info">
          <p>{watching.recipientsDeleted(dayAndClock(alert.recipientsDeletedAt))}</p>
        </Notice>
      )}
      {alert.correctedBy.map(({ id, kind }) => (
        <Notice key={id} kind="info">
          <p>
            {watching.correctedBy[kind]} <a href={pathTo('alerts', id)}>{watching.seeIt}</a>
          </p>
        </Notice>
      ))}
      {first !== undefined && (
        <p>
          {watching.followUpOf} <a href={pathTo('alerts', first)}>{watching.seeFirst}</a>
        </p>
      )}
    </>
  )
}
