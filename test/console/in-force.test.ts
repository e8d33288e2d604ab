/** Who asks for help is not lost from sight when the last message has left. */
import { sql } from 'drizzle-orm'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { recordReplies } from '../../src/inbound/replies.ts'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'
import { floodAlert } from '../support/service.ts'

const SOON = { timeout: 20_000 }

/** The mean red, green and blue around the middle of the map; read in a page without the policy of the console. */
async function middleOf(page: Page): Promise<number[]> {
  const picture = (await page.locator('.map').screenshot()).toString('base64')
  const reader = await page.context().newPage()
  const mean = await reader.evaluate<number[]>(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${picture}'
    await image.decode()
    const context = document.createElement('canvas').getContext('2d')
    context.canvas.width = image.width
    context.canvas.height = image.height
    context.drawImage(image, 0, 0)
    const { data } = context.getImageData(image.width / 2 - 20, image.height / 2 - 20, 40, 40)
    return [0, 1, 2].map(part => data.filter((_, at) => at % 4 === part).reduce((a, b) => a + b) / 1600)
  })()`)
  await reader.close()
  return mean
}

test('ground that many alerts lie over is filled as if one did, in the colour of the worst, which a press opens', async ({
  tocsin,
  browser,
}) => {
  const { client } = tocsin.author
  const draft = async (severity: string) =>
    (await client.post<{ id: string }>('/v1/alerts', floodAlert({ severity }))).id
  await draft('Extreme')
  const seats = await Promise.all(
    [false, true].map(async dark => {
      const seat = await takeSeat(browser, { dark })
      await seat.context.addInitScript(await keptSession(tocsin.url, tocsin.author))
      await seat.page.goto(`${consoleUrl(tocsin)}live/situation`)
      await seat.page.locator('.map[aria-busy=false]').waitFor(SOON)
      return seat
    }),
  )
  const listed = (page: Page) => page.getByRole('list', { name: 'Areas' }).getByRole('listitem')
  const untilPainted = async (page: Page, areas: number) => {
    await expect.poll(() => listed(page).count(), SOON).toBe(areas)
    let before: number[] = []
    await expect
      .poll(async () => {
        const last = before
        before = await middleOf(page)
        return last.join() === before.join()
      }, SOON)
      .toBe(true)
    return before
  }
  const alone = await Promise.all(seats.map(({ page }) => untilPainted(page, 1)))
  for (const severity of ['Minor', 'Extreme', 'Severe', 'Moderate', 'Severe', 'Minor']) {
    await draft(severity)
  }
  for (const [no, { page, context, complaints }] of seats.entries()) {
    const [red = 0, green = 0] = alone[no] ?? []
    expect(red - green).toBeGreaterThan(15)
    expect(await untilPainted(page, 7)).toEqual(alone[no])
    await page.locator('.map canvas').click()
    await page.waitForURL(/\/alerts\//)
    const opened = await client.get<{ info: { severity: string }[] }>(
      `/v1/alerts/${/alerts\/([\da-f-]+)/.exec(page.url())?.[1]}`,
    )
    expect(opened.info[0]?.severity).toBe('Extreme')
    expect(complaints).toEqual([])
    await context.close()
  }
})

test('what was sent and is in force stands on the situation, with how many need help', async ({
  tocsin,
  browser,
  db,
}) => {
  const carrierId = await aCarrier(db)
  const phone = aPhone()
  const alertId = await aSentAlert(db, {
    state: 'sent',
    options: [{ code: '2', label: 'Need help', urgent: true }],
    recipients: [{ phone, carrierId }],
  })
  const { page, context, complaints } = await takeSeat(browser)
  await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/situation`)
  const row = page
    .locator('section', { has: page.getByRole('heading', { name: 'Sent, and in force' }) })
    .locator('tr', { has: page.locator(`a[href$="${alertId}"]`) })
  await expect.poll(() => row.locator('td').last().textContent(), SOON).toBe('0')
  await recordReplies(db, carrierId, [{ from: phone, to: '72345', text: '2' }])
  await expect.poll(() => row.locator('td').last().textContent(), SOON).toBe('1')
  expect(complaints).toEqual([])
  await context.close()
})

test('what has been sent stands under what is in force as soon as it is no longer among what goes on', async ({
  tocsin,
  browser,
  db,
}) => {
  const carrierId = await aCarrier(db)
  const alertId = await aSentAlert(db, {
    state: 'sending',
    recipients: [{ phone: aPhone(), carrierId }],
  })
  const { page, context, complaints } = await takeSeat(browser)
  await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/situation`)
  const rowUnder = (name: string) =>
    page
      .locator('section', { has: page.getByRole('heading', { name, exact: true }) })
      .locator(`a[href$="${alertId}"]`)
  await rowUnder('Now').waitFor()
  await db.execute(sql`update alerts set state = 'sent' where id = ${alertId}::uuid`)
  await rowUnder('Now').waitFor({ state: 'detached', ...SOON })
  // The list of what is in force asks every 15 s by itself.
  await rowUnder('Sent, and in force').waitFor({ timeout: 3_000 })
  expect(complaints).toEqual([])
  await context.close()
})
