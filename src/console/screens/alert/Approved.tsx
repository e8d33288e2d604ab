import { useState } from 'preact/hooks'
import { desk } from '../../lib/desk.ts'
import { clock, words } from '../../lib/i18n.ts'
import { usePeople } from '../../lib/people.ts'
import { useResource } from '../../lib/resource.ts'
import { isIn } from '../../lib/session.ts'
import { useSigned } from '../../lib/signed.ts'
import type { Alert, Estimate } from '../../lib/types.ts'
import { lazy } from '../../parts/lazy.tsx'
import { Notice } from '../../parts/Notice.tsx'
import { Severity } from '../../parts/Severity.tsx'
import { Waiting } from '../../parts/Waiting.tsx'
import { dispatch } from './acts.ts'
import { AreaCard } from './AreaCard.tsx'
import { Numbers } from './Numbers.tsx'
import { Texts } from './Texts.tsx'
import { titleOf } from '../../lib/title.ts'
import { phonesOf } from './TypedCount.tsx'
import { TakeBack } from './WaitingFor.tsx'

const BrokeGlass = lazy(async () => (await import('../../parts/BrokeGlass.tsx')).BrokeGlass)

/** Everybody has signed who has to, and nobody has sent it yet. */
export function Approved({
  alert,
  refresh,
  onRefused,
}: {
  alert: Alert
  refresh: () => Promise<void>
  onRefused: (problem: unknown) => void
}) {
  const { approve } = words()
  const nameOf = usePeople()
  const { read } = useSigned(`/v1/alerts/${alert.id}/content`, alert.contentDigest ?? '')
  const estimate = useResource<Estimate>(`/v1/alerts/${alert.id}/estimate`, 30_000).data.value
  const [stage, setStage] = useState<'idle' | 'sending' | 'doubt'>('idle')
  const { policy } = desk.value
  const approval = alert.signatures.find(({ role }) => role === 'approver')
  const missing = estimate === undefined || policy === undefined ? approve.notYet.count : undefined

  const send = async () => {
    if (missing !== undefined || stage !== 'idle' || policy === undefined) return
    setStage('sending')
    onRefused(undefined)
    try {
      await dispatch(alert, policy.holdSeconds, () => setStage('doubt'))
    } catch (error) {
      onRefused(error)
    }
    await refresh()
    setStage('idle')
  }
  const phones = phonesOf(estimate)
  const label =
    alert.mode === 'live' ? approve.sendButton(phones) : approve.sendExerciseButton(phones)
  return (
    <div class="stack">
      <div class="screen-head">
        <div>
          <h1>{alert.brokeGlass ? approve.aloneTitle : approve.approvedTitle}</h1>
          <p class="row">
            <Severity of={alert.severity} /> <strong>{titleOf(alert)}</strong>
          </p>
          {alert.brokeGlass ? (
            <BrokeGlass alert={alert} />
          ) : (
            <p class="muted">
              {approval === undefined
                ? approve.noSecond
                : approve.approvedBy(
                    nameOf(approval.operatorId) ?? approve.somebody,
                    clock(approval.at),
                  )}
            </p>
          )}
        </div>
        <TakeBack alert={alert} refresh={refresh} />
      </div>
      {read === undefined || estimate === undefined ? (
        <Waiting lines={6} what={approve.message} />
      ) : (
        <div class="columns even">
          <section class="card">
            <h2>{approve.message}</h2>
            <Texts content={read.content} />
          </section>
          <section class="card">
            <h2>{approve.numbers}</h2>
            <Numbers content={read.content} estimate={estimate} />
            <h2 class="apart-above">{approve.area}</h2>
            <AreaCard content={read.content} />
          </section>
        </div>
      )}
      {isIn('author', 'approver') && (
        <section class="card">
          {stage === 'doubt' ? (
            <Notice kind="warn" urgent>
              <p>{approve.doubt}</p>
            </Notice>
          ) : (
            <>
              <button
                type="button"
                class="button sends large"
                aria-disabled={missing !== undefined || stage !== 'idle'}
                onClick={() => void send()}
              >
                {stage === 'idle' ? label : approve.sendingNow}
              </button>
              <p class="small muted">{missing ?? approve.startsAfter(policy?.holdSeconds ?? 5)}</p>
            </>
          )}
        </section>
      )}
    </div>
  )
}
