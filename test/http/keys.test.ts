import { expect } from 'vitest'
import { generateSigningKey } from '../../src/signing/keys.ts'
import { keyForSignature } from '../../src/operators/keys.ts'
import { test } from '../support/edge.ts'

// RFC 8037 appendix A.1 and A.3.
const RFC_8037_KEY = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}
const RFC_8037_THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'

test('a key is enrolled under its thumbprint and signs at once', async ({ edge, db }) => {
  const author = await edge.caller({ roles: ['author'] })
  const json = { jwk: { ...RFC_8037_KEY, alg: 'EdDSA' }, label: 'Laptop' }
  const enrolled = await author.call('POST', '/v1/me/keys', { json })

  expect(enrolled).toMatchObject({
    status: 201,
    body: { kid: RFC_8037_THUMBPRINT, jwk: RFC_8037_KEY, label: 'Laptop', mode: 'live' },
  })
  const listed = await author.call('GET', '/v1/me/keys')
  expect(listed.body).toEqual({ items: [enrolled.body], nextCursor: null })
  const whose = { operatorId: author.id, mode: 'live' } as const
  expect(await keyForSignature(db, RFC_8037_THUMBPRINT, whose)).toMatchObject(whose)
})

test('a key belongs to one person, for good', async ({ edge }) => {
  const [author, other] = [await edge.caller(), await edge.caller()]
  const { publicJwk, kid } = await generateSigningKey('P-256')
  const json = { jwk: publicJwk, label: 'Token' }
  expect((await author.call('POST', '/v1/me/keys', { json })).status).toBe(201)
  const taken = { status: 409, body: { code: 'already_exists' } }
  expect(await other.call('POST', '/v1/me/keys', { json })).toMatchObject(taken)

  expect((await other.call('POST', `/v1/me/keys/${kid}/revoke`)).status).toBe(404)
  const revoked = await author.call('POST', `/v1/me/keys/${kid}/revoke`)
  expect(revoked.body.revokedAt).not.toBeNull()
  const again = await author.call('POST', `/v1/me/keys/${kid}/revoke`)
  expect(again.body).toEqual(revoked.body)
  expect(await author.call('POST', '/v1/me/keys', { json })).toMatchObject(taken)
})

test('a private key, or one that is none, is refused member by member', async ({ edge }) => {
  const author = await edge.caller()
  const refused = async (jwk: unknown) =>
    author.call('POST', '/v1/me/keys', { json: { jwk, label: 'x' } })
  const { privateJwk } = await generateSigningKey('Ed25519')
  const answer = await refused(privateJwk)
  expect(answer).toMatchObject({
    status: 422,
    body: { code: 'invalid_key', errors: [{ pointer: '/jwk/d' }] },
  })
  expect(JSON.stringify(answer.body)).not.toContain(privateJwk.d)
  expect((await refused({ kty: 'RSA', n: 'x', e: 'AQAB' })).status).toBe(422)
  expect((await refused({ ...RFC_8037_KEY, x: 'AA' })).status).toBe(422)
  expect((await refused('a key')).status).toBe(400)
})

test('a key is enrolled within five minutes of signing in', async ({ edge }) => {
  const author = await edge.caller()
  const { publicJwk } = await generateSigningKey('Ed25519')
  edge.pass(5 * 60 + 1)
  const answer = await author.call('POST', '/v1/me/keys', { json: { jwk: publicJwk, label: 'x' } })
  expect(answer).toMatchObject({
    status: 403,
    body: { code: 'forbidden', errors: [{ code: 'sign_in_too_old', values: { minutes: 5 } }] },
  })
})

test('a key counts for its own mode and owner, and not once it or its owner is out', async ({
  edge,
  db,
}) => {
  const administrator = await edge.caller({ roles: ['administrator'] })
  const author = await edge.caller({ mode: 'exercise' })
  const { publicJwk, kid } = await generateSigningKey('Ed25519')
  await author.call('POST', '/v1/me/keys', { json: { jwk: publicJwk, label: 'x' } })
  const operatorId = author.id

  expect(await keyForSignature(db, kid, { operatorId, mode: 'live' })).toBeUndefined()
  expect(
    await keyForSignature(db, kid, { operatorId: administrator.id, mode: 'exercise' }),
  ).toBeUndefined()
  expect((await keyForSignature(db, kid, { operatorId, mode: 'exercise' }))?.kid).toBe(kid)

  await administrator.call('POST', `/v1/operators/${operatorId}/disable`)
  await expect(keyForSignature(db, kid, { operatorId, mode: 'exercise' })).rejects.toMatchObject({
    code: 'signature_key_revoked',
  })
})

test('a person has twenty keys that are not revoked, however many are enrolled at once', async ({
  edge,
}) => {
  const author = await edge.caller()
  const enrol = async (mode: 'live' | 'exercise') => {
    const { publicJwk: jwk } = await generateSigningKey('Ed25519')
    return author.call('POST', '/v1/me/keys', { json: { jwk, label: 'Laptop', mode } })
  }
  const { kid } = (await enrol('live')).body
  for (let has = 1; has < 18; has++) expect((await enrol('live')).status).toBe(201)
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => enrol(i % 2 === 0 ? 'live' : 'exercise')),
  )
  const refused = answers.filter(({ status }) => status !== 201)
  expect(refused).toHaveLength(6)
  for (const { status, body } of refused) {
    expect(status).toBe(422)
    expect(body).toMatchObject({
      code: 'invalid_key',
      errors: [{ code: 'too_many_keys', values: { most: 20 } }],
    })
  }
  expect((await author.call('GET', '/v1/me/keys')).body.items).toHaveLength(20)
  // Another's count for themselves, and a revoked one makes room.
  const other = await edge.caller()
  const { publicJwk: jwk } = await generateSigningKey('Ed25519')
  const theirs = { json: { jwk, label: 'Laptop' } }
  expect((await other.call('POST', '/v1/me/keys', theirs)).status).toBe(201)
  await author.call('POST', `/v1/me/keys/${kid}/revoke`)
  expect((await enrol('exercise')).status).toBe(201)
  expect((await enrol('exercise')).status).toBe(422)
})

test('my keys are a list like others: in pages, and nothing unknown is taken', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const kids: string[] = []
  for (const label of ['First', 'Second', 'Third']) {
    const { publicJwk } = await generateSigningKey('P-256')
    const answer = await author.call('POST', '/v1/me/keys', { json: { jwk: publicJwk, label } })
    kids.push(answer.body.kid)
    edge.pass(1)
  }
  const read: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const after = cursor === '' ? '' : `&cursor=${cursor}`
    const { status, body } = await author.call('GET', `/v1/me/keys?limit=2${after}`)
    expect(status).toBe(200)
    read.push(...body.items.map(({ kid }: { kid: string }) => kid))
    cursor = body.nextCursor
  }
  expect(read).toEqual(kids)
  for (const query of ['limit=1001', 'nope=1', 'cursor=made-up']) {
    expect(await author.call('GET', `/v1/me/keys?${query}`), query).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    })
  }
})
