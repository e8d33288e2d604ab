import { randomUUID } from 'node:crypto'
import { importJWK, jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { AppError } from '../errors.ts'
import { parseStrictJson } from './canonical.ts'
import {
  generateSigningKey,
  keyThumbprint,
  publicPart,
  type PrivateJwk,
  type PublicJwk,
} from './keys.ts'

/**
 * Access tokens: EdDSA JWTs in the profile of RFC 9068 (`typ: at+jwt`), good for at most 15 minutes, made and
 * read by this service alone. Keys rotate: the ring signs with its first key and verifies with all of them, so
 * an old one stays for as long as its last token may live.
 */

const MAX_TOKEN_SECONDS = 15 * 60

/** A token of ours takes about 600; Node's own limit on all headers together is 16 KiB. */
const MAX_TOKEN_CHARACTERS = 4096

/** What the clocks of one installation's machines may differ by. Not granted to `exp`. */
const CLOCK_SKEW_SECONDS = 5

type TokenMode = 'live' | 'exercise'

export interface AccessClaims {
  /** The operator's id. */
  readonly sub: string
  /** The login it came from: revoking that ends the token. */
  readonly sid: string
  readonly mode: TokenMode
  readonly roles: readonly string[]
}

export interface VerifiedAccess extends AccessClaims {
  readonly jti: string
  readonly issuedAt: Date
  readonly expiresAt: Date
}

export interface TokenParty {
  readonly issuer: string
  readonly audience: string
}

type ImportedKey = Awaited<ReturnType<typeof importJWK>>

export interface TokenKeyRing {
  readonly current: { readonly kid: string; readonly key: ImportedKey }
  readonly verifiers: ReadonlyMap<string, ImportedKey>
  readonly jwks: {
    readonly keys: readonly (PublicJwk & { kid: string; alg: 'EdDSA'; use: 'sig' })[]
  }
}

/** A new Ed25519 key as a private JWK, to be sealed before it is stored. */
export async function createTokenKey(): Promise<{ kid: string; privateJwk: PrivateJwk }> {
  const { kid, privateJwk } = await generateSigningKey('Ed25519')
  return { kid, privateJwk }
}

/** @param keys newest first: the first signs, all verify and are published */
export async function openTokenKeyRing(keys: readonly PrivateJwk[]): Promise<TokenKeyRing> {
  const [newest] = keys
  if (newest === undefined)
    throw new AppError('invalid_key', 'a token key ring needs at least one key')
  const verifiers = new Map<string, ImportedKey>()
  const published = []
  for (const key of keys) {
    const kid = await keyThumbprint(key)
    verifiers.set(kid, await importJWK(publicPart(key), 'EdDSA'))
    published.push({ ...publicPart(key), kid, alg: 'EdDSA', use: 'sig' } as const)
  }
  const current = { kid: await keyThumbprint(newest), key: await importJWK(newest, 'EdDSA') }
  return { current, verifiers, jwks: { keys: published } }
}

export async function issueAccessToken(
  ring: TokenKeyRing,
  { sub, sid, mode, roles }: AccessClaims,
  {
    issuer,
    audience,
    now,
    seconds = MAX_TOKEN_SECONDS,
  }: TokenParty & { now: Date; seconds?: number },
): Promise<{ token: string; jti: string; expiresIn: number }> {
  const iat = Math.floor(now.getTime() / 1000)
  const expiresIn = Math.min(seconds, MAX_TOKEN_SECONDS)
  const jti = randomUUID()
  const claims = {
    iss: issuer,
    aud: audience,
    sub,
    sid,
    mode,
    roles,
    jti,
    iat,
    exp: iat + expiresIn,
  }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: ring.current.kid })
    .sign(ring.current.key)
  return { token, jti, expiresIn }
}

/**
 * Verifies a token that `issueAccessToken` made, and nothing more lenient than that.
 *
 * @throws AppError `invalid_token`, whatever is wrong: callers learn no more, `cause` says it to the log
 */
export async function verifyAccessToken(
  ring: TokenKeyRing,
  token: string,
  { issuer, audience, now }: TokenParty & { now: Date },
): Promise<VerifiedAccess> {
  try {
    const key = ring.verifiers.get(readKid(token))
    if (key === undefined) throw new Error('unknown kid')
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['EdDSA'],
      typ: 'at+jwt',
      issuer,
      audience,
      currentDate: now,
      requiredClaims: ['exp', 'iat', 'jti', 'sub', 'sid', 'mode', 'roles'],
    })
    return readClaims(payload, now)
  } catch (cause) {
    throw new AppError('invalid_token', 'the access token is not valid', { cause })
  }
}

/** The header must be exactly ours: then there is no `crit`, `jwk`, `jku` or `x5u` to be led astray by. */
function readKid(token: string): string {
  if (token.length > MAX_TOKEN_CHARACTERS) throw new Error('too long')
  const parts = token.split('.')
  // Trailing bits of base64url that decode to the same octets would make many tokens of one.
  const isCanonical = parts.every(
    part => Buffer.from(part, 'base64url').toString('base64url') === part,
  )
  if (parts.length !== 3 || !isCanonical)
    throw new Error('not a compact JWS in canonical base64url')
  const header = parseStrictJson(Buffer.from(parts[0] ?? '', 'base64url'))
  const { alg, kid, typ, ...others } = header as Record<string, unknown>
  if (
    alg !== 'EdDSA' ||
    typ !== 'at+jwt' ||
    typeof kid !== 'string' ||
    Object.keys(others).length > 0
  ) {
    throw new Error('not our header')
  }
  return kid
}

function readClaims(payload: JWTPayload, now: Date): VerifiedAccess {
  const { sub, jti, iat, exp, aud } = payload
  const { sid, mode, roles } = payload
  const areTexts = typeof sub === 'string' && typeof jti === 'string' && typeof sid === 'string'
  if (!areTexts || typeof aud !== 'string') throw new Error('sub, sid, jti and aud must be texts')
  if (mode !== 'live' && mode !== 'exercise') throw new Error('unknown mode')
  if (!Array.isArray(roles) || !roles.every(role => typeof role === 'string'))
    throw new Error('roles must be texts')
  // jose takes any finite number for a date; ours are whole seconds, and never far apart.
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp))
    throw new Error('iat and exp must be whole seconds')
  const issued = iat as number
  const expires = exp as number
  if (expires <= issued || expires - issued > MAX_TOKEN_SECONDS) throw new Error('lives too long')
  if (issued * 1000 > now.getTime() + CLOCK_SKEW_SECONDS * 1000)
    throw new Error('issued in the future')
  return {
    sub,
    sid,
    mode,
    roles,
    jti,
    issuedAt: new Date(issued * 1000),
    expiresAt: new Date(expires * 1000),
  }
}
