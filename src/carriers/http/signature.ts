/** Whether a webhook is from the gateway that it says it is from. */
import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import { verifyWebhookToken } from '../../signing/webhook-token.ts'
import type { WebhookRequest } from '../webhook.ts'
import type { WebhookSignature } from './description.ts'

/**
 * The body is taken as it came, octet by octet, and the URL from the configuration, never from the request.
 * A scheme without a timestamp can't tell a repetition: what webhooks say is idempotent.
 *
 * @param secrets by name; one that is missing or empty verifies nothing
 * @param now epoch milliseconds
 */
export async function isSigned(
  signature: WebhookSignature,
  secrets: Readonly<Record<string, string>>,
  request: WebhookRequest,
  now: number,
): Promise<boolean> {
  const keys =
    'secrets' in signature
      ? signature.secrets.map(name => secrets[name] ?? '').filter(key => key !== '')
      : []
  switch (signature.scheme) {
    case 'header': {
      const given = headerOf(request, signature.header)
      return keys.some(key => isSame(given, key))
    }
    case 'parameter': {
      const given = new URL(request.url).searchParams.get(signature.parameter) ?? ''
      return keys.some(key => isSame(given, key))
    }
    case 'basic': {
      const given = headerOf(request, 'authorization')
      return keys.some(key => isSame(given, basicOf(signature.username, key)))
    }
    case 'jwt':
      return isTokenOf(signature, keys, request, now)
    case 'hmac': {
      const { given, signed } = signedText(signature, request, now) ?? {}
      if (signed === undefined) return false
      return keys.some(key =>
        isSame(given, createHmac(signature.algorithm, key).update(signed).digest()),
      )
    }
    case 'ed25519': {
      const { given, signed } = signedText(signature, request, now) ?? {}
      if (given === undefined || signed === undefined) return false
      return verify(null, signed, ed25519Key(signature.publicKey), given)
    }
  }
}

const ed25519Key = (base64: string) =>
  createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(base64, 'base64').toString('base64url') },
    format: 'jwk',
  })

export function isEd25519Key(base64: string): boolean {
  try {
    return ed25519Key(base64).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}

type SignedText = Extract<WebhookSignature, { scheme: 'hmac' | 'ed25519' }>

/** The signature that was given and what it must be over; undefined where either is missing or its time is over. */
function signedText(
  signature: SignedText,
  request: WebhookRequest,
  now: number,
): { readonly given: Buffer; readonly signed: Buffer } | undefined {
  const { prefix, encoding, timestampHeader, nonceHeader } = signature
  const header = headerOf(request, signature.header)
  if (header === '' || !header.startsWith(prefix)) return undefined
  const timestamp = timestampHeader === undefined ? '' : headerOf(request, timestampHeader)
  if (timestampHeader !== undefined && !isTimely(timestamp, signature.toleranceSeconds, now)) {
    return undefined
  }
  const values: Readonly<Record<string, string | Buffer>> = {
    '{body}': request.body,
    '{url}': request.url,
    '{timestamp}': timestamp,
    '{nonce}': nonceHeader === undefined ? '' : headerOf(request, nonceHeader),
  }
  const parts = signature.signed.split(/(\{\w+\})/)
  return {
    given: Buffer.from(header.slice(prefix.length), encoding),
    signed: Buffer.concat(parts.map(part => Buffer.from(values[part] ?? part))),
  }
}

/** Seconds since 1970, or milliseconds where there are so many digits. */
function isTimely(timestamp: string, toleranceSeconds: number, now: number): boolean {
  if (!/^\d{9,14}$/.test(timestamp)) return false
  const ms = timestamp.length > 11 ? Number(timestamp) : Number(timestamp) * 1000
  return Math.abs(now - ms) <= toleranceSeconds * 1000
}

async function isTokenOf(
  signature: Extract<WebhookSignature, { scheme: 'jwt' }>,
  keys: readonly string[],
  request: WebhookRequest,
  now: number,
): Promise<boolean> {
  const { header, bodyHashClaim, urlHashClaim, toleranceSeconds } = signature
  const given = headerOf(request, header ?? 'authorization')
  const token = header === undefined ? /^Bearer ([\w.-]+)$/i.exec(given)?.[1] : given
  if (token === undefined || token === '') return false
  for (const key of keys) {
    const claims = await verifyWebhookToken(token, key, { now: new Date(now), toleranceSeconds })
    if (claims === undefined) continue
    const isOf = (claim: string | undefined, signed: string | Buffer) =>
      claim === undefined || isHashOf(claims[claim], signed)
    if (isOf(bodyHashClaim, request.body) && isOf(urlHashClaim, request.url)) return true
  }
  return false
}

function isHashOf(claimed: unknown, signed: string | Buffer): boolean {
  const hash = createHash('sha256').update(signed).digest('hex')
  return typeof claimed === 'string' && isSame(claimed.toLowerCase(), hash)
}

const headerOf = ({ headers }: WebhookRequest, name: string) => headers[name.toLowerCase()] ?? ''

const basicOf = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** In a time that tells nothing of where they differ. */
function isSame(given: string | Buffer | undefined, expected: string | Buffer): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
