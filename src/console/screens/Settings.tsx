import type { ComponentType } from 'preact'
import { settingsWords } from '../i18n/settings.ts'
import { pathTo, place, type ScreenProps } from '../lib/place.ts'
import { isIn } from '../lib/session.ts'
import { Empty } from '../parts/Empty.tsx'
import { useModeOfPage } from '../parts/Frame.tsx'
import { lazy } from '../parts/lazy.tsx'
import { Notice } from '../parts/Notice.tsx'
import { NotHere } from './NotHere.tsx'

type Way = keyof ReturnType<typeof settingsWords>['settings']['pages']
type Group = keyof ReturnType<typeof settingsWords>['settings']['groups']

interface SettingsPage {
  readonly way: Way
  /** Who may at least read it; none: everybody. */
  readonly roles?: readonly string[]
  readonly Page: ComponentType<ScreenProps>
}

const PAGES: readonly { readonly group: Group; readonly pages: readonly SettingsPage[] }[] = [
  {
    group: 'you',
    pages: [
      { way: 'account', Page: lazy(async () => (await import('./settings/Account.tsx')).Account) },
    ],
  },
  {
    group: 'audience',
    pages: [
      {
        way: 'contacts',
        roles: ['administrator', 'author', 'viewer'],
        Page: lazy(async () => (await import('./settings/Contacts.tsx')).Contacts),
      },
      {
        way: 'import',
        roles: ['administrator', 'author'],
        Page: lazy(async () => (await import('./settings/Import.tsx')).Import),
      },
      {
        way: 'groups',
        roles: ['administrator', 'author', 'approver', 'viewer'],
        Page: lazy(async () => (await import('./settings/Groups.tsx')).Groups),
      },
      {
        way: 'geocode-sets',
        roles: ['administrator', 'author', 'approver', 'viewer'],
        Page: lazy(async () => (await import('./settings/GeocodeSets.tsx')).GeocodeSets),
      },
      {
        way: 'opt-outs',
        roles: ['administrator', 'author', 'approver', 'viewer', 'auditor'],
        Page: lazy(async () => (await import('./settings/OptOuts.tsx')).OptOuts),
      },
      {
        way: 'other-texts',
        roles: ['administrator', 'author', 'approver', 'viewer'],
        Page: lazy(async () => (await import('./settings/OtherTexts.tsx')).OtherTexts),
      },
    ],
  },
  {
    group: 'message',
    pages: [
      {
        way: 'templates',
        Page: lazy(async () => (await import('./settings/Templates.tsx')).Templates),
      },
      {
        way: 'carriers',
        Page: lazy(async () => (await import('./settings/Carriers.tsx')).Carriers),
      },
    ],
  },
  {
    group: 'organisation',
    pages: [
      {
        way: 'exercises',
        Page: lazy(async () => (await import('./settings/Exercises.tsx')).Exercises),
      },
      {
        way: 'organisation',
        roles: ['administrator'],
        Page: lazy(async () => (await import('./settings/Organisation.tsx')).Organisation),
      },
      {
        way: 'mail-reports',
        roles: ['administrator', 'auditor'],
        Page: lazy(async () => (await import('./settings/MailReports.tsx')).MailReports),
      },
      {
        way: 'people',
        roles: ['administrator', 'auditor'],
        Page: lazy(async () => (await import('./settings/People.tsx')).People),
      },
      {
        way: 'audit',
        roles: ['administrator', 'auditor'],
        Page: lazy(async () => (await import('./settings/Audit.tsx')).Audit),
      },
    ],
  },
  {
    group: 'systems',
    pages: [
      {
        way: 'feeds',
        Page: lazy(async () => (await import('./settings/Feeds.tsx')).Feeds),
      },
      {
        way: 'subscribers',
        roles: ['administrator'],
        Page: lazy(async () => (await import('./settings/Subscribers.tsx')).Subscribers),
      },
    ],
  },
]

/** S12: a list of pages at the side, the page beside it; on a phone first the one, then the other. */
export function Settings({ way }: ScreenProps) {
  const { settings } = settingsWords()
  const [chosen = 'account', ...rest] = way
  const found = PAGES.flatMap(({ pages }) => pages).find(page => page.way === chosen)
  const isShared =
    place.value.mode === 'exercise' &&
    found !== undefined &&
    mayOpen(found) &&
    !['account', 'exercises'].includes(found.way)
  useModeOfPage(found === undefined ? settings.title : settings.pages[found.way])
  return (
    <div class="settings" data-chosen={way.length > 0}>
      <nav class="settings-nav card" aria-label={settings.navigation}>
        <h1>{settings.title}</h1>
        {PAGES.map(({ group, pages }) => {
          const open = pages.filter(mayOpen)
          return (
            open.length > 0 && (
              <div key={group}>
                <h2>{settings.groups[group]}</h2>
                <ul>
                  {open.map(page => (
                    <li key={page.way}>
                      <a
                        href={pathTo('settings', page.way)}
                        aria-current={page.way === chosen ? 'page' : undefined}
                      >
                        {settings.pages[page.way]}
                      </a>
                    </li>
                  ))}
                </ul>
              </div>
            )
          )
        })}
      </nav>
      <div class="settings-page stack">
        <a class="settings-back" href={pathTo('settings')}>
          ‹ {settings.allSettings}
        </a>
        {isShared && (
          <Notice kind="warn">
            <p>{settings.holdsForLive}</p>
          </Notice>
        )}
        {found === undefined ? (
          <NotHere />
        ) : mayOpen(found) ? (
          <found.Page key={rest.join('/')} way={rest} />
        ) : (
          <>
            <h1>{settings.pages[found.way]}</h1>
            <Empty>{settings.notYours}</Empty>
          </>
        )}
      </div>
    </div>
  )
}

const mayOpen = ({ roles }: SettingsPage) => roles === undefined || isIn(...roles)
