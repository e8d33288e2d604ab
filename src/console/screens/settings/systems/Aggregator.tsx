import { useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { useAct } from '../../../lib/act.ts'
import { get, patch, post, remove } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { dayAndClock } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { changesOf, isSame, withoutEmpty } from '../../../lib/pointer.ts'
import { useResource } from '../../../lib/resource.ts'
import type {
  ConnectionCheck,
  NoticeDelivery,
  Subscriber,
  SubscriberWithSecret,
} from '../../../lib/setting-types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Empty } from '../../../parts/Empty.tsx'
import { Form } from '../../../parts/Form.tsx'
import { Choices, Flag, RadioChoice, TextInput } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { Notice, ProblemNotice } from '../../../parts/Notice.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { Notices } from './Notices.tsx'
import { STATUSES } from './statuses.ts'

type Known = NonNullable<Subscriber['ipaws']>

interface Draft extends Pick<Subscriber, 'url' | 'description' | 'statuses' | 'enabled'> {
  /** What is sealed is never read back: empty, it stays. */
  readonly ipaws: Pick<Known, 'logonUser' | 'logonCogId' | 'endpoint'> & {
    readonly certificate: string | null
    readonly privateKey: string | null
  }
}

const FRESH: Draft = {
  url: 'https://',
  description: '',
  statuses: ['Actual'],
  enabled: true,
  ipaws: {
    logonUser: '',
    logonCogId: '',
    endpoint: 'test',
    certificate: null,
    privateKey: null,
  },
}

const keptOf = ({ url, description, statuses, enabled, revision, ipaws }: Subscriber) => {
  const { logonUser, logonCogId, endpoint } = ipaws ?? FRESH.ipaws
  const kept = { logonUser, logonCogId, endpoint, certificate: null, privateKey: null }
  return { body: { url, description, statuses, enabled, ipaws: kept }, revision }
}

/** One that is for real is posted what is for real. */
const bodyOf = (draft: Draft): Draft =>
  draft.ipaws.endpoint === 'live' ? { ...draft, statuses: ['Actual'] } : draft

export function NewAggregator() {
  const { aggregators, subscribers } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'subscribers']}>{subscribers.title}</BackTo>
      <h1>{aggregators.add}</h1>
      <p class="muted">{aggregators.intro}</p>
      <section class="card">
        <Fields
          isNew
          action={aggregators.add}
          settings={{
            start: { body: FRESH },
            async send(draft) {
              const body = { ...withoutEmpty(bodyOf(draft)), kind: 'ipaws' }
              const { id } = await post<SubscriberWithSecret>('/v1/subscribers', body)
              goTo(pathTo('settings', 'subscribers', id))
              return undefined
            },
          }}
        />
      </section>
    </>
  )
}

/** @param changed the page shows it as it is now */
export function AggregatorPage({ one, changed }: { one: Subscriber; changed: () => void }) {
  const { aggregators, subscribers } = settingsWords()
  const path = `/v1/subscribers/${one.id}`
  const leave = async () => {
    await remove(path)
    goTo(pathTo('settings', 'subscribers'))
  }
  return (
    <>
      <h1>{one.description}</h1>
      {one.ipaws && <Certificate of={one.ipaws.certificate} />}
      <Check path={`${path}/check`} />
      <LastOutcome path={`${path}/deliveries`} />
      <section class="card">
        <Fields
          action={subscribers.save}
          settings={{
            start: keptOf(one),
            async send(draft, { body, revision }) {
              const { ipaws, ...rest } = changesOf<Draft>(bodyOf(body), bodyOf(draft))
              const isKnownAnew = ipaws !== undefined && !isSame(ipaws, body.ipaws)
              const change = { ...rest, ...(isKnownAnew && { ipaws: withoutEmpty(ipaws) }) }
              const kept = await patch<Subscriber>(path, change, { revision })
              changed()
              return keptOf(kept)
            },
            load: async () => keptOf(await get<Subscriber>(path)),
          }}
        />
      </section>
      <section class="card stack">
        <h2>{aggregators.posts}</h2>
        <Notices path={`${path}/deliveries`} />
      </section>
      <section class="card stack">
        <h2>{aggregators.remove}</h2>
        <SureButton question={aggregators.removeQuestion} act={leave}>
          {aggregators.remove}
        </SureButton>
      </section>
    </>
  )
}

/** A group's certificate is renewed by people: they are to know in time. */
const SOON_MS = 60 * 86_400_000

function Certificate({ of }: { of: Known['certificate'] }) {
  const { aggregators } = settingsWords()
  const left = Date.parse(of.notAfter) - Date.now()
  return (
    <section class="card stack">
      <h2>{aggregators.certificate}</h2>
      <dl class="facts">
        <dt>{aggregators.commonName}</dt>
        <dd>{of.commonName === '' ? aggregators.nameless : of.commonName}</dd>
        <dt>{aggregators.fingerprint}</dt>
        <dd class="hash">{of.fingerprint}</dd>
        <dt>{aggregators.notAfter}</dt>
        <dd>{dayAndClock(of.notAfter)}</dd>
      </dl>
      {left < SOON_MS && (
        <Notice kind="warn">
          <p>{left <= 0 ? aggregators.over : aggregators.soon}</p>
        </Notice>
      )}
    </section>
  )
}

