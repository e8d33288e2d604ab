import { useEffect, useState } from 'preact/hooks'
import { settingsWords } from '../../../i18n/settings.ts'
import { get, getAll, patch, post, remove } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { dayAndClock } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { changesOf } from '../../../lib/pointer.ts'
import { useResource } from '../../../lib/resource.ts'
import type { Feed } from '../../../lib/setting-types.ts'
import type { Operator } from '../../../lib/types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Form } from '../../../parts/Form.tsx'
import { Choice, Choices, Flag, NumberInput, TextInput } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { useGroups } from '../groups/use-groups.ts'
import { feedState } from './feed-state.ts'
import { FeedRule } from './FeedRule.tsx'
import { STATUSES } from './statuses.ts'

interface Draft extends Pick<
  Feed,
  'url' | 'description' | 'statuses' | 'roster' | 'maxOctets' | 'intervalSeconds' | 'enabled'
> {
  readonly authorId: string | null
  /** All of them in one text, as people have them. */
  readonly certificates: string | null
}

const FRESH: Draft = {
  url: 'https://',
  description: '',
  authorId: null,
  statuses: ['Actual'],
  roster: null,
  certificates: null,
  maxOctets: 512 * 1024,
  intervalSeconds: 60,
  enabled: true,
}

function keptOf(feed: Feed) {
  const { url, description, authorId, statuses, roster, maxOctets, intervalSeconds } = feed
  const { enabled, revision } = feed
  const certificates = feed.certificates.length === 0 ? null : feed.certificates.join('\n')
  return {
    body: {
      url,
      description,
      authorId,
      statuses,
      roster,
      certificates,
      maxOctets,
      intervalSeconds,
      enabled,
    },
    revision,
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** What is no certificate goes as it is, for the API to say so. */
function bodyOf({ certificates, ...rest }: Draft) {
  const text = certificates?.trim() ?? ''
  return { ...rest, certificates: text === '' ? [] : (text.match(CERTIFICATE) ?? [text]) }
}

export function NewFeed() {
  const { feeds } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'feeds']}>{feeds.title}</BackTo>
      <h1>{feeds.add}</h1>
      <section class="card">
        <Fields
          action={feeds.add}
          settings={{
            start: { body: FRESH },
            async send(draft) {
              const { id } = await post<Feed>('/v1/feeds', bodyOf(draft))
              goTo(pathTo('settings', 'feeds', id))
              return undefined
            },
          }}
        />
      </section>
    </>
  )
}

export function FeedPage({ id }: { id: string }) {
  const { feedRules, feeds, settings } = settingsWords()
  const path = `/v1/feeds/${id}`
  const feed = useResource<Feed>(path, 5_000)
  const leave = async () => {
    await remove(path)
    goTo(pathTo('settings', 'feeds'))
  }
  return (
    <>
      <BackTo way={['settings', 'feeds']}>{feeds.title}</BackTo>
      <Loaded of={feed} what={feeds.title}>
        {one => (
          <>
            <h1>{one.description}</h1>
            <section class="card stack">
              <dl class="facts">
                <dt>{feeds.polled}</dt>
                <dd>{one.polledAt === null ? settings.never : dayAndClock(one.polledAt)}</dd>
                <dt>{feeds.succeeded}</dt>
                <dd>{one.succeededAt === null ? settings.never : dayAndClock(one.succeededAt)}</dd>
                <dt>{settings.state}</dt>
                <dd>{feedState(one)}</dd>
              </dl>
              <h2>{feeds.problems}</h2>
              {one.problems.length === 0 ? (
                <p class="muted">
                  {one.polledAt === null ? feedRules.messagesNone : feeds.problemsNone}
                </p>
              ) : (
                <ul>
                  {one.problems.map(({ at, reason, detail, item }) => (
                    <li key={at + item}>
                      {dayAndClock(at)}: {reason}, {detail} <span class="hash">{item}</span>
                    </li>
                  ))}
                </ul>
              )}
            </section>
            <section class="card">
              <Fields
                action={feeds.save}
                settings={{
                  start: keptOf(one),
                  async send(draft, { body, revision }) {
                    const change = changesOf<object>(bodyOf(body), bodyOf(draft))
                    return keptOf(await patch<Feed>(path, change, { revision }))
                  },
                  load: async () => keptOf(await get<Feed>(path)),
                }}
              />
            </section>
            <FeedRule feed={one} onChange={next => feed.set(next)} />
            <section class="card stack">
              <h2>{feeds.remove}</h2>
              <SureButton question={feeds.removeQuestion} act={leave}>
                {feeds.remove}
              </SureButton>
            </section>
          </>
        )}
      </Loaded>
    </>
  )
}

function Fields({ action, settings }: { action: string; settings: FormSettings<Draft> }) {
  const { feeds, subscribers } = settingsWords()
  const form = useForm(settings)
  const rosters = useGroups().filter(({ kind }) => kind === 'listed')
  const [authors, setAuthors] = useState<readonly Operator[]>([])
  useEffect(() => {
    getAll<Operator>('/v1/operators').then(
      all => setAuthors(all.filter(one => one.roles.includes('author') && one.feedId === null)),
      () => undefined,
    )
  }, [])
  return (
    <Form of={form} action={action} saved={feeds.saved}>
      <TextInput at="/description" label={feeds.description} empty="" max={200} />
      <TextInput at="/url" label={feeds.url} hint={feeds.urlHint} type="url" empty="" max={2000} />
      <Choice
        at="/authorId"
        label={feeds.author}
        hint={feeds.authorHint}
        options={authors.map(({ id, name }) => ({ value: id, label: name }))}
      />
      <Choices
        at="/statuses"
        label={feeds.statuses}
        options={STATUSES.map(value => ({ value, label: subscribers.status[value] }))}
      />
      <Choice
        at="/roster"
        label={feeds.roster}
        hint={feeds.rosterHint}
        options={rosters.map(({ id, name }) => ({ value: id, label: name }))}
        optional
      />
      <TextInput
        at="/certificates"
        label={feeds.trusted}
        hint={feeds.certificatesHint}
        rows={4}
        mono
        optional
      />
      <div class="fields">
        <NumberInput
          at="/intervalSeconds"
          label={feeds.interval}
          unit={feeds.seconds}
          min={15}
          max={86_400}
        />
        <NumberInput at="/maxOctets" label={feeds.maxOctets} unit={feeds.octets} min={1024} />
      </div>
      <Flag at="/enabled" label={feeds.enabled} />
    </Form>
  )
}
