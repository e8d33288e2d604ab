/** Where the system's colours replace ours, what is chosen and what can be pressed are still told apart. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

const SOON = { timeout: 20_000 }

/** What the browser has come to paint, of each. */
const painted = (page: Page, selector: string, property: string) =>
  page
    .locator(selector)
    .evaluateAll(
      (found, name) => [...new Set(found.map(one => getComputedStyle(one).getPropertyValue(name)))],
      property,
    )

test.for([
  [1440, 'border-bottom-color'],
  [390, 'border-top-color'],
] as const)(
  'at %i px where one is, and what can not be pressed yet',
  async ([width, edge], { tocsin, browser, db }) => {
    const alertId = await aSentAlert(db, {
      recipients: [{ phone: aPhone(), carrierId: await aCarrier(db) }],
    })
    const { page, context } = await takeSeat(browser, { forcedColors: true, width })
    await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
    await page.goto(`${consoleUrl(tocsin)}live/alerts/${alertId}`)
    await page.getByRole('tab').first().waitFor(SOON)
    const canvas = await painted(page, 'html', 'background-color')
    expect(await painted(page, '.nav a:not([aria-current])', edge)).toEqual(canvas)
    expect(await painted(page, '.nav a[aria-current]', edge)).not.toEqual(canvas)
    const underTab = 'border-bottom-color'
    expect(await painted(page, '[role=tab][aria-selected=false]', underTab)).toEqual(canvas)
    expect(await painted(page, '[role=tab][aria-selected=true]', underTab)).not.toEqual(canvas)

    await page.goto(`${consoleUrl(tocsin)}live/reports`)
    await page.locator('.page-tabs').waitFor(SOON)
    expect(await painted(page, '.page-tabs a:not([aria-current])', underTab)).toEqual(canvas)
    expect(await painted(page, '.page-tabs a[aria-current]', underTab)).not.toEqual(canvas)

    await page.goto(`${consoleUrl(tocsin)}live/new`)
    const undo = page.getByRole('button', { name: 'Undo' })
    await undo.waitFor(SOON)
    const waiting = await painted(page, '.button[aria-disabled=true]', 'color')
    expect(waiting).toHaveLength(1)
    expect(await painted(page, '.ways .button:not([aria-disabled=true])', 'color')).not.toContain(
      waiting[0],
    )
    await context.close()
  },
)
