import { createHash } from 'node:crypto'
import { FlattenedSign, flattenedVerify, importJWK } from 'jose'
import { AppError } from '../errors.ts'
import { parseStrictJson } from './canonical.ts'
import {
  ALGORITHM_OF_CURVE,
  keyThumbprint,
  type PrivateJwk,
  type PublicJwk,
  type SignatureAlgorithm,
} from './keys.ts'

/**
 * Signatures of people over alerts: compact JWS (RFC 7515 §7.1) of the alert's canonical bytes, attached, or
 * detached with an empty middle part (appendix F).
 *
 * The verifier already has the bytes, and never takes them from the signature: an attached payload must be
 * those bytes in base64url, character for character, and nothing else is compared or kept of it. The header
 * has exactly four members, so `crit`, `jwk`, `jku`, `x5u` and `b64` have no place to stand.
 *
 * A signature is evidence, not a name. ECDSA lets anyone who holds one make a second that verifies too
 * (s and n − s), so nothing may be looked up, deduplicated or compared by the JWS string.
 */

/** `breakGlass`: an author's, in the place of an approver's that nobody came to give. */
export const ALERT_ROLES = ['author', 'approver', 'breakGlass'] as const
export type AlertRole = (typeof ALERT_ROLES)[number]

const HEADER_MEMBERS = ['alg', 'kid', 'role', 'typ']
const TYPE = 'alert+jws'

/** Four members with a 43-character `kid` take under 200; a longer header is somebody's experiment. */
const MAX_HEADER_CHARACTERS = 512

export async function signAlert(
  payload: Uint8Array,
  key: PrivateJwk,
  { role, form }: { role: AlertRole; form: 'attached' | 'detached' },
): Promise<string> {
  const alg = ALGORITHM_OF_CURVE[key.crv]
  const header = { alg, kid: await keyThumbprint(key), typ: TYPE, role }
  const signed = await new FlattenedSign(payload)
    .setProtectedHeader(header)
    .sign(await importJWK(key, alg))
  const middle = form === 'attached' ? signed.payload : ''
  return `${signed.protected}.${middle}.${signed.signature}`
}

/**
 * Verifies a person's signature over exactly `payload`.
 *
 * @param resolveKey finds the key of a `kid`; it may throw an error of its own (revoked, not the caller's)
 * @returns what `resolveKey` found
 * @throws AppError `invalid_signature`: not a compact JWS, other header members, another role, unknown key, an
 *   algorithm that is not the key's, other bytes, or a signature that doesn't verify
 */
export async function verifyAlertJws<Key extends { readonly jwk: PublicJwk }>(
  jws: string,
  payload: Uint8Array,
  expected: {
    role: AlertRole
    resolveKey: (kid: string) => Promise<Key | undefined> | Key | undefined
  },
): Promise<Key> {
  const middleOfPayload = Buffer.from(payload).toString('base64url')
  // Bounded by what is expected before anything is split or decoded.
  if (jws.length > middleOfPayload.length + 2 * MAX_HEADER_CHARACTERS)
    refuse('is longer than its content')
  const parts = jws.split('.')
  const [header, middle, signature] = parts
  if (
    parts.length !== 3 ||
    header === undefined ||
    middle === undefined ||
    signature === undefined
  ) {
    return refuse('is not a compact JWS of three parts')
  }
  const { alg, kid } = readHeader(header, expected.role)
  if (middle !== '' && middle !== middleOfPayload)
    refuse('was made over other bytes than this content')
  if (!isCanonicalBase64url(signature)) refuse('has a signature that is not canonical base64url')

  const key = await expected.resolveKey(kid)
  if (key === undefined) return refuse('was made with a key that is not known here')
  if (ALGORITHM_OF_CURVE[key.jwk.crv] !== alg)
    refuse(`says ${alg}, which is not the algorithm of its key`)
  const flattened = { protected: header, payload: middleOfPayload, signature }
  try {
    await flattenedVerify(flattened, await importJWK(key.jwk, alg), { algorithms: [alg] })
  } catch {
    refuse('does not verify over this content')
  }
  return key
}

/**
 * SHA-256 of what a JWS signs (RFC 7515 §5.1 step 5: header, `.`, payload in base64url), in base64url: the challenge
 * that ties a passkey to this signature. A detached JWS has the same as an attached one.
 */
export function signingInputDigest(jws: string, payload: Uint8Array): string {
  const header = jws.split('.', 1)[0] ?? ''
  const signingInput = `${header}.${Buffer.from(payload).toString('base64url')}`
  return createHash('sha256').update(signingInput).digest('base64url')
}

/** The `kid` that a JWS names, unverified: to say whose it claims to be. Undefined if it has none to read. */
export function claimedKid(jws: string): string | undefined {
  const kid = claimedMembers(jws)?.['kid']
  return typeof kid === 'string' ? kid : undefined
}

/** The role that a JWS names, unverified. */
export function claimedRole(jws: string): unknown {
  return claimedMembers(jws)?.['role']
}

function claimedMembers(jws: string): Record<string, unknown> | undefined {
  return decodeHeader(jws.slice(0, MAX_HEADER_CHARACTERS).split('.', 1)[0] ?? '')
}

function readHeader(header: string, role: AlertRole): { alg: SignatureAlgorithm; kid: string } {
  if (header.length > MAX_HEADER_CHARACTERS) refuse('has a header that is too long')
  const members = decodeHeader(header)
  if (members === undefined) return refuse('has a protected header that is not JSON in base64url')
  if (Object.keys(members).sort().join() !== HEADER_MEMBERS.join()) {
    refuse(`must have exactly ${HEADER_MEMBERS.join(', ')} in its protected header`)
  }
  const { alg, kid, typ } = members
  if (alg !== 'EdDSA' && alg !== 'ES256') return refuse('must be made with EdDSA or ES256')
  if (typ !== TYPE) refuse(`must have typ ${TYPE}`)
  if (members['role'] !== role) refuse(`must have role ${role} for this step`)
  if (typeof kid !== 'string') return refuse('must name its key in kid')
  return { alg, kid }
}

function decodeHeader(header: string): Record<string, unknown> | undefined {
  if (!isCanonicalBase64url(header)) return undefined
  try {
    const members = parseStrictJson(Buffer.from(header, 'base64url'))
    const isObject = typeof members === 'object' && members !== null && !Array.isArray(members)
    return isObject ? (members as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function isCanonicalBase64url(text: string): boolean {
  return text !== '' && Buffer.from(text, 'base64url').toString('base64url') === text
}

function refuse(detail: string): never {
  throw new AppError('invalid_signature', `the signature ${detail}`, {
    faults: [{ pointer: '/signature', detail }],
  })
}
