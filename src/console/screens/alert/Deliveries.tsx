import { useState } from 'preact/hooks'
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
import { titleOf } from './title.ts'

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
        <section class="card">
          <div class="row filters">
            <Segments<Kind>
              legend={text.title}
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
          {kind === 'texts' ? (
            <Texts key={state} alertId={id} state={state} />
          ) : (
            <Letters key={state} alertId={id} state={state} />
          )}
        </section>
      )}
    </div>
  )
}

const listOf = (alertId: string, what: string, state: string) =>
  `/v1/alerts/${alertId}/${what}${state === '' ? '' : `?state=${state}`}`

function Texts({ alertId, state }: { alertId: string; state: string }) {
  const text = deliveryWords()
  const found = usePages<Delivery>(listOf(alertId, 'deliveries', state))
  return (
    <PageList of={found} what={text.texts} empty={<Empty>{text.noTexts}</Empty>}>
      {items => (
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{text.phone}</th>
              <th scope="col">{text.state}</th>
              <th scope="col">{text.why}</th>
              <th scope="col" class="number">
                {text.attempts}
              </th>
              <th scope="col">{text.at}</th>
              <th scope="col">{text.answer}</th>
            </tr>
          </thead>
          <tbody>
            {items.map(one => (
              <tr key={one.seq}>
                <th scope="row">
                  <bdi>{one.phone}</bdi>
                </th>
                <td data-label={text.state}>
                  {text.textStates[one.state]}
                  {one.possibleDuplicate && ` (${text.twice})`}
                </td>
                <td data-label={text.why}>{causeOf(one.reason)}</td>
                <td class="number" data-label={text.attempts}>
                  {one.attempts}
                </td>
                <td data-label={text.at}>{one.finalAt === null ? '–' : clock(one.finalAt)}</td>
                <td data-label={text.answer}>{one.reply ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </PageList>
  )
}

function Letters({ alertId, state }: { alertId: string; state: string }) {
  const text = deliveryWords()
  const found = usePages<Letter>(listOf(alertId, 'letters', state))
  return (
    <PageList of={found} what={text.letters} empty={<Empty>{text.noLetters}</Empty>}>
      {items => (
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{text.address}</th>
              <th scope="col">{text.state}</th>
              <th scope="col">{text.why}</th>
              <th scope="col" class="number">
                {text.attempts}
              </th>
              <th scope="col">{text.at}</th>
            </tr>
          </thead>
          <tbody>
            {items.map(one => (
              <tr key={one.seq}>
                <th scope="row">
                  <bdi>{one.address}</bdi>
                </th>
                <td data-label={text.state}>
                  {text.letterStates[one.state]}
                  {one.possibleDuplicate && ` (${text.twice})`}
                </td>
                <td data-label={text.why}>{causeOf(one.reason)}</td>
                <td class="number" data-label={text.attempts}>
                  {one.attempts}
                </td>
                <td data-label={text.at}>{one.settledAt === null ? '–' : clock(one.settledAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </PageList>
  )
}

/** In words where we have them, else as the carrier says it. */
function causeOf(reason: string | null): string {
  const names: Readonly<Record<string, string | undefined>> = words().watching.causeNames
  return reason === null ? '–' : (names[reason] ?? reason)
}
