import { useEffect, useState } from 'preact/hooks'
import { settingsWords } from '../../i18n/settings.ts'
import { post } from '../../lib/api.ts'
import { useForm } from '../../lib/form.ts'
import { goTo } from '../../lib/place.ts'
import { Problem } from '../../lib/problem.ts'
import { useResource } from '../../lib/resource.ts'
import { forget } from '../../lib/session.ts'
import { place } from '../../lib/place.ts'
import type { Operator } from '../../lib/types.ts'
import { Form } from '../../parts/Form.tsx'
import { TextInput } from '../../parts/inputs.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { Preferences } from '../../parts/Preferences.tsx'
import { Passkeys } from './account/Passkeys.tsx'
import { SigningKeys } from './account/SigningKeys.tsx'
import { JurisdictionInWords, LimitsInWords } from './people/InWords.tsx'

/** Who I am, how I sign in, and what I sign with. */
export function Account() {
  const { account, settings } = settingsWords()
  const [showsPreferences, setShowsPreferences] = useState(false)
  const me = useResource<Operator>('/v1/me')
  return (
    <>
      <h1>{account.title}</h1>
      <section class="card stack">
        <Loaded of={me} what={account.title}>
          {({ name, email, roles, jurisdiction, limits }) => (
            <dl class="facts">
              <dt>{settings.name}</dt>
              <dd>{name}</dd>
              <dt>{account.email}</dt>
              <dd>{email}</dd>
              <dt>{account.roles}</dt>
              <dd>
                {roles.map(role => (
                  <div key={role}>{account.role[role]}</div>
                ))}
              </dd>
              <dt>{account.jurisdiction}</dt>
              <dd>
                <JurisdictionInWords of={jurisdiction} />
              </dd>
              <dt>{account.limits}</dt>
              <dd>
                <LimitsInWords of={limits} />
              </dd>
            </dl>
          )}
        </Loaded>
        <p class="muted">{account.byAdministrator}</p>
        <button type="button" class="button quiet start" onClick={() => setShowsPreferences(true)}>
          {account.preferences}
        </button>
      </section>
      <section class="card stack">
        <h2>{account.passkeys}</h2>
        <Passkeys />
      </section>
      <section class="card stack">
        <h2>{account.keys}</h2>
        <SigningKeys />
      </section>
      <section class="card stack">
        <h2>{account.password}</h2>
        <Password />
      </section>
      {showsPreferences && <Preferences onClose={() => setShowsPreferences(false)} />}
    </>
  )
}

function Password() {
  const { account } = settingsWords()
  const [isSet, setIsSet] = useState(false)
  useEffect(() => {
    // The form has let go of the screen by now.
    if (!isSet) return
    forget(place.value)
    goTo('/console/')
  }, [isSet])
  const form = useForm({
    start: { body: { currentPassword: '', password: '', again: '' } },
    async send({ currentPassword, password, again }) {
      if (password !== again) {
        const errors = [{ pointer: '/again', detail: account.notSame }]
        throw new Problem(account.notSame, { status: 0, code: 'invalid_request', errors })
      }
      await post('/v1/me/password', { currentPassword, password })
      setIsSet(true)
      return undefined
    },
  })
  return (
    <Form of={form} action={account.setPassword}>
      <p class="muted">{account.passwordHint}</p>
      <TextInput
        at="/currentPassword"
        label={account.current}
        type="password"
        autocomplete="current-password"
        empty=""
      />
      <TextInput
        at="/password"
        label={account.fresh}
        type="password"
        autocomplete="new-password"
        empty=""
      />
      <TextInput
        at="/again"
        label={account.again}
        type="password"
        autocomplete="new-password"
        empty=""
      />
    </Form>
  )
}
