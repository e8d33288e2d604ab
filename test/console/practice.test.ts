/** A first alert, by who has never sent one: the guide leads, the phones are simulated, and a score ends it. */
import { expect } from 'vitest'
import { signInAt, takeSeat, test } from '../support/console.ts'

test(
  'whoever practises alone is led through a whole alert to simulated phones, to its score',
  { timeout: 180_000 },
  async ({ tocsin, browser }) => {
    const { administrator, approver } = tocsin
    await administrator.patch('/v1/organisation', {
      name: 'Valley County',
      languages: ['en-US', 'es-US'],
    })
    await administrator.post('/v1/templates/starter')
    const { items } = await approver.client.get<{
      items: { id: string; name: string; version: number }[]
    }>('/v1/templates?limit=1000')
    const flood = items.find(({ name }) => name === 'Flash flood')
    for (const language of ['en', 'es']) {
      const review = { language, version: flood?.version }
      await approver.client.post(`/v1/templates/${flood?.id}/review`, review)
    }
    tocsin.startDispatcher()

    const seat = await takeSeat(browser)
    const { page } = seat
    page.setDefaultTimeout(20_000)
    const guide = page.getByRole('complementary', { name: 'Your first alert' })
    const done = (count: number) => guide.getByText(`${count} of 7 done`).waitFor()
    const follow = (step: string) => guide.getByRole('link', { name: step }).click()

    await signInAt(seat, tocsin, tocsin.author)
    await page.getByRole('button', { name: 'Practise' }).click()
    await done(0)
    await page.getByRole('button', { name: 'Make a signing key' }).click()
    await done(1)

    await follow('Write an alert')
    await page.getByLabel('Template', { exact: true }).selectOption({ label: 'Flash flood' })
    await page.getByLabel(/Where the danger is/).fill('Buffalo Bayou')
    await page.getByRole('button', { name: 'Type corners' }).click()
    await page.getByLabel(/Corners, one a line/).fill('30, -97\n31, -97\n31, -96\n30, -96')
    await page.getByRole('button', { name: 'Make the area' }).click()
    await done(2)
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: /EXERCISE alert to 25 phones/ }).waitFor()
    for (const tick of await page.getByLabel(/I have read/).all()) await tick.check()
    await page.getByRole('button', { name: /Sign the exercise/ }).click()
    await done(3)

    await page.getByRole('button', { name: /Send .*25 phones/ }).click()
    await done(4)
    await page.getByText('Everything has been handed over.').waitFor()
    await follow('See who answers')
    await done(5)
    await follow('Send the all-clear')
    await page.getByRole('link', { name: 'All-clear', exact: true }).click()
    await done(5)
    await page
      .getByRole('button', { name: /all-clear/i })
      .last()
      .click()
    await done(6)
    await follow('See your score')
    await done(7)
    await page
      .getByText(/of 100/)
      .first()
      .waitFor()
    await guide.getByText('That was a whole alert.').waitFor()
    expect(seat.complaints).toEqual([])
    await seat.context.close()
  },
)
