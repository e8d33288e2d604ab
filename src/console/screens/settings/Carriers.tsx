import { settingsWords } from '../../i18n/settings.ts'
import { count } from '../../lib/i18n.ts'
import { pathTo, type ScreenProps } from '../../lib/place.ts'
import { useResource } from '../../lib/resource.ts'
import { isIn } from '../../lib/session.ts'
import type { Carrier } from '../../lib/setting-types.ts'
import type { Page } from '../../lib/types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { Loaded } from '../../parts/Loaded.tsx'
import { CarrierPage, NewCarrier } from './carriers/Carrier.tsx'
import { CarrierState } from './carriers/CarrierState.tsx'

const EVERY_MS = 3_000

/** What alerts leave by, and how each stands now. */
export function Carriers({ way: [chosen] }: ScreenProps) {
  if (chosen === undefined) return <List />
  return chosen === 'new' ? <NewCarrier /> : <CarrierPage id={chosen} />
}

function List() {
  const { carriers } = settingsWords()
  const found = useResource<Page<Carrier>>('/v1/carriers?limit=1000', EVERY_MS)
  return (
    <>
      <div class="screen-head">
        <h1>{carriers.title}</h1>
        {isIn('administrator') && (
          <a class="button primary" href={pathTo('settings', 'carriers', 'new')}>
            {carriers.add}
          </a>
        )}
      </div>
      <section class="card">
        <Loaded of={found} what={carriers.title}>
          {({ items }) =>
            items.length === 0 ? <Empty>{carriers.none}</Empty> : <Table of={items} />
          }
        </Loaded>
      </section>
      <p class="muted small">{carriers.refreshed}</p>
    </>
  )
}

function Table({ of: items }: { of: readonly Carrier[] }) {
  const { carriers, settings } = settingsWords()
  return (
    <table class="table rows">
      <thead>
        <tr>
          <th scope="col">{carriers.name}</th>
          <th scope="col">{carriers.protocol}</th>
          <th scope="col">{settings.state}</th>
          <th scope="col" class="number">
            {carriers.speed}
          </th>
          <th scope="col" class="number">
            {carriers.inFlight}
          </th>
          <th scope="col">{carriers.routes}</th>
        </tr>
      </thead>
      <tbody>
        {items.map(carrier => (
          <tr key={carrier.id}>
            <th scope="row">
              <a href={pathTo('settings', 'carriers', carrier.id)}>{carrier.name}</a>
            </th>
            <td data-label={carriers.protocol}>{carriers.protocolShort[carrier.protocol]}</td>
            <td data-label={settings.state}>
              <CarrierState of={carrier} />
            </td>
            <td class="number" data-label={carriers.speed}>
              {carriers.speedOf(count(carrier.perSecond), count(carrier.segmentsPerSecond))}
            </td>
            <td class="number" data-label={carriers.inFlight}>
              {count(carrier.inFlight)}
            </td>
            <td data-label={carriers.routes}>
              {carrier.routes.length === 0
                ? carriers.everyNumber
                : carrier.routes.map(({ prefix }) => prefix).join(', ')}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
