import { settingsWords } from '../../i18n/settings.ts'
import { useGeometries } from '../../lib/geometries.ts'
import { count } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { goTo, pathTo, type ScreenProps } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import type { Group } from '../../lib/setting-types.ts'
import { AreaMap } from '../../parts/AreaMap.tsx'
import { TitledList } from '../../parts/TitledList.tsx'
import { GroupPage, NewGroup } from './groups/Group.tsx'
import { kindOf } from './groups/use-groups.ts'

/** Groups of people, and areas that were saved. */
export function Groups({ way: [chosen] }: ScreenProps) {
  if (chosen === undefined) return <List />
  return chosen === 'new' ? <NewGroup /> : <GroupPage id={chosen} />
}

function List() {
  const { groups } = settingsWords()
  const found = usePages<Group>('/v1/groups')
  return (
    <TitledList
      of={found}
      title={groups.title}
      add={
        isIn('administrator', 'author') && (
          <a class="button primary" href={pathTo('settings', 'groups', 'new')}>
            {groups.add}
          </a>
        )
      }
      intro={groups.intro}
      none={groups.none}
    >
      {items => (
        <>
          <SavedAreas of={items} />
          <table class="table rows">
            <thead>
              <tr>
                <th scope="col">{groups.name}</th>
                <th scope="col">{groups.kind}</th>
                <th scope="col" class="number">
                  {groups.members}
                </th>
                <th scope="col">{groups.description}</th>
              </tr>
            </thead>
            <tbody>
              {items.map(group => (
                <tr key={group.id}>
                  <th scope="row">
                    <a href={pathTo('settings', 'groups', group.id)}>{group.name}</a>
                  </th>
                  <td data-label={groups.kind}>{groups.kindShort[kindOf(group)]}</td>
                  <td class="number" data-label={groups.members}>
                    {count(group.members)}
                  </td>
                  <td data-label={groups.description}>{group.description ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </TitledList>
  )
}

/** Where the groups that are areas lie; each leads to its page. */
function SavedAreas({ of: items }: { of: readonly Group[] }) {
  const { groups } = settingsWords()
  const saved = items.flatMap(({ id, name, area }) =>
    area === null ? [] : [{ id, area: { ...area, areaDesc: name } }],
  )
  const outlines = useGeometries(saved.map(({ area }) => area))
  if (saved.length === 0) return null
  return (
    <div class="saved-areas">
      <AreaMap
        areas={outlines}
        label={groups.savedMap(saved.length)}
        onPick={no => goTo(pathTo('settings', 'groups', saved[no]?.id ?? ''))}
      />
    </div>
  )
}
