import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { type Person, until } from '../../scripts/rehearsal.ts'
import { signAs } from '../../src/cli/send.ts'
import { deleteRecipients } from '../../src/reports/delete-recipients.ts'
import type { Progress } from '../../src/reports/progress.ts'
import { openBrowser } from '../support/browser.ts'
import { keptSession } from '../support/console-session.ts'
import { CORRECTIONS } from '../support/corrections.ts'
import { floodAlert, settle, test as serviceTest, type Tocsin } from '../support/service.ts'

const PEOPLE = 300

const test = serviceTest.extend<{ $file: { browser: Browser; county: { dispatcher: unknown } } }>({
  browser: [
    // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
    async ({}, use) => {
      const browser = await openBrowser()
      await use(browser)
      await browser.close()
    },
    { scope: 'file' },
  ],
  county: [
    async ({ tocsin, db }, use) => {
      await settle(db, PEOPLE)
      const policy = { typedCountAbove: 100, holdSeconds: 8 }
      await tocsin.administrator.patch('/v1/organisation', { policy })
      const dispatcher = tocsin.startDispatcher()
      await tocsin.startCarriers([{ name: 'North', segmentsPerSecond: 12, window: 4, binds: 1 }], {
        seed: 1,
        rules: [],
      })
      await use({ dispatcher })
    },
    { scope: 'file' },
  ],
})

/** A browser of somebody's own, in the live mode, who has signed in by the API. */
async function sitDown(browser: Browser, tocsin: Tocsin, person: Person) {
  const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce' })
  await context.addInitScript(await keptSession(tocsin.url, person))
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(error.message))
  const show = (...way: string[]) => page.goto(`${tocsin.url}/console/live/${way.join('/')}`)
  return { page, show, faults }
}

/** Written and signed by its author. */
async function submitted({ author }: Tocsin): Promise<string> {
  const draft = { ...floodAlert(), corrections: CORRECTIONS }
  const { id } = await author.client.post<{ id: string }>('/v1/alerts', draft)
  await signAs(author.client, id, 'author', author.key)
  return id
}

const progressOf = ({ author }: Tocsin, id: string) =>
  author.client.get<Progress>(`/v1/alerts/${id}/progress`)

/** One of the eight totals, as it stands on the screen. */
async function totalOf(page: Page, name: string): Promise<number> {
  const figure = page.locator('.figure', { hasText: name }).locator('strong')
  return Number((await figure.innerText()).replaceAll(/\D/g, ''))
}

test(
  'a second person reads what the server holds, approves by typing how many, and a stop in the hold keeps every message',
  { timeout: 120_000 },
  async ({ tocsin, browser, county }) => {
    expect(county.dispatcher).toBeDefined()
    const id = await submitted(tocsin)
    const mei = await sitDown(browser, tocsin, tocsin.approver)
    const { page } = mei
    await mei.show('alerts', id)
    await page.getByRole('heading', { name: 'Rosa Alvarez asks you to send this alert' }).waitFor()
    await page.getByText('INUNDACION en el valle.').waitFor()
    await page.getByText('The bytes that the server holds are those that were signed').waitFor()
    await page.getByText('It lies inside your jurisdiction and limits').waitFor()

    // Its author sees that she has it before her.
    const rosa = await sitDown(browser, tocsin, tocsin.author)
    await rosa.show('alerts', id)
    await rosa.page.getByText(/Mei Chen online, has opened it at \d\d:\d\d/).waitFor()

    const approve = page.getByRole('button', { name: `Approve and send to ${PEOPLE} phones` })
    await page.getByRole('button', { name: 'Make a signing key' }).click()
    await page.getByText('Type the number of phones first.').waitFor()
    await approve.click({ force: true })
    expect(await approve.getAttribute('aria-disabled')).toBe('true')
    await page.getByLabel('Type the number of phones').fill(String(PEOPLE))
    await approve.click()

    await page.getByText('Nothing has left yet.').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('Stopped for good, before the message had left for anybody').waitFor()
    await rosa.page.getByText('Stopped for good, before the message had left for anybody').waitFor()
    const stopped = await until(
      () => progressOf(tocsin, id),
      ({ cancelled }) => cancelled === PEOPLE,
      'all are cancelled',
    )
    expect(stopped).toMatchObject({ state: 'stopped', submitted: 0, delivered: 0 })
    expect([...mei.faults, ...rosa.faults]).toEqual([])
    await page.context().close()
    await rosa.page.context().close()
  },
)

