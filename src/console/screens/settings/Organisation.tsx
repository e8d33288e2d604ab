import { settingsWords } from '../../i18n/settings.ts'
import { get, patch } from '../../lib/api.ts'
import { useForm } from '../../lib/form.ts'
import { words } from '../../lib/i18n.ts'
import { changesOf } from '../../lib/pointer.ts'
import { useResource } from '../../lib/resource.ts'
import type { Organisation as OrganisationResource } from '../../lib/setting-types.ts'
import type { Severity } from '../../lib/types.ts'
import { Form } from '../../parts/Form.tsx'
import {
  Choices,
  Flag,
  Lines,
  NumberInput,
  RadioChoice,
  Rows,
  TextInput,
} from '../../parts/inputs.tsx'
import { Loaded } from '../../parts/Loaded.tsx'

const PATH = '/v1/organisation'
const SEVERITIES: readonly Severity[] = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown']
const PROFILES = ['ipaws', 'cap-cp', 'meteoalarm'] as const
const ANSWERS = ['helpTexts', 'optOutTexts', 'optInTexts'] as const

interface LanguageText {
  readonly language: string
  readonly text: string
}

/** What answers in other languages is a record to the API; a form needs rows. */
type Draft = Omit<OrganisationResource, 'policy' | 'revision'> & {
  readonly policy: Omit<OrganisationResource['policy'], (typeof ANSWERS)[number]> &
    Readonly<Record<(typeof ANSWERS)[number], readonly LanguageText[]>>
}

function keptOf({ revision, ...organisation }: OrganisationResource) {
  const { policy } = organisation
  const rows = Object.fromEntries(
    ANSWERS.map(name => [
      name,
      Object.entries(policy[name]).map(([language, text]) => ({ language, text })),
    ]),
  )
  const body = { ...organisation, policy: { ...policy, ...rows } } as unknown as Draft
  return { body, revision }
}

function bodyOf({ policy, ...rest }: Draft) {
  const records = Object.fromEntries(
    ANSWERS.map(name => [
      name,
      Object.fromEntries(policy[name].map(({ language, text }) => [language, text])),
    ]),
  )
  return { ...rest, policy: { ...policy, ...records } }
}

export function Organisation() {
  const { organisation: text } = settingsWords()
  const organisation = useResource<OrganisationResource>(PATH)
  return (
    <>
      <h1>{text.title}</h1>
      <section class="card">
        <Loaded of={organisation} what={text.title} lines={8}>
          {now => <Fields now={now} />}
        </Loaded>
      </section>
    </>
  )
}

function Fields({ now }: { now: OrganisationResource }) {
  const { organisation: text } = settingsWords()
  const form = useForm<Draft>({
    start: keptOf(now),
    async send(draft, { body, revision }) {
      const change = changesOf<object>(bodyOf(body), bodyOf(draft), ['policy', 'retention'])
      return keptOf(await patch<OrganisationResource>(PATH, change, { revision }))
    },
    load: async () => keptOf(await get<OrganisationResource>(PATH)),
    pointerOf: rowOf,
  })
  return (
    <Form of={form} action={text.save} saved={text.saved}>
      <TextInput at="/name" label={text.name} hint={text.nameHint} max={100} />
      <div class="fields">
        <TextInput at="/timeZone" label={text.timeZone} hint={text.timeZoneHint} max={64} />
        <TextInput at="/country" label={text.country} hint={text.countryHint} max={2} />
      </div>
      <TextInput at="/sender" label={text.sender} hint={text.senderHint} max={254} />
      <Lines at="/languages" label={text.languages} hint={text.languagesHint} rows={3} />
      <Approval />
      <Emergencies />
      {form.read('/policy/passkeys') !== undefined && <PasskeyPolicy />}
      <Answers />
      <h2>{text.contacts}</h2>
      <NumberInput
        at="/policy/staleAfterDays"
        label={text.staleAfterDays}
        hint={text.staleAfterDaysHint}
        unit={text.days}
        min={1}
        max={3650}
      />
      <h2>{text.retention}</h2>
      <p class="muted">{text.retentionText}</p>
      <div class="fields">
        <NumberInput
          at="/retention/deliveriesDays"
          label={text.deliveriesDays}
          hint={text.deliveriesDaysHint}
          unit={text.days}
          min={1}
          max={3650}
        />
        <NumberInput
          at="/retention/repliesDays"
          label={text.repliesDays}
          unit={text.days}
          min={1}
          max={3650}
        />
      </div>
    </Form>
  )
}

