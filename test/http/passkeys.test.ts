import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'vitest'
import { anAuthenticator, type Authenticator, type Oddities } from '../support/authenticator.ts'
import { type Answer, type Caller, type Edge, PASSWORD, test } from '../support/edge.ts'

const ORIGIN = 'http://tocsin.test'

const problemOf = (status: number, code: string) =>
  expect.objectContaining({ status, body: expect.objectContaining({ status, code }) })

const aPhone = () => anAuthenticator({ origin: ORIGIN })

async function enrol(caller: Caller, phone: Authenticator, odd?: Oddities): Promise<Answer> {
  const { body: options } = await caller.call('POST', '/v1/me/passkeys/options')
  const json = { label: 'Phone', response: phone.create(options, odd) }
  return caller.call('POST', '/v1/me/passkeys', { json })
}

const challenge = async (edge: Edge, json: object = {}): Promise<string> =>
  (await edge.call('POST', '/v1/auth/passkey/options', { json })).body.challenge

const present = (edge: Edge, response: unknown, mode = 'live') =>
  edge.call('POST', '/v1/auth/token', { json: { grantType: 'passkey', response, mode } })

const signInBy = async (edge: Edge, phone: Authenticator, odd?: Oddities) =>
  present(edge, phone.get(await challenge(edge), odd))

