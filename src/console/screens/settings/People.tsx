import { settingsWords } from '../../i18n/settings.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo, type ScreenProps } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import type { Operator } from '../../lib/types.ts'
import { TitledList } from '../../parts/TitledList.tsx'
import { JurisdictionInWords } from './people/InWords.tsx'
import { NewPerson, Person } from './people/Person.tsx'

/** Who works with the system, and what each may do. */
export function People({ way: [chosen] }: ScreenProps) {
  if (chosen === undefined) return <List />
  return chosen === 'new' ? <NewPerson /> : <Person id={chosen} />
}

function List() {
  const { account, people, settings } = settingsWords()
  const operators = usePages<Operator>('/v1/operators')
  return (
    <TitledList
      of={operators}
      title={people.title}
      add={
        isIn('administrator') && (
          <a class="button primary" href={pathTo('settings', 'people', 'new')}>
            {people.add}
          </a>
        )
      }
      none={people.none}
    >
      {items => (
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{people.name}</th>
              <th scope="col">{people.email}</th>
              <th scope="col">{people.roles}</th>
              <th scope="col">{people.border}</th>
              <th scope="col">{settings.state}</th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ id, name, email, roles, jurisdiction, disabledAt, feedId }) => (
              <tr key={id}>
                <th scope="row">
                  <a href={pathTo('settings', 'people', id)}>{name}</a>
                </th>
                <td data-label={people.email}>{feedId === null ? email : people.feedRule}</td>
                <td data-label={people.roles}>
                  {roles.map(role => account.roleShort[role]).join(', ')}
                </td>
                <td data-label={people.border}>
                  <JurisdictionInWords of={jurisdiction} />
                </td>
                <td data-label={settings.state}>
                  {disabledAt === null ? people.active : people.disabled}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </TitledList>
  )
}
