/** What comes from other systems' files, and what went out one by one: CAP, profiles, area codes, e-mails. */
import { sql } from 'drizzle-orm'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { capXml, type Change } from '../cap/messages.ts'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { aCarrier, aPhone, aSentAlert } from '../support/sent-alert.ts'
import { ADMINISTRATOR, floodAlert, settle, type Tocsin } from '../support/service.ts'

const SOON = { timeout: 20_000 }

interface Who {
  readonly email: string
  readonly password: string
}

async function at(browser: Browser, tocsin: Tocsin, person: Who, way: string) {
  const seat = await takeSeat(browser)
  await seat.context.addInitScript(await keptSession(tocsin.url, person))
  await seat.page.goto(`${consoleUrl(tocsin)}live/${way}`)
  return seat
}

function aMessage(...changes: Change[]): string {
  return capXml(
    ['river-7', `river-7-${crypto.randomUUID()}`],
    ['2026-11-22T18:00:00-06:00', new Date().toISOString()],
    ['2027-11-22T20:00:00-06:00', new Date(Date.now() + 3_600_000).toISOString()],
    ...changes,
  ).toString()
}

const geoJson = (features: readonly object[]) => ({
  name: 'wards.geojson',
  mimeType: 'application/geo+json',
  buffer: Buffer.from(JSON.stringify({ type: 'FeatureCollection', features })),
})

const ward = (no: number, geometry: object) => ({
  type: 'Feature',
  properties: { WARD: no, NAME: `Ward ${no}` },
  geometry,
})
const square = (x: number) => ({
  type: 'Polygon',
  coordinates: [
    [
      [x, 30],
      [x + 1, 30],
      [x + 1, 31],
      [x, 31],
      [x, 30],
    ],
  ],
})

test('a CAP message is refused with every fault at its place, and becomes a draft once it is mended', async ({
  tocsin,
  browser,
}) => {
  const { page, context } = await at(browser, tocsin, tocsin.author, 'new')
  await page.getByRole('link', { name: 'Import a CAP message' }).click(SOON)
  await page.getByRole('button', { name: 'Make a draft of it' }).click()
  await page.getByText('Paste a message or choose a file.').waitFor()

  const broken = aMessage(['<urgency>Immediate', '<urgency>Soon'], ['<scope>Public', '<scope>All'])
  await page.getByLabel('The message as XML').fill(broken)
  await page.getByRole('button', { name: 'Make a draft of it' }).click()
  await page.getByText('2 things keep it out:').waitFor(SOON)
  const places = await page.locator('.notice tbody th').allTextContents()
  expect(places.toSorted()).toEqual(['/alert/info[1]/urgency', '/alert/scope'])
  // What came of it has the focus, wherever the button stood.
  expect(await page.evaluate('document.activeElement.textContent')).toContain('2 things')

  await page.getByLabel('Or a file').setInputFiles({
    name: 'river.cap',
    mimeType: 'application/cap+xml',
    buffer: Buffer.from(aMessage()),
  })
  await expect
    .poll(() => page.getByLabel('The message as XML').inputValue())
    .toContain('<urgency>Immediate')
  await page.getByRole('button', { name: 'Make a draft of it' }).click()
  await page.getByText('It is a draft now.').waitFor(SOON)
  await page.getByText('/alert/sent', { exact: true }).first().waitFor()
  await page.getByRole('link', { name: 'Go on with the draft' }).click()
  await page.waitForURL(/\/alerts\/[0-9a-f-]{36}\/edit$/)
  await context.close()
})

test('before one signs, the page says what another network would refuse', async ({
  tocsin,
  browser,
  db,
}) => {
  await settle(db, 3)
  const { client } = tocsin.author
  const { id } = await client.post<{ id: string }>('/v1/alerts', floodAlert())
  const { profiles } = await client.get<{ profiles: Verdict[] }>(`/v1/alerts/${id}/profiles`)
  const strict = profiles.find(({ faults }) => faults.length > 0)!
  const { page, context } = await at(browser, tocsin, tocsin.author, `alerts/${id}/review`)
  const card = page.locator('section', {
    has: page.getByRole('heading', { name: 'Other networks' }),
  })
  await card.getByText('The network refuses it for this:').waitFor(SOON)
  for (const one of profiles) {
    await card.getByLabel('Profile').selectOption(one.id)
    const findings = card.locator('[role=status] li')
    await expect.poll(() => findings.count()).toBe(one.faults.length + one.warnings.length)
  }
  await card.getByLabel('Profile').selectOption(strict.id)
  await card.getByText(strict.faults[0]!.pointer, { exact: true }).first().waitFor()
  await context.close()
})

