import { readFile, writeFile } from 'node:fs/promises'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import { AppError, type Fault } from '../errors.ts'
import { canonicalBytes, parseStrictJson } from './canonical.ts'

/** A public key of one of the two kinds that may sign: RFC 8037 §2 (Ed25519) or RFC 7518 §6.2 (P-256). */
export type PublicJwk =
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }

/** The same with the private scalar `d`. Lives in the signer's hands, never in the database. */
export type PrivateJwk = PublicJwk & { readonly d: string }

export type Curve = PublicJwk['crv']

export type SignatureAlgorithm = 'EdDSA' | 'ES256'

export const ALGORITHM_OF_CURVE = {
  Ed25519: 'EdDSA',
  'P-256': 'ES256',
} as const satisfies Record<Curve, SignatureAlgorithm>

/** RFC 7517 §4, RFC 7518 §6: every member that only a private or a symmetric key has. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const

/**
 * Checks a JWK that someone enrols, and strips it to the members that make the key: `kid`, `alg`, `use` and
 * whatever else it carried are its owner's business, and the key is known by its thumbprint alone.
 *
 * @throws AppError `invalid_key` naming every fault: a private member, another type or curve, coordinates
 *   that are not 32 octets in canonical base64url, a point that is not on the curve or of small order
 */
export async function checkPublicJwk(
  value: unknown,
  pointer = '/jwk',
): Promise<{ jwk: PublicJwk; kid: string }> {
  const faults = memberFaults(value, pointer)
  if (faults.length > 0) throw new AppError('invalid_key', 'not a usable public key', { faults })
  const jwk = publicPart(value as PublicJwk)
  const pointFault = jwk.crv === 'Ed25519' ? ed25519Fault(jwk.x) : await p256Fault(jwk)
  if (pointFault !== undefined) {
    const fault = { pointer: `${pointer}/x`, detail: pointFault }
    throw new AppError('invalid_key', 'not a usable public key', { faults: [fault] })
  }
  return { jwk, kid: await keyThumbprint(jwk) }
}

/** The `kid` of a key: its RFC 7638 SHA-256 thumbprint, 43 characters of base64url. */
export async function keyThumbprint(jwk: PublicJwk): Promise<string> {
  return calculateJwkThumbprint(publicPart(jwk), 'sha256')
}

export function publicPart(jwk: PublicJwk): PublicJwk {
  return jwk.crv === 'Ed25519'
    ? { kty: 'OKP', crv: 'Ed25519', x: jwk.x }
    : { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y }
}

export async function generateSigningKey(
  curve: Curve,
): Promise<{ privateJwk: PrivateJwk; publicJwk: PublicJwk; kid: string }> {
  const pair = await generateKeyPair(ALGORITHM_OF_CURVE[curve], { crv: curve, extractable: true })
  const privateJwk = (await exportJWK(pair.privateKey)) as PrivateJwk
  const publicJwk = publicPart(privateJwk)
  return {
    privateJwk: { ...publicJwk, d: privateJwk.d },
    publicJwk,
    kid: await keyThumbprint(publicJwk),
  }
}

/** Writes a private key where only its owner can read it (0600). Never over a file that is there already. */
export async function writeKeyFile(path: string, key: PrivateJwk): Promise<void> {
  await writeFile(path, Buffer.concat([canonicalBytes(key), Buffer.from('\n')]), {
    mode: 0o600,
    flag: 'wx',
  })
}

/** @throws AppError `invalid_key` if the file holds no private key of ours, or one whose halves don't match */
export async function readKeyFile(path: string): Promise<PrivateJwk> {
  const value = parseStrictJson(await readFile(path))
  const { d, ...rest } = (value ?? {}) as Record<string, unknown>
  const { jwk } = await checkPublicJwk(rest, '')
  if (typeof d !== 'string') {
    const fault = { pointer: '/d', detail: 'is missing: this is a public key' }
    throw new AppError('invalid_key', `no private key in ${path}`, { faults: [fault] })
  }
  try {
    await importJWK({ ...jwk, d }, ALGORITHM_OF_CURVE[jwk.crv])
  } catch {
    const fault = { pointer: '/d', detail: 'does not belong to the public half' }
    throw new AppError('invalid_key', `no private key in ${path}`, { faults: [fault] })
  }
  return { ...jwk, d }
}

