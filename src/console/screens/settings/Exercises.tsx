import { settingsWords } from '../../i18n/settings.ts'
import { count, dayAndClock } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo, type ScreenProps } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import type { ExerciseResource } from '../../lib/setting-types.ts'
import { TitledList } from '../../parts/TitledList.tsx'
import { ExercisePage, NewExercise } from './exercises/Exercise.tsx'

/** S11: exercises that were, are and will be. */
export function Exercises({ way: [chosen] }: ScreenProps) {
  if (chosen === undefined) return <List />
  return chosen === 'new' ? <NewExercise /> : <ExercisePage id={chosen} />
}

function List() {
  const { exercises, settings } = settingsWords()
  const found = usePages<ExerciseResource>('/v1/exercises')
  return (
    <TitledList
      of={found}
      title={exercises.title}
      add={
        isIn('administrator', 'author', 'approver') && (
          <a class="button primary" href={pathTo('settings', 'exercises', 'new')}>
            {exercises.add}
          </a>
        )
      }
      intro={exercises.intro}
      none={exercises.none}
    >
      {items => (
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{exercises.name}</th>
              <th scope="col">{settings.state}</th>
              <th scope="col">{exercises.startsAt}</th>
              <th scope="col">{exercises.endsAt}</th>
              <th scope="col" class="number">
                {exercises.phones}
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ id, name, practice, state, startsAt, endsAt, phones }) => (
              <tr key={id}>
                <th scope="row">
                  <a href={pathTo('settings', 'exercises', id)}>
                    {practice ? exercises.practice : name}
                  </a>
                </th>
                <td data-label={settings.state}>{exercises.state[state]}</td>
                <td data-label={exercises.startsAt}>{dayAndClock(startsAt)}</td>
                <td data-label={exercises.endsAt}>{dayAndClock(endsAt)}</td>
                <td class="number" data-label={exercises.phones}>
                  {phones === null ? '–' : count(phones)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </TitledList>
  )
}