test('what a network refuses that policy binds an alert to names the network, in the words of the console', async ({
  tocsin,
  browser,
}) => {
  const somebody = { phone: '+12025550163', locations: [{ longitude: -96.5, latitude: 30.5 }] }
  await tocsin.administrator.post('/v1/contacts', somebody)
  const { client } = tocsin.author
  const { id } = await client.post<{ id: string }>('/v1/alerts', floodAlert())
  await tocsin.administrator.patch('/v1/organisation', {
    policy: { profiles: ['ipaws', 'meteoalarm'] },
  })
  const inEach = [
    [
      'en-US',
      ['Make a signing key', /I have read/, /Sign and ask for approval/],
      ['IPAWS: must include the code IPAWSv1.0', /^MeteoAlarm: must have/],
      [/Sent in error: is not prepared/, /All-clear: is not prepared/],
    ],
    [
      'es-US',
      ['Crear una clave de firma', /He leído/, /Firmar y pedir aprobación/],
      ['IPAWS: debe incluir el código IPAWSv1.0', /^MeteoAlarm: debe tener/],
      [/Enviado por error: no está preparada/, /Fin de la alerta: no está preparada/],
    ],
  ] as const
  for (const [locale, [make, read, sign], sentences, warnings] of inEach) {
    const { page, context } = await takeSeat(browser, { locale, width: 390, height: 844 })
    await context.addInitScript(await keptSession(tocsin.url, tocsin.author))
    await page.goto(`${consoleUrl(tocsin)}live/alerts/${id}/review`)
    await page.getByRole('button', { name: make }).click(SOON)
    for (const warning of warnings) await page.getByText(warning).waitFor()
    for (const tick of await page.getByLabel(read).all()) await tick.check()
    await page.getByRole('button', { name: sign }).click()
    const refusal = page.getByRole('alert').getByRole('listitem')
    for (const sentence of sentences) await refusal.getByText(sentence).first().waitFor(SOON)
    expect(await refusal.filter({ hasNotText: /^(IPAWS|MeteoAlarm): / }).count()).toBe(0)
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await context.close()
  }
  await tocsin.administrator.patch('/v1/organisation', { policy: { profiles: [] } })
})

interface Verdict {
  readonly id: string
  readonly faults: readonly { readonly pointer: string }[]
  readonly warnings: readonly object[]
}

test('a set of area codes is loaded from a file, given a new version, and removed', async ({
  tocsin,
  browser,
}) => {
  const { page, context, complaints } = await at(
    browser,
    tocsin,
    ADMINISTRATOR,
    'settings/geocode-sets',
  )
  await page.getByText('No set is loaded.').waitFor(SOON)
  await page.getByRole('link', { name: 'Load a set' }).click()
  const load = page.getByRole('button', { name: 'Load it' })
  await load.click()
  expect(await page.locator('.fault').count()).toBe(3)

  await page.getByLabel('Name of the set').fill('WARD')
  await page.getByLabel('Property that holds the code').fill('WARD')
  await page.getByLabel(/^Property that holds a name/).fill('NAME')
  const file = page.getByLabel(/^GeoJSON file/)
  await file.setInputFiles(
    geoJson([ward(1, square(-97)), ward(2, { type: 'Point', coordinates: [1, 2] })]),
  )
  await load.click()
  await page.getByText('/features/1/geometry').waitFor(SOON)
  await page.getByText('is a point: say how far around it the area reaches').waitFor()
  complaints.length = 0

  await file.setInputFiles(geoJson([ward(1, square(-97))]))
  await load.click()
  await page.getByText('1 code is loaded.').waitFor(SOON)
  await page.getByRole('link', { name: 'WARD' }).click()
  await page.getByRole('cell', { name: 'Ward 1' }).waitFor(SOON)
  const version = page.locator('dd.hash')
  const first = await version.textContent()

  await page.getByLabel('Property that holds the code').fill('WARD')
  await page.getByLabel(/^Property that holds a name/).fill('NAME')
  await file.setInputFiles(geoJson([ward(1, square(-97)), ward(2, square(-90))]))
  await load.click()
  await page.getByRole('cell', { name: 'Ward 2' }).waitFor(SOON)
  expect(await version.textContent()).not.toBe(first)

  await page.getByRole('button', { name: 'Remove the set' }).click()
  await page.getByRole('button', { name: 'Remove the set' }).click()
  await page.getByText('No set is loaded.').waitFor(SOON)
  expect(complaints).toEqual([])
  await context.close()
})

test('from the alert one comes to each phone and each e-mail, and to those that ended in one way', async ({
  tocsin,
  browser,
  db,
}) => {
  const alertId = await anAlertWithLetters(db)
  const { page, context, complaints } = await at(
    browser,
    tocsin,
    tocsin.author,
    `alerts/${alertId}`,
  )
  await page.getByRole('link', { name: 'Every phone and e-mail' }).click(SOON)
  await rows(page, 2)
  await page.getByLabel('State').selectOption('failed')
  await rows(page, 1)
  await page.getByText('E-mails', { exact: true }).click()
  await page.getByText('p1@people.example').waitFor(SOON)
  await rows(page, 2)
  await page.getByLabel('State').selectOption('sent')
  await page.getByText('No e-mail is in this state.').waitFor(SOON)
  expect(complaints).toEqual([])
  await context.close()
})

const rows = (page: Page, count: number) =>
  expect.poll(() => page.locator('tbody tr').count(), SOON).toBe(count)

async function anAlertWithLetters(db: Database): Promise<string> {
  const carrierId = await aCarrier(db)
  const phones = [aPhone(), aPhone()]
  const alertId = await aSentAlert(db, {
    recipients: [
      { phone: phones[0]!, carrierId, state: 'delivered' },
      { phone: phones[1]!, carrierId, state: 'failed' },
    ],
  })
  await db.execute(sql`insert into mailings (alert_id) values (${alertId}::uuid)`)
  for (const [no, phone] of phones.entries()) {
    await db.execute(sql`
      insert into letters (alert_id, seq, contact_id, phone, address, text_no, expires)
      values (${alertId}::uuid, ${no + 1}, gen_random_uuid(), ${phone}, ${`p${no + 1}@people.example`}, 0,
        now() + interval '1 hour')
    `)
  }
  return alertId
}
