import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compactVerify, flattenedVerify, generalVerify, importJWK } from 'jose'
import { expect, test } from 'vitest'
import { signAlert, verifyAlertJws } from '../../src/signing/jws.ts'
import { checkPublicJwk, type PrivateJwk } from '../../src/signing/keys.ts'

const folder = join(process.env['TOCSIN_CONFORMANCE_DATA']!, 'jose')
const read = (file: string) => readFileSync(join(folder, file), 'utf8').trim()
const names = readdirSync(folder)
  .filter(file => file.endsWith('.jwk'))
  .map(file => file.replace('.jwk', ''))

interface VectorKey {
  readonly kty: string
  readonly crv?: string
  readonly d: string
}

const ALGORITHMS: Record<string, string> = { RSA: 'RS256', 'P-256': 'ES256', 'P-521': 'ES512' }

function keyOf(name: string): { jwk: VectorKey; algorithm: string } {
  const jwk = JSON.parse(read(`${name}.jwk`)) as VectorKey
  return { jwk, algorithm: ALGORITHMS[jwk.crv ?? jwk.kty]! }
}

test.each(names)('%s: the library that verifies for us verifies the standard’s own', async name => {
  const { jwk, algorithm } = keyOf(name)
  const { d: _private, ...publicJwk } = jwk
  const key = await importJWK(publicJwk, algorithm)
  const options = { algorithms: [algorithm] }
  await compactVerify(read(`${name}.jwsc`), key, options)
  if (!name.startsWith('rfc7520')) return
  await flattenedVerify(JSON.parse(read(`${name}.jwsf`)) as never, key, options)
  await generalVerify(JSON.parse(read(`${name}.jwsg`)) as never, key, options)
})

test.each(names)('%s: a good JWS that is no alert’s signature is refused', async name => {
  const jws = read(`${name}.jwsc`)
  const payload = Buffer.from(jws.split('.')[1]!, 'base64url')
  const resolveKey = () => ({ jwk: keyOf('rfc7515_A.3').jwk as unknown as PrivateJwk })
  await expect(verifyAlertJws(jws, payload, { role: 'author', resolveKey })).rejects.toMatchObject({
    code: 'invalid_signature',
  })
})

test.each(names)(
  '%s: its key can be enrolled if it is public and of a kind that signs alerts',
  async name => {
    const { jwk } = keyOf(name)
    await expect(checkPublicJwk(jwk)).rejects.toMatchObject({ code: 'invalid_key' })
    const { kty, crv, x, y } = jwk as VectorKey & { x?: string; y?: string }
    const enrolled = checkPublicJwk({ kty, crv, x, y })
    if (crv === 'P-256') await expect(enrolled).resolves.toMatchObject({ jwk: { crv } })
    else await expect(enrolled).rejects.toMatchObject({ faults: [{ pointer: '/jwk/crv' }] })
  },
)

test('RFC 7515 A.3: its key signs an alert, and its public half verifies it', async () => {
  const { jwk } = keyOf('rfc7515_A.3')
  const payload = new TextEncoder().encode('{}')
  const jws = await signAlert(payload, jwk as unknown as PrivateJwk, {
    role: 'author',
    form: 'detached',
  })
  const { kty, crv, x, y } = jwk as VectorKey & { x: string; y: string }
  const enrolled = await checkPublicJwk({ kty, crv, x, y })
  const expected = { role: 'author', resolveKey: () => enrolled } as const
  expect(await verifyAlertJws(jws, payload, expected)).toBe(enrolled)
})
