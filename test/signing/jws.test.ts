import { CompactSign, importJWK } from 'jose'
import { expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { canonicalBytes } from '../../src/signing/canonical.ts'
import { claimedKid, signAlert, verifyAlertJws } from '../../src/signing/jws.ts'
import { generateSigningKey } from '../../src/signing/keys.ts'

const content = {
  id: '0193',
  revision: 3,
  texts: [{ language: 'en-US', sms: 'FLASH FLOOD: go uphill' }],
}
const payload = canonicalBytes(content)
const author = await generateSigningKey('Ed25519')
const approver = await generateSigningKey('P-256')
const enrolled = [author, approver].map(({ kid, publicJwk }) => ({ kid, jwk: publicJwk }))
const resolveKey = (kid: string) => enrolled.find(key => key.kid === kid)

function base64url(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(
    'base64url',
  )
}

/** A JWS with any header at all, signed by the author's key. */
async function forged(
  header: Record<string, unknown>,
  bytes: Uint8Array = payload,
): Promise<string> {
  const key = await importJWK(author.privateJwk, 'EdDSA')
  const crit = Array.isArray(header['crit']) ? { crit: { x: true } } : {}
  return new CompactSign(bytes).setProtectedHeader(header as { alg: string }).sign(key, crit)
}

const goodHeader = { alg: 'EdDSA', kid: author.kid, typ: 'alert+jws', role: 'author' }

async function verify(jws: string, bytes = payload): Promise<unknown> {
  return verifyAlertJws(jws, bytes, { role: 'author', resolveKey })
}

test.each(['attached', 'detached'] as const)(
  'an author’s and an approver’s %s signatures verify',
  async form => {
    const first = await signAlert(payload, author.privateJwk, { role: 'author', form })
    expect(await verify(first)).toEqual({ kid: author.kid, jwk: author.publicJwk })
    expect(claimedKid(first)).toBe(author.kid)
    const second = await signAlert(payload, approver.privateJwk, { role: 'approver', form })
    expect(await verifyAlertJws(second, payload, { role: 'approver', resolveKey })).toMatchObject({
      kid: approver.kid,
    })
  },
)

test('a signature made by jose alone, as a client would, verifies', async () => {
  expect(await verify(await forged(goodHeader))).toMatchObject({ kid: author.kid })
})

test('a signature over other bytes is refused, attached or detached', async () => {
  // SECURITY A34: another alert's id; the same value pretty-printed; one bit of the payload
  const others = [
    canonicalBytes({ ...content, id: '0194' }),
    new TextEncoder().encode(JSON.stringify(content, null, 2)),
    payload.map((octet, index) => (index === 40 ? octet ^ 1 : octet)),
    new Uint8Array(0),
  ]
  for (const other of others) {
    for (const form of ['attached', 'detached'] as const) {
      const jws = await signAlert(other, author.privateJwk, { role: 'author', form })
      await expect(verify(jws)).rejects.toMatchObject({ code: 'invalid_signature' })
    }
  }
})

test('an attached payload may not stand in for the stored bytes', async () => {
  const [header, , signature] = (
    await signAlert(payload, author.privateJwk, { role: 'author', form: 'attached' })
  ).split('.')
  const jws = `${header}.${base64url('{"id":"other"}')}.${signature}`
  await expect(verify(jws)).rejects.toThrow(/other bytes/)
})

test('an approver’s signature is no author’s, nor the reverse', async () => {
  const jws = await signAlert(payload, author.privateJwk, { role: 'approver', form: 'detached' })
  await expect(verify(jws)).rejects.toThrow(/role author/)
})

test.each([
  ['alg none', { ...goodHeader, alg: 'none' }],
  ['HS256', { ...goodHeader, alg: 'HS256' }],
  ['an algorithm that is not the key’s', { ...goodHeader, alg: 'ES256' }],
  ['a kid that is a path', { ...goodHeader, kid: '../../etc/passwd' }],
  ['a kid that is SQL', { ...goodHeader, kid: "' OR 1=1" }],
  ['a kid that is a number', { ...goodHeader, kid: 7 }],
  ['another typ', { ...goodHeader, typ: 'JWT' }],
  ['no typ', { alg: 'EdDSA', kid: author.kid, role: 'author' }],
  ['crit', { ...goodHeader, crit: ['x'], x: 1 }],
  ['b64', { ...goodHeader, crit: ['b64'], b64: false }],
  ['jwk', { ...goodHeader, jwk: author.publicJwk }],
  ['jku', { ...goodHeader, jku: 'https://attacker.example/jwks' }],
  ['x5u', { ...goodHeader, x5u: 'https://attacker.example/x5u' }],
  ['another role', { ...goodHeader, role: 'administrator' }],
  ['no role', { alg: 'EdDSA', kid: author.kid, typ: 'alert+jws' }],
])('a header with %s is refused even over the right bytes', async (_what, header) => {
  const [, , signature] = (await forged(goodHeader)).split('.')
  await expect(verify(`${base64url(header)}..${signature}`)).rejects.toMatchObject({
    code: 'invalid_signature',
  })
})

test('headers that were signed with extra members are refused too', async () => {
  for (const extra of [{ crit: ['x'], x: 1 }, { jwk: author.publicJwk }, { cty: 'json' }]) {
    await expect(verify(await forged({ ...goodHeader, ...extra }))).rejects.toThrow(
      /exactly alg, kid, role, typ/,
    )
  }
})

test('a header that names a member twice is refused', async () => {
  const header = `{"alg":"EdDSA","kid":"${author.kid}","typ":"alert+jws","role":"approver","role":"author"}`
  await expect(verify(`${base64url(header)}..AAAA`)).rejects.toThrow(/not JSON/)
})

test.each(['', '.', '..', 'a.b', 'a.b.c.d', '{}', '....', 'x'.repeat(1_000_000)])(
  'the text %.8s is no signature',
  async jws => {
    await expect(verify(jws)).rejects.toMatchObject({ code: 'invalid_signature' })
    expect(claimedKid(jws)).toBeUndefined()
  },
)

test('trailing bits of base64url make no second signature of one', async () => {
  const jws = await signAlert(payload, author.privateJwk, { role: 'author', form: 'detached' })
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  // 64 octets take 86 characters; the last holds 4 bits that count for nothing.
  const last = alphabet.indexOf(jws.at(-1)!)
  const variant = jws.slice(0, -1) + alphabet[last ^ 1]
  expect(Buffer.from(variant.split('.')[2]!, 'base64url')).toEqual(
    Buffer.from(jws.split('.')[2]!, 'base64url'),
  )
  await expect(verify(variant)).rejects.toThrow(/canonical/)
})

test('the other half of an ECDSA signature names the same key: signatures are no identity', async () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const jws = await signAlert(payload, approver.privateJwk, { role: 'approver', form: 'detached' })
  const [header, , signature] = jws.split('.')
  const octets = Buffer.from(signature!, 'base64url')
  const s = BigInt(`0x${octets.subarray(32).toString('hex')}`)
  const mirrored = Buffer.concat([
    octets.subarray(0, 32),
    Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'),
  ])
  const variant = `${header}..${mirrored.toString('base64url')}`
  expect(variant).not.toBe(jws)
  const expected = { role: 'approver', resolveKey } as const
  expect(await verifyAlertJws(variant, payload, expected)).toEqual(
    await verifyAlertJws(jws, payload, expected),
  )
})

test('a changed signature and another’s key do not verify', async () => {
  const jws = await forged(goodHeader)
  const [header, , signature] = jws.split('.')
  const octets = Buffer.from(signature!, 'base64url')
  octets[5]! ^= 1
  await expect(verify(`${header}..${octets.toString('base64url')}`)).rejects.toThrow(
    /does not verify/,
  )
  const stranger = await generateSigningKey('Ed25519')
  const expected = { role: 'author', resolveKey: () => ({ jwk: stranger.publicJwk }) } as const
  await expect(verifyAlertJws(jws, payload, expected)).rejects.toThrow(/does not verify/)
})

test('a refusal of the key by its keeper passes through', async () => {
  const revoked = () => {
    throw new AppError('signature_key_revoked', 'the key was revoked')
  }
  const jws = await forged(goodHeader)
  await expect(
    verifyAlertJws(jws, payload, { role: 'author', resolveKey: revoked }),
  ).rejects.toMatchObject({ code: 'signature_key_revoked' })
})
