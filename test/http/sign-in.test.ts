import { generateKeyPair, SignJWT } from 'jose'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { v7 as uuid } from 'uuid'
import { PASSWORD, test } from '../support/edge.ts'

const problemOf = (status: number, code: string) =>
  expect.objectContaining({
    status,
    body: expect.objectContaining({ type: `urn:tocsin:problem:${code}`, status, code }),
  })

test('an operator signs in and asks who they are', async ({ edge }) => {
  const email = 'Nora@Example.org'
  const { id } = await edge.caller({ email, name: 'Nora', roles: ['author'] })

  const json = { grantType: 'password', email: 'nora@example.ORG', password: PASSWORD }
  const signedIn = await edge.call('POST', '/v1/auth/token', { json })

  expect(signedIn.status).toBe(200)
  expect(signedIn.headers.get('Cache-Control')).toBe('no-store')
  expect(signedIn.body).toMatchObject({
    tokenType: 'Bearer',
    expiresIn: 900,
    operator: { id, email: 'nora@example.org', roles: ['author'] },
  })
  const headers = { Authorization: `Bearer ${signedIn.body.accessToken}` }
  const me = await edge.call('GET', '/v1/me', { headers })
  expect(me.body).toMatchObject({ id, name: 'Nora', mode: 'live' })
})

test('wrong credentials are refused in the same words, whoever does not exist', async ({
  edge,
}) => {
  const { id } = await edge.caller({ email: 'wrong@example.org' })
  const disabled = await edge.caller({ email: 'disabled@example.org' })
  const administrator = await edge.caller({ roles: ['administrator'] })
  await administrator.call('POST', `/v1/operators/${disabled.id}/disable`)
  await edge.caller({ email: 'passwordless@example.org' })

  const attempts = [
    { email: 'wrong@example.org', password: 'not the right password' },
    { email: 'nobody@example.org', password: PASSWORD },
    { email: 'disabled@example.org', password: PASSWORD },
  ]
  const answers = []
  for (const attempt of attempts) {
    const json = { grantType: 'password', ...attempt }
    answers.push(await edge.call('POST', '/v1/auth/token', { json }))
  }

  const bodies = answers.map(({ status, body: { requestId: _id, ...rest } }) => ({ status, rest }))
  expect(bodies[0]).toMatchObject({ status: 401, rest: { code: 'invalid_credentials' } })
  expect(bodies[1]).toEqual(bodies[0])
  expect(bodies[2]).toEqual(bodies[0])
  expect(JSON.stringify(answers)).not.toContain(id)
})

test('failures make the next try wait longer and longer, and nobody is locked out', async ({
  edge,
}) => {
  const { id } = await edge.caller({ email: 'delayed@example.org' })
  const attempt = async (password: string) => {
    const json = { grantType: 'password', email: 'delayed@example.org', password }
    return edge.call('POST', '/v1/auth/token', { json })
  }
  // Five tries are free; the one after the sixth failure waits twice as long as the one before.
  for (let failure = 1; failure <= 5; failure++) {
    expect(await attempt('not the right password')).toEqual(problemOf(401, 'invalid_credentials'))
  }
  const refused = await attempt(PASSWORD)
  expect(refused).toEqual(problemOf(429, 'too_many_requests'))
  expect(refused.headers.get('Retry-After')).toBe('1')

  edge.pass(1)
  expect((await attempt('not the right password')).status).toBe(401)
  expect((await attempt(PASSWORD)).headers.get('Retry-After')).toBe('2')

  edge.pass(2)
  expect((await attempt(PASSWORD)).body.operator.id).toBe(id)
  expect((await attempt(PASSWORD)).status).toBe(200)
})

test('a password that is replaced while it is being looked at opens nothing', async ({
  edge,
  db,
}) => {
  const email = 'stolen@example.org'
  const { id } = await edge.caller({ email })
  const json = { grantType: 'password', email, password: PASSWORD }
  const { pending } = await db.transaction(async tx => {
    await tx.execute(sql`select from operators where id = ${id}::uuid for update`)
    const asked = edge.call('POST', '/v1/auth/token', { json })
    const isWaiting = async () => {
      const [row] = await db.execute<{ waits: boolean }>(sql`
        select exists (select from pg_locks l join pg_stat_activity a on a.pid = l.pid
          where not l.granted and a.datname = current_database()) as waits`)
      return row?.waits === true
    }
    await expect.poll(isWaiting, { timeout: 10_000 }).toBe(true)
    await tx.execute(sql`update operators set password_hash = 'another' where id = ${id}::uuid`)
    // What a new password does to the sign-ins that there are.
    await tx.execute(sql`update sessions set revoked_at = now() where operator_id = ${id}::uuid`)
    return { pending: asked }
  })
  expect(await pending).toEqual(problemOf(401, 'invalid_credentials'))
})

