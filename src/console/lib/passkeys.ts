/** Passkeys (WebAuthn): to sign in with, and to show that a person was there when a key signed. */
import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import { post } from './api.ts'
import { signIn, type Person } from './session.ts'
import { Problem, problemOf } from './problem.ts'

export const hasPasskeys = (): boolean => browserSupportsWebAuthn()

/** @throws Problem `passkey_cancelled` where the person did not go through with it */
export async function signInByPasskey(): Promise<Person> {
  const answer = await fetch('/v1/auth/passkey/options', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{}',
    credentials: 'omit',
  }).catch(() => {
    throw new Problem('the server does not answer', { status: 0, code: 'unreachable' })
  })
  if (!answer.ok) throw await problemOf(answer)
  const optionsJSON = (await answer.json()) as PublicKeyCredentialRequestOptionsJSON
  const response = await asked(() => startAuthentication({ optionsJSON }))
  return signIn({ grantType: 'passkey', response })
}

export async function enrolPasskey(label: string): Promise<void> {
  const optionsJSON = await post<PublicKeyCredentialCreationOptionsJSON>('/v1/me/passkeys/options')
  const response = await asked(() => startRegistration({ optionsJSON }))
  await post('/v1/me/passkeys', { label, response })
}

/**
 * A passkey's word over `text`: its challenge is the SHA-256 of it, so it can't have been meant for anything else.
 */
export async function passkeyOver(text: string): Promise<object> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const challenge = btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
  const optionsJSON = {
    challenge,
    rpId: location.hostname,
    userVerification: 'required',
    timeout: 120_000,
  } as const
  return asked(() => startAuthentication({ optionsJSON }))
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw new Problem(error instanceof Error ? error.message : 'the passkey was not used', {
      status: 0,
      code: 'passkey_cancelled',
    })
  }
}
