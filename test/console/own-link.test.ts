/** A link of each recipient's own, put into a text. */
import { expect } from 'vitest'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'

const SOON = { timeout: 20_000 }

test('where links lead somewhere, a button puts one into the text, with what it costs; else there is none', async ({
  tocsin,
  browser,
}) => {
  const seat = await takeSeat(browser)
  const { page } = seat
  await seat.context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/new`)
  const text = page.getByLabel('Text people get')
  await text.waitFor(SOON)
  const insert = page.getByRole('button', { name: 'Insert a link to confirm' })
  expect(await insert.count()).toBe(0)

  const policy = { linkUrl: 'https://alert.example' }
  await tocsin.administrator.patch('/v1/organisation', { policy })
  await page.reload()
  await insert.waitFor(SOON)
  await text.fill('x'.repeat(130))
  await page.getByText('With it 2 SMS each, now 1.').waitFor()
  await text.fill('Leave now. Go north.')
  await page.getByText('It stays at 1 SMS each.').waitFor()
  await text.evaluate('(field => field.setSelectionRange(10, 10))(document.activeElement)')
  await insert.press('Enter')
  expect(await text.inputValue()).toBe('Leave now. {link} Go north.')
  // 21 of the text and its spaces, and of the link https://alert.example/a/ (24) and a token of 20.
  await page.getByText('65 / 160 characters').waitFor()
  expect(await insert.count()).toBe(0)
  expect(seat.complaints).toEqual([])
  await seat.context.close()
})