test('a password of a megabyte is refused before anybody hashes it', async ({ edge }) => {
  const json = { grantType: 'password', email: 'a@example.org', password: 'x'.repeat(1_000_000) }
  const answer = await edge.call('POST', '/v1/auth/token', { json })
  expect(answer).toEqual(problemOf(400, 'invalid_request'))
  expect(answer.body.errors[0].pointer).toBe('/password')
})

test('a refresh token turns into the next, and a second use ends the sign-in', async ({ edge }) => {
  const caller = await edge.caller()
  const refresh = (refreshToken: string) =>
    edge.call('POST', '/v1/auth/token', { json: { grantType: 'refresh', refreshToken } })

  const first = await refresh(caller.refreshToken)
  expect(first.status).toBe(200)
  expect(first.body.refreshToken).not.toBe(caller.refreshToken)

  expect(await refresh(caller.refreshToken)).toEqual(problemOf(401, 'invalid_credentials'))
  expect(await refresh(first.body.refreshToken)).toEqual(problemOf(401, 'invalid_credentials'))
  const headers = { Authorization: `Bearer ${first.body.accessToken}` }
  expect(await edge.call('GET', '/v1/me', { headers })).toEqual(problemOf(401, 'invalid_token'))
})

test('of two refreshes that race one wins, and the sign-in ends', async ({ edge }) => {
  const caller = await edge.caller()
  const json = { grantType: 'refresh', refreshToken: caller.refreshToken }
  const answers = await Promise.all([1, 2].map(() => edge.call('POST', '/v1/auth/token', { json })))

  expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([200, 401]))
  expect((await caller.call('GET', '/v1/me')).status).toBe(401)
})

test('after a sign-out the next request with the token is refused', async ({ edge }) => {
  const caller = await edge.caller()
  const other = await edge.caller()
  expect((await caller.call('POST', '/v1/auth/revoke')).status).toBe(204)
  expect(await caller.call('GET', '/v1/me')).toEqual(problemOf(401, 'invalid_token'))
  expect((await other.call('GET', '/v1/me')).status).toBe(200)
})

test('a disabled operator is refused at the next request', async ({ edge }) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const author = await edge.caller({ roles: ['author'] })
  const answer = await administrator.call('POST', `/v1/operators/${author.id}/disable`)
  expect(answer.body.disabledAt).not.toBeNull()
  expect(await author.call('GET', '/v1/me')).toEqual(problemOf(401, 'invalid_token'))
})

test('a token is over after 15 minutes, a sign-in after 12 hours', async ({ edge }) => {
  const caller = await edge.caller()
  edge.pass(15 * 60)
  expect((await caller.call('GET', '/v1/me')).status).toBe(401)
  edge.pass(12 * 3600 - 15 * 60)
  const json = { grantType: 'refresh', refreshToken: caller.refreshToken }
  expect((await edge.call('POST', '/v1/auth/token', { json })).status).toBe(401)
})

test('keys rotate: the old one verifies for as long as its tokens live', async ({ edge }) => {
  edge.pass(31 * 86_400)
  const caller = await edge.caller()
  const before = await edge.call('GET', '/.well-known/jwks.json')

  await edge.deps.tokenKeys.rotate(edge.deps.now())
  const after = await edge.call('GET', '/.well-known/jwks.json')

  expect(before.body.keys).toHaveLength(1)
  expect(after.body.keys).toHaveLength(2)
  expect(after.body.keys[1]).toEqual(before.body.keys[0])
  expect(after.body.keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })
  expect(after.body.keys[0]).not.toHaveProperty('d')
  expect((await caller.call('GET', '/v1/me')).status).toBe(200)

  edge.pass(3600)
  await edge.deps.tokenKeys.rotate(edge.deps.now())
  expect((await edge.call('GET', '/.well-known/jwks.json')).body.keys).toHaveLength(1)
})

