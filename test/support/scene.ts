/** What a stage shows, and of whom and what it is made. */
import type { Page } from 'playwright-core'
import type { Person } from '../../scripts/rehearsal.ts'
import type { Client } from '../../src/cli/client.ts'
import type { Database } from '../../src/store/database.ts'
import type { Place } from './console-session.ts'

export interface Scene {
  readonly name: string
  /** Below the mode. */
  readonly path: string | (() => Promise<Passing>)
  /**
   * `stranger` has not signed in, `newcomer` has, and chosen no mode yet; `keyless` is the author in a browser without a
   * signing key.
   */
  readonly who: keyof Cast['people'] | 'stranger' | 'newcomer' | 'keyless'
  /** Where it is not the stage's own. */
  readonly place?: Cast['place']
  /** Done to the page before it is opened: what it is not answered, or answered otherwise. */
  readonly before?: (page: Page) => Promise<unknown>
  /** What comes of it where no heading does, or where something is awaited for good. */
  readonly awaits?: string
  /** What its person does there. */
  readonly act?: (page: Page) => Promise<unknown>
  /** It is made of what others show, too: it is looked at, and not gone through again for who can not see it. */
  readonly isPicture?: true
}

/** A scene that does not last is made anew each time, and ended when it has been seen. */
export interface Passing {
  readonly path: string
  readonly end: () => Promise<unknown>
}

export type Mode = NonNullable<Place['mode']>

/** What a stage needs of a Tocsin: one of a test's, or that of `npm run screenshots`. */
export interface House {
  readonly url: string
  readonly administrator: Client
  readonly administratorAs: Credentials
  /** For what only time brings about. */
  readonly db: Database
  readonly area: object
}

interface Credentials {
  readonly email: string
  readonly password: string
}

export interface Cast {
  readonly place: Place & { readonly mode: Mode }
  readonly people: Readonly<Record<'author' | 'approver' | 'viewer' | 'administrator', Credentials>>
  readonly author: Person
  readonly approver: Person
  readonly audience: object
}
