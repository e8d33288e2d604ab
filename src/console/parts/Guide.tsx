import { useEffect, useState } from 'preact/hooks'
import { desk } from '../lib/desk.ts'
import { words } from '../lib/i18n.ts'
import { keptKey } from '../lib/keys.ts'
import { pathTo, place } from '../lib/place.ts'
import { useResource } from '../lib/resource.ts'
import { me } from '../lib/session.ts'
import type { AlertSummary, Page } from '../lib/types.ts'

/** The steps of a first alert, in their order. */
const STEPS = ['key', 'write', 'sign', 'send', 'watch', 'allClear', 'score'] as const
type Step = (typeof STEPS)[number]

const AFTER_SIGNING = ['submitted', 'approved', 'sending', 'paused', 'sent', 'stopped', 'expired']
const AFTER_SENDING = ['sending', 'paused', 'sent', 'stopped', 'expired']

/**
 * Takes whoever practises alone through a whole alert, step by step. What is done is read from the server, and what was
 * looked at from this tab, so a reload or another way through the screens changes nothing.
 */
export function Guide() {
  const { guide } = words()
  const { exercise } = desk.value
  const isPractice = exercise?.practice === true
  const alerts = useResource<Page<AlertSummary>>(
    isPractice ? '/v1/alerts?limit=50' : undefined,
    2_000,
  ).data.value?.items
  const hasKey = useKey(isPractice)
  const [isOpen, setOpen] = useState(true)
  if (exercise === undefined || !isPractice || alerts === undefined) return null

  const written = alerts.filter(({ msgType }) => msgType === 'Alert')
  const latest = written[0]
  const way = place.value.way.join('/')
  if (latest !== undefined && way === `alerts/${latest.id}/replies`) remember(exercise.id, 'watch')
  if (way === `settings/exercises/${exercise.id}`) remember(exercise.id, 'score')
  const done: Readonly<Record<Step, boolean>> = {
    key: hasKey,
    write: latest !== undefined,
    sign: written.some(({ state }) => AFTER_SIGNING.includes(state)),
    send: written.some(({ state }) => AFTER_SENDING.includes(state)),
    watch: isRemembered(exercise.id, 'watch'),
    allClear: alerts.some(
      ({ msgType, dispatchedAt }) => msgType !== 'Alert' && dispatchedAt !== null,
    ),
    score: isRemembered(exercise.id, 'score'),
  }
  const next = STEPS.find(step => !done[step])
  const leadsTo: Readonly<Record<Step, string>> = {
    key: pathTo('situation'),
    write: pathTo('new'),
    sign: latest ? pathTo('alerts', latest.id, 'review') : pathTo('new'),
    send: latest ? pathTo('alerts', latest.id) : pathTo('approvals'),
    watch: latest ? pathTo('alerts', latest.id, 'replies') : pathTo('sending'),
    allClear: latest ? pathTo('alerts', latest.id) : pathTo('sending'),
    score: pathTo('settings', 'exercises', exercise.id),
  }
  return (
    <aside class="guide" aria-label={guide.title}>
      <details open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
        <summary>
          <strong>{guide.title}</strong>{' '}
          <span class="muted">
            {guide.stepOf(STEPS.filter(step => done[step]).length, STEPS.length)}
          </span>
        </summary>
        <ol class="guide-steps">
          {STEPS.map(step => (
            <li key={step} data-done={done[step]} aria-current={step === next ? 'step' : undefined}>
              <span class="mark" aria-hidden="true">
                {done[step] ? '✓' : step === next ? '▶' : '○'}
              </span>
              <span>
                <a href={leadsTo[step]}>{guide.steps[step]}</a>
                {done[step] && <span class="visually-hidden"> {guide.done}</span>}
              </span>
            </li>
          ))}
        </ol>
        <p class="guide-hint">{next === undefined ? guide.finished : guide.hints[next]}</p>
      </details>
    </aside>
  )
}

const nameOf = (exerciseId: string, step: Step) => `tocsin.guide ${exerciseId} ${step}`

/** What was looked at the server does not know; this tab does. */
function remember(exerciseId: string, step: Step): void {
  sessionStorage.setItem(nameOf(exerciseId, step), 'done')
}

function isRemembered(exerciseId: string, step: Step): boolean {
  return sessionStorage.getItem(nameOf(exerciseId, step)) !== null
}

/** Whether this browser has a key for exercises; looked at until it has. */
function useKey(isWanted: boolean): boolean {
  const [has, setHas] = useState(false)
  const personId = me.value?.id
  useEffect(() => {
    if (!isWanted || has || personId === undefined) return
    const look = () => void keptKey(personId, 'exercise').then(key => setHas(key !== undefined))
    look()
    const timer = setInterval(look, 1_000)
    return () => clearInterval(timer)
  }, [isWanted, has, personId])
  return has
}