function memberFaults(value: unknown, pointer: string): Fault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ pointer, detail: 'must be a JWK object' }]
  }
  const jwk = value as Record<string, unknown>
  const faults: Fault[] = PRIVATE_MEMBERS.filter(name => Object.hasOwn(jwk, name)).map(name => ({
    pointer: `${pointer}/${name}`,
    detail: 'is private: the key must not leave its owner, so take another one',
  }))
  const curve = jwk['crv']
  if (curve !== 'Ed25519' && curve !== 'P-256') {
    faults.push({ pointer: `${pointer}/crv`, detail: 'must be Ed25519 or P-256' })
    return faults
  }
  const kty = curve === 'Ed25519' ? 'OKP' : 'EC'
  if (jwk['kty'] !== kty)
    faults.push({ pointer: `${pointer}/kty`, detail: `must be ${kty} for ${curve}` })
  for (const name of curve === 'Ed25519' ? ['x'] : ['x', 'y']) {
    if (!isOctets32(jwk[name])) {
      faults.push({
        pointer: `${pointer}/${name}`,
        detail: 'must be 32 octets in base64url without padding',
      })
    }
  }
  const algorithm = ALGORITHM_OF_CURVE[curve]
  // RFC 9864 names the same algorithm Ed25519.
  if (jwk['alg'] !== undefined && jwk['alg'] !== algorithm && jwk['alg'] !== curve) {
    faults.push({ pointer: `${pointer}/alg`, detail: `must be ${algorithm} for ${curve}` })
  }
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') {
    faults.push({ pointer: `${pointer}/use`, detail: 'must be sig' })
  }
  return faults
}

function isOctets32(value: unknown): value is string {
  if (typeof value !== 'string' || value.length !== 43) return false
  const octets = Buffer.from(value, 'base64url')
  return octets.length === 32 && octets.toString('base64url') === value
}

async function p256Fault(jwk: PublicJwk): Promise<string | undefined> {
  try {
    await importJWK(jwk, 'ES256')
    return undefined
  } catch {
    return 'is not a point of P-256'
  }
}

const P = 2n ** 255n - 19n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/**
 * OpenSSL takes any 32 octets for an Ed25519 key. Those that are no point verify nothing, and under the eight
 * points of small order one signature verifies for many messages, so nobody could be held to theirs.
 * RFC 8032 §5.1.3 decoding without the square root: with u = y² − 1 and v = dy² + 1, x² = u/v must be a square.
 */
function ed25519Fault(x: string): string | undefined {
  const octets = Buffer.from(x, 'base64url').reverse()
  octets[0] = (octets[0] ?? 0) & 0x7f
  let y = BigInt(`0x${octets.toString('hex')}`)
  if (y >= P) return 'is not a canonical Ed25519 key'
  const xSquared = () => modP((y * y - 1n) * power(D * y * y + 1n, P - 2n))
  const square = xSquared()
  if (square !== 0n && power(square, (P - 1n) / 2n) !== 1n) return 'is not a point of Ed25519'
  // Doubling moves y to (y² + x²) / (1 − dx²y²); after three a point of small order is the identity, y = 1.
  for (let doubling = 0; doubling < 3; doubling++) {
    const x2 = xSquared()
    y = modP((y * y + x2) * power(1n - D * x2 * y * y, P - 2n))
  }
  return y === 1n ? 'is a point of small order' : undefined
}

function modP(value: bigint): bigint {
  return ((value % P) + P) % P
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = modP(base), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}
