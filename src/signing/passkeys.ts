/**
 * Passkeys: WebAuthn (W3C, Level 3), the relying party's half. All parsing of CBOR, COSE and authenticator data is the
 * library's; what stands here is what we ask beyond it.
 *
 * - The person must have been verified (PIN, finger, face), not merely present.
 * - An answer made inside another page is none: nothing may frame us.
 * - The statement of an attestation is neither asked for nor looked at. It says who built the device, which nobody here
 *   judges by, and its certificates name hosts that a verifier would call.
 * - The signature counter is handed to the caller: the library compares it before it has verified the signature, so
 *   that a stranger's forgery would look like a copied device.
 *
 * The library takes a third of a second and 28 MB to load, so it is loaded when somebody first uses a passkey.
 */
import { isIP } from 'node:net'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { checkPublicJwk } from './keys.ts'

/** Who asks for a passkey: it answers to this host name, and to pages of this origin. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
}

/** @returns undefined where the URL has an address for a host: a passkey belongs to a name (WebAuthn §5.1.2) */
export function relyingPartyOf(publicUrl: string): RelyingParty | undefined {
  const { hostname, origin } = new URL(publicUrl)
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { id: hostname, origin } : undefined
}

const base64url = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\w-]+$/, 'must be base64url without padding')

/** At most 1023 octets (WebAuthn §6.5.1). */
const credentialId = base64url(1364)
const clientData = base64url(8192)

// What browsers make: a member that we don't know is a newer browser's, and is dropped.
const credential = {
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(32).nullish(),
  clientExtensionResults: z.record(z.string(), z.unknown()).optional(),
}

/** WebAuthn §5.1: what `credential.toJSON()` gives after `navigator.credentials.create`. */
export const registrationSchema = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: clientData,
      attestationObject: base64url(65_536),
      transports: z.array(z.string().max(32)).max(10).optional(),
    }),
  })
  .meta({ id: 'RegistrationResponseJSON' })

/** The same after `navigator.credentials.get`. */
export const assertionSchema = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: clientData,
      authenticatorData: base64url(4096),
      signature: base64url(2048),
      userHandle: base64url(128).nullish(),
    }),
  })
  .meta({ id: 'AuthenticationResponseJSON' })

export type RegistrationResponse = z.output<typeof registrationSchema>
export type AssertionResponse = z.output<typeof assertionSchema>

/** ES256, EdDSA and RS256 (RFC 9053, RFC 8812): phones, security keys, and TPMs under Windows. */
export const ALGORITHMS = [-7, -8, -257]

export interface NewCredential {
  readonly credentialId: string
  /** COSE_Key (RFC 9052 §7). */
  readonly publicKey: Uint8Array
  readonly counter: number
  readonly isBackedUp: boolean
  readonly transports: readonly string[]
}

/**
 * @param challenge that it must answer
 * @throws AppError `invalid_passkey`
 */
export async function verifyRegistration(
  { id, rawId, type, response }: RegistrationResponse,
  { challenge, party }: { challenge: string; party: RelyingParty },
): Promise<NewCredential> {
  const fault = clientDataFault(response.clientDataJSON, 'webauthn.create', { challenge, party })
  if (fault !== undefined) return refuseEnrolment(fault)
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  const { registrationInfo } = await verifyRegistrationResponse({
    response: {
      id,
      rawId,
      type,
      response: {
        clientDataJSON: response.clientDataJSON,
        attestationObject: await withoutStatement(response.attestationObject),
      },
      clientExtensionResults: {},
    },
    expectedChallenge: challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch((cause: unknown) => {
    return refuseEnrolment('does not verify, or was made without verifying you', cause)
  })
  if (registrationInfo === undefined) return refuseEnrolment('does not verify')
  const { publicKey, counter } = registrationInfo.credential
  if (registrationInfo.credential.id !== id) refuseEnrolment('names another passkey than it holds')
  await assertSoundKey(publicKey)
  const { transports = [] } = response
  const isBackedUp = registrationInfo.credentialBackedUp
  const known = transports.filter(transport => /^[a-z-]+$/.test(transport))
  return { credentialId: id, publicKey, counter, isBackedUp, transports: known }
}

export interface VerifiedAssertion {
  /** Of the device's signatures; 0: it doesn't count. */
  readonly counter: number
  readonly isBackedUp: boolean
}

/**
 * @param expected `challenge`: what it must answer; `publicKey`: the credential's, as COSE
 * @throws AppError `passkey_mismatch`, saying what does not fit
 */
export async function verifyAssertion(
  { id, rawId, type, response }: Pick<AssertionResponse, 'id' | 'rawId' | 'type' | 'response'>,
  expected: { challenge: string; party: RelyingParty; publicKey: Uint8Array },
): Promise<VerifiedAssertion> {
  const { challenge, party, publicKey } = expected
  const { clientDataJSON, authenticatorData, signature } = response
  const fault = clientDataFault(clientDataJSON, 'webauthn.get', expected)
  if (fault !== undefined) return refuseAssertion(fault)
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: {
      id,
      rawId,
      type,
      response: { clientDataJSON, authenticatorData, signature },
      clientExtensionResults: {},
    },
    expectedChallenge: challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    // The counter is the caller's to judge, once the signature is known to be good.
    credential: { id, publicKey: new Uint8Array(publicKey), counter: 0 },
    requireUserVerification: true,
  }).catch((cause: unknown) => {
    return refuseAssertion('does not verify, or was made without verifying you', cause)
  })
  if (!verified) return refuseAssertion('does not verify')
  const { newCounter: counter, credentialBackedUp: isBackedUp } = authenticationInfo
  return { counter, isBackedUp }
}

