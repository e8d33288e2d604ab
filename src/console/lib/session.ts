/**
 * The sign-ins of this browser: one a mode, and one an exercise.
 *
 * A tab's sign-in is that of the mode in its path; it never falls back on another's. All tabs share it: the
 * tokens are kept in localStorage, and refreshed by one tab at a time under a lock, for a refresh token that comes
 * twice ends the sign-in. What a script of ours may read, a stolen script may read: the policy of `http/console.ts`
 * lets no other script in.
 */
import { computed, signal } from '@preact/signals'
import type { Mode, Place } from './place.ts'
import { place } from './place.ts'
import { Problem, problemOf } from './problem.ts'

export interface Person {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly roles: readonly string[]
}

interface Tokens {
  readonly accessToken: string
  readonly expiresIn: number
  readonly refreshToken: string
  readonly operator: Person
  /** Policy wants passkeys, and this person has none: the token is good for enrolling one. */
  readonly mustEnrolPasskey?: boolean
}

export interface Session {
  readonly accessToken: string
  /** When the access token ends, in ms since 1970 by this machine's clock. */
  readonly until: number
  readonly refreshToken: string
  readonly person: Person
  readonly signedInAt: number
  readonly mustEnrolPasskey: boolean
}

/** Of whose sign-in: before a mode is chosen, that of the threshold. */
type Where = Pick<Place, 'mode' | 'exerciseId'>

const keyOf = ({ mode, exerciseId }: Where) =>
  `tocsin.session.${mode === undefined ? 'threshold' : mode === 'live' ? 'live' : (exerciseId ?? 'practice')}`

/** Rises when a sign-in comes, goes or changes, in this tab or another. */
const changes = signal(0)
globalThis.addEventListener?.('storage', event => {
  if (event.key?.startsWith('tocsin.session.')) changes.value++
})

function sessionOf(where: Where): Session | undefined {
  const kept = localStorage.getItem(keyOf(where))
  return kept === null ? undefined : (JSON.parse(kept) as Session)
}

/** The sign-in of this tab's place. */
export const session = computed(() => {
  void changes.value
  return sessionOf(place.value)
})

export const me = computed(() => session.value?.person)

export const isIn = (...roles: readonly string[]): boolean =>
  roles.some(role => me.value?.roles.includes(role))

function keep(where: Where, next: Session | undefined): void {
  if (next === undefined) localStorage.removeItem(keyOf(where))
  else localStorage.setItem(keyOf(where), JSON.stringify(next))
  changes.value++
}

function sessionFrom(tokens: Tokens, signedInAt: number): Session {
  const { id, name, email, roles } = tokens.operator
  return {
    accessToken: tokens.accessToken,
    until: Date.now() + tokens.expiresIn * 1000,
    refreshToken: tokens.refreshToken,
    person: { id, name, email, roles },
    signedInAt,
    mustEnrolPasskey: tokens.mustEnrolPasskey ?? false,
  }
}

/**
 * Signs in at the threshold. The token is for the harmless mode until one is chosen.
 *
 * @throws Problem `invalid_credentials`, `too_many_requests`, `unreachable`
 */
export async function signIn(grant: object): Promise<Person> {
  const tokens = await ask<Tokens>('/v1/auth/token', { ...grant, mode: 'exercise' })
  keep({ mode: undefined, exerciseId: undefined }, sessionFrom(tokens, Date.now()))
  return tokens.operator
}

/** Changes the sign-in of the threshold into one for a mode. @throws Problem */
export async function enterMode(mode: Mode, exerciseId?: string): Promise<void> {
  const threshold = { mode: undefined, exerciseId: undefined }
  const from = sessionOf(threshold)
  if (from === undefined) throw new Problem('sign in first', { status: 401, code: 'invalid_token' })
  const token = await accessToken(threshold)
  const wanted = exerciseId === undefined ? { mode } : { mode, exerciseId }
  const tokens = await ask<Tokens>('/v1/auth/mode', wanted, token)
  keep(threshold, undefined)
  keep({ mode, exerciseId }, sessionFrom(tokens, from.signedInAt))
}

/** Goes back to where a mode is chosen: the same sign-in, in the harmless mode. @throws Problem */
export async function leaveMode(): Promise<void> {
  const where = place.value
  const from = sessionOf(where)
  const token = await accessToken(where)
  const tokens = await ask<Tokens>('/v1/auth/mode', { mode: 'exercise' }, token)
  keep(where, undefined)
  const threshold = { mode: undefined, exerciseId: undefined }
  keep(threshold, sessionFrom(tokens, from?.signedInAt ?? Date.now()))
}

export async function signOut(where: Where = place.value): Promise<void> {
  const token = await accessToken(where).catch(() => undefined)
  keep(where, undefined)
  if (token !== undefined) await ask('/v1/auth/revoke', undefined, token).catch(() => undefined)
}

/** The server has ended it: what is kept here is worth nothing. */
export function forget(where: Where): void {
  keep(where, undefined)
}

const EARLY_MS = 60_000

/**
 * A token that is good for another minute.
 *
 * @throws Problem `invalid_token` where the sign-in is over; `unreachable`
 */
export async function accessToken(where: Where = place.value): Promise<string> {
  const now = sessionOf(where)
  if (now !== undefined && now.until - Date.now() > EARLY_MS) return now.accessToken
  return navigator.locks.request(keyOf(where), async () => {
    const kept = sessionOf(where)
    if (kept === undefined) {
      throw new Problem('you are not signed in', { status: 401, code: 'invalid_token' })
    }
    // Another tab may have refreshed it while this one waited.
    if (kept.until - Date.now() > EARLY_MS) return kept.accessToken
    const grant = { grantType: 'refresh', refreshToken: kept.refreshToken }
    try {
      const tokens = await ask<Tokens>('/v1/auth/token', grant)
      const next = sessionFrom(tokens, kept.signedInAt)
      keep(where, next)
      return next.accessToken
    } catch (error) {
      if (error instanceof Problem && error.status === 401) keep(where, undefined)
      throw error
    }
  })
}

async function ask<T>(path: string, body: object | undefined, token?: string): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: {
        ...(body && { 'Content-Type': 'application/json' }),
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      credentials: 'omit',
      cache: 'no-store',
    })
  } catch {
    throw new Problem('the server does not answer', { status: 0, code: 'unreachable' })
  }
  if (!response.ok) throw await problemOf(response)
  return (response.status === 204 ? undefined : await response.json()) as T
}
