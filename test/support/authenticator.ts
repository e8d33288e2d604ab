/**
 * A phone with a passkey, as software: WebAuthn (W3C, Level 3) §6 made by hand over node:crypto. It is what stands
 * beyond the network, so nothing of ours or of the server's library is in it.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

interface Options {
  readonly challenge: string
  readonly rp: { readonly id: string }
  readonly user: { readonly id: string }
}

/** What one answer is to have that a good one has not. */
export interface Oddities {
  readonly origin?: string
  readonly rpId?: string
  readonly type?: string
  readonly crossOrigin?: boolean
  /** Was the person verified (PIN, finger, face)? */
  readonly userVerified?: boolean
  readonly userPresent?: boolean
  readonly counter?: number
  readonly userHandle?: string | null
}

export interface Authenticator {
  readonly credentialId: string
  /** Of its signatures so far; one that doesn't count says 0. */
  counter: number
  /** `navigator.credentials.create`, as JSON. */
  create(options: Options, oddities?: Oddities): Record<string, unknown> & { id: string }
  /** `navigator.credentials.get`, as JSON. */
  get(challenge: string, oddities?: Oddities): Assertion
}

interface Assertion {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string
  }
  readonly clientExtensionResults: object
}

const UP = 0x01
const UV = 0x04
const AT = 0x40

export function anAuthenticator({
  origin,
  counts = true,
  key = generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}: {
  readonly origin: string
  readonly counts?: boolean
  readonly key?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}): Authenticator {
  const id = randomBytes(32)
  const credentialId = id.toString('base64url')
  let userHandle: string | undefined

  const clientData = (type: string, challenge: string, odd: Oddities) =>
    Buffer.from(
      JSON.stringify({
        type: odd.type ?? type,
        challenge,
        origin: odd.origin ?? origin,
        crossOrigin: odd.crossOrigin ?? false,
      }),
    )
  const authenticatorData = (flags: number, odd: Oddities) => {
    if (counts) phone.counter++
    const present = (odd.userPresent ?? true) ? UP : 0
    const verified = (odd.userVerified ?? true) ? UV : 0
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(odd.counter ?? phone.counter)
    const rpId = odd.rpId ?? new URL(origin).hostname
    return Buffer.concat([sha256(rpId), Uint8Array.of(present | verified | flags), counter])
  }
  const named = { id: credentialId, rawId: credentialId, type: 'public-key' }

  const phone: Authenticator = {
    credentialId,
    counter: 0,
    create(options, odd = {}) {
      userHandle = options.user.id
      const attested = Buffer.concat([
        Buffer.alloc(16),
        Uint8Array.of(id.length >> 8, id.length & 0xff),
        id,
        coseKey(key.publicKey),
      ])
      const authData = Buffer.concat([authenticatorData(AT, odd), attested])
      const attestationObject = cbor(
        new Map<string, unknown>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', authData],
        ]),
      )
      return {
        ...named,
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, odd).toString(
            'base64url',
          ),
          attestationObject: attestationObject.toString('base64url'),
          transports: ['internal', 'hybrid'],
        },
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
      }
    },
    get(challenge, odd = {}) {
      const client = clientData('webauthn.get', challenge, odd)
      const data = authenticatorData(0, odd)
      const signed = sign('sha256', Buffer.concat([data, sha256(client)]), key.privateKey)
      const handle = odd.userHandle === undefined ? userHandle : odd.userHandle
      return {
        ...named,
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signed.toString('base64url'),
          ...(typeof handle === 'string' && { userHandle: handle }),
        },
        clientExtensionResults: {},
      }
    },
  }
  return phone
}

/** COSE_Key of P-256 (RFC 9053 §7.1): kty EC2, alg ES256, crv P-256. */
function coseKey(publicKey: KeyObject): Buffer {
  const { x, y } = publicKey.export({ format: 'jwk' })
  return cbor(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x!, 'base64url')],
      [-3, Buffer.from(y!, 'base64url')],
    ]),
  )
}

/** RFC 8949, as much of it as a passkey says: integers, octets, texts, maps. */
function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (typeof value === 'string') {
    const octets = Buffer.from(value)
    return Buffer.concat([head(3, octets.length), octets])
  }
  if (value instanceof Map) {
    const entries = [...value].flatMap(([name, held]) => [cbor(name), cbor(held)])
    return Buffer.concat([head(5, value.size), ...entries])
  }
  throw new Error('not something that a passkey says')
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.of((major << 5) | length)
  if (length < 256) return Buffer.of((major << 5) | 24, length)
  return Buffer.of((major << 5) | 25, length >> 8, length & 0xff)
}

function sha256(value: string | Uint8Array): Buffer {
  return createHash('sha256').update(value).digest()
}
