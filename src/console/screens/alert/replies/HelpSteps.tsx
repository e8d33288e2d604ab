import { useEffect, useState } from 'preact/hooks'
import { replyWords } from '../../../i18n/replies.ts'
import { clock, words } from '../../../lib/i18n.ts'
import { people, usePeople } from '../../../lib/people.ts'
import { useResource } from '../../../lib/resource.ts'
import { me } from '../../../lib/session.ts'
import type { HelpRequest, HelpStory } from '../../../lib/types.ts'
import { Field } from '../../../parts/Field.tsx'
import { Waiting } from '../../../parts/Waiting.tsx'

type Outcome = NonNullable<HelpRequest['outcome']>
const OUTCOMES = ['helped', 'passedOn', 'safe', 'unreachable', 'mistake'] as const

/** What was done for one person so far, and what can be. */
export function HelpSteps({
  request,
  does,
}: {
  request: HelpRequest
  does: (step: string, body?: object) => Promise<boolean>
}) {
  const replies = replyWords()
  const [note, setNote] = useState('')
  const [to, setTo] = useState('')
  const [outcome, setOutcome] = useState<Outcome>('helped')
  const helpers = (people.value ?? []).filter(
    ({ id, roles, disabled, feedId }) =>
      !disabled &&
      feedId === undefined &&
      id !== me.value?.id &&
      roles.some(role => role === 'author' || role === 'approver'),
  )
  const said = note.trim() === '' ? {} : { note: note.trim() }
  const after = (isDone: boolean) => {
    if (isDone) setNote('')
  }
  return (
    <div class="help-steps">
      <Story request={request} />
      <Field label={replies.note}>
        <textarea
          rows={2}
          maxLength={2000}
          value={note}
          onInput={event => setNote(event.currentTarget.value)}
        />
      </Field>
      <div class="row">
        <button
          type="button"
          class="button"
          onClick={() => void (note.trim() !== '' && does('note', said).then(after))}
        >
          {replies.addNote}
        </button>
      </div>
      {request.state !== 'closed' && (
        <div class="row filters">
          <Field label={replies.handTo}>
            <select value={to} onChange={event => setTo(event.currentTarget.value)}>
              <option value="">{replies.choose}</option>
              {helpers.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </Field>
          <button
            type="button"
            class="button"
            onClick={() =>
              void (to !== '' && does('hand-over', { operatorId: to, ...said }).then(after))
            }
          >
            {replies.handOver}
          </button>
          <Field label={replies.closeAs}>
            <select
              value={outcome}
              onChange={event => setOutcome(event.currentTarget.value as Outcome)}
            >
              {OUTCOMES.map(value => (
                <option key={value} value={value}>
                  {replies.outcomes[value]}
                </option>
              ))}
            </select>
          </Field>
          <button
            type="button"
            class="button primary"
            onClick={() => void does('close', { outcome, ...said }).then(after)}
          >
            {replies.close}
          </button>
        </div>
      )}
    </div>
  )
}

function Story({ request: { id, revision } }: { request: HelpRequest }) {
  const { approve } = words()
  const replies = replyWords()
  const nameOf = usePeople()
  const story = useResource<HelpStory>(`/v1/requests/${id}`)
  useEffect(() => void story.refresh(), [revision])
  const steps = story.data.value?.steps
  if (steps === undefined) return <Waiting lines={2} what={replies.details} />
  return (
    <ol class="plain">
      {steps.map(({ at, operatorId, step, toOperatorId, outcome, note }, no) => (
        <li key={no}>
          {clock(at)}{' '}
          {operatorId !== null && <strong>{nameOf(operatorId) ?? approve.somebody}</strong>}{' '}
          {replies.steps[step]}
          {toOperatorId !== null && ` ${replies.stepTo(nameOf(toOperatorId) ?? approve.somebody)}`}
          {outcome !== null && `: ${replies.outcomes[outcome]}`}
          {note !== null && (
            <>
              : <q dir="auto">{note}</q>
            </>
          )}
        </li>
      ))}
    </ol>
  )
}