function Approval() {
  const { organisation: text } = settingsWords()
  const { secondPersons, templateReviews } = text
  return (
    <>
      <h2>{text.approval}</h2>
      <RadioChoice
        at="/policy/secondPerson"
        label={text.secondPerson}
        options={[
          { value: 'actual', label: secondPersons.actual, hint: secondPersons.actualHint },
          { value: 'all', label: secondPersons.all, hint: secondPersons.allHint },
          { value: 'none', label: secondPersons.none, hint: secondPersons.noneHint },
        ]}
      />
      <NumberInput
        at="/policy/breakGlassAfterSeconds"
        label={text.breakGlass}
        hint={text.breakGlassHint}
        unit={text.seconds}
        min={60}
        max={3600}
        optional
      />
      <RadioChoice
        at="/policy/templateReview"
        label={text.templateReview}
        options={[
          { value: 'another', label: templateReviews.another, hint: templateReviews.anotherHint },
          { value: 'anyone', label: templateReviews.anyone, hint: templateReviews.anyoneHint },
          { value: 'none', label: templateReviews.none, hint: templateReviews.noneHint },
        ]}
      />
      <div class="fields">
        <NumberInput
          at="/policy/holdSeconds"
          label={text.holdSeconds}
          hint={text.holdSecondsHint}
          unit={text.seconds}
          min={0}
          max={60}
        />
        <NumberInput
          at="/policy/typedCountAbove"
          label={text.typedCountAbove}
          hint={text.typedCountAboveHint}
          unit={text.phones}
          min={0}
        />
        <NumberInput
          at="/policy/maxSegments"
          label={text.maxSegments}
          hint={text.maxSegmentsHint}
          unit={text.segments}
          min={1}
          max={255}
        />
      </div>
    </>
  )
}

function Emergencies() {
  const { organisation: text } = settingsWords()
  const { severity } = words().alerts
  return (
    <>
      <h2>{text.emergency}</h2>
      <Choices
        at="/policy/emergencySeverities"
        label={text.emergencySeverities}
        hint={text.emergencySeveritiesHint}
        optional
        options={SEVERITIES.map(value => ({ value, label: severity[value] }))}
      />
      <Choices
        at="/policy/profiles"
        label={text.profiles}
        hint={text.profilesHint}
        optional
        options={PROFILES.map(value => ({ value, label: text.profileNames[value] }))}
      />
    </>
  )
}

function PasskeyPolicy() {
  const { organisation: text } = settingsWords()
  return (
    <>
      <h2>{text.passkeys}</h2>
      <RadioChoice
        at="/policy/passkeys/signIn"
        label={text.passkeySignIn}
        options={[
          { value: 'optional', label: text.passkeySignIns.optional },
          {
            value: 'required',
            label: text.passkeySignIns.required,
            hint: text.passkeySignIns.requiredHint,
          },
        ]}
      />
      <Flag at="/policy/passkeys/authors" label={text.passkeyAuthors} />
      <Flag at="/policy/passkeys/approvers" label={text.passkeyApprovers} />
      <Flag at="/policy/passkeys/keys" label={text.passkeyKeys} />
    </>
  )
}

function Answers() {
  const { organisation: text } = settingsWords()
  const answers = [
    ['help', text.helpText, text.helpTextHint],
    ['optOut', text.optOutText, text.optOutTextHint],
    ['optIn', text.optInText, undefined],
  ] as const
  return (
    <>
      <h2>{text.answers}</h2>
      {answers.map(([name, label, hint]) => (
        <div key={name} class="stack">
          <TextInput at={`/policy/${name}Text`} label={label} hint={hint} rows={2} max={320} />
          <Rows<LanguageText>
            at={`/policy/${name}Texts`}
            label={`${label}: ${text.answerLanguages}`}
            hint={text.answerLanguagesHint}
            add={text.addLanguage}
            remove={text.removeLanguage}
            most={20}
            fresh={() => ({ language: '', text: '' })}
          >
            {(at, { language }) => (
              <>
                <TextInput at={`${at}/language`} label={text.language} empty="" max={35} />
                <TextInput
                  at={`${at}/text`}
                  label={text.text}
                  empty=""
                  rows={2}
                  max={320}
                  lang={language}
                />
              </>
            )}
          </Rows>
        </div>
      ))}
    </>
  )
}

/** A fault of a record's member is a fault of the row that it came from. */
const rowOf = (pointer: string, draft: Draft) => {
  const [, part, name, language] = pointer.split('/')
  const rows = part === 'policy' && ANSWERS.find(one => one === name)
  if (!rows || language === undefined) return pointer
  const no = draft.policy[rows].findIndex(row => row.language === language)
  return no < 0 ? `/policy/${rows}` : `/policy/${rows}/${no}/text`
}