const statusesOf = (answers: readonly Answer[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b)

/** The caller of a token. */
const withToken = (edge: Edge, token: string) => (method: string, path: string, json?: unknown) =>
  edge.call(method, path, { headers: { Authorization: `Bearer ${token}` }, json })

/** Failures of the test before, all of one address, are forgotten. */
test.beforeEach(({ edge }) => edge.pass(16 * 60))

test('a passkey is enrolled, and signs in to either mode', async ({ edge }) => {
  const nora = await edge.caller({ name: 'Nora', email: 'nora@example.org' })
  const options = await nora.call('POST', '/v1/me/passkeys/options')
  expect(options.status).toBe(200)
  expect(options.headers.get('Cache-Control')).toBe('no-store')
  expect(options.body).toMatchObject({
    rp: { id: 'tocsin.test', name: 'Tocsin' },
    user: { name: 'nora@example.org', displayName: 'Nora' },
    attestation: 'none',
    excludeCredentials: [],
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })

  const phone = aPhone()
  const enrolled = await nora.call('POST', '/v1/me/passkeys', {
    json: { label: 'Phone', response: phone.create(options.body) },
  })
  expect(enrolled).toMatchObject({
    status: 201,
    body: { label: 'Phone', credentialId: phone.credentialId, lastUsedAt: null, revokedAt: null },
  })
  const { body: again } = await nora.call('POST', '/v1/me/passkeys/options')
  expect(again.excludeCredentials).toMatchObject([{ type: 'public-key', id: phone.credentialId }])

  for (const mode of ['live', 'exercise']) {
    const signedIn = await present(edge, phone.get(await challenge(edge)), mode)
    expect(signedIn).toMatchObject({
      status: 200,
      body: { tokenType: 'Bearer', operator: { id: nora.id }, mustEnrolPasskey: false },
    })
    expect(signedIn.headers.get('Cache-Control')).toBe('no-store')
    const me = await withToken(edge, signedIn.body.accessToken)('GET', '/v1/me')
    expect(me.body).toMatchObject({ id: nora.id, mode, mustEnrolPasskey: false })
  }
  const { body: listed } = await nora.call('GET', '/v1/me/passkeys')
  expect(listed.items).toMatchObject([{ id: enrolled.body.id }])
  expect(listed.items[0].lastUsedAt).not.toBeNull()
})

test('what is asked before a sign-in is the same whether or not there is such an account', async ({
  edge,
}) => {
  const nora = await edge.caller({ email: 'somebody@example.org' })
  await enrol(nora, aPhone())
  const ask = async (json: object) => {
    const { status, body } = await edge.call('POST', '/v1/auth/passkey/options', { json })
    const { challenge: asked, ...rest } = body
    return { status, length: asked.length, rest }
  }
  const nobody = await ask({})
  expect(nobody).toMatchObject({
    status: 200,
    rest: { rpId: 'tocsin.test', allowCredentials: [], userVerification: 'required' },
  })
  expect(await ask({ email: 'somebody@example.org' })).toEqual(nobody)
  expect(await ask({ email: 'noone@example.org' })).toEqual(nobody)
})

test('a challenge is answered once, in its time, and of two that race one wins', async ({
  edge,
}) => {
  const phone = anAuthenticator({ origin: ORIGIN, counts: false })
  await enrol(await edge.caller(), phone)
  const asked = await challenge(edge)
  const answer = phone.get(asked)
  const raced = await Promise.all(Array.from({ length: 4 }, () => present(edge, answer)))
  expect(statusesOf(raced)).toEqual([200, 401, 401, 401])
  expect(await present(edge, phone.get(asked))).toEqual(problemOf(401, 'invalid_credentials'))

  const late = phone.get(await challenge(edge))
  edge.pass(5 * 60)
  expect(await present(edge, late)).toEqual(problemOf(401, 'invalid_credentials'))
  edge.pass(60)
  expect((await signInBy(edge, phone)).status).toBe(200)
})

/** SECURITY.md T11: 401 each, in the same words. */
test('no answer that is not wholly right signs in', async ({ edge }) => {
  const phone = aPhone()
  const nora = await edge.caller()
  await enrol(nora, phone)
  const other = aPhone()
  const mira = await edge.caller()
  await enrol(mira, other)
  const stranger = aPhone()
  stranger.create({ challenge: 'x', rp: { id: 'tocsin.test' }, user: { id: 'AA' } })
  const enrolChallenge = (await nora.call('POST', '/v1/me/passkeys/options')).body.challenge

  const good = async () => phone.get(await challenge(edge))
  const changed = async (change: (response: Record<string, string>) => object) => {
    const answer = await good()
    return { ...answer, response: { ...answer.response, ...change({ ...answer.response }) } }
  }
  const flipped = (text: string, at: number) => {
    const octets = Buffer.from(text, 'base64url')
    octets[at]! ^= 1
    return octets.toString('base64url')
  }
  const asks = async (odd: Oddities) => phone.get(await challenge(edge), odd)
  const answers: Record<string, unknown> = {
    'a page of another origin': await asks({ origin: 'https://evil.example' }),
    'the same host, another port': await asks({ origin: `${ORIGIN}:8443` }),
    'another host name': await asks({ rpId: 'evil.example' }),
    'nobody verified': await asks({ userVerified: false }),
    'nobody there': await asks({ userPresent: false, userVerified: false }),
    'inside another page': await asks({ crossOrigin: true }),
    'an answer of another kind': await asks({ type: 'webauthn.create' }),
    'no owner named': await asks({ userHandle: null }),
    'another owner named': await asks({ userHandle: Buffer.alloc(16).toString('base64url') }),
    "another's credential named": {
      ...(await good()),
      id: other.credentialId,
      rawId: other.credentialId,
    },
    'an unknown credential': stranger.get(await challenge(edge)),
    'a challenge of our own making': phone.get(Buffer.alloc(56).toString('base64url')),
    'an empty challenge': phone.get(''),
    'a challenge that was for enrolling': phone.get(enrolChallenge),
    'client data of another sign-in': await changed(() => ({
      clientDataJSON: Buffer.from('{"type":"webauthn.get"}').toString('base64url'),
    })),
    'client data that is no JSON': await changed(() => ({ clientDataJSON: 'AAAA' })),
    'client data with one more blank': await changed(({ clientDataJSON = '' }) => {
      const text = Buffer.from(clientDataJSON, 'base64url').toString()
      return { clientDataJSON: Buffer.from(text.replace(',', ', ')).toString('base64url') }
    }),
    'a raised counter': await changed(({ authenticatorData = '' }) => ({
      authenticatorData: flipped(authenticatorData, 35),
    })),
    'more authenticator data': await changed(({ authenticatorData = '' }) => ({
      authenticatorData: Buffer.concat([
        Buffer.from(authenticatorData, 'base64url'),
        Buffer.alloc(20),
      ]).toString('base64url'),
    })),
    'authenticator data that is too short': await changed(() => ({ authenticatorData: 'AAAA' })),
    'another signature': await changed(({ signature = '' }) => ({
      signature: flipped(signature, 20),
    })),
    'a signature that is none': await changed(() => ({ signature: 'AAAA' })),
  }
  // What is changed below is all that is wrong with it.
  expect((await present(edge, await changed(() => ({})))).status).toBe(200)
  const words = new Set<string>()
  for (const [name, answer] of Object.entries(answers)) {
    // So many failures of one address would have to wait.
    edge.pass(60)
    const refused = await present(edge, answer)
    expect(refused, name).toEqual(problemOf(401, 'invalid_credentials'))
    words.add(refused.body.detail)
  }
  expect(words.size).toBe(1)
  // Nothing of it has harmed the passkey: a forgery proves no copy.
  edge.pass(60)
  expect((await signInBy(edge, phone)).status).toBe(200)
})

test('a passkey of somebody disabled, or one that was revoked, signs nobody in', async ({
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const phone = aPhone()
  const leaver = await edge.caller()
  await enrol(leaver, phone)
  await administrator.call('POST', `/v1/operators/${leaver.id}/disable`)
  expect(await signInBy(edge, phone)).toEqual(problemOf(401, 'invalid_credentials'))

  const lost = aPhone()
  const nora = await edge.caller()
  const { body: passkey } = await enrol(nora, lost)
  const mira = await edge.caller()
  const notHers = await mira.call('POST', `/v1/me/passkeys/${passkey.id}/revoke`)
  expect(notHers).toEqual(problemOf(404, 'not_found'))
  const revoked = await nora.call('POST', `/v1/me/passkeys/${passkey.id}/revoke`)
  expect(revoked.body.revokedAt).not.toBeNull()
  const twice = await nora.call('POST', `/v1/me/passkeys/${passkey.id}/revoke`)
  expect(twice.body).toEqual(revoked.body)
  expect(await signInBy(edge, lost)).toEqual(problemOf(401, 'invalid_credentials'))
  expect(await enrol(nora, lost)).toEqual(problemOf(409, 'already_exists'))
})

test('an administrator revokes the passkey of a lost device, and what is open on it ends', async ({
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const nora = await edge.caller()
  const phone = aPhone()
  const { body: passkey } = await enrol(nora, phone)
  const theirs = `/v1/operators/${nora.id}/passkeys`
  expect((await administrator.call('GET', theirs)).body.items).toMatchObject([{ id: passkey.id }])
  expect(await nora.call('GET', theirs)).toEqual(problemOf(403, 'forbidden'))
  expect(await nora.call('POST', `${theirs}/${passkey.id}/revoke`)).toEqual(
    problemOf(403, 'forbidden'),
  )
  const another = await edge.caller()
  const wrongOwner = `/v1/operators/${another.id}/passkeys/${passkey.id}/revoke`
  expect((await administrator.call('POST', wrongOwner)).status).toBe(404)
  expect((await another.call('GET', '/v1/me')).status).toBe(200)

  const revoked = await administrator.call('POST', `${theirs}/${passkey.id}/revoke`)
  expect(revoked).toMatchObject({ status: 200, body: { id: passkey.id } })
  expect((await nora.call('GET', '/v1/me')).status).toBe(401)
  expect(await signInBy(edge, phone)).toEqual(problemOf(401, 'invalid_credentials'))
  const { body: trail } = await administrator.call('GET', '/v1/audit?limit=1')
  expect(trail.items).toMatchObject([
    {
      action: 'passkey.revoked',
      operatorId: administrator.id,
      subject: passkey.id,
      detail: { operator: nora.id },
    },
  ])
})

test('a passkey whose counter goes back was copied, and is never accepted again', async ({
  edge,
}) => {
  const auditor = await edge.caller({ roles: ['auditor'] })
  const nora = await edge.caller()
  const phone = aPhone()
  const { body: passkey } = await enrol(nora, phone)
  expect((await signInBy(edge, phone)).status).toBe(200)
  // The copy was made before that sign-in.
  expect(await signInBy(edge, phone, { counter: phone.counter })).toEqual(
    problemOf(401, 'invalid_credentials'),
  )
  const { body: listed } = await nora.call('GET', '/v1/me/passkeys')
  expect(listed.items[0].suspectedAt).not.toBeNull()
  const { body: trail } = await auditor.call('GET', '/v1/audit?limit=1')
  expect(trail.items).toMatchObject([{ action: 'passkey.suspected', subject: passkey.id }])

  expect((await signInBy(edge, phone)).status).toBe(401)
  // The device may make another.
  const { body: options } = await nora.call('POST', '/v1/me/passkeys/options')
  expect(options.excludeCredentials).toEqual([])
})

test('of two uses of one counter at once, one is the copy', async ({ edge }) => {
  const phone = aPhone()
  await enrol(await edge.caller(), phone)
  const counter = phone.counter + 1
  const answers = [
    phone.get(await challenge(edge), { counter }),
    phone.get(await challenge(edge), { counter }),
  ]
  const raced = await Promise.all(answers.map(answer => present(edge, answer)))
  expect(statusesOf(raced)).toEqual([200, 401])
})

test('failures make the next try wait, and the owner still gets in', async ({ edge }) => {
  const phone = aPhone()
  await enrol(await edge.caller(), phone)
  for (let failure = 1; failure <= 5; failure++) {
    expect((await signInBy(edge, phone, { userVerified: false })).status).toBe(401)
  }
  const waiting = await signInBy(edge, phone)
  expect(waiting).toEqual(problemOf(429, 'too_many_requests'))
  edge.pass(Number(waiting.headers.get('Retry-After')))
  expect((await signInBy(edge, phone)).status).toBe(200)
})

test('a passkey is enrolled within five minutes of signing in, by the sign-in that asked', async ({
  edge,
}) => {
  const nora = await edge.caller()
  const mira = await edge.caller()
  const { body: options } = await nora.call('POST', '/v1/me/passkeys/options')
  const enrolled = (caller: Caller, response: unknown) =>
    caller.call('POST', '/v1/me/passkeys', { json: { label: 'Phone', response } })
  const phone = aPhone()
  expect(await enrolled(mira, phone.create(options))).toEqual(problemOf(422, 'invalid_passkey'))

  const raced = await Promise.all([
    enrolled(nora, phone.create(options)),
    enrolled(nora, aPhone().create(options)),
  ])
  expect(statusesOf(raced)).toEqual([201, 422])
  expect(await enrolled(nora, aPhone().create(options))).toEqual(problemOf(422, 'invalid_passkey'))

  const { body: again } = await nora.call('POST', '/v1/me/passkeys/options')
  edge.pass(5 * 60)
  expect(await enrolled(nora, aPhone().create(again))).toEqual(problemOf(422, 'invalid_passkey'))
  edge.pass(1)
  expect(await nora.call('POST', '/v1/me/passkeys/options')).toEqual(problemOf(403, 'forbidden'))
})

test('what is no passkey, or another, is not enrolled', async ({ edge }) => {
  const nora = await edge.caller()
  for (const odd of [
    { origin: 'https://evil.example' },
    { rpId: 'evil.example' },
    { userVerified: false },
    { userPresent: false, userVerified: false },
    { type: 'webauthn.get' },
    { crossOrigin: true },
  ]) {
    expect(await enrol(nora, aPhone(), odd), JSON.stringify(odd)).toEqual(
      problemOf(422, 'invalid_passkey'),
    )
  }
  const withAttestation = async (attestationObject: string) => {
    const { body: options } = await nora.call('POST', '/v1/me/passkeys/options')
    const made = aPhone().create(options)
    const response = { ...(made['response'] as object), attestationObject }
    const json = { label: 'x', response: { ...made, response } }
    return nora.call('POST', '/v1/me/passkeys', { json })
  }
  const encoded = (octets: Uint8Array) => Buffer.from(octets).toString('base64url')
  const garbage: Record<string, Uint8Array> = {
    'no map': Uint8Array.of(0x01),
    'an empty map': Uint8Array.of(0xa0),
    'an array of four thousand million': Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff),
    'octets that are not there': Uint8Array.of(0x5a, 0x7f, 0xff, 0xff, 0xff),
    '40,000 arrays in one another': Buffer.alloc(40_000, 0x81),
    'a map with a name twice': Uint8Array.of(0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x01),
    'half of one': Uint8Array.of(0xa3, 0x63, 0x66, 0x6d, 0x74),
  }
  for (const [name, octets] of Object.entries(garbage)) {
    const began = performance.now()
    expect(await withAttestation(encoded(octets)), name).toEqual(problemOf(422, 'invalid_passkey'))
    expect(performance.now() - began, name).toBeLessThan(1000)
  }
  const megabyte = await withAttestation('gYGB'.repeat(262_144))
  expect(megabyte).toEqual(problemOf(413, 'too_large'))
  const large = await withAttestation('gYGB'.repeat(200_000))
  expect(large).toEqual(problemOf(400, 'invalid_request'))
  expect(large.body.errors[0].pointer).toBe('/response/response/attestationObject')
  expect((await nora.call('GET', '/v1/me/passkeys')).body.items).toEqual([])
})

test('a passkey belongs to one person', async ({ edge }) => {
  const phone = aPhone()
  const [nora, mira] = [await edge.caller(), await edge.caller()]
  expect((await enrol(nora, phone)).status).toBe(201)
  expect(await enrol(mira, phone)).toEqual(problemOf(409, 'already_exists'))
})

test('a person carries twenty at most', async ({ edge }) => {
  const nora = await edge.caller()
  for (let no = 1; no <= 20; no++) expect((await enrol(nora, aPhone())).status).toBe(201)
  const refused = await nora.call('POST', '/v1/me/passkeys/options')
  expect(refused).toEqual(problemOf(422, 'invalid_passkey'))
})

test('a key that fits another curve than it says is not enrolled', async ({ edge }) => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const phone = anAuthenticator({ origin: ORIGIN, key })
  expect(await enrol(await edge.caller(), phone)).toEqual(problemOf(422, 'invalid_passkey'))
})

test('where policy wants a passkey at sign-in, a password enrols one and does nothing else', async ({
  edge,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'], email: 'admin@example.org' })
  const ask = (signIn: string) =>
    administrator.call('PATCH', '/v1/organisation', { json: { policy: { passkeys: { signIn } } } })
  // Without one of their own they might shut out everyone, themselves first.
  expect(await ask('required')).toEqual(problemOf(422, 'passkey_required'))
  const own = aPhone()
  await enrol(administrator, own)
  expect((await ask('required')).body.policy.passkeys).toMatchObject({ signIn: 'required' })
  try {
    const byPassword = (email: string, password = PASSWORD) =>
      edge.call('POST', '/v1/auth/token', { json: { grantType: 'password', email, password } })
    expect(await byPassword('admin@example.org')).toEqual(problemOf(422, 'passkey_required'))
    // Whoever does not know the password is told nothing.
    expect(await byPassword('admin@example.org', 'not the right password')).toEqual(
      problemOf(401, 'invalid_credentials'),
    )
    expect((await signInBy(edge, own)).body.mustEnrolPasskey).toBe(false)

    const nora = await edge.caller({ email: 'new@example.org', roles: ['author', 'administrator'] })
    const { status, body: tokens } = await byPassword('new@example.org')
    expect([status, tokens.mustEnrolPasskey]).toEqual([200, true])
    const call = withToken(edge, tokens.accessToken)
    for (const [method, path] of [
      ['GET', '/v1/alerts'],
      ['POST', '/v1/alerts'],
      ['GET', '/v1/contacts'],
      ['GET', '/v1/organisation'],
      ['PATCH', '/v1/organisation'],
      ['POST', '/v1/me/keys'],
      ['POST', '/v1/me/password'],
      ['POST', '/v1/stop'],
      ['POST', `/v1/me/passkeys/${nora.id}/revoke`],
      ['GET', '/v1/stream?alerts=x'],
      ['GET', '/v1/no-such-path'],
    ] as const) {
      const json = method === 'GET' ? undefined : {}
      expect(await call(method, path, json), path).toEqual(problemOf(403, 'passkey_not_enrolled'))
    }
    const refreshed = await edge.call('POST', '/v1/auth/token', {
      json: { grantType: 'refresh', refreshToken: tokens.refreshToken },
    })
    expect(refreshed.body.mustEnrolPasskey).toBe(true)
    expect((await call('GET', '/v1/me')).body).toMatchObject({
      id: nora.id,
      mustEnrolPasskey: true,
    })

    const phone = aPhone()
    const { body: options } = await call('POST', '/v1/me/passkeys/options')
    const json = { label: 'Phone', response: phone.create(options) }
    expect((await call('POST', '/v1/me/passkeys', json)).status).toBe(201)
    expect(await call('GET', '/v1/alerts')).toEqual(problemOf(403, 'passkey_not_enrolled'))
    const signedIn = await signInBy(edge, phone)
    expect(signedIn.body.mustEnrolPasskey).toBe(false)
    const { accessToken } = signedIn.body
    expect((await withToken(edge, accessToken)('GET', '/v1/alerts')).status).toBe(200)
    expect(await byPassword('new@example.org')).toEqual(problemOf(422, 'passkey_required'))
  } finally {
    await ask('optional')
  }
})
