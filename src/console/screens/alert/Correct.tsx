import { useState } from 'preact/hooks'
import { postForCertain } from '../../lib/certain.ts'
import { serverNow } from '../../lib/connection.ts'
import { count, countdown, words } from '../../lib/i18n.ts'
import { goTo, pathTo, type ScreenProps } from '../../lib/place.ts'
import { Problem } from '../../lib/problem.ts'
import { useResource } from '../../lib/resource.ts'
import { isIn } from '../../lib/session.ts'
import { useSigned } from '../../lib/signed.ts'
import { sign, useSigner } from '../../lib/signer.ts'
import { useFigures } from '../../lib/stream.ts'
import type { Alert } from '../../lib/types.ts'
import { useModeOfPage } from '../../parts/Frame.tsx'
import { Notice, ProblemNotice } from '../../parts/Notice.tsx'
import { PhonePreviews } from '../../parts/PhonePreview.tsx'
import { SigningKey } from '../../parts/SigningKey.tsx'
import { Waiting } from '../../parts/Waiting.tsx'
import { titleOf } from '../../lib/title.ts'
import { sentOf, startOf } from './watch/useLive.ts'

type Kind = 'cancel' | 'all-clear'

/**
 * S9: one page, one press. Nothing is typed and nobody is asked: each minute that a false alarm stands costs more than
 * a correction that was not needed.
 */
export function Correct({ way: [id = '', word] }: ScreenProps) {
  const kind: Kind = word === 'all-clear' ? 'all-clear' : 'cancel'
  const { correct } = words()
  const title = kind === 'cancel' ? correct.cancelTitle : correct.allClearTitle
  useModeOfPage(title)
  const resource = useResource<Alert>(`/v1/alerts/${id}`)
  const alert = resource.data.value
  if (alert === undefined) {
    const problem = resource.problem.value
    if (problem === undefined) return <Waiting lines={6} what={title} />
    return <ProblemNotice problem={problem} retry={() => void resource.refresh()} />
  }
  return (
    <div class="stack">
      <div class="screen-head">
        <div>
          <h1>{title}</h1>
          <p>
            <strong>{correct.about(titleOf(alert))}</strong>
          </p>
        </div>
        {kind === 'cancel' && (
          <div>
            <span class="muted">{correct.errorFor}</span>
            <div class="figure-big" role="timer">
              {countdown((serverNow.value - startOf(alert)) / 1000)}
            </div>
          </div>
        )}
      </div>
      <Prepared alert={alert} kind={kind} />
      <p>
        <a href={pathTo('alerts', id)}>{correct.back}</a>
      </p>
    </div>
  )
}

function Prepared({ alert, kind }: { alert: Alert; kind: Kind }) {
  const { alerts, approve, correct, watching } = words()
  const { read, problem } = useSigned(`/v1/alerts/${alert.id}/${kind}/content`, alert.id)
  const progress = useFigures(alert.id).value?.progress
  const { signer, problem: noSigner, set } = useSigner()
  const [stage, setStage] = useState<'idle' | 'sending' | 'doubt'>('idle')
  const [refusal, setRefusal] = useState<unknown>()
  if (problem instanceof Problem && problem.code === 'no_correction_prepared') {
    return (
      <Notice kind="warn" urgent>
        <p>{correct.nonePrepared}</p>
      </Notice>
    )
  }
  if (read === undefined) {
    return problem === undefined ? (
      <Waiting lines={4} what={approve.message} />
    ) : (
      <ProblemNotice problem={problem} />
    )
  }
  const { bytes, content } = read
  const reached = progress === undefined ? undefined : sentOf(progress)
  const missing =
    signer?.standing.kind === 'works' ? undefined : signer === undefined ? '' : approve.notYet.key

  const send = async () => {
    if (missing !== undefined || stage !== 'idle' || signer === undefined) return
    setStage('sending')
    setRefusal(undefined)
    try {
      const signed = await sign(signer, bytes, isIn('author') ? 'author' : 'approver')
      const call = { idempotencyKey: crypto.randomUUID(), onDoubt: () => setStage('doubt') }
      const path = `/v1/alerts/${alert.id}/${kind}`
      const { correctionId } = await postForCertain<{ correctionId: string }>(path, signed, call)
      goTo(pathTo('alerts', correctionId))
    } catch (error) {
      setRefusal(error)
      setStage('idle')
    }
  }
  const phones = reached === undefined ? '…' : alerts.phones(reached, count(reached))
  const labels =
    kind === 'cancel'
      ? { live: correct.cancelButton, exercise: correct.cancelExercise }
      : { live: correct.allClearButton, exercise: correct.allClearExercise }
  return (
    <>
      <section class="card">
        <h2>{approve.message}</h2>
        <PhonePreviews texts={content.texts} />
        <p class="muted">{correct.approvedText}</p>
      </section>
      <section class="card stack">
        <p>
          {reached === undefined ? correct.counting : correct.goesTo(phones)} {correct.stopsFirst}
        </p>
        <ProblemNotice problem={refusal ?? noSigner} />
        {signer && signer.standing.kind !== 'works' && <SigningKey onStanding={set} />}
        {stage === 'doubt' ? (
          <Notice kind="warn" urgent>
            <p>{watching.doubt}</p>
          </Notice>
        ) : (
          <div>
            <button
              type="button"
              class="button sends large"
              aria-disabled={missing !== undefined || stage !== 'idle'}
              onClick={() => void send()}
            >
              {stage === 'idle' ? labels[alert.mode](phones) : correct.sending}
            </button>
            <p class="small muted">
              {missing ?? (signer?.hasPasskey ? approve.withPasskey : approve.withKey)}
            </p>
          </div>
        )}
      </section>
    </>
  )
}
