import { expect } from 'vitest'
import { until } from '../../scripts/rehearsal.ts'
import { signAs } from '../../src/cli/send.ts'
import { anAuthenticator } from '../support/authenticator.ts'
import { consoleUrl, type Seat, takeSeat, test } from '../support/console.ts'
import { floodAlert, settle } from '../support/service.ts'

/** A phone's or a laptop's own authenticator, by the browser's protocol for tests; it says that the user was verified. */
async function plugIn({ page, context }: Seat): Promise<void> {
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

const PEOPLE = 20

test(
  'where policy asks for passkeys, one makes one at the first sign-in, enters with it and approves with it',
  {
    timeout: 90_000,
  },
  async ({ tocsin, browser, db }) => {
    const { administrator, author, approver } = tocsin
    await settle(db, PEOPLE)
    tocsin.startDispatcher()
    await tocsin.startCarriers([{ name: 'North', segmentsPerSecond: 100, window: 10, binds: 1 }])
    const { id } = await author.client.post<{ id: string }>('/v1/alerts', floodAlert())
    const phone = anAuthenticator({ origin: new URL(consoleUrl(tocsin)).origin })
    const options =
      await administrator.post<Parameters<typeof phone.create>[0]>('/v1/me/passkeys/options')
    await administrator.post('/v1/me/passkeys', {
      label: 'The administrator’s phone',
      response: phone.create(options),
    })
    await administrator.patch('/v1/organisation', {
      policy: { passkeys: { signIn: 'required', approvers: true }, holdSeconds: 0 },
    })
    await signAs(author.client, id, 'author', author.key)

    const seat = await takeSeat(browser)
    const { page } = seat
    await plugIn(seat)
    await page.goto(consoleUrl(tocsin))
    await page.getByLabel('E-mail address').fill(approver.email)
    await page.getByLabel('Password').fill(approver.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('button', { name: 'Make a passkey' }).click()

    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('button', { name: 'Enter LIVE' }).click()
    await page.getByRole('button', { name: 'Make a signing key' }).click()
    await page.getByText('Your signing key works').waitFor()

    await page.getByRole('link', { name: /Approvals/ }).click()
    await page
      .getByRole('link', { name: /Flash Flood/ })
      .first()
      .click()
    const typed = page.getByLabel('Type the number of phones')
    await page.getByRole('button', { name: 'Return with a reason' }).waitFor()
    // Everybody on the list is more than a quarter of it.
    await typed.fill(String(PEOPLE))
    await page.getByRole('button', { name: `Approve and send to ${PEOPLE} phones` }).click()
    const { signatures } = await until(
      () =>
        author.client.get<{
          state: string
          signatures: { role: string; passkey: { credentialId: string } | null }[]
        }>(`/v1/alerts/${id}`),
      ({ state }) => state === 'sent',
      'the alert is sent',
    )
    const byApprover = signatures.find(({ role }) => role === 'approver')
    expect(byApprover?.passkey?.credentialId).toMatch(/^[\w-]{16,}$/)
    expect(seat.complaints).toEqual([])

    // The password alone opens nothing any more.
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('E-mail address').fill(approver.email)
    await page.getByLabel('Password').fill(approver.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await seat.context.close()
  },
)
