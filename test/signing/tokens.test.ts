import { createHmac } from 'node:crypto'
import { exportSPKI, importJWK, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { generateSigningKey, publicPart } from '../../src/signing/keys.ts'
import {
  createTokenKey,
  issueAccessToken,
  openTokenKeyRing,
  verifyAccessToken,
} from '../../src/signing/tokens.ts'

const now = new Date('2026-11-22T04:00:00Z')
const iat = now.getTime() / 1000
const party = { issuer: 'https://alerts.example', audience: 'https://alerts.example' }
const claims = {
  sub: 'operator-1',
  sid: 'login-1',
  mode: 'live',
  roles: ['author', 'viewer'],
} as const
const tokenKey = await createTokenKey()
const ring = await openTokenKeyRing([tokenKey.privateJwk])
const signingKey = await importJWK(tokenKey.privateJwk, 'EdDSA')

const goodHeader = { alg: 'EdDSA', typ: 'at+jwt', kid: tokenKey.kid }
const goodClaims = {
  iss: party.issuer,
  aud: party.audience,
  ...claims,
  jti: 'j',
  iat,
  exp: iat + 600,
}

function later(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000)
}

async function verify(token: string, at = now): Promise<unknown> {
  return verifyAccessToken(ring, token, { ...party, now: at })
}

/** Signed by the service's own key: only what the header and claims say is wrong. */
async function made(
  header: Record<string, unknown>,
  body: Record<string, unknown>,
): Promise<string> {
  const crit = Array.isArray(header['crit']) ? { crit: { x: true } } : {}
  return new SignJWT(body).setProtectedHeader(header as { alg: string }).sign(signingKey, crit)
}

function unsigned(header: unknown, body: unknown, signature = ''): string {
  return (
    [JSON.stringify(header), JSON.stringify(body)]
      .map(text => Buffer.from(text).toString('base64url'))
      .join('.') + `.${signature}`
  )
}

test('a token says who, from which login, in which mode, until when', async () => {
  const { token, jti, expiresIn } = await issueAccessToken(ring, claims, { ...party, now })
  expect(expiresIn).toBe(900)
  expect(await verify(token)).toEqual({ ...claims, jti, issuedAt: now, expiresAt: later(900) })
  expect(await verify(token, later(899))).toMatchObject({ sub: 'operator-1' })
  await expect(verify(token, later(900))).rejects.toMatchObject({ code: 'invalid_token' })
})

test('no token lives longer than fifteen minutes, however long is asked for', async () => {
  const issued = await issueAccessToken(ring, claims, { ...party, now, seconds: 86_400 })
  expect(issued.expiresIn).toBe(900)
})

test('after a rotation old tokens live on, and new ones are made with the new key', async () => {
  const { token: oldToken } = await issueAccessToken(ring, claims, { ...party, now })
  const newest = await createTokenKey()
  const rotated = await openTokenKeyRing([newest.privateJwk, tokenKey.privateJwk])
  const { token: newToken } = await issueAccessToken(rotated, claims, { ...party, now })
  const expected = { ...party, now }
  expect(await verifyAccessToken(rotated, oldToken, expected)).toMatchObject({ sub: 'operator-1' })
  expect(await verifyAccessToken(rotated, newToken, expected)).toMatchObject({ sub: 'operator-1' })
  await expect(verify(newToken)).rejects.toMatchObject({ code: 'invalid_token' })
})

test('the published keys hold no private member', () => {
  expect(ring.jwks).toEqual({
    keys: [{ ...publicPart(tokenKey.privateJwk), kid: tokenKey.kid, alg: 'EdDSA', use: 'sig' }],
  })
  expect(JSON.stringify(ring.jwks)).not.toContain(tokenKey.privateJwk.d)
})

test('A1: alg none', async () => {
  await expect(verify(unsigned({ ...goodHeader, alg: 'none' }, goodClaims))).rejects.toMatchObject({
    code: 'invalid_token',
  })
})

test('A2: HS256 keyed with our public key', async () => {
  const publicKey = await importJWK(publicPart(tokenKey.privateJwk), 'EdDSA', { extractable: true })
  const body = unsigned({ ...goodHeader, alg: 'HS256' }, goodClaims).slice(0, -1)
  const pem = await exportSPKI(publicKey)
  const signature = createHmac('sha256', pem).update(body).digest('base64url')
  await expect(verify(`${body}.${signature}`)).rejects.toMatchObject({ code: 'invalid_token' })
})

