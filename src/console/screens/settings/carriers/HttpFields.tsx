import { settingsWords } from '../../../i18n/settings.ts'
import { useFormContext } from '../../../lib/form.ts'
import { Choice, JsonInput, NumberInput, Rows, TextInput } from '../../../parts/inputs.tsx'
import type { Secret } from './draft.ts'
import { GATEWAYS, gatewayOf } from './gateways.ts'

const METHODS = ['POST', 'GET', 'PUT'] as const

/** A gateway without an adapter of its own: one that the API describes, or its documentation, written down. */
export function HttpFields({ isNew }: { isNew: boolean }) {
  const { carriers } = settingsWords()
  const preset = useFormContext().read('/http/preset')
  const gateway = gatewayOf(typeof preset === 'string' ? preset : undefined)
  return (
    <>
      {isNew && (
        <Choice
          at="/http/preset"
          label={carriers.gateway}
          none={carriers.gatewayOther}
          optional
          options={Object.entries(GATEWAYS).map(([value, { name }]) => ({ value, label: name }))}
        />
      )}
      {gateway === undefined ? <Description /> : <Account key={gateway.name} at={gateway} />}
    </>
  )
}

/** Of a described gateway: what is the account's own. */
function Account({ at: gateway }: { at: NonNullable<ReturnType<typeof gatewayOf>> }) {
  const { carriers } = settingsWords()
  return (
    <>
      <p>{carriers.gatewayText(gateway.name)}</p>
      <div class="fields">
        {gateway.address !== undefined && (
          <TextInput
            at="/http/url"
            label={carriers.url}
            hint={carriers.urlLike(gateway.address)}
            type="url"
            empty=""
            max={1000}
          />
        )}
        {gateway.secrets.map(name => (
          <TextInput
            key={name}
            at={`/http/given/${name}`}
            label={carriers.gatewaySecrets[name]}
            hint={
              name === 'webhook' && gateway.webhookUser !== undefined
                ? carriers.webhookUser(gateway.webhookUser)
                : carriers.secretNew
            }
            type="password"
            autocomplete="new-password"
            max={2000}
          />
        ))}
      </div>
      <p class="hint">{carriers.gatewayAfter}</p>
    </>
  )
}

function Description() {
  const { carriers } = settingsWords()
  const parts = [
    ['auth', carriers.auth, 4, true],
    ['headers', carriers.headers, 4, false],
    ['query', carriers.query, 4, false],
    ['body', carriers.body, 10, true],
    ['answer', carriers.answer, 8, false],
    ['encodings', carriers.encodings, 4, false],
    ['validity', carriers.httpValidity, 4, false],
    ['webhook', carriers.webhook, 10, true],
  ] as const
  return (
    <>
      <p class="muted">{carriers.httpText}</p>
      <div class="fields">
        <TextInput at="/http/url" label={carriers.url} type="url" empty="" max={1000} />
        <Choice
          at="/http/method"
          label={carriers.method}
          options={METHODS.map(value => ({ value, label: value }))}
        />
        <TextInput at="/http/probePath" label={carriers.probePath} max={500} optional />
        <NumberInput
          at="/http/responseTimeoutSeconds"
          label={carriers.responseTimeoutSeconds}
          unit={carriers.seconds}
          min={1}
          max={60}
        />
      </div>
      <Rows<Secret>
        at="/http/secrets"
        label={carriers.secrets}
        hint={carriers.secretsHint}
        add={carriers.addSecret}
        remove={carriers.removeSecret}
        most={10}
        fresh={() => ({ name: '', value: null })}
      >
        {at => (
          <>
            <TextInput at={`${at}/name`} label={carriers.secretName} empty="" max={40} />
            <TextInput
              at={`${at}/value`}
              label={carriers.secretValue}
              type="password"
              autocomplete="new-password"
              max={2000}
            />
          </>
        )}
      </Rows>
      {parts.map(([name, label, rows, optional]) => (
        <JsonInput key={name} at={`/http/${name}`} label={label} rows={rows} optional={optional} />
      ))}
    </>
  )
}
