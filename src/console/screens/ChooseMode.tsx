import { useState } from 'preact/hooks'
import { post } from '../lib/api.ts'
import type { Exercise } from '../lib/desk.ts'
import { clockShort, count, day, words, zone } from '../lib/i18n.ts'
import { goTo, type Mode, pathIn, place } from '../lib/place.ts'
import { useResource } from '../lib/resource.ts'
import { enterMode, me, signOut } from '../lib/session.ts'
import { useModeOfPage } from '../parts/Frame.tsx'
import { ProblemNotice } from '../parts/Notice.tsx'

interface Answer {
  readonly items: readonly Exercise[]
  readonly live: { readonly sending: number; readonly toApprove: number }
}

/** S1: two unlike cards, and none of them is the default: both mistakes hurt. */
export function ChooseMode() {
  const { alerts, everywhere, frame } = words()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const exercises = useResource<Answer>('/v1/exercises?state=planned,open', 5_000)
  useModeOfPage(frame.console)

  const enter = async (mode: Mode, find: () => Promise<string | undefined>) => {
    if (isBusy) return
    setBusy(true)
    setProblem(undefined)
    try {
      const exerciseId = await find()
      await enterMode(mode, exerciseId)
      // A link to an alert was followed before signing in: go on to it.
      const wanted = place.value.query.get('to') ?? ''
      const start = pathIn({ mode, exerciseId })
      goTo(wanted.startsWith(start) ? wanted : pathIn({ mode, exerciseId }, 'situation'))
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  const known = exercises.data.value
  const open = known?.items.filter(({ state, practice }) => state !== 'ended' && !practice) ?? []
  const mine = known?.items.find(({ state, practice }) => state === 'open' && practice)
  return (
    <div class="stack">
      <div class="row apart">
        <h1>{frame.chooseTitle(me.value?.name ?? '')}</h1>
        <button type="button" class="button quiet" onClick={() => void signOut()}>
          {frame.signOut}
        </button>
      </div>
      <ProblemNotice problem={problem ?? exercises.problem.value} />
      <div class="mode-cards">
        <section class="mode-card" data-mode="live" aria-labelledby="card-live">
          <div class="mode-card-head">
            <h2 id="card-live">
              <span>{everywhere.live}</span>
            </h2>
          </div>
          <div class="mode-card-body stack">
            <p>
              <strong>{everywhere.liveSentence}</strong>
            </p>
            <p class="muted">
              {known && frame.liveState(count(known.live.sending), count(known.live.toApprove))}
            </p>
            <button
              type="button"
              class="button stops large"
              onClick={() => void enter('live', async () => undefined)}
            >
              {frame.enterLive}
            </button>
          </div>
        </section>
        <section class="mode-card" data-mode="exercise" aria-labelledby="card-exercise">
          <div class="mode-card-head">
            <h2 id="card-exercise">
              <span>{everywhere.exercise}</span>
            </h2>
          </div>
          <div class="mode-card-body stack">
            {open.map(one => (
              <div key={one.id} class="stack">
                <p>
                  <strong>{one.name}</strong>
                  <br />
                  <span class="muted">
                    {alerts.phones(one.phones ?? 0, count(one.phones ?? 0))} ·{' '}
                    {one.state === 'open'
                      ? frame.exerciseEnds(timeOf(one.endsAt))
                      : frame.exerciseStarts(timeOf(one.startsAt))}
                  </span>
                </p>
                <button
                  type="button"
                  class="button large"
                  aria-disabled={one.state !== 'open'}
                  onClick={() =>
                    void (one.state === 'open' && enter('exercise', async () => one.id))
                  }
                >
                  {frame.enterExercise}
                </button>
              </div>
            ))}
            {known && open.length === 0 && <p class="muted">{frame.noExercises}</p>}
            <h3 class="practice">{frame.practiceTitle}</h3>
            <p>{frame.practiceText}</p>
            <button
              type="button"
              class="button large"
              onClick={() => void enter('exercise', mine ? async () => mine.id : startPractice)}
            >
              {mine ? frame.practiseOn(`${clockShort(mine.endsAt)} ${zone()}`) : frame.practise}
            </button>
          </div>
        </section>
      </div>
    </div>
  )
}

/** With its zone: the organisation's clock may not be known before a mode is chosen. */
function timeOf(at: string): string {
  const time = `${clockShort(at)} ${zone()}`
  return day(at) === day(Date.now()) ? time : `${day(at)} ${time}`
}

async function startPractice(): Promise<string> {
  const { id } = await post<{ id: string }>('/v1/exercises/practice')
  return id
}
