import { useState } from 'preact/hooks'
import { byRuleWords } from '../../i18n/by-rule.ts'
import { serverNow } from '../../lib/connection.ts'
import { postForCertain } from '../../lib/certain.ts'
import { desk } from '../../lib/desk.ts'
import { count, span, words } from '../../lib/i18n.ts'
import { usePeople } from '../../lib/people.ts'
import { useSigned } from '../../lib/signed.ts'
import { sign, useSigner } from '../../lib/signer.ts'
import type { Alert } from '../../lib/types.ts'
import { ByRule } from '../../parts/ByRule.tsx'
import { Checks } from '../../parts/Checks.tsx'
import { Notice, ProblemNotice } from '../../parts/Notice.tsx'
import { Severity } from '../../parts/Severity.tsx'
import { SigningKey } from '../../parts/SigningKey.tsx'
import { Waiting } from '../../parts/Waiting.tsx'
import { dispatch } from './acts.ts'
import { AreaCard } from './AreaCard.tsx'
import { checksOf, hasFault } from './checks.ts'
import { Numbers } from './Numbers.tsx'
import { SendBack } from './SendBack.tsx'
import { Texts } from './Texts.tsx'
import { titleOf } from './title.ts'
import { useFacts } from './useFacts.ts'

type Stage = 'idle' | 'signing' | 'approving' | 'sending' | 'doubt'

/** A quarter of all contacts is an alert for everybody, however small the county. */
const MUCH = 0.25

/** S6: a second person reads what the server holds, signs the same bytes, and sends. */
export function Approve({
  alert,
  refresh,
  onActing,
  onRefused,
}: {
  alert: Alert
  refresh: () => Promise<void>
  /** While it acts, the state that it moves through must not take the screen away. */
  onActing: (isActing: boolean) => void
  onRefused: (problem: unknown) => void
}) {
  const { approve } = words()
  const nameOf = usePeople()
  const { read, problem } = useSigned(`/v1/alerts/${alert.id}/content`, alert.contentDigest ?? '')
  const facts = useFacts(alert, read)
  const { signer, problem: noSigner, set } = useSigner()
  const [typed, setTyped] = useState('')
  const [stage, setStage] = useState<Stage>('idle')
  const { policy } = desk.value
  const { estimate } = facts
  const author = nameOf(alert.signatures.find(({ role }) => role === 'author')?.operatorId)

  if (read === undefined) {
    return problem === undefined ? (
      <Waiting lines={8} what={approve.message} />
    ) : (
      <ProblemNotice problem={problem} />
    )
  }
  const { content, bytes } = read
  const checks = checksOf({ ...facts, read })
  const recipients = estimate?.recipients ?? 0
  const mustType =
    estimate !== undefined &&
    alert.mode === 'live' &&
    (recipients > (policy?.typedCountAbove ?? 0) || recipients > estimate.contacts.total * MUCH)
  const missing = whatIsMissing()
  const holdSeconds = policy?.holdSeconds ?? 5

  function whatIsMissing(): string | undefined {
    const { notYet } = approve
    if (hasFault(checks)) return notYet.faults
    if (estimate === undefined || policy === undefined) return notYet.count
    if (signer?.standing.kind !== 'works') return notYet.key
    if (mustType && typed.replaceAll(/\D/g, '') !== String(recipients)) return notYet.typed
    return undefined
  }

  const act = async () => {
    if (missing !== undefined || stage !== 'idle' || signer === undefined) return
    onRefused(undefined)
    onActing(true)
    setStage('signing')
    const onDoubt = () => setStage('doubt')
    try {
      const signed = await sign(signer, bytes, 'approver')
      setStage('approving')
      const { revision } = alert
      const call = { idempotencyKey: crypto.randomUUID(), revision, onDoubt }
      await postForCertain(`/v1/alerts/${alert.id}/approve`, signed, call)
      setStage('sending')
      await dispatch(alert, holdSeconds, onDoubt)
    } catch (error) {
      onRefused(error)
    }
    await refresh()
    setStage('idle')
    onActing(false)
  }
  const phones = words().alerts.phones(recipients, count(recipients))
  const label = alert.mode === 'live' ? approve.button(phones) : approve.buttonExercise(phones)
  return (
    <div class="stack approve">
      <div>
        <h1>
          {content.byRuleOf === undefined
            ? approve.asks(author ?? approve.somebody)
            : byRuleWords().asks(author ?? '')}
        </h1>
        <p class="row">
          <Severity of={alert.severity} /> <strong>{titleOf(alert)}</strong>
        </p>
        <p class="muted">
          {alert.sent !== null &&
            `${approve.asked(span((serverNow.value - Date.parse(alert.sent)) / 1000))}. `}
          {approve.signatureValid(author ?? approve.somebody)}. {approve.whatServerHolds}
        </p>
      </div>
      <ByRule alert={alert} />
      <div class="approve-parts">
        <section class="card" data-part="message">
          <h2>{approve.message}</h2>
          <Texts content={content} />
        </section>
        <section class="card" data-part="numbers">
          <h2>{approve.numbers}</h2>
          {estimate === undefined ? (
            <Waiting lines={4} what={approve.numbers} />
          ) : (
            <Numbers content={content} estimate={estimate} />
          )}
        </section>
        <section class="card" data-part="area">
          <h2>{approve.area}</h2>
          <AreaCard content={content} />
        </section>
        <section class="card" data-part="checks">
          <h2>{approve.checks}</h2>
          <Checks checks={checks} />
        </section>
      </div>
      <section class="card stack approve-act">
        <ProblemNotice problem={noSigner} />
        {signer && signer.standing.kind !== 'works' && <SigningKey onStanding={set} />}
        {mustType && (
          <div class="field">
            <label for="typed-count">{approve.typeCount(count(recipients))}</label>
            <input
              id="typed-count"
              class="typed-count"
              inputMode="numeric"
              autoComplete="off"
              value={typed}
              onInput={event => setTyped(event.currentTarget.value)}
            />
          </div>
        )}
        {stage === 'doubt' ? (
          <Notice kind="warn" urgent>
            <p>{approve.doubt}</p>
          </Notice>
        ) : (
          <>
            <div class="buttons">
              <button
                type="button"
                class="button sends large"
                aria-disabled={missing !== undefined || stage !== 'idle'}
                aria-describedby="approve-hint"
                onClick={() => void act()}
              >
                {stage === 'idle'
                  ? label
                  : {
                      signing: approve.signing,
                      approving: approve.approving,
                      sending: approve.sendingNow,
                    }[stage]}
              </button>
              {stage === 'idle' && <SendBack alert={alert} refresh={refresh} />}
            </div>
            <p class="small muted" id="approve-hint">
              {missing ??
                `${signer?.hasPasskey ? approve.withPasskey : approve.withKey} ${approve.startsAfter(holdSeconds)}`}
            </p>
          </>
        )}
      </section>
    </div>
  )
}
