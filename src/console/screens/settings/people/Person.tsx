import { settingsWords } from '../../../i18n/settings.ts'
import { get, patch, post } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { day, words } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { changesOf, withoutEmpty } from '../../../lib/pointer.ts'
import { Problem } from '../../../lib/problem.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { Feed } from '../../../lib/setting-types.ts'
import type { Operator, Severity } from '../../../lib/types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Form } from '../../../parts/Form.tsx'
import { GeocodeInput } from '../../../parts/GeocodeInput.tsx'
import { GeoJsonInput } from '../../../parts/GeoJsonInput.tsx'
import { Choices, Lines, NumberInput, RadioChoice, TextInput } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { Notice } from '../../../parts/Notice.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { type Passkey, PasskeyTable } from '../account/Passkeys.tsx'
import { JurisdictionInWords, LimitsInWords } from './InWords.tsx'

const ROLES = ['author', 'approver', 'viewer', 'auditor', 'administrator'] as const
const SEVERITIES: readonly Severity[] = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown']

interface Draft {
  readonly email: string
  readonly name: string
  readonly password: string | null
  readonly roles: readonly string[]
  /** Of the form alone: an area that was emptied by mistake must not become authority without a border. */
  readonly border: 'none' | 'some'
  readonly jurisdiction: NonNullable<Operator['jurisdiction']> | null
  readonly limits: {
    readonly severities: readonly string[]
    readonly events: readonly string[]
    readonly maxRecipients: number | null
  }
}

const FRESH: Draft = {
  email: '',
  name: '',
  password: null,
  roles: [],
  border: 'none',
  jurisdiction: null,
  limits: { severities: [], events: [], maxRecipients: null },
}

const draftOf = ({ email, name, roles, jurisdiction, limits }: Operator): Draft => ({
  email,
  name,
  password: null,
  roles,
  border: jurisdiction === null ? 'none' : 'some',
  jurisdiction,
  limits: {
    severities: limits?.severities ?? [],
    events: limits?.events ?? [],
    maxRecipients: limits?.maxRecipients ?? null,
  },
})

/** As the API has it. @throws Problem where a border was chosen and none is there */
function bodyOf({ border, jurisdiction, limits, password, ...rest }: Draft) {
  const inside = border === 'none' ? null : withoutEmpty({ ...jurisdiction })
  if (inside !== null && Object.keys(inside).length === 0) {
    const detail = settingsWords().people.borderEmpty
    throw new Problem(detail, {
      status: 0,
      code: 'invalid_request',
      errors: [{ pointer: '/jurisdiction/geocodes', detail }],
    })
  }
  const given = {
    ...(limits.severities.length > 0 && { severities: limits.severities }),
    ...(limits.events.length > 0 && { events: limits.events }),
    ...(limits.maxRecipients !== null && { maxRecipients: limits.maxRecipients }),
  }
  return {
    ...rest,
    jurisdiction: inside,
    limits: Object.keys(given).length === 0 ? null : given,
    ...(password !== null && { password }),
  }
}

export function NewPerson() {
  const { people } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'people']}>{people.title}</BackTo>
      <h1>{people.addTitle}</h1>
      <section class="card">
        <Fields
          action={people.add}
          settings={{
            start: { body: FRESH },
            async send(draft) {
              await post('/v1/operators', withoutEmpty(bodyOf(draft)))
              goTo(pathTo('settings', 'people'))
              return undefined
            },
          }}
        />
      </section>
    </>
  )
}

