import { useState } from 'preact/hooks'
import { post } from '../../lib/api.ts'
import { words } from '../../lib/i18n.ts'
import type { Alert } from '../../lib/types.ts'
import { Dialog } from '../../parts/Dialog.tsx'
import { Field } from '../../parts/Field.tsx'
import { ProblemNotice } from '../../parts/Notice.tsx'

/** The two ways to say no, each with a reason that its author reads. */
export function SendBack({ alert, refresh }: { alert: Alert; refresh: () => Promise<void> }) {
  const { approve } = words()
  const [act, setAct] = useState<'return' | 'reject'>()
  const [reason, setReason] = useState('')
  const [isMissing, setMissing] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const send = async () => {
    setMissing(reason.trim() === '')
    if (reason.trim() === '' || act === undefined) return
    try {
      const { id, revision } = alert
      await post(`/v1/alerts/${id}/${act}`, { reason: reason.trim() }, { revision })
      setAct(undefined)
      await refresh()
    } catch (error) {
      setProblem(error)
    }
  }
  return (
    <>
      <button type="button" class="button large" onClick={() => setAct('return')}>
        {approve.return}
      </button>
      <button type="button" class="button large" onClick={() => setAct('reject')}>
        {approve.reject}
      </button>
      {act && (
        <Dialog
          title={act === 'return' ? approve.returnTitle : approve.rejectTitle}
          onClose={() => setAct(undefined)}
        >
          <form
            class="stack"
            onSubmit={event => {
              event.preventDefault()
              void send()
            }}
          >
            <ProblemNotice problem={problem} />
            <Field
              label={approve.reason}
              hint={approve.reasonHint}
              fault={isMissing ? approve.reasonMissing : undefined}
            >
              <textarea
                rows={3}
                maxLength={1000}
                value={reason}
                onInput={event => setReason(event.currentTarget.value)}
              />
            </Field>
            <button type="submit" class="button primary">
              {act === 'return' ? approve.returnButton : approve.rejectButton}
            </button>
          </form>
        </Dialog>
      )}
    </>
  )
}
