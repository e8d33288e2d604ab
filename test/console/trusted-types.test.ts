/** The console's own policy, which lets nothing be run that a page was not built with. */
import { expect } from 'vitest'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { floodAlert } from '../support/service.ts'

const SOON = { timeout: 30_000 }
const LISTEN = `addEventListener('securitypolicyviolation', ({ violatedDirective, sample }) => {
  (globalThis.breaches ??= []).push(violatedDirective + ' ' + sample)
})`

test('map, drawing and curve run under trusted types, and what is made up is not run', async ({
  tocsin,
  browser,
}) => {
  const { id } = await tocsin.author.client.post<{ id: string }>('/v1/alerts', floodAlert())
  const seat = await takeSeat(browser)
  const { page } = seat
  await seat.context.addInitScript(LISTEN)
  await seat.context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  const answer = await page.goto(`${consoleUrl(tocsin)}live/alerts/${id}/edit`)
  const policy = answer?.headers()['content-security-policy'] ?? ''
  expect(policy).toContain("require-trusted-types-for 'script'")
  expect(policy).toMatch(/trusted-types default(;|$)/)
  await page.locator('.where[data-drawable]').waitFor(SOON)
  await page.locator('.map[aria-busy=false]').waitFor(SOON)
  await page.getByRole('button', { name: 'Draw area' }).click()
  await page.getByText('US Census').first().waitFor()
  await page.goto(`${consoleUrl(tocsin)}live/reports/${id}`)
  await page.getByRole('heading', { level: 1 }).waitFor(SOON)
  expect(await page.evaluate('globalThis.breaches ?? []')).toEqual([])
  expect(seat.complaints).toEqual([])

  await page.goto(`${consoleUrl(tocsin)}live/situation`)
  await page.locator('.map[aria-busy=false]').waitFor(SOON)
  const refused = await page.evaluate(`(() => {
    try { new Worker('/console/other.js'); return 'run' } catch (error) { return error.name }
  })()`)
  expect(refused).toBe('TypeError')
  const text = await page.evaluate(`(() => {
    const made = document.createElement('div')
    made.innerHTML = '<img src=x onerror=alert(1)>'
    return made.childElementCount
  })()`)
  expect(text).toBe(0)
  await seat.context.close()
})
