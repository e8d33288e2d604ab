/** What the API refuses, in the console's own words. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { faults as englishFaults } from '../../src/console/i18n/en/faults.ts'
import { english } from '../../src/console/i18n/english.ts'
import { faults as spanishFaults } from '../../src/console/i18n/es/faults.ts'
import { importCap } from '../../src/console/i18n/es/compose/import-cap.ts'
import { contacts, imports } from '../../src/console/i18n/es/settings/contacts.ts'
import { spanish } from '../../src/console/i18n/spanish.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { FAULT_CODES, FAULTS } from '../../src/faults.ts'
import { capXml } from '../cap/messages.ts'
import { consoleUrl, signInAt, takeSeat, test } from '../support/console.ts'
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

test('in the Spanish console what keeps a CAP message out is told in Spanish, with its line', async ({
  tocsin,
  browser,
}) => {
  const { page, context } = await takeSeat(browser, { locale: 'es-US' })
  await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/import`)
  const rows = page.locator('.notice tbody tr')
  const handIn = async (xml: string) => {
    await page.getByLabel(importCap.paste).fill(xml, { timeout: 20_000 })
    await page.getByRole('button', { name: importCap.start }).click()
  }
  const line = (no: number) => `${importCap.line(no)}: `
  await handIn('<!DOCTYPE alert><alert/>')
  await expect
    .poll(() => rows.allTextContents(), { timeout: 20_000 })
    .toEqual([`${importCap.whole}${line(1)}${spanishFaults.xml_document_type}`])
  const urgency = spanishFaults.cap_word
    .replace('<words>', 'Immediate, Expected, Future, Past')
    .replace('<last>', 'Unknown')
  const lacking = spanishFaults.cap_lacks.replace('<name>', 'areaDesc')
  await handIn(
    capXml(['<urgency>Immediate', '<urgency>Soon'], ['</info>', '<area/></info>']).toString(),
  )
  await expect
    .poll(() => rows.allTextContents(), { timeout: 20_000 })
    .toEqual([
      `/alert/info[1]/urgency${line(17)}${urgency}`,
      `/alert/info[1]/area[2]${line(48)}${lacking}`,
    ])
  expect(await page.locator('.notice tbody [lang=en]').count()).toBe(0)
  await context.close()
})

test('in the Spanish console each row of a file that was turned down has its reason in Spanish, and a wrong first line too', async ({
  tocsin,
  browser,
}) => {
  const { page, context } = await takeSeat(browser, { locale: 'es-US' })
  await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/settings/import`)
  const load = async (...lines: string[]) => {
    const buffer = Buffer.from(lines.join('\n'))
    const file = { name: 'list.csv', mimeType: 'text/csv', buffer }
    await page.getByLabel(imports.file).setInputFiles(file, { timeout: 20_000 })
    await page.getByRole('button', { name: imports.start }).click()
  }
  await load('Telefon,phone,phone')
  const wrong = page.locator('.notice li')
  await wrong.first().waitFor({ timeout: 20_000 })
  expect(await wrong.allTextContents()).toEqual([
    spanishFaults.csv_unknown_column.replace('<name>', '"Telefon"'),
    spanishFaults.csv_column_twice.replace('<name>', 'phone'),
  ])
  await load(
    'phone,name,longitude,latitude,hours',
    '911,,,,',
    '+15550100031',
    '+15550100032,"open,,,',
    '+15550100033,,-195,29,all day',
    `+15550100034,${'n'.repeat(201)},,,`,
  )
  const reasons = page.locator('tbody tr td:nth-child(3)')
  await reasons.first().waitFor({ timeout: 20_000 })
  expect(await reasons.allTextContents()).toEqual([
    spanishFaults.phone_emergency,
    spanishFaults.csv_values.replace('<values>', '1').replace('<columns>', '5'),
    spanishFaults.csv_open_quote,
    spanishFaults.outside_degrees.replaceAll('<limit>', '180'),
    spanishFaults.not_week,
    spanishFaults.too_long.replace('<most>', '200'),
  ])
  expect(await page.locator('tbody [lang=en]').count()).toBe(0)

  // The file has the same words, behind what tells a spreadsheet its alphabet, and nothing that it would reckon with.
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: imports.download }).click()
  const file = await readFile(await (await coming).path())
  expect(file.subarray(0, 3).toString('hex')).toBe('efbbbf')
  const [columns, ...rows] = parse(file, { bom: true })
  expect(columns).toEqual([imports.line, imports.column, imports.reason, imports.value])
  expect(rows.map(([line, , reason]) => [line, reason])).toEqual([
    ['2', spanishFaults.phone_emergency],
    ['3', spanishFaults.csv_values.replace('<values>', '1').replace('<columns>', '5')],
    ['4', spanishFaults.csv_open_quote],
    ['5', spanishFaults.outside_degrees.replaceAll('<limit>', '180')],
    ['5', spanishFaults.not_week],
    ['6', spanishFaults.too_long.replace('<most>', '200')],
  ])
  const reckoned = rows.flat().filter(cell => /^\s*[=+\-@]/.test(cell))
  // A whole phone, and nothing that could be reckoned with it.
  expect(reckoned).toEqual(['+15550100031'])
  expect(rows[3]?.[3]).toBe("'-195")
  await context.close()
})

/** Some megabytes, which come in many pieces. */
const ROWS = 50_000

test('every row of a long list is in the file, in Spanish', async ({ tocsin, browser, db }) => {
  const importId = randomUUID()
  const { id: author } = await tocsin.author.client.get<{ id: string }>('/v1/me')
  await db.execute(sql`insert into imports (id, operator_id, mode, state, read, rejected)
    values (${importId}, ${author}, 'upsert', 'completed', 12345678, ${ROWS})`)
  await db.execute(sql`insert into import_rejects (import_id, line, "column", reason, code, value)
    select ${importId}, line, 'hours', ${FAULTS.not_week}, 'not_week', 'all day, "every" day'
    from generate_series(2, ${ROWS} + 1) line`)
  const { page, context, complaints } = await takeSeat(browser, { locale: 'es-US', width: 390 })
  await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/settings/import/${importId}`)
  // Eight digits stay inside their card.
  await page.getByText('12,345,678').waitFor({ timeout: 20_000 })
  const tooWide = `[...document.querySelectorAll('.figure strong')]
    .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length`
  expect(await page.evaluate(tooWide)).toBe(0)
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: imports.download }).click({ timeout: 20_000 })
  const file = await readFile(await (await coming).path())
  const rows = parse(file, { bom: true }).slice(1)
  expect(rows.length).toBe(ROWS)
  expect(rows.every(([, , reason]) => reason === spanishFaults.not_week)).toBe(true)
  expect(complaints).toEqual([])
  await context.close()
})

test('whoever makes a key too long after signing in is told to sign in again', async ({
  tocsin,
  browser,
  db,
}) => {
  const seat = await takeSeat(browser)
  const { page } = seat
  await signInAt(seat, tocsin, tocsin.author)
  await page.getByRole('button', { name: 'Enter LIVE' }).click()
  const make = page.getByRole('button', { name: 'Make a signing key' })
  await make.waitFor()
  await db.execute(sql`update sessions set created_at = created_at - interval '6 minutes'`)
  await make.click()
  await page.getByText('Sign in again, then make it.').waitFor()
})