/** The challenge that an answer says it answers, unverified; undefined: there is none to read. */
export function claimedChallenge(clientDataJSON: string): string | undefined {
  const challenge = readClientData(clientDataJSON)?.['challenge']
  return typeof challenge === 'string' ? challenge : undefined
}

/** What one can mend is said in words; the library looks at all of it again. */
function clientDataFault(
  clientDataJSON: string,
  type: 'webauthn.create' | 'webauthn.get',
  { challenge, party }: { challenge: string; party: RelyingParty },
): string | undefined {
  const said = readClientData(clientDataJSON)
  if (said === undefined) return 'has client data that is not JSON'
  if (said['type'] !== type) return `is of another type than ${type}`
  if (said['challenge'] !== challenge) return 'answers another challenge'
  if (said['origin'] !== party.origin) return `was made at another address than ${party.origin}`
  if (said['crossOrigin'] === true) return 'was made inside another page'
  return undefined
}

/** Unverified; undefined: it is no JSON object. */
export function readClientData(clientDataJSON: string): Record<string, unknown> | undefined {
  try {
    const said: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString())
    const isObject = typeof said === 'object' && said !== null && !Array.isArray(said)
    return isObject ? (said as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** As if the browser had left it out, which is what it is asked to do (`attestation: "none"`). */
async function withoutStatement(attestationObject: string): Promise<string> {
  const { decodeAttestationObject, isoBase64URL, isoCBOR } =
    await import('@simplewebauthn/server/helpers')
  try {
    const given = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject))
    const authData = given.get('authData')
    if (!(authData instanceof Uint8Array)) throw new Error('no authenticator data')
    const bare = new Map<string, string | Uint8Array | Map<string, string>>([
      ['fmt', 'none'],
      ['attStmt', new Map<string, string>()],
      ['authData', authData],
    ])
    return Buffer.from(isoCBOR.encode(bare)).toString('base64url')
  } catch (cause) {
    return refuseEnrolment('has an attestation object that cannot be read', cause)
  }
}

/** A key that fits more than one signer, or that anybody can break, proves nobody's presence. */
async function assertSoundKey(publicKey: Uint8Array): Promise<void> {
  const { cose, decodeCredentialPublicKey } = await import('@simplewebauthn/server/helpers')
  const { COSEKEYS } = cose
  const key = decodeCredentialPublicKey(new Uint8Array(publicKey)) as unknown as ReadonlyMap<
    number,
    unknown
  >
  const text = (label: number) => {
    const value = key.get(label)
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : undefined
  }
  const x = text(COSEKEYS.x)
  if (key.get(COSEKEYS.kty) === 3) {
    const modulus = key.get(COSEKEYS.n)
    if (!(modulus instanceof Uint8Array) || modulus.length < 256) {
      refuseEnrolment('has an RSA key of under 2048 bits')
    }
    return
  }
  const isEd25519 = key.get(COSEKEYS.alg) === -8 && key.get(COSEKEYS.crv) === 6
  const isP256 = key.get(COSEKEYS.alg) === -7 && key.get(COSEKEYS.crv) === 1
  if (!isEd25519 && !isP256) refuseEnrolment('has a key of another curve than its algorithm')
  const jwk = isP256
    ? { kty: 'EC', crv: 'P-256', x, y: text(COSEKEYS.y) }
    : { kty: 'OKP', crv: 'Ed25519', x }
  await checkPublicJwk(jwk).catch((cause: unknown) => {
    return refuseEnrolment('has a key that is not usable', cause)
  })
}

function refuseEnrolment(detail: string, cause?: unknown): never {
  throw new AppError('invalid_passkey', `the passkey ${detail}`, {
    faults: [{ pointer: '/response', detail }],
    ...(cause !== undefined && { cause }),
  })
}

function refuseAssertion(detail: string, cause?: unknown): never {
  throw new AppError('passkey_mismatch', `the passkey's answer ${detail}`, {
    faults: [{ pointer: '/passkey', detail }],
    ...(cause !== undefined && { cause }),
  })
}
