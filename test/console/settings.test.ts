import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { signAs } from '../../src/cli/send.ts'
import { openBrowser } from '../support/browser.ts'
import { ADMINISTRATOR, test, type Tocsin } from '../support/service.ts'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser({ webgl: false })
})
afterAll(() => browser.close())

/** A page of the live console, signed in as the administrator. */
async function liveConsole({ url }: Tocsin): Promise<Page> {
  const answer = await fetch(`${url}/v1/auth/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ grantType: 'password', ...ADMINISTRATOR, mode: 'live' }),
  })
  const { accessToken, refreshToken, expiresIn, operator } = (await answer.json()) as {
    accessToken: string
    refreshToken: string
    expiresIn: number
    operator: object
  }
  const until = Date.now() + expiresIn * 1000
  const session = { accessToken, refreshToken, until, person: operator, signedInAt: Date.now() }
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-US' })
  page.setDefaultTimeout(15_000)
  await page.addInitScript(
    kept => localStorage.setItem('tocsin.session.live', kept),
    JSON.stringify(session),
  )
  await page.goto(`${url}/console/live/settings`)
  return page
}

test(
  'an administrator adds a person, imports a file, sets up a carrier, and reads of it in the audit log',
  { timeout: 60_000 },
  async ({ tocsin }) => {
    const page = await liveConsole(tocsin)
    const main = page.getByRole('main')

    // A person: what is missing is said at once, and the summary takes the focus.
    await page.getByRole('link', { name: 'People and roles' }).click()
    await main.getByRole('link', { name: 'Add a person' }).click()
    await main.getByRole('button', { name: 'Add a person' }).click()
    await main.getByText('3 things must be mended').waitFor()
    await main.getByRole('link', { name: 'Name: This must be filled in.' }).click()
    expect(await page.evaluate('document.activeElement.id')).toBe('field-name')
    await main.getByLabel('Name', { exact: true }).fill('Dana Brook')
    await main.getByLabel('E-mail address').fill('dana.brook')
    await main.getByLabel('Author: writes alerts').check()
    await main.getByRole('button', { name: 'Add a person' }).click()
    await main.getByRole('link', { name: /E-mail address: .*email/i }).waitFor()
    await main.getByLabel('E-mail address').fill('dana.brook@county.example')
    await main.getByRole('button', { name: 'Add a person' }).click()
    await main.getByRole('link', { name: 'Dana Brook' }).waitFor()

    // A file with a row that is no phone.
    await page.getByRole('link', { name: 'Import contacts' }).click()
    await main.getByLabel('CSV file').setInputFiles({
      name: 'people.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        'phone,name,longitude,latitude\n' +
          '+15550100001,Ann,-94.95,29.39\n' +
          'no phone,Bob,-94.95,29.39\n' +
          '+15550100002,Cy,-94.95,29.39\n',
      ),
    })
    await main.getByRole('button', { name: 'Import the file' }).click()
    await main.getByText('The import is done.').waitFor()
    const reject = main.getByRole('row', { name: /Line 3/ })
    await reject.waitFor()
    expect(await reject.innerText()).toContain('no phone')

    // A carrier.
    await page.getByRole('link', { name: 'Carriers' }).click()
    await main.getByRole('link', { name: 'Set up a carrier' }).click()
    await main.getByLabel('Name', { exact: true }).fill('Lone Star')
    await main.getByLabel('Sender').fill('72345')
    await main.getByLabel('Host').fill('smsc.example')
    await main.getByLabel('System id').fill('tocsin')
    await main.getByLabel('Password').fill('secret')
    await main.getByRole('button', { name: 'Set up a carrier' }).click()
    await main.getByRole('heading', { name: 'Lone Star' }).waitFor()
    const { items } = await tocsin.administrator.get<{ items: { name: string }[] }>('/v1/carriers')
    expect(items.map(({ name }) => name)).toContain('Lone Star')

    // All of it stands in the trail.
    await page.getByRole('link', { name: 'Audit log' }).click()
    await main.getByRole('row', { name: /Administrator set up a carrier/ }).waitFor()
    await main.getByRole('row', { name: /imported contacts/ }).waitFor()
    await main.getByLabel('What').selectOption('operator')
    await main.getByRole('row', { name: /set up a carrier/ }).waitFor({ state: 'detached' })
    await main
      .getByRole('row', { name: /added a person/ })
      .first()
      .waitFor()
  },
)

test(
  'who saves second is told what the first has changed, and chooses',
  { timeout: 60_000 },
  async ({ tocsin }) => {
    const page = await liveConsole(tocsin)
    const main = page.getByRole('main')
    await page.getByRole('link', { name: 'Organisation and policy' }).click()
    await main.getByLabel('Name', { exact: true }).fill('Harris County OEM')
    await tocsin.administrator.patch('/v1/organisation', { policy: { holdSeconds: 9 } })
    await main.getByRole('button', { name: 'Save the changes' }).click()
    await main.getByText('They changed: Hold before sending').waitFor()
    await main.getByRole('button', { name: 'Save mine over it' }).click()
    await main.getByText('Saved. It holds from now on').waitFor()
    const now = await tocsin.administrator.get<{ name: string; policy: { holdSeconds: number } }>(
      '/v1/organisation',
    )
    expect(now).toMatchObject({ name: 'Harris County OEM', policy: { holdSeconds: 9 } })
  },
)

test(
  'an administrator has statistics sent by mail, changes to whom, and sends them no more',
  { timeout: 60_000 },
  async ({ tocsin }) => {
    const page = await liveConsole(tocsin)
    const main = page.getByRole('main')
    await page.getByRole('link', { name: 'Reports by mail' }).click()
    await main.getByText('No report is sent by mail.').waitFor()
    await main.getByRole('link', { name: 'Send a report by mail' }).click()
    await main.getByRole('button', { name: 'Send a report by mail' }).click()
    await main.getByRole('link', { name: 'To whom: This must be filled in.' }).waitFor()
    await main.getByLabel(ADMINISTRATOR.email).check()
    await main.getByLabel('How often').selectOption('month')
    await main.getByRole('button', { name: 'Send a report by mail' }).click()
    await main.getByRole('heading', { name: 'Statistics' }).waitFor()
    await main.getByText('None has gone out yet.').waitFor()
    await main.getByLabel('Language').selectOption('es')
    await main.getByRole('button', { name: 'Save the changes' }).click()
    await main.getByText('Saved. It holds from now on.').waitFor()
    const { items } = await tocsin.administrator.get<{ items: object[] }>('/v1/report-schedules')
    expect(items).toMatchObject([{ kind: 'statistics', every: 'month', language: 'es' }])
    await main.getByRole('button', { name: 'Send it no more' }).click()
    await main.getByRole('button', { name: 'Send it no more' }).click()
    await main.getByText('No report is sent by mail.').waitFor()

    // The other kind asks for other things.
    await main.getByRole('link', { name: 'Send a report by mail' }).click()
    await main.getByLabel('The report of each alert').check()
    await main.getByLabel('After the alert has ended').fill('2')
    await main.getByLabel(ADMINISTRATOR.email).check()
    await main.getByRole('button', { name: 'Send a report by mail' }).click()
    await main.getByRole('heading', { name: 'The report of each alert' }).waitFor()
  },
)

test('a report is read, and downloaded as a PDF', { timeout: 60_000 }, async ({ tocsin }) => {
  const { administrator, author, approver, url } = tocsin
  const phone = '+15550100009'
  await administrator.post('/v1/contacts', { phone, name: 'Eve' })
  const group = await administrator.post<{ id: string; revision: number }>('/v1/groups', {
    name: 'Report readers',
  })
  await administrator.put(`/v1/groups/${group.id}/members`, { phones: [phone] })
  const { id } = await author.client.post<{ id: string }>('/v1/alerts', {
    status: 'Actual',
    audience: { groups: [group.id] },
    info: [
      {
        language: 'en-US',
        category: ['Met'],
        event: 'Flash flood',
        urgency: 'Immediate',
        severity: 'Severe',
        certainty: 'Observed',
        headline: 'Flash flood in Texas City',
        sms: 'Flash flood in Texas City. Go to high ground now.',
        expires: new Date(Date.now() + 3_600_000).toISOString(),
      },
    ],
  })
  await signAs(author.client, id, 'author', author.key)
  await signAs(approver.client, id, 'approver', approver.key)
  await approver.client.post(`/v1/alerts/${id}/dispatch`)
  await approver.client.post(`/v1/alerts/${id}/stop`)

  const page = await liveConsole(tocsin)
  await page.goto(`${url}/console/live/reports`)
  const main = page.getByRole('main')
  await main.getByRole('link', { name: 'Never reached' }).click()
  await main
    .getByText('Nobody: the last deliveries of every contact have not all failed.')
    .waitFor()
  await main.getByRole('link', { name: 'Ended alerts' }).click()
  await main.getByRole('link', { name: 'Flash flood in Texas City' }).click()
  await main.getByText('Approved and signed').waitFor()
  await main.getByLabel('Note').fill('The siren did not sound.')
  await main.getByRole('button', { name: 'Add the note' }).click()
  await main.getByText('The siren did not sound.').first().waitFor()

  const coming = page.waitForEvent('download')
  await main.getByRole('button', { name: 'PDF' }).click()
  const download = await coming
  expect(download.suggestedFilename()).toBe(`alert-${id}.pdf`)
  const bytes = await readFile(await download.path())
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-')
})
