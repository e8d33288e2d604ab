/** What goes out without anybody's hand, as an author writes it and as one watches it; and the all-stop. */
import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import type { Page } from 'playwright-core'
import { signAs } from '../../src/cli/send.ts'
import { consoleUrl, takeSeat, test } from '../support/console.ts'
import { keptSession } from '../support/console-session.ts'
import { floodAlert, settle } from '../support/service.ts'

const SOON = { timeout: 20_000 }

interface Stored {
  readonly state: string
  readonly reminders?: object
  readonly escalations?: readonly object[]
}

const inNotice = (page: Page) => page.getByRole('group', { name: 'Notice 1 to those on duty' })

test('reminders and a notice to those on duty are written beside the alert, and an unfinished one is told', async ({
  tocsin,
  browser,
}) => {
  const { client } = tocsin.author
  const duty = await client.post<{ id: string }>('/v1/groups', { name: 'On duty' })
  const { id } = await client.post<{ id: string }>('/v1/alerts', floodAlert())
  const seat = await takeSeat(browser)
  const { page } = seat
  await seat.context.addInitScript(await keptSession(tocsin.url, tocsin.author))
  await page.goto(`${consoleUrl(tocsin)}live/alerts/${id}/edit`)
  await page.locator('.by-itself summary').click(SOON)
  await page.getByLabel('Remind those who have not answered').check()
  await page.getByLabel('How often').fill('2')
  await page.getByRole('button', { name: 'Add a notice to those on duty' }).click()

  await page.keyboard.press('Control+Enter')
  await page
    .getByRole('link', { name: 'Notice 1 needs a limit, a group and a text.' })
    .waitFor(SOON)
  const notice = inNotice(page)
  await notice.getByLabel('When').selectOption('noReplyAbove')
  await notice.getByLabel('Limit').fill('40')
  await notice.getByLabel('Of what').selectOption('count')
  await notice.getByLabel('From so many minutes').fill('15')
  await notice.getByLabel('Group on duty').selectOption({ label: 'On duty' })
  await notice.getByLabel(/^Text to them, American English/).fill('Many are silent. Answer 1.')
  const stored = await until(
    () => client.get<Stored>(`/v1/alerts/${id}`),
    ({ escalations }) => escalations?.length === 1,
    'it is saved',
    20_000,
  )
  expect(stored.reminders).toEqual({ afterMinutes: 30, times: 2, to: 'noReply' })
  expect(stored.escalations).toEqual([
    {
      when: 'noReplyAbove',
      count: 40,
      afterMinutes: 15,
      to: duty.id,
      texts: [{ language: 'en-US', sms: 'Many are silent. Answer 1.' }],
    },
  ])

  // Opened again it stands there; taken away it is gone from the draft.
  await page.reload()
  await page.getByText('2 reminders, one notice to those on duty').waitFor(SOON)
  await page.getByRole('button', { name: 'Remove notice 1' }).click()
  await page.getByLabel('Remind those who have not answered').uncheck()
  await until(
    () => client.get<Stored>(`/v1/alerts/${id}`),
    ({ escalations, reminders }) => escalations === undefined && reminders === undefined,
    'it is taken away',
    20_000,
  )
  expect(seat.complaints).toEqual([])
  await seat.context.close()
})

test('the all-stop asks for a reason and once more, and stops all that is being sent', async ({
  tocsin,
  browser,
  db,
}) => {
  await settle(db, 20)
  const { author, approver } = tocsin
  const { id } = await author.client.post<{ id: string }>('/v1/alerts', floodAlert())
  await signAs(author.client, id, 'author', author.key)
  await signAs(approver.client, id, 'approver', approver.key)
  await approver.client.post(`/v1/alerts/${id}/dispatch`, { holdSeconds: 60 })
  const seat = await takeSeat(browser)
  const { page } = seat
  await seat.context.addInitScript(await keptSession(tocsin.url, approver))
  await page.goto(`${consoleUrl(tocsin)}live/sending`)
  await page.getByText('Write the reason first.').waitFor(SOON)
  await page.getByLabel('Reason, for the audit log').fill('It is the wrong county')
  await page.getByRole('button', { name: 'Stop everything' }).click()
  await page.getByText('Stop everything that is being sent, for good?').waitFor()
  await page.getByRole('button', { name: 'Stop everything' }).click()
  await page.getByText('Stopped: 1.').waitFor(SOON)
  const { state } = await author.client.get<Stored>(`/v1/alerts/${id}`)
  expect(state).toBe('stopped')
  await seat.context.close()
})
