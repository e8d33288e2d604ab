/** Nobody comes to approve it: what its author sees before and after the time has passed, and everybody afterwards. */
import { sql } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { signAs } from '../../src/cli/send.ts'
import type { Progress } from '../../src/reports/progress.ts'
import { consoleUrl, type Seat, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { startMailServer } from '../support/mail-server.ts'
import { ADMINISTRATOR, clockOff, floodAlert, settle, type Tocsin } from '../support/service.ts'

const PEOPLE = 40
const SOON = { timeout: 20_000 }

async function submitted({ administrator, author }: Tocsin, seconds: number | null) {
  const policy = { breakGlassAfterSeconds: seconds, holdSeconds: 0 }
  await administrator.patch('/v1/organisation', { policy })
  const { id } = await author.client.post<{ id: string }>('/v1/alerts', floodAlert())
  await signAs(author.client, id, 'author', author.key)
  return id
}

const open = ({ page }: Seat, tocsin: Tocsin, ...way: string[]) =>
  page.goto(`${consoleUrl(tocsin)}live/${way.join('/')}`)

const openButton = (page: Page) => page.getByRole('button', { name: 'Send it without an approver' })

test.beforeAll(({ db }) => settle(db, PEOPLE))

test('an administrator switches it on and off; empty is off', async ({ tocsin, browser }) => {
  const seat = await takeSeat(browser)
  const { page } = seat
  page.setDefaultTimeout(SOON.timeout)
  await seat.context.addInitScript(await keptSession(tocsin.url, ADMINISTRATOR))
  const policy = async () =>
    (
      await tocsin.administrator.get<{ policy: { breakGlassAfterSeconds: number | null } }>(
        '/v1/organisation',
      )
    ).policy.breakGlassAfterSeconds
  await open(seat, tocsin, 'settings', 'organisation')
  const field = page.getByLabel(/Send without an approver after/)
  await field.waitFor()
  expect(await field.inputValue()).toBe('')
  for (const [typed, kept] of [
    ['180', 180],
    ['', null],
  ] as const) {
    await field.fill(typed)
    await page.getByRole('button', { name: 'Save the changes' }).click()
    await until(policy, value => value === kept, 'it is kept', SOON.timeout)
  }
  expect(seat.complaints).toEqual([])
  await seat.context.close()
})

test(
  'an author sends alone what nobody has approved, and nobody can miss it',
  { timeout: 120_000 },
  async ({ tocsin, browser, db }) => {
    const { author, approver } = tocsin
    tocsin.startDispatcher()
    await tocsin.startCarriers([{ name: 'North', segmentsPerSecond: 40, window: 10, binds: 1 }])
    const off = await submitted(tocsin, null)
    const early = await submitted(tocsin, 3600)
    const due = await submitted(tocsin, 60)
    // Two minutes later, by the server's clock.
    await tocsin.restartApi(clockOff(120_000))

    const rosa = await takeSeat(browser, { width: 390, height: 844 })
    const { page } = rosa
    page.setDefaultTimeout(SOON.timeout)
    await rosa.context.addInitScript(await keptSession(tocsin.url, author))
    await open(rosa, tocsin, 'alerts', off)
    await page.getByText(/Mei Chen/).waitFor()
    expect(await page.getByText(/without an approver/i).count()).toBe(0)
    await open(rosa, tocsin, 'alerts', early)
    await page.getByText(/Without an approver you can send it alone from \d+:\d\d:\d\d/).waitFor()
    expect(await openButton(page).count()).toBe(0)

    await open(rosa, tocsin, 'situation')
    const make = page.getByRole('button', { name: 'Make a signing key' })
    await make.click()
    await page.getByText('Your signing key works').waitFor()
    await open(rosa, tocsin, 'alerts', due)
    await openButton(page).click()
    const panel = page.getByRole('dialog')
    await panel.getByText(/No mail account is set up/).waitFor()
    const post = await startMailServer()
    const smtp = {
      host: '127.0.0.1',
      port: post.port,
      security: 'none',
      from: 'alerts@county.example',
    }
    const account = { name: 'Post', protocol: 'smtp', segmentsPerSecond: 10, smtp }
    await tocsin.administrator.post('/v1/carriers', account)
    // As soon as its connection is up, in the panel that is open.
    await panel.getByText(/Everybody here is written to at once/).waitFor()
    const send = panel.getByRole('button', { name: `Send alone to ${PEOPLE} phones` })
    await panel.getByText('Write the reason first.').waitFor()
    await panel.getByLabel('Reason').fill('The river is over the road.')
    await panel.getByText('Type the number of phones first.').waitFor()
    await panel.getByLabel(/Type the number of phones/).fill(String(PEOPLE))
    await send.click()
    await page
      .getByText('Sent by one person, without an approver')
      .or(page.getByText(/Rosa Alvarez sends it alone, without an approver/))
      .first()
      .waitFor()
    const sent = await until(
      () => author.client.get<Progress>(`/v1/alerts/${due}/progress`),
      ({ delivered }) => delivered === PEOPLE,
      'everybody has it',
    )
    expect(sent.alarms).toMatchObject([
      { code: 'sent_alone', detail: 'Rosa Alvarez: The river is over the road.' },
    ])
    await page.getByText('Sent by one person, without an approver').waitFor()
    await page.getByText('Rosa Alvarez sent it alone, without an approver').waitFor()

    // Who could have approved it reads so wherever they look.
    const mei = await takeSeat(browser, { locale: 'es-US' })
    await mei.context.addInitScript(await keptSession(tocsin.url, approver))
    await open(mei, tocsin, 'alerts', early)
    await mei.page.getByText(/Si nadie la aprueba, un autor podrá enviarla/).waitFor(SOON)
    await open(mei, tocsin, 'situation')
    await mei.page.getByText('Sin aprobador').first().waitFor(SOON)
    await open(mei, tocsin, 'alerts', due)
    await mei.page.getByText('Enviada por una sola persona, sin aprobador').waitFor(SOON)
    await open(mei, tocsin, 'reports', due)
    await mei.page
      .getByText(/La envió una sola persona, sin aprobador: Rosa Alvarez. Motivo: The river/)
      .waitFor(SOON)
    await mei.page.getByText(/autor, sin aprobador/).waitFor(SOON)

    const letters = await db.execute<{ address: string }>(
      sql`select address from operator_letters order by address`,
    )
    expect(letters.map(({ address }) => address)).toEqual(
      [author.email, approver.email, ADMINISTRATOR.email].toSorted(),
    )
    await post.until('everybody has a letter', () => post.mails.length === letters.length, 20_000)
    await post.close()
    expect([...rosa.complaints, ...mei.complaints]).toEqual([])
    await rosa.context.close()
    await mei.context.close()
  },
)

test(
  'signed alone and then not sent: why not is read on the screen that follows',
  { timeout: 120_000 },
  async ({ tocsin, browser }) => {
    const { author } = tocsin
    await tocsin.restartApi()
    const id = await submitted(tocsin, 60)
    await tocsin.restartApi(clockOff(120_000))
    const rosa = await takeSeat(browser)
    const { page } = rosa
    page.setDefaultTimeout(SOON.timeout)
    await rosa.context.addInitScript(await keptSession(tocsin.url, author))
    await open(rosa, tocsin, 'situation')
    await page.getByRole('button', { name: 'Make a signing key' }).click()
    await page.getByText('Your signing key works').waitFor()
    await page.route(/\/dispatch$/, route =>
      route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({ status: 409, code: 'ceiling_exceeded', detail: 'there are more' }),
      }),
    )
    let count: () => unknown = () => undefined
    const isCounted = new Promise(resolve => (count = () => resolve(undefined)))
    await page.route(/\/estimate$/, async route => {
      await isCounted
      await route.continue()
    })
    await open(rosa, tocsin, 'alerts', id)
    await openButton(page).click()
    const panel = page.getByRole('dialog')
    // Not to 0 phones.
    await panel.getByRole('button', { name: 'Send alone to …' }).waitFor()
    count()
    await panel.getByLabel('Reason').fill('The river is over the road.')
    await panel.getByLabel(/Type the number of phones/).fill(String(PEOPLE))
    await panel.getByRole('button', { name: `Send alone to ${PEOPLE} phones` }).click()
    await page.getByRole('heading', { name: 'Signed by one person, not sent' }).waitFor()
    await page.getByText('there are more').waitFor()
    // Nor does a list say that it was approved.
    await open(rosa, tocsin, 'situation')
    await page.getByRole('cell', { name: /Signed by one person, not sent/ }).waitFor()
    await rosa.context.close()
  },
)
