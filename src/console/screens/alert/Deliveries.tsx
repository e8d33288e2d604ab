import { useState } from 'preact/hooks'
import { causeOf } from '../../../reports/causes.ts'
import { deliveryWords } from '../../i18n/reports.ts'
import { clock, words } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo, type ScreenProps } from '../../lib/place.ts'
import { useResource } from '../../lib/resource.ts'
import type { Alert, Delivery, Letter } from '../../lib/types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { Field, Segments } from '../../parts/Field.tsx'
import { useModeOfPage } from '../../parts/Frame.tsx'
import { ProblemNotice } from '../../parts/Notice.tsx'
import { PageList } from '../../parts/Pages.tsx'
import { Waiting } from '../../parts/Waiting.tsx'
import { titleOf } from '../../lib/title.ts'

type Kind = 'texts' | 'letters'

/** Who got a text or an e-mail, one by one, and how each ended. */
export function Deliveries({ way: [id = ''] }: ScreenProps) {
  const text = deliveryWords()
  useModeOfPage(text.title)
  const resource = useResource<Alert>(`/v1/alerts/${id}`)
  const [kind, setKind] = useState<Kind>('texts')
  const [state, setState] = useState('')
  const alert = resource.data.value
  if (alert === undefined) {
    const problem = resource.problem.value
    if (problem === undefined) return <Waiting lines={6} what={text.title} />
    return <ProblemNotice problem={problem} retry={() => void resource.refresh()} />
  }
  const states = kind === 'texts' ? text.textStates : text.letterStates
  const choose = (next: Kind) => {
    setKind(next)
    setState('')
  }
  return (
    <div class="stack">
      <div class="screen-head">
        <div>
          <h1>{text.title}</h1>
          <p>
            <strong>{titleOf(alert)}</strong>
          </p>
        </div>
        <a class="button" href={pathTo('alerts', id)}>
          {text.back}
        </a>
      </div>
      {alert.recipientsDeletedAt !== null ? (
        <Empty>{text.gone}</Empty>
      ) : (
        <section class="card stack">
          <div class="row filters">
            <Segments<Kind>
              legend={text.show}
              name="kind"
              value={kind}
              options={(['texts', 'letters'] as const).map(value => ({
                value,
                label: text[value],
              }))}
              onChoose={choose}
            />
            <Field label={text.state}>
              <select value={state} onChange={event => setState(event.currentTarget.value)}>
                <option value="">{text.everyState}</option>
                {Object.entries(states).map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </select>
            </Field>
          </div>
          <Lines key={`${kind} ${state}`} alertId={id} kind={kind} state={state} />
        </section>
      )}
    </div>
  )
}

const ROUTES = { texts: 'deliveries', letters: 'letters' } as const

function Lines({ alertId, kind, state }: { alertId: string; kind: Kind; state: string }) {
  const text = deliveryWords()
  const query = state === '' ? '' : `?state=${state}`
  const found = usePages<Delivery | Letter>(`/v1/alerts/${alertId}/${ROUTES[kind]}${query}`)
  const isAnswered = kind === 'texts'
  const inState = kind === 'texts' ? text.noTexts : text.noLetters
  const none = state === '' ? text.nothing[kind] : inState
  return (
    <PageList of={found} what={text[kind]} empty={<Empty>{none}</Empty>}>
      {items => (
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{kind === 'texts' ? text.phone : text.address}</th>
              <th scope="col">{text.state}</th>
              <th scope="col">{text.why}</th>
              <th scope="col" class="number">
                {text.attempts}
              </th>
              <th scope="col">{text.at}</th>
              {isAnswered && <th scope="col">{text.answer}</th>}
            </tr>
          </thead>
          <tbody>
            {items.map(one => {
              const { to, ended, at, answer } = endOf(one)
              return (
                <tr key={one.seq}>
                  <th scope="row">
                    <bdi>{to}</bdi>
                  </th>
                  <td data-label={text.state}>
                    {ended}
                    {one.possibleDuplicate && ` (${text.twice})`}
                  </td>
                  <td data-label={text.why}>{whyOf(one)}</td>
                  <td class="number" data-label={text.attempts}>
                    {one.attempts}
                  </td>
                  <td data-label={text.at}>{at === null ? '–' : clock(at)}</td>
                  {isAnswered && (
                    <td data-label={text.answer}>
                      {answer === 'other' ? text.otherAnswer : (answer ?? '–')}
                    </td>
                  )}
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </PageList>
  )
}

/** Nobody answers a letter here. */
function endOf(one: Delivery | Letter) {
  const { textStates, letterStates } = deliveryWords()
  return 'address' in one
    ? { to: one.address, ended: letterStates[one.state], at: one.settledAt, answer: null }
    : { to: one.phone, ended: textStates[one.state], at: one.finalAt, answer: one.reply }
}

/** In words where we have them, and as the carrier says it. */
function whyOf({ state, reason }: Delivery | Letter): string {
  const isOver = state === 'expired' || state === 'cancelled'
  if (reason === null && !isOver) return '–'
  const cause = causeOf({ state: state === 'sent' ? 'submitted' : state, reason })
  const said = cause === 'other' ? undefined : words().watching.causeNames[cause]
  if (said === undefined) return reason ?? '–'
  return reason === null || isOver ? said : `${said} (${reason})`
}
