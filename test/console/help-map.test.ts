/** Who needs help, on the map and in the list: each leads to the other. */
import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { hire } from '../../scripts/rehearsal.ts'
import { recordReplies } from '../../src/inbound/replies.ts'
import type { Database } from '../../src/store/database.ts'
import { openBrowser } from '../support/browser.ts'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'
import type { Tocsin } from '../support/service.ts'

const SOON = { timeout: 20_000 }

/** The middle of the areas that `aSentAlert` draws, and so of the map. */
const MIDDLE = { longitude: -48.4948, latitude: 30.4973 }

async function anAlertThatAsks(db: Database, { administrator }: Tocsin) {
  const carrierId = await aCarrier(db)
  const phones = [aPhone(), aPhone(), aPhone()]
  const alertId = await aSentAlert(db, {
    options: [{ code: '2', label: 'Need help', urgent: true }],
    recipients: phones.map(phone => ({ phone, carrierId })),
  })
  const [first, second] = phones
  await administrator.post('/v1/contacts', { phone: first, locations: [MIDDLE] })
  const nearby = { longitude: -80, latitude: 30.5 }
  await administrator.post('/v1/contacts', { phone: second, locations: [nearby] })
  const says = (no: number, text: string) =>
    recordReplies(db, carrierId, [{ from: phones[no]!, to: '72345', text }])
  return { alertId, phones, says }
}

async function atReplies(
  browser: Browser,
  tocsin: Tocsin,
  person: { readonly email: string; readonly password: string },
  alertId: string,
) {
  const seat = await takeSeat(browser)
  await seat.context.addInitScript(await keptSession(tocsin.url, person))
  await seat.page.goto(`${consoleUrl(tocsin)}live/alerts/${alertId}/replies`)
  return seat
}

test('a point and its row choose each other, and who asks meanwhile is on both', async ({
  tocsin,
  browser,
  db,
}) => {
  const { alertId, phones, says } = await anAlertThatAsks(db, tocsin)
  await says(0, '2')
  const seat = await atReplies(browser, tocsin, tocsin.author, alertId)
  const { page, complaints } = seat
  await page.locator('.help-map .map[aria-busy=false]').waitFor(SOON)
  await page.getByLabel('Map of 1 request for help').waitFor(SOON)
  const row = page.locator('tr', { hasText: phones[0]! })
  expect(await row.getAttribute('data-chosen')).toBeNull()

  await page.locator('.help-map canvas').click()
  await expect.poll(() => row.getAttribute('data-chosen'), SOON).toBe('true')
  await page.locator('tr[data-chosen]:focus').waitFor(SOON)

  await says(1, 'we are on the roof')
  await says(2, '2')
  const another = page.locator('tr', { hasText: phones[1]! })
  await another.getByText('perhaps').waitFor(SOON)
  await page.getByText('Of one request the list of contacts knows no place.').waitFor()
  const shows = another.getByRole('button', { name: 'Show on the map' })
  await shows.press('Enter')
  expect(await shows.getAttribute('aria-pressed')).toBe('true')
  expect(await row.getAttribute('data-chosen')).toBeNull()
  const unplaced = page.locator('tr', { hasText: phones[2]! })
  await unplaced.waitFor()
  expect(await unplaced.getByRole('button', { name: 'Show on the map' }).count()).toBe(0)
  expect(complaints).toEqual([])
  await seat.context.close()
})

test('without WebGL the points stand still, told apart by their marks; an approver has the list alone', async ({
  tocsin,
  db,
}) => {
  const { alertId, phones, says } = await anAlertThatAsks(db, tocsin)
  await says(0, '2')
  await says(1, 'we are on the roof')
  const browser = await openBrowser({ webgl: false })
  const { page } = await atReplies(browser, tocsin, tocsin.author, alertId)
  const points = page.locator('.help-map svg .outline-point')
  await expect.poll(() => points.allTextContents(), SOON).toEqual(['?', '!'])
  await page
    .locator('tr', { hasText: phones[0]! })
    .getByRole('button', { name: 'Show on the map' })
    .click()
  await page.locator('.outline-chosen').waitFor()

  const approver = await hire(tocsin.administrator, tocsin.url, {
    name: 'Ana Approver',
    roles: ['approver'],
  })
  const other = await atReplies(browser, tocsin, approver, alertId)
  await other.page.getByText(/there is no map here/).waitFor(SOON)
  expect(await other.page.locator('.help-map').count()).toBe(0)
  // In which of the areas they are is no secret from whoever may approve these.
  const byArea = other.page.getByLabel('How many of the list in each area')
  await expect.poll(() => byArea.textContent(), SOON).toBe('The valley2 ask for help, or may')
  await browser.close()
})

test('both buttons of a row stand on one line, at 1440 and at 390 px', async ({
  tocsin,
  browser,
  db,
}) => {
  const { alertId, phones, says } = await anAlertThatAsks(db, tocsin)
  await says(0, '2')
  const { page, context } = await atReplies(browser, tocsin, tocsin.author, alertId)
  const buttons = page.locator('tr', { hasText: phones[0]! }).locator('td > .buttons > button')
  await buttons.first().waitFor(SOON)
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 })
    const tops = async () => {
      const boxes = await Promise.all((await buttons.all()).map(button => button.boundingBox()))
      return boxes.map(box => box?.y)
    }
    await expect.poll(async () => (await tops()).length).toBe(2)
    expect(new Set(await tops()).size).toBe(1)
  }
  await context.close()
})

test('an approver comes from the alert to the list and takes somebody in hand; an auditor is told whose list it is', async ({
  tocsin,
  browser,
  db,
}) => {
  const { alertId, phones, says } = await anAlertThatAsks(db, tocsin)
  await says(0, '2')
  const approver = await hire(tocsin.administrator, tocsin.url, {
    name: 'Alma Approver',
    roles: ['approver'],
  })
  const seat = await takeSeat(browser)
  await seat.context.addInitScript(await keptSession(tocsin.url, approver))
  await seat.page.goto(`${consoleUrl(tocsin)}live/alerts/${alertId}`)
  await seat.page.getByRole('link', { name: 'Replies' }).click(SOON)
  // Full numbers are not for approvers.
  const row = seat.page.locator('tr', { hasText: phones[0]!.slice(-3) })
  await row.getByRole('button', { name: 'Take' }).click(SOON)
  await seat.page.getByText('0 open, 1 in hand, 0 closed').waitFor(SOON)
  expect(seat.complaints).toEqual([])
  await seat.context.close()

  const auditor = await hire(tocsin.administrator, tocsin.url, {
    name: 'Aida Auditor',
    roles: ['auditor'],
  })
  const other = await takeSeat(browser)
  await other.context.addInitScript(await keptSession(tocsin.url, auditor))
  await other.page.goto(`${consoleUrl(tocsin)}live/alerts/${alertId}`)
  await other.page.getByRole('link', { name: 'Replies' }).click(SOON)
  await other.page.getByText('Who they are is for authors').waitFor(SOON)
  await other.page.getByText('0 open, 1 in hand, 0 closed').waitFor(SOON)
  // Nothing was asked for that the server refuses.
  expect(other.complaints).toEqual([])
  await other.context.close()
})
