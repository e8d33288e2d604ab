import { useState } from 'preact/hooks'
import { post } from '../lib/api.ts'
import { count, words } from '../lib/i18n.ts'
import { isIn } from '../lib/session.ts'
import { Field } from '../parts/Field.tsx'
import { Notice } from '../parts/Notice.tsx'
import { SureButton } from '../parts/SureButton.tsx'

/** Everything that is sending stops, for good: for when what sends is not to be trusted any more. */
export function AllStop({ sending }: { sending: number }) {
  const { situation } = words()
  const [reason, setReason] = useState('')
  const [stopped, setStopped] = useState<number>()
  if (!isIn('approver', 'administrator')) return null
  if (sending === 0 && stopped === undefined) return null
  const stop = async () => {
    const answer = await post<{ alerts: readonly object[] }>('/v1/stop', { reason: reason.trim() })
    setStopped(answer.alerts.length)
    setReason('')
  }
  return (
    <section class="card stack">
      <h2>{situation.allStop}</h2>
      <p>{situation.allStopText}</p>
      <div role="status">
        {stopped !== undefined && (
          <Notice kind="ok">
            <p>{situation.allStopped(count(stopped))}</p>
          </Notice>
        )}
      </div>
      {sending > 0 && (
        <>
          <Field label={situation.allStopReason}>
            <input
              value={reason}
              maxLength={1000}
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </Field>
          {reason.trim() === '' ? (
            <p class="hint">{situation.allStopNeedsReason}</p>
          ) : (
            <SureButton question={situation.allStopQuestion(count(sending))} act={stop}>
              {situation.allStopAct}
            </SureButton>
          )}
        </>
      )}
    </section>
  )
}