test(
  'figures go on when the server is started anew under them; a stop in the middle, then the all-clear to those reached',
  { timeout: 120_000 },
  async ({ tocsin, browser, county }) => {
    expect(county.dispatcher).toBeDefined()
    const id = await submitted(tocsin)
    await signAs(tocsin.approver.client, id, 'approver', tocsin.approver.key)
    const rosa = await sitDown(browser, tocsin, tocsin.author)
    const { page } = rosa
    await rosa.show('alerts', id)
    await page.getByText('Mei Chen approved it at').waitFor()
    await tocsin.administrator.patch('/v1/organisation', { policy: { holdSeconds: 0 } })
    await page.reload()
    // The first answer to it is lost on the way back.
    const keys: (string | undefined)[] = []
    await page.route('**/dispatch', async route => {
      keys.push(route.request().headers()['idempotency-key'])
      if (keys.length > 1) return route.continue()
      await route.fetch()
      return route.abort()
    })
    await page.getByRole('button', { name: `Send to ${PEOPLE} phones` }).click()
    await page.getByText('We do not know yet if it was accepted.').waitFor()
    expect(await page.getByRole('button', { name: /^Send/ }).count()).toBe(0)

    const sent = 'sent to carriers'
    const grows = (from: number) =>
      until(
        () => totalOf(page, sent),
        now => now > from,
        'more was sent',
        20_000,
      )
    await page.getByRole('button', { name: 'Stop sending' }).waitFor()
    // The stream may tell of it before the dispatch is asked for again.
    await until(
      async () => keys.length,
      asked => asked > 1,
      'it is asked again',
      10_000,
    )
    expect(keys).toEqual([keys[0], keys[0]])
    await grows(5)
    await tocsin.restartApi()
    const before = await totalOf(page, sent)
    await grows(before + 5)
    expect(await page.getByText(/The figures are \d+ s old/).count()).toBe(0)

    // The keys for it work from anywhere on the screen, and ask nothing.
    await page.keyboard.press('Alt+Shift+S')
    await page.getByText('Stopped for good.').waitFor()
    const { cancelled } = await until(
      () => progressOf(tocsin, id),
      ({ queued }) => queued === 0,
      'it has come to rest',
    )
    const reached = PEOPLE - cancelled
    expect(reached).toBeGreaterThan(0)
    expect(cancelled, 'it was in the middle').toBeGreaterThan(0)

    await page.getByRole('link', { name: 'All-clear' }).click()
    await page.getByText('ALL CLEAR. The flood is over.').waitFor()
    await page.getByRole('button', { name: 'Make a signing key' }).click()
    await page.getByRole('button', { name: `Send the all-clear to ${reached} phones` }).click()
    await page.getByText('This follows another alert.').waitFor()
    const correctionId = new URL(page.url()).pathname.split('/').at(-1)!
    expect(correctionId).not.toBe(id)
    const done = await until(
      () => progressOf(tocsin, correctionId),
      ({ state }) => state === 'sent',
      'the all-clear is out',
    )
    expect(done.recipients).toBe(reached)
    await page.getByText('Everything has been handed over.').waitFor()
    expect(rosa.faults).toEqual([])
    await page.context().close()
  },
)

test(
  'of an alert whose recipients are deleted the page and the report say so, and offer nothing that would reach them',
  { timeout: 120_000 },
  async ({ tocsin, browser, county, db }) => {
    expect(county.dispatcher).toBeDefined()
    const id = await submitted(tocsin)
    const { author, approver } = tocsin
    await signAs(approver.client, id, 'approver', approver.key)
    await approver.client.post(`/v1/alerts/${id}/dispatch`, { holdSeconds: 60 })
    await approver.client.post(`/v1/alerts/${id}/stop`)
    await until(
      () => progressOf(tocsin, id),
      ({ cancelled }) => cancelled === PEOPLE,
      'all are cancelled',
    )
    const rosa = await sitDown(browser, tocsin, author)
    const { page } = rosa
    const offered = () =>
      page.getByRole('link', { name: /Cancel: sent in error|All-clear/ }).count()
    await rosa.show('alerts', id)
    await page.getByRole('button', { name: `Send again to ${PEOPLE} phones` }).waitFor()
    expect(await offered()).toBe(2)

    const later = new Date(Date.now() + 8 * 86_400_000)
    const isDeleted = async () => {
      await deleteRecipients(db, later, later, new AbortController().signal)
      return (await author.client.get<{ recipientsDeletedAt: string | null }>(`/v1/alerts/${id}`))
        .recipientsDeletedAt
    }
    await until(isDeleted, at => at !== null, 'its recipients are deleted')
    await page.getByText(/Whom it went to was deleted on .*All figures stay/).waitFor()
    expect(await offered()).toBe(0)
    expect(await page.getByRole('button', { name: /^Send again/ }).count()).toBe(0)

    await rosa.show('reports', id)
    await page.getByText(/Whom it went to was deleted on/).waitFor()
    await page.getByRole('button', { name: 'PDF' }).waitFor()
    expect(await page.getByRole('button', { name: 'Deliveries as CSV' }).count()).toBe(0)
    expect(rosa.faults).toEqual([])
    await page.context().close()
  },
)
