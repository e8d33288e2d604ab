import { settingsWords } from '../../../i18n/settings.ts'
import { Flag, NumberInput, TextInput } from '../../../parts/inputs.tsx'

export function TwilioFields({ isNew }: { isNew: boolean }) {
  const { carriers } = settingsWords()
  return (
    <>
      <div class="fields">
        <TextInput at="/twilio/baseUrl" label={carriers.baseUrl} type="url" empty="" max={500} />
        <TextInput at="/twilio/accountSid" label={carriers.accountSid} empty="" max={64} />
        <TextInput
          at="/twilio/authToken"
          label={carriers.authToken}
          hint={isNew ? carriers.secretNew : carriers.secretKept}
          type="password"
          autocomplete="new-password"
          max={256}
          optional={!isNew}
        />
        <TextInput
          at="/twilio/formerAuthToken"
          label={carriers.formerAuthToken}
          hint={carriers.formerAuthTokenHint}
          type="password"
          autocomplete="new-password"
          max={256}
          optional
        />
        <TextInput
          at="/twilio/messagingServiceSid"
          label={carriers.messagingServiceSid}
          hint={carriers.messagingServiceSidHint}
          empty=""
          max={64}
          optional
        />
        <NumberInput
          at="/twilio/responseTimeoutSeconds"
          label={carriers.responseTimeoutSeconds}
          unit={carriers.seconds}
          min={1}
          max={120}
        />
      </div>
      <Flag at="/twilio/statusCallbacks" label={carriers.statusCallbacks} />
    </>
  )
}
