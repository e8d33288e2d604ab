import { useState } from 'preact/hooks'
import { post } from '../../lib/api.ts'
import { serverNow } from '../../lib/connection.ts'
import { clock, countdown, words } from '../../lib/i18n.ts'
import { useResource } from '../../lib/resource.ts'
import { isIn } from '../../lib/session.ts'
import { useSigned } from '../../lib/signed.ts'
import type { Alert, Approvers } from '../../lib/types.ts'
import { ByRule } from '../../parts/ByRule.tsx'
import { lazy } from '../../parts/lazy.tsx'
import { ProblemNotice } from '../../parts/Notice.tsx'
import { Severity } from '../../parts/Severity.tsx'
import { Waiting } from '../../parts/Waiting.tsx'
import { AreaCard } from './AreaCard.tsx'
import { Texts } from './Texts.tsx'
import { titleOf } from '../../lib/title.ts'
import type { Acting } from './useLetGo.ts'

const BreakGlass = lazy(async () => (await import('./BreakGlass.tsx')).BreakGlass)

/** S5: it is signed, and somebody else has to read it. Who has it before their eyes, and who could be called. */
export function WaitingFor(acting: Acting) {
  const { alert, refresh } = acting
  const { approve } = words()
  const { read } = useSigned(`/v1/alerts/${alert.id}/content`, alert.contentDigest ?? '')
  const since = (serverNow.value - Date.parse(alert.sent ?? alert.updatedAt)) / 1000
  return (
    <div class="stack">
      <div class="screen-head">
        <div>
          <h1>{approve.waitingTitle}</h1>
          <p class="row">
            <Severity of={alert.severity} /> <strong>{titleOf(alert)}</strong>
          </p>
        </div>
        <TakeBack alert={alert} refresh={refresh} />
      </div>
      <ByRule alert={alert} />
      <div class="columns">
        <section class="card">
          <h2>{approve.message}</h2>
          {read === undefined ? (
            <Waiting what={approve.message} />
          ) : (
            <>
              <Texts content={read.content} />
              <h3 class="apart-above">{approve.area}</h3>
              <AreaCard content={read.content} />
            </>
          )}
        </section>
        <section class="card">
          <p class="figure-big" role="timer">
            {countdown(since)}
          </p>
          <p class="muted">{approve.waitingSince}</p>
          <h2>{approve.whoCan}</h2>
          <WhoCan alert={alert} />
          {read?.content.breakGlassAfterSeconds !== undefined && isIn('author') && (
            <BreakGlass {...acting} read={read} />
          )}
        </section>
      </div>
    </div>
  )
}

function WhoCan({ alert }: { alert: Alert }) {
  const { approve } = words()
  const answer = useResource<Approvers>(`/v1/alerts/${alert.id}/approvers`, 10_000).data.value
  if (answer === undefined) return <Waiting what={approve.whoCan} />
  if (answer.items.length === 0) return <p>{approve.nobodyCan}</p>
  return (
    <ul class="plain people" aria-live="polite">
      {answer.items.map(({ operatorId, name, online }) => {
        const seen = alert.seenBy.find(one => one.operatorId === operatorId)
        return (
          <li key={operatorId}>
            <span class="dot" data-kind={online ? 'ok' : 'off'} aria-hidden="true" />
            <strong>{name}</strong> {online ? approve.online : approve.offline}
            {seen && `, ${approve.hasSeen(clock(seen.at))}`}
          </li>
        )
      })}
    </ul>
  )
}

export function TakeBack({ alert, refresh }: { alert: Alert; refresh: () => Promise<void> }) {
  const { approve } = words()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  if (!isIn('author', 'approver')) return null
  const take = async () => {
    setBusy(true)
    try {
      await post(`/v1/alerts/${alert.id}/withdraw`, {}, { revision: alert.revision })
      await refresh()
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }
  return (
    <div>
      <button
        type="button"
        class="button"
        aria-disabled={isBusy}
        onClick={() => void (isBusy || take())}
      >
        {approve.takeBack}
      </button>
      <p class="hint">{approve.takeBackHint}</p>
      <ProblemNotice problem={problem} />
    </div>
  )
}
