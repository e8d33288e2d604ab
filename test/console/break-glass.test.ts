/** Nobody comes to approve it: what its author sees before and after the time has passed, and everybody afterwards. */
import { sql } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { signAs } from '../../src/cli/send.ts'
import type { Progress } from '../../src/reports/progress.ts'
import { consoleUrl, type Seat, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
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
    await settle(db, PEOPLE)
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
    expect([...rosa.complaints, ...mei.complaints]).toEqual([])
    await rosa.context.close()
    await mei.context.close()
  },
)