/** Hostile tokens of every kind (SECURITY.md A1–A9, A12): 401 each, whatever is wrong. */
test('no forged token gets in', async ({ edge }) => {
  const caller = await edge.caller()
  const [header = '', claims = '', signature = ''] = caller.token.split('.')
  const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const realHeader = decoded(header)
  const realClaims = decoded(claims)
  const { privateKey, publicKey } = await generateKeyPair('EdDSA')
  const attackerJwk = await crypto.subtle.exportKey('jwk', publicKey)
  const forge = (headerChange: object, claimsChange: object = {}) =>
    new SignJWT({ ...realClaims, ...claimsChange })
      .setProtectedHeader({ ...realHeader, ...headerChange })
      .sign(privateKey)
  const [published] = edge.deps.tokenKeys.jwks().keys
  const publicKeyAsSecret = Buffer.from(JSON.stringify(published))

  const tokens: Record<string, string> = {
    'alg none': `${encoded({ ...realHeader, alg: 'none' })}.${claims}.`,
    'HS256 with our public key': await new SignJWT(realClaims)
      .setProtectedHeader({ ...realHeader, alg: 'HS256' })
      .sign(publicKeyAsSecret),
    'a key in the header': await forge({ jwk: attackerJwk }),
    'a key at a URL': await forge({ jku: 'http://127.0.0.1:1/jwks' }),
    'a certificate at a URL': await forge({ x5u: 'http://127.0.0.1:1/x' }),
    'kid as a path': await forge({ kid: '../../etc/passwd' }),
    'kid as SQL': await forge({ kid: "' OR 1=1" }),
    'our kid, another key': await forge({}),
    'another type': await forge({ typ: 'JWT' }),
    crit: `${encoded({ ...realHeader, crit: ['x'], x: 1 })}.${claims}.${signature}`,
    'exp as text': `${header}.${encoded({ ...realClaims, exp: '9999999999' })}.${signature}`,
    'no exp': `${header}.${encoded({ ...realClaims, exp: null })}.${signature}`,
    'trailing bits': `${header}.${claims}.${signature.slice(0, -1)}${next(signature.at(-1) ?? '')}`,
    '64 KB': 'a'.repeat(65_536),
    'empty parts': '..',
  }
  for (const [name, token] of Object.entries(tokens)) {
    const answer = await edge.call('GET', '/v1/me', {
      headers: { Authorization: `Bearer ${token}` },
    })
    expect(answer, name).toEqual(problemOf(401, 'invalid_token'))
    expect(answer.headers.get('WWW-Authenticate')).toContain('Bearer')
  }
})

/** The next letter of base64url: the last of 86 carries four bits that decode to nothing. */
function next(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[(alphabet.indexOf(letter) + 1) % 64] ?? ''
}

test('tokens that our own key signed are refused when their claims are not ours', async ({
  edge,
}) => {
  const { id } = await edge.caller()
  const now = edge.deps.now()
  const issue = (claims: object) =>
    edge.deps.tokenKeys.issue(
      { sub: id, sid: uuid(), mode: 'live', roles: ['administrator'], ...claims },
      now,
    )
  // A sign-in that never was.
  const { token } = await issue({})
  const headers = { Authorization: `Bearer ${token}` }
  expect((await edge.call('GET', '/v1/me', { headers })).status).toBe(401)

  // Somebody else's sign-in.
  const other = await edge.caller()
  const sid = JSON.parse(Buffer.from(other.token.split('.')[1] ?? '', 'base64url').toString()).sid
  const borrowed = await issue({ sid })
  const stolen = { Authorization: `Bearer ${borrowed.token}` }
  expect((await edge.call('GET', '/v1/me', { headers: stolen })).status).toBe(401)
})

test('every other route wants exactly one token', async ({ edge }) => {
  const caller = await edge.caller()
  expect(await edge.call('GET', '/v1/me')).toEqual(problemOf(401, 'invalid_token'))
  const basic = { Authorization: 'Basic YTpi' }
  expect(await edge.call('GET', '/v1/me', { headers: basic })).toEqual(
    problemOf(401, 'invalid_token'),
  )
  const twice = { Authorization: `Bearer ${caller.token}, Bearer ${caller.token}` }
  expect(await edge.call('GET', '/v1/me', { headers: twice })).toEqual(
    problemOf(400, 'invalid_request'),
  )
  expect(await edge.call('GET', '/v1/no-such-path')).toEqual(problemOf(401, 'invalid_token'))
})

test('spellings of one e-mail address are one account', async ({ edge }) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const draft = { email: 'mira@example.org', name: 'Mira', roles: ['viewer'] }
  expect((await administrator.call('POST', '/v1/operators', { json: draft })).status).toBe(201)
  const again = { ...draft, email: 'MIRA@example.org' }
  expect(await administrator.call('POST', '/v1/operators', { json: again })).toEqual(
    problemOf(409, 'already_exists'),
  )
})
