/** The rule of a feed: tried, written, and what the approver is told of what it submits. */
import { expect, onTestFinished } from 'vitest'
import { hire, until } from '../../scripts/rehearsal.ts'
import { canonicalText } from '../../src/console/lib/canonical.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'
import { createXmlSigningKey, signXml } from '../../src/signing/xml-signature.ts'
import { square } from '../alerts/people.ts'
import { aMessage, named } from '../feeds/polling.ts'
import { startPublisher } from '../feeds/publisher.ts'
import { aRule } from '../feeds/rules.ts'
import { consoleUrl, type SeatOptions, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { ADMINISTRATOR, settle } from '../support/service.ts'

const SOON = { timeout: 20_000 }
const SMS =
  '<parameter><valueName>tocsin:sms</valueName><value>FLOOD. Go up now.</value></parameter>'

test('an administrator tries a rule, writes it, and an approver reads that no person wrote the alert', async ({
  tocsin,
  browser,
  db,
}) => {
  await settle(db, 10)
  const key = await createXmlSigningKey('gauges@example.org', new Date())
  const saying = (identifier: string) =>
    signXml(aMessage(named(identifier), ['<parameter>', `${SMS}<parameter>`]), key)
  const publisher = await startPublisher()
  onTestFinished(() => publisher.close())
  publisher.pages.set('/now', saying('one'))
  const { administrator, author, approver } = tocsin
  const { id: authorId } = await author.client.get<{ id: string }>('/v1/me')
  const { id } = await administrator.post<{ id: string }>('/v1/feeds', {
    url: `${publisher.url}/now`,
    description: 'River gauges',
    authorId,
    certificates: [key.certificatePem],
    intervalSeconds: 15,
  })
  await until(
    () => administrator.get<{ items: unknown[] }>(`/v1/feeds/${id}/messages`),
    ({ items }) => items.length === 1,
    'the first message came',
  )

  const { page, context, complaints } = await takeSeat(browser)
  await context.addInitScript(await keptSession(tocsin.url, ADMINISTRATOR))
  await page.goto(`${consoleUrl(tocsin)}live/settings/feeds/${id}`)
  const main = page.getByRole('main')
  await main.getByText('It has no rule: everything becomes a draft.').waitFor(SOON)
  await main.getByLabel('Most phones of one alert').fill('500')
  await main.getByRole('button', { name: 'Write the rule' }).click()
  await main.getByRole('link', { name: /Name a county, or give an outline/ }).waitFor(SOON)
  await main.getByLabel('Outline', { exact: true }).fill(JSON.stringify(square(-98, 28, 4)))
  await main.getByRole('button', { name: 'Try it on what came last' }).click()
  await main.getByText('Nothing was changed.').waitFor(SOON)
  const tried = main.getByRole('row', { name: /one/ }).first()
  expect(await tried.innerText()).toContain('Submitted')
  await main.getByRole('button', { name: 'Write the rule' }).click()
  await main.getByText('The rule is written.').waitFor(SOON)
  const { rule } = await administrator.get<{ rule: { terms: object } }>(`/v1/feeds/${id}`)
  expect(rule.terms).toMatchObject({ maxRecipients: 500, maxHours: 24, template: null })
  // With a template, its blanks are asked for.
  await main.getByRole('radio', { name: /^A template’s/ }).check()
  await main.getByLabel('Template', { exact: true }).waitFor()
  expect(complaints.filter(one => !one.includes('422'))).toEqual([])

  publisher.pages.set('/now', saying('two'))
  await administrator.patch(`/v1/feeds/${id}`, { intervalSeconds: 20 })
  const { items } = await until(
    () => approver.client.get<{ items: { id: string }[] }>('/v1/alerts?state=submitted'),
    found => found.items.length === 1,
    'the rule has submitted it',
  )
  const seat = await takeSeat(browser)
  await seat.context.addInitScript(await keptSession(tocsin.url, approver))
  await seat.page.goto(`${consoleUrl(tocsin)}live/approvals`)
  const plain = 'Written by the feed “River gauges”, by its rule. No person has read it.'
  await seat.page.getByText(plain).waitFor(SOON)
  await seat.page.goto(`${consoleUrl(tocsin)}live/alerts/${items[0]!.id}`)
  await seat.page
    .getByRole('heading', { name: 'The feed “River gauges” asks you to send this alert' })
    .waitFor(SOON)
  await seat.page.getByText(plain).waitFor()
  expect(seat.complaints).toEqual([])
  await seat.context.close()

  // In Spanish, too.
  const spanish = await takeSeat(browser, { locale: 'es-US', width: 390 })
  await spanish.context.addInitScript(await keptSession(tocsin.url, approver))
  await spanish.page.goto(`${consoleUrl(tocsin)}live/approvals`)
  await spanish.page
    .getByText('Escrita por el canal «River gauges», por su regla. Nadie la ha leído.')
    .waitFor(SOON)
  expect(await spanish.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(
    true,
  )
  await spanish.context.close()
  await context.close()
})

test('among the people a rule is nobody: nothing can be given to it, and its feed is one press away', async ({
  tocsin,
  browser,
}) => {
  const key = await createXmlSigningKey('gauges@example.org', new Date())
  const { administrator, author } = tocsin
  const { id: authorId } = await author.client.get<{ id: string }>('/v1/me')
  const { id } = await administrator.post<{ id: string }>('/v1/feeds', {
    url: 'http://127.0.0.1:9/now',
    description: 'Tide gauges',
    authorId,
    certificates: [key.certificatePem],
    enabled: false,
  })
  await administrator.put(`/v1/feeds/${id}/rule`, { rule: aRule() })
  const auditor = await hire(administrator, tocsin.url, { name: 'Aud Itor', roles: ['auditor'] })
  const at = async (
    who: { email: string; password: string },
    options: SeatOptions,
    way: string,
  ) => {
    const seat = await takeSeat(browser, options)
    await seat.context.addInitScript(await keptSession(tocsin.url, who))
    await seat.page.goto(`${consoleUrl(tocsin)}live/settings/${way}`)
    return seat
  }
  const isAsWideAsItsWindow = 'document.documentElement.scrollWidth <= innerWidth'

  const { page, context, complaints } = await at(ADMINISTRATOR, {}, 'people')
  const row = page.getByRole('row', { name: /Tide gauges/ })
  await row.getByText('The rule of a feed').waitFor(SOON)
  expect(await row.innerText()).not.toContain('feed.invalid')
  await row.getByRole('link').click()
  await page.getByText('Author: writes alerts').waitFor(SOON)
  await page.getByText('At most 100 phones').waitFor()
  const main = page.getByRole('main')
  expect(await main.getByRole('textbox').count()).toBe(0)
  expect(await main.getByRole('checkbox').count()).toBe(0)
  expect(await main.getByRole('button').count()).toBe(0)
  expect(await main.getByText('Passkeys').count()).toBe(0)
  await page.getByRole('link', { name: 'Go to its feed' }).click()
  await page.getByRole('heading', { name: 'Tide gauges', level: 1 }).waitFor(SOON)
  // Nor is it anybody in whose name a feed writes, or who reads a letter.
  const choices = page.getByLabel('In whose name drafts are written').getByRole('option')
  await choices.getByText('Rosa Alvarez').waitFor({ state: 'attached', ...SOON })
  expect((await choices.allTextContents()).join()).not.toContain('gauges')
  await main.getByRole('button', { name: 'Take the rule away' }).click()
  await main.locator('.stops').click()
  await main.getByText('It has no rule: everything becomes a draft.').waitFor(SOON)
  await page.goto(`${consoleUrl(tocsin)}live/settings/mail-reports/new`)
  await page.getByLabel('Rosa Alvarez').waitFor(SOON)
  expect(await page.getByLabel(/gauges/).count()).toBe(0)
  expect(complaints).toEqual([])
  await context.close()

  // Who may not see the feed is led to none; on a phone and in Spanish it reads as well.
  const reader = await at(auditor, { width: 390, locale: 'es-US', dark: true }, 'people')
  await reader.page.getByRole('link', { name: 'Tide gauges' }).click(SOON)
  await reader.page.getByText('Ahora no escribe nada.').waitFor(SOON)
  expect(await reader.page.getByRole('link', { name: 'Ir a su canal' }).count()).toBe(0)
  expect(await reader.page.evaluate(isAsWideAsItsWindow)).toBe(true)
  expect(reader.complaints).toEqual([])
  await reader.context.close()
})

test('a passkey answers to the same text in the browser as on the server', () => {
  const signed = {
    revision: 3,
    rule: aRule({
      events: ['Ölfilm "A"', '2'],
      template: { takesBack: 'cancel', blanks: { b: 1, a: [] } },
    }),
    feedId: 'x',
  }
  expect(canonicalText(signed)).toBe(Buffer.from(canonicalBytes(signed)).toString())
})
