/** A console that opens signed in: what its own sign-in would have kept in the browser. */

export interface Place {
  /** None: before a mode is chosen. */
  readonly mode?: 'live' | 'exercise'
  /** None: practice outside any. */
  readonly exerciseId?: string
}

const KEPT_AS = { live: 'live', exercise: 'practice', none: 'threshold' }

/**
 * Signs somebody in by the API.
 *
 * @param url - of the service, without a path
 * @returns a script for every page of their browser
 */
export async function keptSession(
  url: string,
  { email, password }: { readonly email: string; readonly password: string },
  place: Place = { mode: 'live' },
): Promise<string> {
  const answer = await fetch(new URL('/v1/auth/token', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ grantType: 'password', email, password, ...place }),
  })
  if (!answer.ok) throw new Error(`${email} is not let in: ${answer.status}`)
  const tokens = (await answer.json()) as {
    accessToken: string
    refreshToken: string
    expiresIn: number
    operator: object
  }
  const session = {
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    until: Date.now() + tokens.expiresIn * 1000,
    person: tokens.operator,
    signedInAt: Date.now(),
    mustEnrolPasskey: false,
  }
  const name = JSON.stringify(`tocsin.session.${place.exerciseId ?? KEPT_AS[place.mode ?? 'none']}`)
  // Unless a page has refreshed it since: that one holds the only refresh token that is still good.
  return `if (location.protocol !== 'about:') {
    const kept = JSON.parse(localStorage.getItem(${name}) ?? '{}')
    if (kept.signedInAt !== ${session.signedInAt}) {
      localStorage.setItem(${name}, ${JSON.stringify(JSON.stringify(session))})
    }
  }`
}
