/** What was, and can be read for good: consents, versions of templates, texts that answer no alert. */
import { expect } from 'vitest'
import { hire } from '../../scripts/rehearsal.ts'
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

test('an approver judges what may be an opt-out, and sees no more of them than that', async ({
  tocsin,
  browser,
  db,
}) => {
  const carrierId = await aCarrier(db)
  const [wanted, unwanted] = [aPhone(), aPhone()]
  await recordReplies(db, carrierId, [
    { from: wanted, to: '72345', text: 'wrong number' },
    { from: unwanted, to: '72345', text: 'leave me alone' },
  ])
  const { page, context, complaints } = await takeSeat(browser, { width: 390, height: 844 })
  await context.addInitScript(await keptSession(tocsin.url, tocsin.approver))
  const asked: string[] = []
  page.on('request', request => asked.push(new URL(request.url()).pathname))
  await page.goto(`${consoleUrl(tocsin)}live/settings`)
  await page.getByRole('link', { name: 'Opt-outs' }).click(SOON)
  const itemOf = (text: string) => page.getByRole('listitem').filter({ hasText: text })
  await itemOf('leave me alone').getByRole('button', { name: 'It is an opt-out' }).click(SOON)
  await itemOf('leave me alone').waitFor({ state: 'detached', ...SOON })
  await itemOf('wrong number').getByRole('button', { name: 'It is none' }).click()
  await page.getByText('Nothing waits to be judged.').waitFor(SOON)

  // Neither the list, nor what only its readers may do, nor a refusal of what was never asked for.
  expect(await page.getByLabel('Find a phone').count()).toBe(0)
  expect(await page.getByRole('button', { name: 'Enter an opt-out' }).count()).toBe(0)
  expect(asked).not.toContain('/v1/opt-outs')
  const proofs = async (phone: string) =>
    (
      await tocsin.administrator.get<{ items: { words: string }[] }>(
        `/v1/opt-outs?phone=${encodeURIComponent(phone)}`,
      )
    ).items.map(({ words }) => words)
  expect(await proofs(unwanted)).toEqual(['leave me alone'])
  expect(await proofs(wanted)).toEqual([])
  expect(complaints).toEqual([])
  await context.close()
})

test('who may read opt-outs and not judge is shown no text to judge; who judges sees the list with it', async ({
  tocsin,
  browser,
  db,
}) => {
  const carrierId = await aCarrier(db)
  await recordReplies(db, carrierId, [{ from: aPhone(), to: '72345', text: 'no more texts' }])
  for (const role of ['auditor', 'viewer']) {
    const reader = await hire(tocsin.administrator, tocsin.url, {
      name: `Only ${role}`,
      roles: [role],
    })
    const { page, context, complaints } = await takeSeat(browser)
    await context.addInitScript(await keptSession(tocsin.url, reader))
    await page.goto(`${consoleUrl(tocsin)}live/settings/opt-outs`)
    await page.getByLabel('Find a phone').waitFor(SOON)
    expect(await page.getByRole('heading', { name: 'Texts that may be' }).count(), role).toBe(0)
    expect(await page.getByText('no more texts').count(), role).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  }
  const { page, context, complaints } = await takeSeat(browser)
  await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/settings/opt-outs`)
  await page.getByRole('button', { name: 'It is an opt-out' }).click(SOON)
  // What was judged so stands in the list at once.
  await page.getByRole('cell', { name: 'no more texts' }).waitFor(SOON)
  expect(complaints).toEqual([])
  await context.close()
})
