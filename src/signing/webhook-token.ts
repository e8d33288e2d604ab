import { type JWTPayload, jwtVerify } from 'jose'

/**
 * The claims of a JWT that a gateway signed its webhook with, undefined where it isn't good: HS256 alone, issued, or
 * good from, within the tolerance of now, whatever end it gives itself.
 *
 * @see RFC 8725 §3.1
 */
export async function verifyWebhookToken(
  token: string,
  secret: string,
  { now, toleranceSeconds }: { readonly now: Date; readonly toleranceSeconds: number },
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      algorithms: ['HS256'],
      currentDate: now,
      // So old or so early as the tolerance alone grants.
      clockTolerance: toleranceSeconds,
    })
    // RFC 7519 §4.1.5: some name the moment as `nbf` alone.
    const { iat, nbf = NaN } = payload
    const age = now.getTime() / 1000 - (iat ?? nbf)
    return Math.abs(age) <= toleranceSeconds + 1 ? payload : undefined
  } catch {
    return undefined
  }
}
