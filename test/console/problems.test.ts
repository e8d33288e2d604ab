/** What the API refuses, in the console's own words. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { faults as englishFaults } from '../../src/console/i18n/en/faults.ts'
import { english } from '../../src/console/i18n/english.ts'
import { faults as spanishFaults } from '../../src/console/i18n/es/faults.ts'
import { contacts } from '../../src/console/i18n/es/settings/contacts.ts'
import { spanish } from '../../src/console/i18n/spanish.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { FAULT_CODES, FAULTS } from '../../src/faults.ts'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'

test('every code of the API has words in both languages, and none has words that is not there', () => {
  const codes = ERROR_CODES.toSorted()
  for (const { problems } of [english, spanish]) {
    expect(Object.keys(problems).toSorted()).toEqual(codes)
    // Whole sentences, of its own each.
    for (const text of Object.values(problems)) expect(text).toMatch(/^\p{Lu}.{9,}\.$/u)
  }
  for (const code of codes) expect(spanish.problems[code]).not.toBe(english.problems[code])
})

test('every code of a fault has words in both languages, and they name no value that the fault does not have', () => {
  const codes = FAULT_CODES.toSorted()
  const named = (text: string) =>
    [...text.matchAll(/<(\w+)>/g)].map(([, name = '']) => name).toSorted()
  for (const faults of [englishFaults, spanishFaults]) {
    expect(Object.keys(faults).toSorted()).toEqual(codes)
    for (const code of codes) expect(named(faults[code])).toEqual(named(FAULTS[code]))
    for (const text of Object.values(faults)) expect(text).toMatch(/^[^\s].{3,}[^.\s]$/u)
  }
  for (const code of codes) expect(spanishFaults[code]).not.toBe(englishFaults[code])
})

test('what is wrong with a field is told in Spanish at the field; what has no code, as the API says it', async ({
  tocsin,
  browser,
}) => {
  const { page, context } = await takeSeat(browser, { locale: 'es-US' })
  await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/settings/contacts/new`)
  const phone = page.getByLabel(contacts.phone)
  await phone.fill('911', { timeout: 20_000 })
  await page.getByRole('button', { name: contacts.add }).click()
  await page.locator('.notice').getByText(spanishFaults.phone_emergency).waitFor()
  await context.close()
})

test('in the Spanish console a refusal is told in Spanish; what the server says of it stands behind a press', async ({
  tocsin,
  browser,
}) => {
  const { page, context } = await takeSeat(browser, { locale: 'es-US' })
  await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/alerts/${randomUUID()}`)
  const notice = page.getByRole('alert')
  await notice.getByText(spanish.problems.not_found).waitFor({ timeout: 20_000 })
  const own = notice.locator('details [lang=en]')
  expect(await own.isVisible()).toBe(false)
  await notice.locator('summary').click()
  await own.waitFor()
  await context.close()
})