export function Person({ id }: { id: string }) {
  const { people, settings } = settingsWords()
  const path = `/v1/operators/${id}`
  const operator = useResource<Operator>(path)
  const keptOf = (now: Operator) => ({ body: draftOf(now), revision: now.revision })
  const disable = async () => operator.set(await post<Operator>(`${path}/disable`))
  return (
    <>
      <BackTo way={['settings', 'people']}>{people.title}</BackTo>
      <Loaded of={operator} what={people.title}>
        {one => (
          <>
            <h1>{one.name}</h1>
            {one.disabledAt !== null && (
              <Notice kind="warn">
                <p>{people.disabledSince(day(one.disabledAt))}</p>
              </Notice>
            )}
            {one.feedId !== null ? (
              <OfFeed feedId={one.feedId} of={one} />
            ) : (
              <>
                <section class="card">
                  {!isIn('administrator') && <p class="muted">{settings.readOnly}</p>}
                  <Fields
                    action={people.save}
                    settings={{
                      start: keptOf(one),
                      async send(draft, before) {
                        const change = changesOf<object>(bodyOf(before.body), bodyOf(draft))
                        const { revision } = before
                        return keptOf(await patch<Operator>(path, change, { revision }))
                      },
                      load: async () => keptOf(await get<Operator>(path)),
                    }}
                  />
                </section>
                <TheirPasskeys id={id} />
              </>
            )}
            {one.disabledAt === null && one.feedId === null && isIn('administrator') && (
              <section class="card stack">
                <h2>{people.disable}</h2>
                <p>{people.disableText}</p>
                <SureButton question={people.disableQuestion(one.name)} act={disable}>
                  {people.disable}
                </SureButton>
              </section>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

/** What is nobody is changed where its feed is, by who may see that. */
function OfFeed({
  feedId,
  of: { roles, jurisdiction, limits, disabledAt },
}: {
  feedId: string
  of: Operator
}) {
  const { account, people } = settingsWords()
  const feed = useResource<Feed>(isIn('administrator') ? `/v1/feeds/${feedId}` : undefined)
  const isGone = feed.problem.value?.code === 'not_found'
  return (
    <section class="card stack">
      <h2>{people.feedRule}</h2>
      <p>{people.feedRuleText}</p>
      <dl class="facts">
        <dt>{people.roles}</dt>
        <dd>{roles.map(role => account.role[role]).join('; ')}</dd>
        <dt>{people.border}</dt>
        <dd>
          <JurisdictionInWords of={jurisdiction} />
        </dd>
        <dt>{people.limits}</dt>
        <dd>
          <LimitsInWords of={limits} />
        </dd>
      </dl>
      {isGone ? (
        <p>{people.feedGone}</p>
      ) : (
        <>
          {disabledAt !== null && <p>{people.feedRuleStopped}</p>}
          {feed.data.value && <a href={pathTo('settings', 'feeds', feedId)}>{people.toFeed}</a>}
        </>
      )}
    </section>
  )
}

function TheirPasskeys({ id }: { id: string }) {
  const { people } = settingsWords()
  const path = `/v1/operators/${id}/passkeys`
  const passkeys = useResource<{ items: readonly Passkey[] }>(path)
  const revoke = async ({ id: passkeyId }: Passkey) => {
    await post(`${path}/${passkeyId}/revoke`)
    await passkeys.refresh()
  }
  return (
    <section class="card stack">
      <h2>{people.passkeys}</h2>
      <p class="muted">{people.passkeysText}</p>
      <Loaded of={passkeys} what={people.passkeys} lines={2}>
        {({ items }) => (
          <PasskeyTable
            of={items}
            none={people.passkeysNone}
            {...(isIn('administrator') && { revoke })}
          />
        )}
      </Loaded>
    </section>
  )
}

function Fields({ action, settings }: { action: string; settings: FormSettings<Draft> }) {
  const { account, people } = settingsWords()
  const { severity } = words().alerts
  const form = useForm(settings)
  const isNew = settings.start.revision === undefined
  return (
    <Form of={form} action={action} saved={people.saved} readOnly={!isIn('administrator')}>
      <TextInput at="/name" label={people.name} hint={people.nameHint} max={100} />
      <TextInput at="/email" label={people.email} hint={people.emailHint} type="email" max={254} />
      <TextInput
        at="/password"
        label={isNew ? people.password : people.freshPassword}
        hint={isNew ? people.passwordHint : people.freshPasswordHint}
        type="password"
        autocomplete="new-password"
        optional
      />
      <Choices
        at="/roles"
        label={people.roles}
        hint={people.rolesHint}
        options={ROLES.map(value => ({ value, label: account.role[value] }))}
      />
      <RadioChoice
        at="/border"
        label={people.border}
        options={[
          { value: 'none', label: people.borders.none, hint: people.borders.noneHint },
          { value: 'some', label: people.borders.some, hint: people.borders.someHint },
        ]}
      />
      {form.read('/border') === 'some' && (
        <>
          <GeocodeInput at="/jurisdiction/geocodes" label={people.counties} />
          <GeoJsonInput
            at="/jurisdiction/geometry"
            label={people.outline}
            hint={people.outlineHint}
          />
        </>
      )}
      <h2>{people.limits}</h2>
      <Choices
        at="/limits/severities"
        label={people.severities}
        hint={people.severitiesHint}
        optional
        options={SEVERITIES.map(value => ({ value, label: severity[value] }))}
      />
      <Lines at="/limits/events" label={people.events} hint={people.eventsHint} optional />
      <NumberInput
        at="/limits/maxRecipients"
        label={people.maxRecipients}
        hint={people.maxRecipientsHint}
        min={0}
        optional
      />
    </Form>
  )
}
