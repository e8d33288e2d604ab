import { request } from 'node:http'
import { expect } from 'vitest'
import { consoleUrl, signInAt, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { floodAlert } from '../support/service.ts'

test('who signs in chooses between two unlike modes, and is told which one they are in by word, title and icon', async ({
  tocsin,
  browser,
}) => {
  const seat = await takeSeat(browser)
  const { page } = seat
  await signInAt(seat, tocsin, tocsin.author)
  const icon = () => page.locator('#icon').getAttribute('href')

  await page.getByRole('button', { name: 'Enter LIVE' }).click()
  await page.getByRole('heading', { name: 'Situation' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/console/live/situation')
  expect(await page.title()).toBe('LIVE - Situation')
  expect(await icon()).toContain('live')
  await page.getByText('Real people will be alerted').waitFor()

  await page.getByRole('button', { name: 'Change mode' }).click()
  await page.getByRole('heading', { name: 'where do you want to work' }).waitFor()

  // The live mode is not entered by its path: that sign-in was left.
  await page.goto(`${consoleUrl(tocsin)}live/situation`)
  await page.getByRole('heading', { name: 'where do you want to work' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/console/')
  expect(seat.complaints).toEqual([])
  await seat.context.close()
})

test('who writes no alerts is led to no form for one, and told so where a bookmark leads there', async ({
  tocsin,
  browser,
}) => {
  const wide = await takeSeat(browser)
  await wide.context.addInitScript(await keptSession(tocsin.url, tocsin.approver))
  await wide.page.goto(`${consoleUrl(tocsin)}live/situation`)
  await wide.page.getByRole('link', { name: /^Approvals/ }).waitFor()
  expect(await wide.page.getByRole('link', { name: /New alert/ }).count()).toBe(0)
  await wide.page.keyboard.press('n')
  await wide.page.keyboard.press('?')
  await wide.page.getByRole('dialog').waitFor()
  expect(new URL(wide.page.url()).pathname).toBe('/console/live/situation')
  expect(await wide.page.getByRole('dialog').getByText('N', { exact: true }).count()).toBe(0)
  for (const way of ['new', 'import']) {
    await wide.page.goto(`${consoleUrl(tocsin)}live/${way}`)
    await wide.page.getByText('Only authors write alerts.').waitFor()
    expect(await wide.page.getByRole('main').getByRole('textbox').count()).toBe(0)
  }
  expect(wide.complaints).toEqual([])
  await wide.context.close()

  const phone = await takeSeat(browser, { width: 390, dark: true, locale: 'es-US' })
  await phone.context.addInitScript(await keptSession(tocsin.url, tocsin.approver))
  await phone.page.goto(`${consoleUrl(tocsin)}live/new`)
  await phone.page.getByText('Solo escriben alertas quienes').waitFor()
  expect(await phone.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  await phone.context.close()
})

test('what is open live is never shown in an exercise, however late the server answers there', async ({
  tocsin,
  browser,
}) => {
  await tocsin.author.client.post('/v1/alerts', floodAlert())
  const seat = await takeSeat(browser)
  const { page } = seat
  await signInAt(seat, tocsin, tocsin.author)
  await page.getByRole('button', { name: 'Enter LIVE' }).click()
  await page.getByRole('link', { name: 'Flash Flood Warning' }).waitFor()

  await page.getByRole('button', { name: 'Change mode' }).click()
  // Held until the end: what the screen shows meanwhile it has from before.
  const held: (() => Promise<void>)[] = []
  await page.route('**/v1/alerts?*', route => void held.push(() => route.continue()))
  await page.getByRole('button', { name: 'Practise' }).click()
  await page.getByRole('heading', { name: 'Situation' }).waitFor()
  await page.getByText(/Still waiting for: Now/).waitFor()
  expect(await page.getByRole('link', { name: 'Flash Flood Warning' }).count()).toBe(0)
  for (const go of held) await go()
  await page.getByText('No alert is being written, approved or sent.').waitFor()
  expect(await page.getByRole('link', { name: 'Flash Flood Warning' }).count()).toBe(0)
  await seat.context.close()
})

test('a link that is followed before signing in is gone on to, in its mode alone', async ({
  tocsin,
  browser,
}) => {
  const seat = await takeSeat(browser)
  const { page } = seat
  await page.goto(`${consoleUrl(tocsin)}live/approvals`)
  await page.getByLabel('E-mail address').fill(tocsin.approver.email)
  await page.getByLabel('Password').fill('not the password')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('The e-mail address or the password is wrong.').waitFor()
  await page.getByLabel('Password').fill(tocsin.approver.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Enter LIVE' }).click()
  await page.getByRole('heading', { name: 'Approvals' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/console/live/approvals')
  await seat.context.close()
})

test('a reload and a second tab stay signed in; signing out ends all tabs', async ({
  tocsin,
  browser,
}) => {
  const seat = await takeSeat(browser)
  const { page, context } = seat
  await signInAt(seat, tocsin, tocsin.author)
  await page.getByRole('button', { name: 'Enter LIVE' }).click()
  await page.getByRole('heading', { name: 'Situation' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Situation' }).waitFor()
  const second = await context.newPage()
  await second.goto(page.url())
  await second.getByRole('heading', { name: 'Situation' }).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await second.getByRole('heading', { name: 'Sign in' }).waitFor()
  await context.close()
})

test('the console speaks Spanish and goes dark where the browser does', async ({
  tocsin,
  browser,
}) => {
  const { page, context } = await takeSeat(browser, { locale: 'es-US', dark: true })
  await page.goto(consoleUrl(tocsin))
  await page.getByRole('heading', { name: 'Entrar' }).waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('es')
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
  await context.close()
})

test('the console is served by its own name alone, under a strict policy, and kept as long as its content stands', async ({
  tocsin,
}) => {
  const page = await fetch(`${tocsin.url}/console/live/anything`)
  expect(page.status).toBe(200)
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const html = await page.text()
  const script = /src="(\/console\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? ''
  const loaded = await fetch(`${tocsin.url}${script}`, { headers: { 'Accept-Encoding': 'br' } })
  expect(loaded.status).toBe(200)
  expect(loaded.headers.get('content-encoding')).toBe('br')
  expect(loaded.headers.get('cache-control')).toContain('immutable')
  expect((await fetch(`${tocsin.url}/console/assets/nothing.js`)).status).toBe(404)
  expect((await fetch(`${tocsin.url}/console/assets/..%2f..%2fmain.js`)).status).toBe(404)
})

test('under a name that is not ours the console is not served', async ({ tocsin }) => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(`${tocsin.url}/console/`, { headers: { Host: 'evil.example' } }, answer => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(421)
})
