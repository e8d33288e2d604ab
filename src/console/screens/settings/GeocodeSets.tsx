import { settingsWords } from '../../i18n/settings.ts'
import { count, dayAndClock } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo, type ScreenProps } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import type { GeocodeSet } from '../../lib/setting-types.ts'
import { TitledList } from '../../parts/TitledList.tsx'
import { GeocodeSetPage, NewGeocodeSet } from './geocode-sets/GeocodeSet.tsx'

/** Shapes by code that areas may name. */
export function GeocodeSets({ way: [kind, name] }: ScreenProps) {
  if (kind === 'new') return <NewGeocodeSet />
  return kind === 'set' && name !== undefined ? <GeocodeSetPage name={name} /> : <List />
}

function List() {
  const { geocodeSets } = settingsWords()
  const found = usePages<GeocodeSet>('/v1/geocode-sets')
  return (
    <TitledList
      of={found}
      title={geocodeSets.title}
      add={
        isIn('administrator') && (
          <a class="button primary" href={pathTo('settings', 'geocode-sets', 'new')}>
            {geocodeSets.add}
          </a>
        )
      }
      intro={geocodeSets.intro}
      none={geocodeSets.none}
    >
      {items => (
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{geocodeSets.name}</th>
              <th scope="col" class="number">
                {geocodeSets.codes}
              </th>
              <th scope="col">{geocodeSets.description}</th>
              <th scope="col">{geocodeSets.loaded}</th>
            </tr>
          </thead>
          <tbody>
            {items.map(set => (
              <tr key={set.valueName}>
                <th scope="row">
                  <a href={pathTo('settings', 'geocode-sets', 'set', set.valueName)}>
                    {set.valueName}
                  </a>
                </th>
                <td class="number" data-label={geocodeSets.codes}>
                  {count(set.codes)}
                </td>
                <td data-label={geocodeSets.description}>{set.description ?? '–'}</td>
                <td data-label={geocodeSets.loaded}>{dayAndClock(set.loadedAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </TitledList>
  )
}
