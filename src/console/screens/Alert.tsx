import { useEffect, useState } from 'preact/hooks'
import { serverNow } from '../lib/connection.ts'
import { words } from '../lib/i18n.ts'
import { goTo, pathTo, type ScreenProps } from '../lib/place.ts'
import { useResource } from '../lib/resource.ts'
import { isIn, me } from '../lib/session.ts'
import type { Alert as AlertResource } from '../lib/types.ts'
import { lazy } from '../parts/lazy.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { ProblemNotice } from '../parts/Notice.tsx'
import { Waiting } from '../parts/Waiting.tsx'
import { Approve } from './alert/Approve.tsx'
import { Approved } from './alert/Approved.tsx'
import { Hold } from './alert/Hold.tsx'
import { Refused } from './alert/Refused.tsx'
import { titleOf } from '../lib/title.ts'
import type { Acting } from './alert/useLetGo.ts'
import { WaitingFor } from './alert/WaitingFor.tsx'

const Correct = lazy(async () => (await import('./alert/Correct.tsx')).Correct)
const Watch = lazy(async () => (await import('./alert/Watch.tsx')).Watch)

/** Screens of their own about one alert, by the word after its id; each is given the whole way from the id on. */
const PARTS: Readonly<Record<string, (props: ScreenProps) => preact.JSX.Element | null>> = {
  cancel: Correct,
  'all-clear': Correct,
  edit: lazy(async () => (await import('./Compose.tsx')).Compose),
  review: lazy(async () => (await import('./Review.tsx')).Review),
  deliveries: lazy(async () => (await import('./alert/Deliveries.tsx')).Deliveries),
  replies: lazy(async () => (await import('./alert/Replies.tsx')).Replies),
}

const ASK_AGAIN_MS = 2_000

/** `alerts/<id>`: an alert by how it stands, and by who looks. */
export function Alert({ way }: ScreenProps) {
  const [id = '', part] = way
  const Part = part === undefined ? undefined : PARTS[part]
  return Part === undefined ? <Standing key={id} id={id} /> : <Part way={way} />
}

function Standing({ id }: { id: string }) {
  const { alerts } = words()
  const resource = useResource<AlertResource>(`/v1/alerts/${id}`, ASK_AGAIN_MS)
  // Whoever acts stays where they are, whatever state it moves through.
  const [acting, setActing] = useState<'approving' | 'alone'>()
  const [refusal, setRefusal] = useState<unknown>()
  const alert = resource.data.value
  const refresh = () => resource.refresh()
  useModeOfPage(alert === undefined ? alerts.alert : titleOf(alert))
  const isFreshDraft = alert?.state === 'draft' && !wasReturned(alert) && isIn('author')
  useEffect(() => {
    if (isFreshDraft) goTo(pathTo('alerts', id, 'edit'), 'replace')
  }, [isFreshDraft])
  if (alert === undefined) {
    const problem = resource.problem.value
    if (problem === undefined) return <Waiting lines={8} what={alerts.alert} />
    return <ProblemNotice problem={problem} retry={() => void refresh()} />
  }
  return (
    <div class="stack">
      <ProblemNotice problem={refusal} />
      {acting === 'approving' || (alert.state === 'submitted' && mayApprove(alert)) ? (
        <Approve
          alert={alert}
          refresh={refresh}
          onActing={isActing => setActing(isActing ? 'approving' : undefined)}
          onRefused={setRefusal}
        />
      ) : (
        <InState
          alert={alert}
          state={acting === 'alone' ? 'submitted' : alert.state}
          refresh={refresh}
          onActing={isActing => setActing(isActing ? 'alone' : undefined)}
          onRefused={setRefusal}
        />
      )}
    </div>
  )
}

function InState({
  alert,
  state,
  refresh,
  onActing,
  onRefused,
}: Acting & { state: AlertResource['state'] }) {
  switch (state) {
    case 'draft':
    case 'rejected':
      return <Refused alert={alert} />
    case 'submitted':
      return (
        <WaitingFor alert={alert} refresh={refresh} onActing={onActing} onRefused={onRefused} />
      )
    case 'approved':
      return <Approved alert={alert} refresh={refresh} onRefused={onRefused} />
    case 'sending':
    case 'paused':
    case 'sent':
    case 'stopped':
    case 'expired':
      return isHeld(alert) ? (
        <Hold alert={alert} refresh={refresh} />
      ) : (
        <Watch alert={alert} refresh={refresh} />
      )
  }
}

function isHeld({ state, holdUntil }: AlertResource): boolean {
  return state === 'sending' && holdUntil !== null && Date.parse(holdUntil) > serverNow.value
}

const HANDS = ['created', 'edited', 'submitted']

/** The server decides; this only chooses what to show. */
function mayApprove({ history }: AlertResource): boolean {
  const hadAHand = history.some(
    ({ action, operatorId }) => operatorId === me.value?.id && HANDS.includes(action),
  )
  return isIn('approver') && !hadAHand
}

/** Its last word was somebody else's. */
function wasReturned({ history }: AlertResource): boolean {
  return history.at(-1)?.action === 'returned'
}
