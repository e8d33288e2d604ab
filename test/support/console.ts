/** Somebody at the console: a browser of their own, over a Tocsin of the file's own. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openBrowser } from './browser.ts'
import { vi } from 'vitest'
import { test as databaseTest } from './database.ts'
import { startFlow, type Tocsin } from './service.ts'

// A browser, the service and its database share two cores with another test file.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

export interface Seat {
  readonly page: Page
  readonly context: BrowserContext
  /** What the browser complained about: errors, refused requests, breaches of the policy. */
  readonly complaints: string[]
}

export interface SeatOptions {
  readonly width?: number
  readonly height?: number
  readonly dark?: boolean
  readonly forcedColors?: boolean
  readonly locale?: string
}

/** `localhost`, not an address: passkeys need a name (WebAuthn §5.1.2, `rpId`). */
export const consoleUrl = (tocsin: Tocsin) =>
  `${tocsin.url.replace('127.0.0.1', 'localhost')}/console/`

export async function takeSeat(browser: Browser, options: SeatOptions = {}): Promise<Seat> {
  const { width = 1440, height = 900, dark = false, forcedColors = false } = options
  const { locale = 'en-US' } = options
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    forcedColors: forcedColors ? 'active' : 'none',
    reducedMotion: 'reduce',
    locale,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || /Content.Security.Policy/i.test(message.text())) {
      complaints.push(message.text())
    }
  })
  page.on('pageerror', error => complaints.push(error.message))
  return { page, context, complaints }
}

export async function signInAt(
  { page }: Seat,
  tocsin: Tocsin,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<void> {
  await page.goto(consoleUrl(tocsin))
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'where do you want to work' }).waitFor()
}

/** Tocsin as it runs for real, and one browser, a file. */
export const test = databaseTest.extend<{ $file: { tocsin: Tocsin; browser: Browser } }>({
  tocsin: [
    async ({ databaseUrl }, use) => {
      const { tocsin, end } = await startFlow(databaseUrl, 'localhost')
      await use(tocsin)
      await end()
    },
    { scope: 'file' },
  ],
  browser: [
    // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
    async ({}, use) => {
      const browser = await openBrowser()
      await use(browser)
      await browser.close()
    },
    { scope: 'file' },
  ],
})
