import type { Context, MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import type { Operator, Role } from '../operators/operator.ts'
import { authenticate } from '../operators/sign-in.ts'
import type { AppDependencies, Env } from './env.ts'

/** What anyone may call; a carrier's webhook proves itself by its own signature. */
const PUBLIC =
  /^\/v1\/(auth\/token|auth\/passkey\/options|feed\.(atom|rss|geojson)|feed\/[^/]+|carriers\/[^/]+\/webhook)$/

/** What a sign-in may call that is only there to enrol a passkey. */
const ENROLS = /^\/v1\/(me|me\/passkeys(\/options)?|auth\/revoke)$/

export function isPublic(path: string): boolean {
  return !path.startsWith('/v1/') || PUBLIC.test(path)
}

/**
 * Middleware: whose token it is, and that neither its session nor its operator has been ended. That is asked
 * of the database at every request, so a revoked sign-in fails at the very next one.
 */
export const requireToken =
  ({ database: { db }, tokenKeys, now }: AppDependencies): MiddlewareHandler<Env> =>
  async (c, next) => {
    assertOneOfEach(c)
    if (isPublic(c.req.path)) return next()
    const { operator, signIn } = await authenticate(db, tokenKeys, bearerToken(c), now())
    if (signIn.onlyEnrols && !ENROLS.test(c.req.path)) {
      const what = 'POST /v1/me/passkeys/options, then sign in with it'
      throw new AppError('passkey_not_enrolled', `enrol a passkey first: ${what}`)
    }
    c.set('operator', operator)
    c.set('session', signIn)
    return next()
  }

/** Two of a kind, and the proxy in front may have believed the other one. Node joins or drops them silently. */
function assertOneOfEach(c: Context<Env>): void {
  const names = c.env?.incoming?.rawHeaders.filter((_value, index) => index % 2 === 0) ?? []
  for (const once of ['authorization', 'host']) {
    if (names.filter(name => name.toLowerCase() === once).length > 1) {
      throw new AppError('invalid_request', `the request has more than one ${once} header`)
    }
  }
}

function bearerToken(c: Context<Env>): string {
  const header = c.req.header('Authorization') ?? ''
  if (/,\s*bearer\s/i.test(header)) {
    throw new AppError('invalid_request', 'the request has more than one authorization header')
  }
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(header)?.[1]
  if (token === undefined) throw new AppError('invalid_token', 'a Bearer access token is required')
  return token
}

/**
 * The caller, if they have one of the roles.
 *
 * @throws AppError `forbidden`
 */
export function requireRole(c: Context<Env>, ...roles: readonly Role[]): Operator {
  const { operator } = c.var
  if (!roles.some(role => operator.roles.includes(role))) {
    throw new AppError('forbidden', `this takes the role ${roles.join(' or ')}`)
  }
  return operator
}
