import { useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { useAct } from '../../../lib/act.ts'
import { get, patch, post, remove } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { changesOf } from '../../../lib/pointer.ts'
import { useResource } from '../../../lib/resource.ts'
import type { Subscriber, SubscriberWithSecret } from '../../../lib/setting-types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Form } from '../../../parts/Form.tsx'
import { Choices, Flag, TextInput } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { Notice, ProblemNotice } from '../../../parts/Notice.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { AggregatorPage } from './Aggregator.tsx'
import { Notices } from './Notices.tsx'
import { STATUSES } from './statuses.ts'

const EVENTS = [
  'alert.submitted',
  'alert.approved',
  'alert.rejected',
  'alert.withdrawn',
  'alert.sending',
  'alert.paused',
  'alert.sent',
  'alert.stopped',
  'alert.expired',
] as const

type Draft = Pick<Subscriber, 'url' | 'description' | 'events' | 'statuses' | 'enabled'>

const FRESH: Draft = {
  url: 'https://',
  description: '',
  events: ['alert.sending', 'alert.sent', 'alert.stopped'],
  statuses: ['Actual'],
  enabled: true,
}

const keptOf = ({ url, description, events, statuses, enabled, revision }: Subscriber) => ({
  body: { url, description, events, statuses, enabled },
  revision,
})

export function NewSubscriber() {
  const { subscribers } = settingsWords()
  const [made, setMade] = useState<SubscriberWithSecret>()
  return (
    <>
      <BackTo way={['settings', 'subscribers']}>{subscribers.title}</BackTo>
      <h1>{subscribers.add}</h1>
      {made ? (
        <>
          {made.secret && <Secret value={made.secret} />}
          <a class="button start" href={pathTo('settings', 'subscribers', made.id)}>
            {made.description}
          </a>
        </>
      ) : (
        <section class="card">
          <Fields
            action={subscribers.add}
            settings={{
              start: { body: FRESH },
              async send(draft) {
                setMade(await post<SubscriberWithSecret>('/v1/subscribers', draft))
                return undefined
              },
            }}
          />
        </section>
      )}
    </>
  )
}

export function SubscriberPage({ id }: { id: string }) {
  const { subscribers } = settingsWords()
  const subscriber = useResource<Subscriber>(`/v1/subscribers/${id}`)
  return (
    <>
      <BackTo way={['settings', 'subscribers']}>{subscribers.title}</BackTo>
      <Loaded of={subscriber} what={subscribers.title}>
        {one =>
          one.kind === 'ipaws' ? (
            <AggregatorPage one={one} changed={() => void subscriber.refresh()} />
          ) : (
            <WebhookPage one={one} />
          )
        }
      </Loaded>
    </>
  )
}

function WebhookPage({ one }: { one: Subscriber }) {
  const { subscribers } = settingsWords()
  const path = `/v1/subscribers/${one.id}`
  const [secret, setSecret] = useState<string | null>(null)
  const [turn, setTurn] = useState(0)
  const { isBusy, problem, run } = useAct()
  const test = async () => {
    await post(`${path}/test`)
    setTurn(turn + 1)
  }
  const leave = async () => {
    await remove(path)
    goTo(pathTo('settings', 'subscribers'))
  }
  return (
    <>
      <h1>{one.description}</h1>
      {one.gone && (
        <Notice kind="warn">
          <p>{subscribers.gone}</p>
        </Notice>
      )}
      <section class="card">
        <Fields
          action={subscribers.save}
          settings={{
            start: keptOf(one),
            async send(draft, { body, revision }) {
              const change = changesOf<object>(body, draft)
              return keptOf(await patch<Subscriber>(path, change, { revision }))
            },
            load: async () => keptOf(await get<Subscriber>(path)),
          }}
        />
      </section>
      <section class="card stack">
        <h2>{subscribers.secret}</h2>
        {secret && <Secret value={secret} />}
        <SureButton
          question={subscribers.newSecretQuestion}
          act={async () => setSecret((await post<SubscriberWithSecret>(`${path}/secret`)).secret)}
        >
          {subscribers.newSecret}
        </SureButton>
      </section>
      <section class="card stack">
        <div class="row apart">
          <h2>{subscribers.deliveries}</h2>
          <button
            type="button"
            class="button"
            aria-disabled={isBusy}
            onClick={() => void run(test)}
          >
            {subscribers.test}
          </button>
        </div>
        <ProblemNotice problem={problem} />
        <div role="status">{turn > 0 && <p>{subscribers.tested}</p>}</div>
        <Notices key={turn} path={`${path}/deliveries`} />
      </section>
      <section class="card stack">
        <h2>{subscribers.remove}</h2>
        <SureButton question={subscribers.removeQuestion} act={leave}>
          {subscribers.remove}
        </SureButton>
      </section>
    </>
  )
}

function Secret({ value }: { value: string }) {
  const { subscribers } = settingsWords()
  return (
    <Notice kind="warn" urgent>
      <p>{subscribers.secretOnce}</p>
      <p class="secret">{value}</p>
    </Notice>
  )
}

function Fields({ action, settings }: { action: string; settings: FormSettings<Draft> }) {
  const { subscribers } = settingsWords()
  const form = useForm(settings)
  return (
    <Form of={form} action={action}>
      <TextInput at="/description" label={subscribers.description} empty="" max={200} />
      <TextInput
        at="/url"
        label={subscribers.url}
        hint={subscribers.urlHint}
        type="url"
        empty=""
        max={2000}
      />
      <Choices
        at="/events"
        label={subscribers.events}
        options={EVENTS.map(value => ({ value, label: subscribers.event[value] }))}
      />
      <Choices
        at="/statuses"
        label={subscribers.statuses}
        options={STATUSES.map(value => ({ value, label: subscribers.status[value] }))}
      />
      <Flag at="/enabled" label={subscribers.enabled} hint={subscribers.enabledHint} />
    </Form>
  )
}