function Check({ path }: { path: string }) {
  const { aggregators } = settingsWords()
  const [check, setCheck] = useState<ConnectionCheck>()
  const { isBusy, problem, run } = useAct()
  const ask = async () => {
    setCheck(undefined)
    setCheck(await post<ConnectionCheck>(path))
  }
  return (
    <section class="card stack">
      <div class="row apart">
        <h2>{aggregators.connection}</h2>
        <button type="button" class="button" aria-disabled={isBusy} onClick={() => void run(ask)}>
          {isBusy ? aggregators.checking : aggregators.check}
        </button>
      </div>
      <p class="muted">{aggregators.checkText}</p>
      <ProblemNotice problem={problem} />
      <div role="status">
        {check && (
          <Notice kind={check.reached ? 'ok' : 'warn'}>
            <p>{check.reached ? aggregators.reached : aggregators.notReached}</p>
            {check.fault !== null && (
              <p>
                {aggregators.faults[check.fault] ?? check.fault}
                {check.status !== null && ` (${check.status})`}
              </p>
            )}
            {check.said !== null && <p class="mono">{check.said}</p>}
          </Notice>
        )}
      </div>
    </section>
  )
}

/** What each channel said to the latest post that was answered. */
function LastOutcome({ path }: { path: string }) {
  const { aggregators } = settingsWords()
  const found = useResource<{ items: readonly NoticeDelivery[] }>(`${path}?limit=50`, 10_000)
  return (
    <section class="card stack">
      <h2>{aggregators.last}</h2>
      <Loaded of={found} what={aggregators.last} lines={2}>
        {({ items }) => {
          const answered = items.find(one => (one.outcome?.channels.length ?? 0) > 0)
          const { channels } = answered?.outcome ?? {}
          if (answered === undefined || channels === undefined) {
            return <Empty>{aggregators.lastNone}</Empty>
          }
          return (
            <table class="table rows">
              <caption>{dayAndClock(answered.settledAt ?? answered.at)}</caption>
              <thead>
                <tr>
                  <th scope="col">{aggregators.channel}</th>
                  <th scope="col">{aggregators.outcome}</th>
                  <th scope="col">{aggregators.said}</th>
                </tr>
              </thead>
              <tbody>
                {channels.map(({ channel, code, error, status }) => (
                  <tr key={channel + code}>
                    <th scope="row">{channel}</th>
                    <td data-label={aggregators.outcome}>
                      {error ? `✗ ${aggregators.refused}` : `✓ ${aggregators.accepted}`}
                    </td>
                    <td data-label={aggregators.said} lang="en">
                      {code} {status}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }}
      </Loaded>
    </section>
  )
}

function Fields({
  action,
  settings,
  isNew = false,
}: {
  action: string
  settings: FormSettings<Draft>
  isNew?: boolean
}) {
  const { aggregators, subscribers } = settingsWords()
  const form = useForm(settings)
  return (
    <Form of={form} action={action}>
      <TextInput at="/description" label={subscribers.description} empty="" max={200} />
      <TextInput
        at="/url"
        label={subscribers.url}
        hint={aggregators.urlHint}
        type="url"
        empty=""
        max={2000}
      />
      <RadioChoice
        at="/ipaws/endpoint"
        label={aggregators.endpoint}
        options={(['test', 'live'] as const).map(value => ({
          value,
          label: aggregators.endpoints[value],
          hint: aggregators.endpointHints[value],
        }))}
      />
      {form.read('/ipaws/endpoint') === 'test' && (
        <Choices
          at="/statuses"
          label={subscribers.statuses}
          options={STATUSES.map(value => ({ value, label: subscribers.status[value] }))}
        />
      )}
      <TextInput at="/ipaws/logonUser" label={aggregators.logonUser} empty="" max={100} />
      <TextInput
        at="/ipaws/logonCogId"
        label={aggregators.logonCogId}
        hint={aggregators.logonCogIdHint}
        empty=""
        max={10}
        inputMode="numeric"
      />
      <TextInput
        at="/ipaws/certificate"
        label={aggregators.certificatePem}
        hint={isNew ? aggregators.certificateHint : aggregators.stays}
        rows={4}
        mono
        optional={!isNew}
      />
      <TextInput
        at="/ipaws/privateKey"
        label={aggregators.privateKey}
        hint={isNew ? aggregators.privateKeyHint : aggregators.stays}
        rows={4}
        mono
        optional={!isNew}
      />
      <Flag at="/enabled" label={subscribers.enabled} hint={subscribers.enabledHint} />
    </Form>
  )
}
