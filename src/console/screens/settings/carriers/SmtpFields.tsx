import { settingsWords } from '../../../i18n/settings.ts'
import { Choice, NumberInput, TextInput } from '../../../parts/inputs.tsx'

const SECURITIES = ['starttls', 'tls', 'none'] as const

export function SmtpFields({ isNew }: { isNew: boolean }) {
  const { carriers } = settingsWords()
  return (
    <>
      <div class="fields">
        <TextInput at="/smtp/host" label={carriers.host} empty="" max={253} />
        <NumberInput at="/smtp/port" label={carriers.port} min={1} max={65_535} />
        <Choice
          at="/smtp/security"
          label={carriers.security}
          options={SECURITIES.map(value => ({ value, label: carriers.securities[value] }))}
        />
        <TextInput
          at="/smtp/user"
          label={carriers.user}
          hint={carriers.userHint}
          empty=""
          max={320}
          optional
        />
        <TextInput
          at="/smtp/password"
          label={carriers.password}
          hint={isNew ? carriers.secretNew : carriers.secretKept}
          type="password"
          autocomplete="new-password"
          max={500}
          optional
        />
        <TextInput at="/smtp/from" label={carriers.fromAddress} type="email" empty="" max={254} />
        <TextInput at="/smtp/fromName" label={carriers.fromName} empty="" max={100} optional />
        <TextInput
          at="/smtp/replyTo"
          label={carriers.replyTo}
          type="email"
          empty=""
          max={254}
          optional
        />
        <NumberInput
          at="/smtp/responseTimeoutSeconds"
          label={carriers.responseTimeoutSeconds}
          unit={carriers.seconds}
          min={1}
          max={600}
        />
      </div>
      <TextInput
        at="/smtp/tlsCa"
        label={carriers.tlsCa}
        hint={carriers.tlsCaHint}
        rows={4}
        mono
        empty=""
        optional
      />
    </>
  )
}
