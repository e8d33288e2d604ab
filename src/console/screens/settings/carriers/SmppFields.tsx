import { settingsWords } from '../../../i18n/settings.ts'
import { useFormContext } from '../../../lib/form.ts'
import { Choice, Flag, JsonInput, NumberInput, TextInput } from '../../../parts/inputs.tsx'

const BIND_TYPES = ['transceiver', 'transmitter-receiver', 'transmitter'] as const
const PRESETS = ['vibes', 'vibes-gsm', 'smsportal', 'sinch-short-code'] as const
const ALPHABETS = ['GSM7', 'GSM7-packed', 'latin1', 'ascii'] as const
const JOININGS = ['udh8', 'udh16', 'sar', 'payload'] as const
const VALIDITIES = ['relative', 'absolute', 'none'] as const
const RECEIPTS = ['none', 'final', 'intermediate'] as const

export function SmppFields({ isNew }: { isNew: boolean }) {
  const { carriers } = settingsWords()
  const hasTls = useFormContext().read('/smpp/tls') === true
  return (
    <>
      <div class="fields">
        <TextInput at="/smpp/host" label={carriers.host} empty="" max={253} />
        <NumberInput at="/smpp/port" label={carriers.port} min={1} max={65_535} />
        <TextInput at="/smpp/systemId" label={carriers.systemId} empty="" max={15} />
        <TextInput
          at="/smpp/password"
          label={carriers.password}
          hint={isNew ? carriers.secretNew : carriers.secretKept}
          type="password"
          autocomplete="new-password"
          max={8}
          optional={!isNew}
        />
        <TextInput at="/smpp/systemType" label={carriers.systemType} empty="" max={12} optional />
        <Choice
          at="/smpp/bindType"
          label={carriers.bindType}
          options={BIND_TYPES.map(value => ({ value, label: carriers.bindTypes[value] }))}
        />
        <NumberInput
          at="/smpp/enquireLinkSeconds"
          label={carriers.enquireLinkSeconds}
          unit={carriers.seconds}
          min={1}
          max={300}
        />
        <NumberInput
          at="/smpp/responseTimeoutSeconds"
          label={carriers.responseTimeoutSeconds}
          unit={carriers.seconds}
          min={1}
          max={120}
        />
      </div>
      <Flag at="/smpp/tls" label={carriers.tls} hint={carriers.tlsHint} />
      {hasTls && <Tls isNew={isNew} />}
      <details>
        <summary>{carriers.dialect}</summary>
        <Dialect isNew={isNew} />
      </details>
    </>
  )
}

function Tls({ isNew }: { isNew: boolean }) {
  const { carriers } = settingsWords()
  return (
    <div class="stack">
      <TextInput
        at="/smpp/tlsServerName"
        label={carriers.tlsServerName}
        empty=""
        max={253}
        optional
      />
      <TextInput
        at="/smpp/tlsCa"
        label={carriers.tlsCa}
        hint={carriers.tlsCaHint}
        rows={4}
        mono
        empty=""
        optional
      />
      <TextInput
        at="/smpp/tlsCertificate"
        label={carriers.tlsCertificate}
        rows={4}
        mono
        empty=""
        optional
      />
      <TextInput
        at="/smpp/tlsKey"
        label={carriers.tlsKey}
        hint={isNew ? carriers.secretNew : carriers.secretKept}
        rows={4}
        mono
        optional
      />
    </div>
  )
}

function Dialect({ isNew }: { isNew: boolean }) {
  const { carriers } = settingsWords()
  const numbers = [
    ['sourceTon', 6],
    ['sourceNpi', 18],
    ['destinationTon', 6],
    ['destinationNpi', 18],
  ] as const
  return (
    <div class="fields">
      {isNew && (
        <Choice
          at="/smpp/preset"
          label={carriers.preset}
          none={carriers.usual}
          optional
          options={PRESETS.map(value => ({ value, label: carriers.presets[value] }))}
        />
      )}
      <Choice
        at="/smpp/defaultAlphabet"
        label={carriers.defaultAlphabet}
        none={carriers.usual}
        optional={isNew}
        options={ALPHABETS.map(value => ({ value, label: value }))}
      />
      <Choice
        at="/smpp/longMessages"
        label={carriers.longMessages}
        none={carriers.usual}
        optional={isNew}
        options={JOININGS.map(value => ({ value, label: carriers.longMessagesOf[value] }))}
      />
      <Choice
        at="/smpp/validity"
        label={carriers.validity}
        none={carriers.usual}
        optional={isNew}
        options={VALIDITIES.map(value => ({ value, label: carriers.validities[value] }))}
      />
      <Choice
        at="/smpp/registeredDelivery"
        label={carriers.registeredDelivery}
        none={carriers.usual}
        optional={isNew}
        options={RECEIPTS.map(value => ({ value, label: carriers.receipts[value] }))}
      />
      <TextInput at="/smpp/serviceType" label={carriers.serviceType} empty="" max={5} optional />
      {numbers.map(([name, max]) => (
        <NumberInput
          key={name}
          at={`/smpp/${name}`}
          label={carriers[name]}
          min={0}
          max={max}
          optional
        />
      ))}
      <JsonInput
        at="/smpp/statuses"
        label={carriers.statuses}
        hint={carriers.statusesHint}
        rows={4}
        optional
      />
    </div>
  )
}
