import { expect } from 'vitest'
import { anAuthenticator } from '../support/authenticator.ts'
import { consoleUrl, type Seat, takeSeat, test } from '../support/console.ts'

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

test('where policy asks for passkeys, one makes one at the first sign-in and enters with it from then on', async ({
  tocsin,
  browser,
}) => {
  const { administrator, author } = tocsin
  const phone = anAuthenticator({ origin: new URL(consoleUrl(tocsin)).origin })
  const options =
    await administrator.post<Parameters<typeof phone.create>[0]>('/v1/me/passkeys/options')
  await administrator.post('/v1/me/passkeys', {
    label: 'The administrator’s phone',
    response: phone.create(options),
  })
  await administrator.patch('/v1/organisation', {
    policy: { passkeys: { signIn: 'required', authors: true } },
  })

  const seat = await takeSeat(browser)
  const { page } = seat
  await plugIn(seat)
  await page.goto(consoleUrl(tocsin))
  await page.getByLabel('E-mail address').fill(author.email)
  await page.getByLabel('Password').fill(author.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Make a passkey' }).click()

  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByRole('button', { name: 'Enter LIVE' }).click()
  await page.getByRole('button', { name: 'Make a signing key' }).click()
  await page.getByText('Your signing key works').waitFor()
  expect(seat.complaints).toEqual([])

  // The password alone opens nothing any more.
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('E-mail address').fill(author.email)
  await page.getByLabel('Password').fill(author.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('alert').waitFor()
  await seat.context.close()
})
