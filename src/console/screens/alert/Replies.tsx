import { useState } from 'preact/hooks'
import { replyWords } from '../../i18n/replies.ts'
import { deliveryWords } from '../../i18n/reports.ts'
import { post } from '../../lib/api.ts'
import { count, words } from '../../lib/i18n.ts'
import { goTo, pathTo, type ScreenProps } from '../../lib/place.ts'
import { useResource } from '../../lib/resource.ts'
import { isIn } from '../../lib/session.ts'
import { useFigures } from '../../lib/stream.ts'
import type { Alert, Tally } from '../../lib/types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { useModeOfPage } from '../../parts/Frame.tsx'
import { ProblemNotice } from '../../parts/Notice.tsx'
import { Waiting } from '../../parts/Waiting.tsx'
import { HelpList } from './replies/HelpList.tsx'
import { OtherReplies } from './replies/OtherReplies.tsx'
import { readsRequests } from './replies/rights.ts'
import { titleOf } from '../../lib/title.ts'

/** S8: first whoever needs help, then what has to be read, then those who are silent. */
export function Replies({ way: [id = ''] }: ScreenProps) {
  const { correct } = words()
  const replies = replyWords()
  useModeOfPage(replies.title)
  const resource = useResource<Alert>(`/v1/alerts/${id}`)
  const alert = resource.data.value
  const tally = useFigures(id).value?.tally
  if (alert === undefined) {
    const problem = resource.problem.value
    if (problem === undefined) return <Waiting lines={6} what={replies.title} />
    return <ProblemNotice problem={problem} retry={() => void resource.refresh()} />
  }
  const isForgotten = alert.recipientsDeletedAt !== null
  return (
    <div class="stack">
      <div class="screen-head">
        <div>
          <h1>{replies.title}</h1>
          <p>
            <strong>{titleOf(alert)}</strong>
          </p>
        </div>
        <a class="button" href={pathTo('alerts', id)}>
          {correct.back}
        </a>
      </div>
      <section class="card">
        <div class="row apart">
          <h2 class="help-head">{replies.needHelp}</h2>
          {tally && (
            <strong>
              {replies.counts(
                count(tally.requests.open),
                count(tally.requests.taken),
                count(tally.requests.closed),
              )}
            </strong>
          )}
        </div>
        {isForgotten ? (
          <Empty>{deliveryWords().gone}</Empty>
        ) : readsRequests() ? (
          <HelpList
            alertId={id}
            areas={tally?.byArea.map(({ areaDesc }) => areaDesc) ?? []}
            drawn={alert.info[0]?.area ?? []}
          />
        ) : (
          <p class="hint">{replies.noList}</p>
        )}
      </section>
      <div class="columns">
        {!isForgotten && (
          <section class="card">
            <h2>{replies.others}</h2>
            <OtherReplies alertId={id} options={alert.replies.options} />
          </section>
        )}
        <section class="card">
          <h2>{replies.answered}</h2>
          {tally === undefined ? (
            <Waiting what={replies.answered} />
          ) : (
            <Answers alert={alert} tally={tally} />
          )}
        </section>
      </div>
    </div>
  )
}

function Answers({ alert, tally }: { alert: Alert; tally: Tally }) {
  const replies = replyWords()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const mayRemind =
    isIn('author') &&
    tally.noReply > 0 &&
    alert.reminderOf === null &&
    alert.recipientsDeletedAt === null &&
    ['sending', 'sent', 'expired'].includes(alert.state)
  const remind = async () => {
    setBusy(true)
    try {
      const made = await post<Alert>(`/v1/alerts/${alert.id}/remind`, {})
      goTo(pathTo('alerts', made.id, 'edit'))
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  return (
    <>
      <dl class="facts">
        {tally.byOption.map(({ code, label, count: n }) => (
          <>
            <dt key={code}>
              {code} {label}
            </dt>
            <dd>{count(n)}</dd>
          </>
        ))}
        <dt>{replies.otherText}</dt>
        <dd>{count(tally.other)}</dd>
        <dt>{replies.noReply}</dt>
        <dd>{count(tally.noReply)}</dd>
      </dl>
      {mayRemind && (
        <div class="apart-above">
          <p>
            <strong>{replies.notAnswered(count(tally.noReply))}</strong>
          </p>
          <button
            type="button"
            class="button"
            aria-disabled={isBusy}
            onClick={() => void (isBusy || remind())}
          >
            {replies.remind}
          </button>
          <p class="hint">{replies.remindHint}</p>
        </div>
      )}
      <ProblemNotice problem={problem} />
    </>
  )
}
