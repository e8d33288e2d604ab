import { useState } from 'preact/hooks'
import { breakGlassWords } from '../../i18n/break-glass.ts'
import { serverNow } from '../../lib/connection.ts'
import { desk } from '../../lib/desk.ts'
import { clock, words } from '../../lib/i18n.ts'
import { useResource } from '../../lib/resource.ts'
import type { ReadBytes } from '../../lib/signed.ts'
import { useSigner } from '../../lib/signer.ts'
import type { Alert, Estimate } from '../../lib/types.ts'
import { Dialog } from '../../parts/Dialog.tsx'
import { Field } from '../../parts/Field.tsx'
import { Notice, ProblemNotice } from '../../parts/Notice.tsx'
import { SigningKey } from '../../parts/SigningKey.tsx'
import { isTyped, mustType, phonesOf, TypedCount } from './TypedCount.tsx'
import { type Acting, holdSeconds, stageWords, useLetGo } from './useLetGo.ts'

type Props = Acting & { readonly read: ReadBytes }

const REASON = { least: 3, most: 500 }

/** From when on an author may send it without an approver, in milliseconds; undefined: never. */
function dueAt({ signatures }: Alert, { content }: ReadBytes): number | undefined {
  const { breakGlassAfterSeconds: seconds } = content
  const author = signatures.find(({ role }) => role === 'author')
  if (seconds === undefined || author === undefined) return undefined
  return Date.parse(author.at) + seconds * 1000
}

/** Where nobody comes to approve it: its own way, once its time has passed, and never the nearest. */
export function BreakGlass(props: Props) {
  const text = breakGlassWords()
  const [isOpen, setOpen] = useState(false)
  const from = dueAt(props.alert, props.read)
  if (from === undefined) return null
  if (serverNow.value < from)
    return <p class="apart-above">{text.from(clock(new Date(from).toISOString()))}</p>
  return (
    <div class="stack apart-above">
      <p>{text.isDue}</p>
      <button type="button" class="button start" onClick={() => setOpen(true)}>
        {text.open}
      </button>
      {isOpen && (
        <Dialog title={text.title} onClose={() => setOpen(false)}>
          <Panel {...props} />
        </Dialog>
      )}
    </div>
  )
}

/** The same, told to who could approve it. */
export function AuthorsFrom({ alert, read }: { alert: Alert; read: ReadBytes }) {
  const { authorsFrom, authorsSince } = breakGlassWords()
  const from = dueAt(alert, read)
  if (from === undefined) return null
  const isDue = serverNow.value >= from
  return <p class={isDue ? '' : 'muted'}>{(isDue ? authorsSince : authorsFrom)(clock(from))}</p>
}

/** Of `GET /v1/readiness` */
interface Mail {
  readonly all: number
  readonly up: number
}

/** Whether those who are to hear of it are written to now, or have to be called. */
function Letters() {
  const { letters } = breakGlassWords()
  const mail = useResource<{ mail: Mail }>('/v1/readiness', 10_000).data.value?.mail
  if (mail === undefined) return null
  if (mail.up > 0) return <p>{letters.now}</p>
  return (
    <Notice kind="warn">
      <p>{mail.all > 0 ? letters.down : letters.none}</p>
    </Notice>
  )
}

function Panel({ alert, read, onRefused, ...rest }: Props) {
  const { approve } = words()
  const text = breakGlassWords()
  const estimate = useResource<Estimate>(`/v1/alerts/${alert.id}/estimate`).data.value
  const { signer, problem: noSigner, set } = useSigner()
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<unknown>()
  // What it was signed and not sent for is read on the screen that follows, too.
  const refuse = (refusal: unknown) => {
    setProblem(refusal)
    onRefused(refusal)
  }
  const { stage, letGo } = useLetGo({ alert, ...rest, onRefused: refuse })
  const recipients = estimate?.recipients ?? 0
  const phones = phonesOf(estimate)
  const mustTypeCount = mustType(alert, estimate)
  const missing = whatIsMissing()

  function whatIsMissing(): string | undefined {
    const { notYet } = approve
    if (read.digest !== alert.contentDigest || read.content.id !== alert.id) return notYet.faults
    if (reason.trim().length < REASON.least) return text.reasonFirst
    if (estimate === undefined || desk.value.policy === undefined) return notYet.count
    if (signer?.standing.kind !== 'works') return notYet.key
    if (mustTypeCount && !isTyped(typed, recipients)) return notYet.typed
    return undefined
  }

  const send = () => {
    if (missing !== undefined || signer === undefined) return
    void letGo('break-glass', signer, read.bytes, { reason: reason.trim() })
  }
  return (
    <div class="stack">
      <p>{text.means}</p>
      <Letters />
      <ProblemNotice problem={noSigner ?? problem} />
      <Field label={text.reason} hint={text.reasonHint}>
        <textarea
          rows={3}
          maxLength={REASON.most}
          required
          value={reason}
          onInput={event => setReason(event.currentTarget.value)}
        />
      </Field>
      {signer && signer.standing.kind !== 'works' && <SigningKey onStanding={set} />}
      {mustTypeCount && <TypedCount recipients={recipients} typed={typed} onType={setTyped} />}
      {stage === 'doubt' ? (
        <Notice kind="warn" urgent>
          <p>{approve.doubt}</p>
        </Notice>
      ) : (
        <>
          <button
            type="button"
            class="button sends start"
            aria-disabled={missing !== undefined || stage !== 'idle'}
            aria-describedby="alone-hint"
            onClick={send}
          >
            {stage === 'idle' ? text.send(phones) : stageWords(stage)}
          </button>
          <p class="small muted" id="alone-hint">
            {missing ??
              `${signer?.hasPasskey ? approve.withPasskey : approve.withKey} ${approve.startsAfter(holdSeconds())}`}
          </p>
        </>
      )}
    </div>
  )
}
