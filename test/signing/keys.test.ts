import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  checkPublicJwk,
  generateSigningKey,
  keyThumbprint,
  readKeyFile,
  writeKeyFile,
  type PublicJwk,
} from '../../src/signing/keys.ts'

// RFC 8037 appendix A.1 and A.3
const ED25519 = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const
const ED25519_THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
// RFC 7515 appendix A.3
const P256 = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
} as const

function ed25519Of(hexLittleEndian: string): PublicJwk {
  return {
    ...ED25519,
    x: Buffer.from(hexLittleEndian.padEnd(64, '0'), 'hex').toString('base64url'),
  }
}

test('a key is known by its RFC 7638 thumbprint, whatever else it carries', async () => {
  expect(await keyThumbprint(ED25519)).toBe(ED25519_THUMBPRINT)
  const decorated = {
    ...ED25519,
    kid: 'mine',
    use: 'sig',
    alg: 'EdDSA',
    key_ops: ['verify'],
    ext: true,
  }
  expect(await checkPublicJwk(decorated)).toEqual({ jwk: ED25519, kid: ED25519_THUMBPRINT })
  expect((await checkPublicJwk(P256)).jwk).toEqual(P256)
})

test.each([
  [
    'a private Ed25519 key',
    { ...ED25519, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' },
    ['/jwk/d'],
  ],
  ['a private key with an empty d', { ...P256, d: '' }, ['/jwk/d']],
  ['RSA', { kty: 'RSA', n: 'AQAB', e: 'AQAB' }, ['/jwk/crv']],
  ['a symmetric key', { kty: 'oct', k: 'AAAA' }, ['/jwk/k', '/jwk/crv']],
  ['P-521', { kty: 'EC', crv: 'P-521', x: 'AA', y: 'AA' }, ['/jwk/crv']],
  ['X25519', { ...ED25519, crv: 'X25519' }, ['/jwk/crv']],
  ['a curve with the other’s type', { ...ED25519, kty: 'EC' }, ['/jwk/kty']],
  ['no coordinates', { kty: 'EC', crv: 'P-256' }, ['/jwk/x', '/jwk/y']],
  ['padding', { ...ED25519, x: `${ED25519.x}=` }, ['/jwk/x']],
  ['31 octets', { ...ED25519, x: ED25519.x.slice(0, 42) }, ['/jwk/x']],
  ['trailing bits', { ...ED25519, x: `${ED25519.x.slice(0, 42)}p` }, ['/jwk/x']],
  ['a coordinate that is a number', { ...P256, x: 1 }, ['/jwk/x']],
  ['another algorithm', { ...P256, alg: 'EdDSA' }, ['/jwk/alg']],
  ['a key for encryption', { ...P256, use: 'enc' }, ['/jwk/use']],
  ['a point off P-256', { ...P256, y: P256.x }, ['/jwk/x']],
  ['a text', 'key', ['/jwk']],
  ['null', null, ['/jwk']],
  ['an array', [ED25519], ['/jwk']],
])('%s can’t be enrolled', async (_what, jwk, pointers) => {
  await expect(checkPublicJwk(jwk)).rejects.toMatchObject({
    code: 'invalid_key',
    faults: pointers.map(pointer => ({ pointer })),
  })
})

test.each([
  // The identity, −1, y = 0, and the two y of order eight, as libsodium's list has them.
  ['01', /small order/],
  ['ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', /small order/],
  ['00', /small order/],
  ['26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', /small order/],
  ['c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', /small order/],
  ['c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa', /small order/],
  ['edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', /canonical/],
  ['02', /not a point/],
])('the Ed25519 octets %s are no key', async (hex, detail) => {
  await expect(checkPublicJwk(ed25519Of(hex))).rejects.toMatchObject({
    faults: [{ pointer: '/jwk/x', detail: expect.stringMatching(detail) as string }],
  })
})

test('every generated key can be enrolled', async () => {
  for (const curve of ['Ed25519', 'P-256'] as const) {
    for (let count = 0; count < 10; count++) {
      const { publicJwk, kid } = await generateSigningKey(curve)
      expect(await checkPublicJwk(publicJwk)).toEqual({ jwk: publicJwk, kid })
    }
  }
})

test('a key file is readable by its owner alone, is not written over, and must hold a matching private key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-keys-'))
  try {
    const path = join(folder, 'author.jwk')
    const { privateJwk, publicJwk } = await generateSigningKey('P-256')
    await writeKeyFile(path, privateJwk)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readKeyFile(path)).toEqual(privateJwk)
    await expect(writeKeyFile(path, privateJwk)).rejects.toMatchObject({ code: 'EEXIST' })

    const publicPath = join(folder, 'public.jwk')
    await writeFile(publicPath, JSON.stringify(publicJwk))
    await expect(readKeyFile(publicPath)).rejects.toMatchObject({ code: 'invalid_key' })

    const mixedPath = join(folder, 'mixed.jwk')
    const other = await generateSigningKey('P-256')
    await writeFile(mixedPath, JSON.stringify({ ...publicJwk, d: other.privateJwk.d }))
    await expect(readKeyFile(mixedPath)).rejects.toMatchObject({ code: 'invalid_key' })
  } finally {
    await rm(folder, { recursive: true })
  }
})