test('A3: a key that the token brings along, in the header or by URL', async () => {
  const attacker = await generateSigningKey('Ed25519')
  const key = await importJWK(attacker.privateJwk, 'EdDSA')
  const headers = [
    { alg: 'EdDSA', typ: 'at+jwt', kid: attacker.kid, jwk: attacker.publicJwk },
    { ...goodHeader, jwk: attacker.publicJwk },
    { ...goodHeader, jku: 'http://127.0.0.1:9/jwks.json' },
    { ...goodHeader, x5u: 'http://127.0.0.1:9/x5u' },
  ]
  for (const header of headers) {
    const token = await new SignJWT(goodClaims).setProtectedHeader(header).sign(key)
    await expect(verify(token)).rejects.toMatchObject({ code: 'invalid_token' })
  }
})

test.each([
  ['A4: a kid that is a path', { ...goodHeader, kid: '../../etc/passwd' }, {}],
  ['A4: a kid that is SQL', { ...goodHeader, kid: "' OR 1=1" }, {}],
  ['A4: no kid', { alg: 'EdDSA', typ: 'at+jwt' }, {}],
  ['A5: an id token', { ...goodHeader, typ: 'JWT' }, {}],
  ['A5: no typ', { alg: 'EdDSA', kid: tokenKey.kid }, {}],
  ['A6: crit', { ...goodHeader, crit: ['x'], x: 1 }, {}],
  ['A7: exp as text', goodHeader, { exp: '999' }],
  ['A7: exp null', goodHeader, { exp: null }],
  ['A7: exp 1e308', goodHeader, { exp: 1e308 }],
  ['A7: exp in a year', goodHeader, { exp: iat + 31_536_000 }],
  ['A7: exp a fraction', goodHeader, { exp: iat + 0.5 }],
  ['A7: no exp', goodHeader, { exp: undefined }],
  ['A7: no iat', goodHeader, { iat: undefined }],
  ['A7: iat after exp', goodHeader, { iat: iat + 700 }],
  ['A8: iat in an hour', goodHeader, { iat: iat + 3600, exp: iat + 4200 }],
  ['A8: nbf in the future', goodHeader, { nbf: iat + 60 }],
  ['A9: another issuer', goodHeader, { iss: 'https://other.example' }],
  ['A9: another audience', goodHeader, { aud: 'https://other.example' }],
  ['A9: several audiences', goodHeader, { aud: [party.audience, 'https://other.example'] }],
  ['no subject', goodHeader, { sub: undefined }],
  ['a subject that is a number', goodHeader, { sub: 7 }],
  ['no login', goodHeader, { sid: undefined }],
  ['an unknown mode', goodHeader, { mode: 'both' }],
  ['roles that are a text', goodHeader, { roles: 'administrator' }],
  ['A12: a token of 64 KiB', goodHeader, { padding: 'x'.repeat(65_536) }],
])('%s is refused though the service’s own key signed it', async (_what, header, changes) => {
  const token = await made(header, { ...goodClaims, ...changes })
  await expect(verify(token)).rejects.toMatchObject({ code: 'invalid_token', faults: [] })
})

test('A10: trailing bits of base64url make no second token of one', async () => {
  const token = await made(goodHeader, goodClaims)
  await verify(token)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const variant = token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) ^ 1]
  await expect(verify(variant)).rejects.toMatchObject({ code: 'invalid_token' })
})

test.each(['', 'a', '..', 'a.b.c', '{}.{}.{}', `${'a'.repeat(3000)}.b.c`])(
  'the text %.8s is no token',
  async token => {
    await expect(verify(token)).rejects.toMatchObject({ code: 'invalid_token' })
  },
)

test('a changed claim does not verify', async () => {
  const [header, , signature] = (await made(goodHeader, goodClaims)).split('.')
  const body = Buffer.from(JSON.stringify({ ...goodClaims, roles: ['administrator'] })).toString(
    'base64url',
  )
  await expect(verify(`${header}.${body}.${signature}`)).rejects.toMatchObject({
    code: 'invalid_token',
  })
})
