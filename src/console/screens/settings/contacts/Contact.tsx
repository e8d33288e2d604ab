import { settingsWords } from '../../../i18n/settings.ts'
import { get, patch, post, remove } from '../../../lib/api.ts'
import { type FormSettings, useForm } from '../../../lib/form.ts'
import { day } from '../../../lib/i18n.ts'
import { goTo, pathTo } from '../../../lib/place.ts'
import { changesOf, withoutEmpty } from '../../../lib/pointer.ts'
import { useResource } from '../../../lib/resource.ts'
import { isIn } from '../../../lib/session.ts'
import type { Consent, Contact } from '../../../lib/setting-types.ts'
import { BackTo } from '../../../parts/BackTo.tsx'
import { Empty } from '../../../parts/Empty.tsx'
import { Form } from '../../../parts/Form.tsx'
import { Choices, Lines, NumberInput, Rows, TextInput } from '../../../parts/inputs.tsx'
import { Loaded } from '../../../parts/Loaded.tsx'
import { SureButton } from '../../../parts/SureButton.tsx'
import { ConsentTable } from './ConsentTable.tsx'

const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const

interface Hours {
  readonly days: readonly string[]
  readonly from: string
  readonly to: string
}
interface Location {
  readonly longitude: number | null
  readonly latitude: number | null
  readonly label: string | null
  readonly hours: readonly Hours[]
}
interface Draft extends Pick<Contact, 'email' | 'name' | 'language' | 'externalId' | 'groups'> {
  readonly phone: string
  readonly locations: readonly Location[]
}

const FRESH: Draft = {
  phone: '',
  email: null,
  name: null,
  language: null,
  externalId: null,
  groups: [],
  locations: [],
}

function keptOf({ revision, phone, email, name, language, externalId, groups, ...rest }: Contact) {
  const locations = rest.locations.map(({ hours, ...place }) => ({ ...place, hours: hours ?? [] }))
  return { body: { phone, email, name, language, externalId, groups, locations }, revision }
}

const bodyOf = ({ locations, ...rest }: Draft) => ({
  ...rest,
  locations: locations.map(({ label, hours, ...place }) => ({
    ...place,
    ...(label !== null && { label }),
    ...(hours.length > 0 && { hours }),
  })),
})

export function NewContact() {
  const { contacts } = settingsWords()
  return (
    <>
      <BackTo way={['settings', 'contacts']}>{contacts.title}</BackTo>
      <h1>{contacts.add}</h1>
      <section class="card">
        <Fields
          action={contacts.add}
          settings={{
            start: { body: FRESH },
            async send(draft) {
              const { id } = await post<Contact>('/v1/contacts', withoutEmpty(bodyOf(draft)))
              goTo(pathTo('settings', 'contacts', id))
              return undefined
            },
          }}
        />
      </section>
    </>
  )
}

export function ContactPage({ id }: { id: string }) {
  const { contacts } = settingsWords()
  const path = `/v1/contacts/${id}`
  const contact = useResource<Contact>(path)
  const leave = async () => {
    const { revision } = await get<Contact>(path)
    await remove(path, { revision })
    goTo(pathTo('settings', 'contacts'))
  }
  return (
    <>
      <BackTo way={['settings', 'contacts']}>{contacts.title}</BackTo>
      <Loaded of={contact} what={contacts.one}>
        {one => (
          <>
            <h1>{one.name ?? one.phone}</h1>
            <p class="muted">
              {contacts.changed}: {day(one.updatedAt)}
            </p>
            <section class="card">
              <Fields
                action={contacts.save}
                settings={{
                  start: keptOf(one),
                  async send(draft, { body, revision }) {
                    const change = changesOf<object>(bodyOf(body), bodyOf(draft))
                    return keptOf(await patch<Contact>(path, change, { revision }))
                  },
                  load: async () => keptOf(await get<Contact>(path)),
                }}
              />
            </section>
            <TheirOptOuts id={id} />
            {isIn('administrator', 'author') && (
              <section class="card stack">
                <h2>{contacts.remove}</h2>
                <p>{contacts.removeText}</p>
                <SureButton question={contacts.removeQuestion} act={leave}>
                  {contacts.remove}
                </SureButton>
              </section>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

function TheirOptOuts({ id }: { id: string }) {
  const { contacts } = settingsWords()
  const found = useResource<{ optOuts: readonly Consent[]; history: readonly Consent[] }>(
    `/v1/contacts/${id}/opt-outs`,
  )
  return (
    <section class="card stack">
      <h2>{contacts.optOuts}</h2>
      <Loaded of={found} what={contacts.optOuts} lines={2}>
        {({ history }) =>
          history.length === 0 ? (
            <Empty>{contacts.optOutsNone}</Empty>
          ) : (
            <ConsentTable of={history} showsAct />
          )
        }
      </Loaded>
    </section>
  )
}

function Fields({ action, settings }: { action: string; settings: FormSettings<Draft> }) {
  const { contacts } = settingsWords()
  const form = useForm(settings)
  return (
    <Form of={form} action={action} readOnly={!isIn('administrator', 'author')}>
      <div class="fields">
        <TextInput at="/name" label={contacts.name} max={200} optional />
        <TextInput
          at="/phone"
          label={contacts.phone}
          hint={contacts.phoneHint}
          type="tel"
          empty=""
          max={40}
        />
        <TextInput
          at="/email"
          label={contacts.email}
          hint={contacts.emailHint}
          type="email"
          max={254}
          optional
        />
        <TextInput
          at="/language"
          label={contacts.language}
          hint={contacts.languageHint}
          max={35}
          optional
        />
        <TextInput at="/externalId" label={contacts.externalId} max={200} optional />
      </div>
      <Lines at="/groups" label={contacts.groups} hint={contacts.groupsHint} rows={3} optional />
      <Rows<Location>
        at="/locations"
        label={contacts.places}
        hint={contacts.placesHint}
        add={contacts.addPlace}
        remove={contacts.removePlace}
        fresh={() => ({ longitude: null, latitude: null, label: null, hours: [] })}
      >
        {at => (
          <>
            <TextInput
              at={`${at}/label`}
              label={contacts.label}
              hint={contacts.labelHint}
              max={100}
              optional
            />
            <NumberInput
              at={`${at}/latitude`}
              label={contacts.latitude}
              min={-90}
              max={90}
              step="any"
            />
            <NumberInput
              at={`${at}/longitude`}
              label={contacts.longitude}
              min={-180}
              max={180}
              step="any"
            />
            <HoursRows at={`${at}/hours`} />
          </>
        )}
      </Rows>
    </Form>
  )
}

function HoursRows({ at }: { at: string }) {
  const { contacts } = settingsWords()
  return (
    <Rows<Hours>
      at={at}
      label={contacts.hours}
      hint={contacts.hoursHint}
      add={contacts.addHours}
      remove={contacts.removeHours}
      most={21}
      fresh={() => ({ days: DAYS.slice(0, 5), from: '08:00', to: '17:00' })}
    >
      {span => (
        <>
          <Choices
            at={`${span}/days`}
            label={contacts.days}
            options={DAYS.map(value => ({ value, label: contacts.day[value] }))}
          />
          <TextInput at={`${span}/from`} label={contacts.from} empty="" max={5} />
          <TextInput at={`${span}/to`} label={contacts.to} empty="" max={5} />
        </>
      )}
    </Rows>
  )
}
