/**
 * The signing key of this browser: made here, not extractable, kept in IndexedDB; the server knows its public half.
 *
 * One a person and mode: a key for exercises signs nothing live (API.md, "Operators and signing keys"). A browser
 * that forgets it (cleared data, another profile) enrols a new one; the old one is revoked in the settings.
 */
import { calculateJwkThumbprint, exportJWK, FlattenedSign } from 'jose'
import { getAll, post } from './api.ts'
import type { Mode } from './place.ts'
import { Problem } from './problem.ts'

export interface KeptKey {
  readonly kid: string
  readonly alg: 'EdDSA' | 'ES256'
  readonly privateKey: CryptoKey
  readonly label: string
}

export type Role = 'author' | 'approver' | 'breakGlass'

const STORE = 'keys'
const nameOf = (personId: string, mode: Mode) => `${personId} ${mode}`

/** The key that this browser signs with, if it has one. */
export async function keptKey(personId: string, mode: Mode): Promise<KeptKey | undefined> {
  const db = await openStore()
  try {
    return await answerOf<KeptKey | undefined>(
      db.transaction(STORE).objectStore(STORE).get(nameOf(personId, mode)),
    )
  } finally {
    db.close()
  }
}

/** How this browser's key stands with the server. */
export type KeyStanding =
  | { readonly kind: 'works'; readonly key: KeptKey }
  | { readonly kind: 'missing' }
  | { readonly kind: 'revoked' }

export async function keyStanding(personId: string, mode: Mode): Promise<KeyStanding> {
  const key = await keptKey(personId, mode)
  if (key === undefined) return { kind: 'missing' }
  const all = await getAll<{ kid: string; revokedAt: string | null }>('/v1/me/keys', Infinity)
  const known = all.find(one => one.kid === key.kid)
  return known === undefined || known.revokedAt !== null
    ? { kind: 'revoked' }
    : { kind: 'works', key }
}

/**
 * Makes a key, has the server enrol its public half, and keeps it.
 *
 * @param passkeyFor - proves that a person is there, where policy asks for it; given what it is to sign
 * @throws Problem where the server refuses: `isSignInTooOld` among others
 */
export async function enrolKey(
  personId: string,
  mode: Mode,
  label: string,
  passkeyFor?: (challengeOf: string) => Promise<object | undefined>,
): Promise<KeptKey> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new Problem('this page is not on HTTPS, so the browser makes no keys', {
      status: 0,
      code: 'insecure_page',
    })
  }
  const { alg, pair } = await makePair()
  const jwk = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const passkey = await passkeyFor?.(kid)
  await post('/v1/me/keys', { jwk, label, mode, ...(passkey && { passkey }) })
  const key: KeptKey = { kid, alg, privateKey: pair.privateKey, label }
  const db = await openStore()
  try {
    const write = db.transaction(STORE, 'readwrite')
    write.objectStore(STORE).put(key, nameOf(personId, mode))
    await new Promise<void>((resolve, reject) => {
      write.addEventListener('complete', () => resolve())
      write.addEventListener('error', () =>
        reject(write.error ?? new Error('the key could not be kept')),
      )
    })
  } finally {
    db.close()
  }
  // Without it a browser short of space may forget the key.
  await navigator.storage?.persist?.()
  return key
}

async function makePair(): Promise<{ alg: KeptKey['alg']; pair: CryptoKeyPair }> {
  try {
    const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])
    return { alg: 'EdDSA', pair }
  } catch {
    const p256 = { name: 'ECDSA', namedCurve: 'P-256' }
    return { alg: 'ES256', pair: await crypto.subtle.generateKey(p256, false, ['sign', 'verify']) }
  }
}

/**
 * Signs the bytes that the server stores, as a compact JWS without its payload (RFC 7515 appendix F).
 *
 * @returns the signature, and the signing input whose SHA-256 a passkey is asked to sign
 */
export async function signContent(
  key: KeptKey,
  content: Uint8Array,
  role: Role,
): Promise<{ signature: string; signingInput: string }> {
  const header = { alg: key.alg, kid: key.kid, typ: 'alert+jws', role }
  const jws = await new FlattenedSign(content).setProtectedHeader(header).sign(key.privateKey)
  return {
    signature: `${jws.protected}..${jws.signature}`,
    signingInput: `${jws.protected}.${jws.payload}`,
  }
}

function openStore(): Promise<IDBDatabase> {
  const opening = indexedDB.open('tocsin', 1)
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(STORE))
  return answerOf(opening)
}

function answerOf<T>(asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.addEventListener('success', () => resolve(asked.result))
    asked.addEventListener('error', () =>
      reject(asked.error ?? new Error('the browser keeps no data here')),
    )
  })
}
