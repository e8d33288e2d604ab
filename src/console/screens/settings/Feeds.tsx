import { settingsWords } from '../../i18n/settings.ts'
import { clock } from '../../lib/i18n.ts'
import { usePages } from '../../lib/pages.ts'
import { pathTo, type ScreenProps } from '../../lib/place.ts'
import { isIn } from '../../lib/session.ts'
import type { Feed } from '../../lib/setting-types.ts'
import { Empty } from '../../parts/Empty.tsx'
import { PageList } from '../../parts/Pages.tsx'
import { CapKeys } from './systems/CapKeys.tsx'
import { feedState } from './systems/feed-state.ts'
import { FeedPage, NewFeed } from './systems/Feed.tsx'

/** CAP out to everybody, and CAP in from others. */
export function Feeds({ way: [chosen] }: ScreenProps) {
  if (chosen === undefined) return <Both />
  return chosen === 'new' ? <NewFeed /> : <FeedPage id={chosen} />
}

function Both() {
  const { feeds } = settingsWords()
  const links = [
    [feeds.atom, '/v1/feed.atom'],
    [feeds.rss, '/v1/feed.rss'],
    [feeds.geojson, '/v1/feed.geojson'],
    [feeds.certificates, '/.well-known/cap-certificates.pem'],
  ] as const
  return (
    <>
      <h1>{feeds.title}</h1>
      <section class="card stack">
        <h2>{feeds.out}</h2>
        <p>{feeds.outText}</p>
        <dl class="facts">
          {links.map(([label, path]) => (
            <>
              <dt key={path}>{label}</dt>
              <dd>
                <a href={path} target="_blank" rel="noreferrer" class="hash">
                  {location.origin + path}
                </a>
              </dd>
            </>
          ))}
        </dl>
      </section>
      {isIn('administrator', 'auditor') && <CapKeys />}
      {isIn('administrator') && <Incoming />}
    </>
  )
}

function Incoming() {
  const { feeds, settings } = settingsWords()
  const found = usePages<Feed>('/v1/feeds')
  return (
    <section class="card stack">
      <div class="row apart">
        <h2>{feeds.in}</h2>
        <a class="button primary" href={pathTo('settings', 'feeds', 'new')}>
          {feeds.add}
        </a>
      </div>
      <p>{feeds.inText}</p>
      <PageList of={found} what={feeds.in} empty={<Empty>{feeds.none}</Empty>}>
        {items => (
          <table class="table rows">
            <thead>
              <tr>
                <th scope="col">{feeds.description}</th>
                <th scope="col">{feeds.url}</th>
                <th scope="col">{feeds.polled}</th>
                <th scope="col">{settings.state}</th>
              </tr>
            </thead>
            <tbody>
              {items.map(feed => (
                <tr key={feed.id}>
                  <th scope="row">
                    <a href={pathTo('settings', 'feeds', feed.id)}>{feed.description}</a>
                  </th>
                  <td data-label={feeds.url} class="hash">
                    {feed.url}
                  </td>
                  <td data-label={feeds.polled}>
                    {feed.polledAt === null ? settings.never : clock(feed.polledAt)}
                  </td>
                  <td data-label={settings.state}>{feedState(feed)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </PageList>
    </section>
  )
}
