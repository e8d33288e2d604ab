import { useState } from 'preact/hooks'
import { settingsWords } from '../../i18n/settings.ts'
import { languageName } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo, place, type ScreenProps } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import type { Contact } from '../../lib/setting-types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { Field } from '../../parts/Field.tsx'
import { PageList } from '../../parts/Pages.tsx'
import { ContactPage, NewContact } from './contacts/Contact.tsx'
import { useGroups } from './groups/use-groups.ts'

/** Whom alerts reach. */
export function Contacts({ way: [chosen] }: ScreenProps) {
  if (chosen === undefined) return <List />
  return chosen === 'new' ? <NewContact /> : <ContactPage id={chosen} />
}

function List() {
  const { contacts } = settingsWords()
  const [phone, setPhone] = useState('')
  const [group, setGroup] = useState(place.value.query.get('group') ?? '')
  const listed = useGroups().filter(({ kind }) => kind === 'listed')
  const query = new URLSearchParams({ ...(phone && { phone }), ...(group && { group }) })
  const found = usePages<Contact>(`/v1/contacts?${query}`)
  const find = (event: SubmitEvent) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget as HTMLFormElement).get('phone')
    setPhone(typeof given === 'string' ? given.trim() : '')
  }
  const mayChange = isIn('administrator', 'author')
  return (
    <>
      <div class="screen-head">
        <h1>{contacts.title}</h1>
        {mayChange && (
          <div class="buttons">
            <a class="button" href={pathTo('settings', 'import')}>
              {contacts.import}
            </a>
            <a class="button primary" href={pathTo('settings', 'contacts', 'new')}>
              {contacts.add}
            </a>
          </div>
        )}
      </div>
      <form class="filters" onSubmit={find}>
        <Field label={contacts.findPhone}>
          <input name="phone" type="search" inputMode="tel" defaultValue={phone} />
        </Field>
        <button type="submit" class="button">
          {contacts.find}
        </button>
        <Field label={contacts.group}>
          <select value={group} onChange={event => setGroup(event.currentTarget.value)}>
            <option value="">{contacts.everybody}</option>
            {listed.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
      </form>
      <section class="card">
        <PageList
          of={found}
          what={contacts.title}
          empty={<Empty>{phone === '' && group === '' ? contacts.none : contacts.noneFound}</Empty>}
        >
          {items => <Table of={items} />}
        </PageList>
      </section>
    </>
  )
}

function Table({ of: items }: { of: readonly Contact[] }) {
  const { contacts } = settingsWords()
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{contacts.name}</th>
          <th scope="col">{contacts.phone}</th>
          <th scope="col">{contacts.language}</th>
          <th scope="col">{contacts.places}</th>
          <th scope="col">{contacts.groups}</th>
        </tr>
      </thead>
      <tbody>
        {items.map(({ id, name, phone, language, locations, groups }) => (
          <tr key={id}>
            <th scope="row">
              <a href={pathTo('settings', 'contacts', id)}>{name ?? contacts.unnamed}</a>
            </th>
            <td data-label={contacts.phone} class="nowrap">
              {phone}
            </td>
            <td data-label={contacts.language}>
              {language === null ? '–' : languageName(language)}
            </td>
            <td data-label={contacts.places}>
              {locations.length === 0 ? '–' : contacts.placeCount(locations.length)}
            </td>
            <td data-label={contacts.groups}>{groups.length === 0 ? '–' : groups.join(', ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
