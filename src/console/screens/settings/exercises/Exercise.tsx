import { settingsWords } from '../../../i18n/settings.ts'
import { get, patch, post } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { dayAndClock } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { changesOf, withoutEmpty } from '../../../lib/pointer.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { ExerciseResource } from '../../../lib/setting-types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Empty } from '../../../parts/Empty.tsx'
import { Form } from '../../../parts/Form.tsx'
import { Choice, Flag, NumberInput, TextInput, TimeInput } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { useGroups } from '../groups/use-groups.ts'
import { Score } from './Score.tsx'

interface Draft {
  readonly name: string
  readonly rosterId: string | null
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly simulated: boolean
  readonly faults: {
    readonly carrierDown: {
      readonly afterSeconds: number | null
      readonly forSeconds: number | null
    }
    readonly slow: { readonly segmentsPerSecond: number | null }
    readonly failPercent: number | null
  }
}

const NO_FAULTS: Draft['faults'] = {
  carrierDown: { afterSeconds: null, forSeconds: null },
  slow: { segmentsPerSecond: null },
  failPercent: null,
}

const HOUR_MS = 3_600_000

const fresh = (): Draft => ({
  name: '',
  rosterId: null,
  startsAt: null,
  endsAt: new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + HOUR_MS).toISOString(),
  simulated: true,
  faults: NO_FAULTS,
})

const keptOf = ({ revision, name, rosterId, startsAt, endsAt, ...rest }: ExerciseResource) => ({
  body: {
    name,
    rosterId,
    startsAt,
    endsAt,
    simulated: rest.simulated,
    faults: {
      carrierDown: rest.faults.carrierDown ?? NO_FAULTS.carrierDown,
      slow: rest.faults.slow ?? NO_FAULTS.slow,
      failPercent: rest.faults.failPercent ?? null,
    },
  },
  revision,
})

/** Only faults that were filled in are there. */
function bodyOf({ faults, ...rest }: Draft) {
  const given = Object.fromEntries(
    Object.entries(withoutEmpty(faults)).filter(
      ([, value]) => typeof value !== 'object' || Object.keys(value as object).length > 0,
    ),
  )
  return { ...rest, faults: given }
}

export function NewExercise() {
  const { exercises } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'exercises']}>{exercises.title}</BackTo>
      <h1>{exercises.add}</h1>
      <section class="card">
        <Fields
          action={exercises.add}
          settings={{
            start: { body: fresh() },
            async send(draft) {
              const { id } = await post<ExerciseResource>(
                '/v1/exercises',
                withoutEmpty(bodyOf(draft)),
              )
              goTo(pathTo('settings', 'exercises', id))
              return undefined
            },
          }}
        />
      </section>
    </>
  )
}

export function ExercisePage({ id }: { id: string }) {
  const { exercises } = settingsWords()
  const path = `/v1/exercises/${id}`
  const exercise = useResource<ExerciseResource>(path)
  const end = async () => {
    const { revision } = await get<ExerciseResource>(path)
    exercise.set(await post<ExerciseResource>(`${path}/end`, undefined, { revision }))
  }
  return (
    <>
      <BackTo way={['settings', 'exercises']}>{exercises.title}</BackTo>
      <Loaded of={exercise} what={exercises.title}>
        {one => {
          const mayLead = isIn('administrator', 'author', 'approver') && one.state !== 'ended'
          return (
            <>
              <h1>{one.practice ? exercises.practice : one.name}</h1>
              <p>
                <strong>{exercises.state[one.state]}</strong>: {dayAndClock(one.startsAt)} –{' '}
                {dayAndClock(one.endedAt ?? one.endsAt)}
              </p>
              {mayLead && (
                <section class="card stack">
                  <h2>{exercises.end}</h2>
                  <p>{exercises.endText}</p>
                  <SureButton question={exercises.endQuestion(one.name)} act={end}>
                    {exercises.end}
                  </SureButton>
                </section>
              )}
              <Score id={id} isOver={one.state === 'ended'} />
              {!one.practice && (
                <section class="card">
                  <Fields
                    key={one.state}
                    action={exercises.save}
                    readOnly={!mayLead}
                    settings={{
                      start: keptOf(one),
                      async send(draft, { body, revision }) {
                        const change = changesOf<object>(bodyOf(body), bodyOf(draft))
                        return keptOf(await patch<ExerciseResource>(path, change, { revision }))
                      },
                      load: async () => keptOf(await get<ExerciseResource>(path)),
                    }}
                  />
                </section>
              )}
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function Fields({
  action,
  settings,
  readOnly = false,
}: {
  action: string
  settings: FormSettings<Draft>
  readOnly?: boolean
}) {
  const { exercises } = settingsWords()
  const form = useForm(settings)
  const isNew = settings.start.revision === undefined
  const rosters = useGroups().filter(({ kind }) => kind === 'listed')
  const isSimulated = form.read('/simulated') === true
  return (
    <Form of={form} action={action} readOnly={readOnly}>
      <TextInput at="/name" label={exercises.name} hint={exercises.nameHint} empty="" max={200} />
      <Choice
        at="/rosterId"
        label={exercises.roster}
        hint={exercises.rosterHint}
        options={rosters.map(({ id, name }) => ({ value: id, label: name }))}
      />
      {rosters.length === 0 && (
        <Empty
          action={
            <a class="button" href={pathTo('settings', 'groups', 'new')}>
              {exercises.makeGroup}
            </a>
          }
        >
          {exercises.noRosters}
        </Empty>
      )}
      <div class="fields">
        <TimeInput
          at="/startsAt"
          label={exercises.startsAt}
          hint={isNew ? exercises.startsAtHint : undefined}
          optional={isNew}
        />
        <TimeInput at="/endsAt" label={exercises.endsAt} hint={exercises.endsAtHint} />
      </div>
      {isNew && <Flag at="/simulated" label={exercises.simulated} hint={exercises.simulatedHint} />}
      {isSimulated && <FaultFields />}
    </Form>
  )
}

function FaultFields() {
  const { exercises } = settingsWords()
  return (
    <>
      <h2>{exercises.faults}</h2>
      <p class="muted">{exercises.faultsHint}</p>
      <div class="fields">
        <NumberInput
          at="/faults/carrierDown/afterSeconds"
          label={exercises.carrierDownAfter}
          unit={exercises.seconds}
          min={0}
          max={3600}
          optional
        />
        <NumberInput
          at="/faults/carrierDown/forSeconds"
          label={exercises.carrierDownFor}
          unit={exercises.seconds}
          min={1}
          max={3600}
          optional
        />
        <NumberInput
          at="/faults/slow/segmentsPerSecond"
          label={exercises.slow}
          min={1}
          max={1000}
          optional
        />
        <NumberInput
          at="/faults/failPercent"
          label={exercises.failPercent}
          unit={exercises.percent}
          min={0}
          max={100}
          step="any"
          optional
        />
      </div>
    </>
  )
}
