import { settingsWords } from '../../i18n/settings.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo, type ScreenProps } from '../../lib/place.ts'
import type { Subscriber } from '../../lib/setting-types.ts'
import { TitledList } from '../../parts/TitledList.tsx'
import { NewAggregator } from './systems/Aggregator.tsx'
import { NewSubscriber, SubscriberPage } from './systems/Subscriber.tsx'

/** Systems that are told of alerts. */
export function Subscribers({ way: [chosen] }: ScreenProps) {
  if (chosen === undefined) return <List />
  if (chosen === 'new') return <NewSubscriber />
  return chosen === 'new-aggregator' ? <NewAggregator /> : <SubscriberPage id={chosen} />
}

function List() {
  const { aggregators, settings, subscribers } = settingsWords()
  const found = usePages<Subscriber>('/v1/subscribers')
  return (
    <TitledList
      of={found}
      title={subscribers.title}
      add={
        <div class="buttons">
          <a class="button primary" href={pathTo('settings', 'subscribers', 'new')}>
            {subscribers.add}
          </a>
          <a class="button" href={pathTo('settings', 'subscribers', 'new-aggregator')}>
            {aggregators.add}
          </a>
        </div>
      }
      intro={subscribers.intro}
      none={subscribers.none}
    >
      {items => (
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">{subscribers.description}</th>
              <th scope="col">{subscribers.kind}</th>
              <th scope="col">{subscribers.url}</th>
              <th scope="col">{settings.state}</th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ id, kind, description, url, enabled }) => (
              <tr key={id}>
                <th scope="row">
                  <a href={pathTo('settings', 'subscribers', id)}>{description}</a>
                </th>
                <td data-label={subscribers.kind}>{subscribers.kinds[kind]}</td>
                <td data-label={subscribers.url} class="hash">
                  {url}
                </td>
                <td data-label={settings.state}>{enabled ? subscribers.on : subscribers.off}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </TitledList>
  )
}
