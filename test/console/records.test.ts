/** What was, and can be read for good: consents, versions of templates, texts that answer no alert. */
import { expect } from 'vitest'
import { recordReplies } from '../../src/inbound/replies.ts'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { aCarrier, aPhone } from '../support/sent-alert.ts'
import { ADMINISTRATOR } from '../support/service.ts'
import { aTemplate } from '../templates/sample.ts'

const SOON = { timeout: 20_000 }

test('of an opt-out that was taken back, all that was said of it can be read', async ({
  tocsin,
  browser,
}) => {
  const phone = aPhone()
  const said = { phone, scope: 'nonEmergency' }
  await tocsin.administrator.post('/v1/opt-outs', { ...said, reason: 'By telephone, at noon' })
  await tocsin.administrator.post('/v1/opt-outs/lift', { ...said, reason: 'Came to the desk' })
  const { page, context, complaints } = await takeSeat(browser)
  await context.addInitScript(await keptSession(tocsin.url, ADMINISTRATOR))
  await page.goto(`${consoleUrl(tocsin)}live/settings/opt-outs`)
  await page.getByLabel('Find a phone').fill(phone, SOON)
  await page.getByRole('button', { name: 'Find' }).click()
  await page.getByText('Nobody has opted out.').waitFor(SOON)

  await page.getByText('All that was said').click()
  await page.getByText('By telephone, at noon').waitFor(SOON)
  await page.getByText('Came to the desk').waitFor()
  expect(await page.getByRole('button', { name: 'Take it back' }).count()).toBe(0)
  expect(complaints).toEqual([])
  await context.close()
})

test('what a template said before it was changed is one press away', async ({
  tocsin,
  browser,
}) => {
  const written = aTemplate()
  const { id } = await tocsin.administrator.post<{ id: string }>('/v1/templates', written)
  const [first, ...others] = written.texts
  const texts = [{ ...first!, sms: `${first!.sms} Now!` }, ...others]
  await tocsin.administrator.patch(`/v1/templates/${id}`, { texts })
  const { page, context, complaints } = await takeSeat(browser)
  await context.addInitScript(await keptSession(tocsin.url, ADMINISTRATOR))
  await page.goto(`${consoleUrl(tocsin)}live/settings/templates/${id}`)
  const text = page.locator('.bubble').first()
  await text.waitFor(SOON)
  expect(await text.textContent()).toBe(texts[0]!.sms)
  await page.getByText('Version 2 (in force)').waitFor(SOON)
  await page.getByRole('link', { name: 'Version 1' }).click()
  await expect.poll(() => text.textContent(), SOON).toBe(first!.sms)
  // It is read, and neither changed nor stood for.
  expect(await page.getByRole('link', { name: 'Edit the template' }).count()).toBe(0)
  expect(await page.getByRole('button', { name: 'I have read it: it is right' }).count()).toBe(0)
  expect(complaints).toEqual([])
  await context.close()
})

test('a text that answers no alert is read by somebody', async ({ tocsin, browser, db }) => {
  const carrierId = await aCarrier(db)
  await recordReplies(db, carrierId, [
    { from: aPhone(), to: '72345', text: 'who sent me this last year?' },
  ])
  const { page, context, complaints } = await takeSeat(browser)
  await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/settings`)
  await page.getByRole('link', { name: 'Texts to no alert' }).click(SOON)
  await page.getByText('who sent me this last year?').waitFor(SOON)
  expect(complaints).toEqual([])
  await context.close()
})
