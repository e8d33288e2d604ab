import { useState } from 'preact/hooks'
import { byRuleWords } from '../../i18n/by-rule.ts'
import { serverNow } from '../../lib/connection.ts'
import { desk } from '../../lib/desk.ts'
import { span, words } from '../../lib/i18n.ts'
import { usePeople } from '../../lib/people.ts'
import { useSigned } from '../../lib/signed.ts'
import { useSigner } from '../../lib/signer.ts'
import { ByRule } from '../../parts/ByRule.tsx'
import { Checks } from '../../parts/Checks.tsx'
import { lazy } from '../../parts/lazy.tsx'
import { Notice, ProblemNotice } from '../../parts/Notice.tsx'
import { Severity } from '../../parts/Severity.tsx'
import { SigningKey } from '../../parts/SigningKey.tsx'
import { Waiting } from '../../parts/Waiting.tsx'
import { AreaCard } from './AreaCard.tsx'
import { checksOf, hasFault } from './checks.ts'
import { Numbers } from './Numbers.tsx'
import { SendBack } from './SendBack.tsx'
import { Texts } from './Texts.tsx'
import { titleOf } from '../../lib/title.ts'
import { isTyped, mustType, phonesOf, TypedCount } from './TypedCount.tsx'
import { useFacts } from './useFacts.ts'
import { type Acting, holdSeconds, stageWords, useLetGo } from './useLetGo.ts'

const AuthorsFrom = lazy(async () => (await import('./BreakGlass.tsx')).AuthorsFrom)

/** S6: a second person reads what the server holds, signs the same bytes, and sends. */
export function Approve(acting: Acting) {
  const { alert, refresh } = acting
  const { approve } = words()
  const nameOf = usePeople()
  const { read, problem } = useSigned(`/v1/alerts/${alert.id}/content`, alert.contentDigest ?? '')
  const facts = useFacts(alert, read)
  const { signer, problem: noSigner, set } = useSigner()
  const [typed, setTyped] = useState('')
  const { stage, letGo } = useLetGo(acting)
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
  const mustTypeCount = mustType(alert, estimate)
  const missing = whatIsMissing()

  function whatIsMissing(): string | undefined {
    const { notYet } = approve
    if (hasFault(checks)) return notYet.faults
    if (estimate === undefined || policy === undefined) return notYet.count
    if (signer?.standing.kind !== 'works') return notYet.key
    if (mustTypeCount && !isTyped(typed, recipients)) return notYet.typed
    return undefined
  }

  const act = () => {
    if (missing !== undefined || signer === undefined) return
    void letGo('approve', signer, bytes)
  }
  const phones = phonesOf(estimate)
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
        {content.breakGlassAfterSeconds !== undefined && <AuthorsFrom alert={alert} read={read} />}
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
        {mustTypeCount && <TypedCount recipients={recipients} typed={typed} onType={setTyped} />}
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
                onClick={act}
              >
                {stage === 'idle' ? label : stageWords(stage)}
              </button>
              {stage === 'idle' && <SendBack alert={alert} refresh={refresh} />}
            </div>
            <p class="small muted" id="approve-hint">
              {missing ??
                `${signer?.hasPasskey ? approve.withPasskey : approve.withKey} ${approve.startsAfter(holdSeconds())}`}
            </p>
          </>
        )}
      </section>
    </div>
  )
}
