/** Who asks for help is not lost from sight when the last message has left. */
import { expect } from 'vitest'
import { recordReplies } from '../../src/inbound/replies.ts'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'

const SOON = { timeout: 20_000 }

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
