/** Groups that are areas, on the map where one writes and where one keeps them. */
import { expect } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { VALLEY } from '../support/service.ts'

const SOON = { timeout: 20_000 }

test('a saved area is seen on the map while it is pointed at or its group is chosen, and in the settings', async ({
  tocsin,
}) => {
  const browser = await openBrowser({ webgl: false })
  const seat = await takeSeat(browser)
  const { page } = seat
  await seat.context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  const { client } = tocsin.author
  const valley = { areaDesc: 'Valley', polygon: [VALLEY] }
  const { id } = await client.post<{ id: string }>('/v1/groups', { name: 'Below', area: valley })
  await client.post('/v1/groups', { name: 'Volunteers' })

  await page.goto(`${consoleUrl(tocsin)}live/new`)
  const drawn = page.locator('.where svg path[stroke-dasharray="1 5"]')
  const names = page.locator('.where .area-names')
  await page.getByRole('button', { name: 'Saved' }).click()
  const saved = page.getByRole('button', { name: '+ Below' })
  await saved.waitFor(SOON)
  expect(await drawn.count()).toBe(0)
  await saved.focus()
  await drawn.waitFor(SOON)
  expect(await names.innerText()).toContain('Valley (of a group)')
  await page.getByRole('heading', { name: 'New alert' }).hover()
  await page.locator('.ways button').first().focus()
  await expect.poll(() => drawn.count(), SOON).toBe(0)

  await page.locator('.groups summary').click()
  await page.getByLabel(/^Below/).check()
  await page.locator('.ways button').first().focus()
  await drawn.waitFor(SOON)
  // What has no area is on no map.
  await page.getByLabel(/^Volunteers/).check()
  expect(await drawn.count()).toBe(1)

  await page.evaluate('onbeforeunload = null')
  await page.goto(`${consoleUrl(tocsin)}live/settings/groups`)
  await page.getByRole('img', { name: 'Map of one saved area' }).waitFor(SOON)
  await page.locator('.saved-areas').getByRole('button', { name: 'Below' }).click()
  await page.getByRole('heading', { name: 'Below' }).waitFor()
  expect(page.url()).toContain(id)
  expect(seat.complaints).toEqual([])
  await browser.close()
})
