import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { faultAt, type Fault } from '../faults.ts'
import type { XmlSigningKey } from './xml-signature.ts'

/** What a certificate says of itself, for people to compare. */
export interface CertificateFacts {
  /** The subject's CN; empty where it has none. */
  readonly commonName: string
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string
  readonly notBefore: Date
  readonly notAfter: Date
}

const MIN_BITS = 2048

/**
 * A certificate of somebody else's making and the private key to it, as an administrator hands them over.
 *
 * @param given PEM: one X.509 certificate; PKCS #8 (RFC 5958), not encrypted
 * @returns both as PEM in their usual form, or every fault at its member
 */
export function readKeyPair(
  given: { readonly certificate: string; readonly privateKey: string },
  now: Date,
): { readonly pair: XmlSigningKey | undefined; readonly faults: readonly Fault[] } {
  const certificate = certificateIn(given.certificate)
  const key = privateKeyIn(given.privateKey)
  const faults = [
    ...certificateFaults(certificate, now),
    ...privateKeyFaults(given.privateKey, key),
  ]
  if (certificate === undefined || key === undefined || faults.length > 0) {
    return { pair: undefined, faults }
  }
  if (!certificate.checkPrivateKey(key)) {
    return { pair: undefined, faults: [faultAt('/privateKey', 'key_of_other')] }
  }
  const privateKeyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { pair: { privateKeyPem, certificatePem: certificate.toString() }, faults }
}

/** @param pem that was read before */
export function certificateFacts(pem: string): CertificateFacts {
  const certificate = new X509Certificate(pem)
  const { CN: commonName } = certificate.toLegacyObject().subject
  return {
    // Several names are joined: Node gives them as a list.
    commonName: [commonName ?? ''].flat().join(', '),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
  }
}

/** DER in base64 on one line: X.509 token profile 1.1 §3.1.1 asks for it without boundaries. */
export function certificateBase64(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64')
}

function certificateFaults(certificate: X509Certificate | undefined, now: Date): Fault[] {
  const pointer = '/certificate'
  if (certificate === undefined) return [faultAt(pointer, 'not_one_certificate')]
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  const bits = asymmetricKeyDetails?.modulusLength ?? 0
  const isWeak = asymmetricKeyType !== 'rsa' || bits < MIN_BITS
  return [
    ...(isWeak ? [faultAt(pointer, 'weak_key', { bits: MIN_BITS })] : []),
    ...(new Date(certificate.validTo) <= now ? [faultAt(pointer, 'certificate_expired')] : []),
    ...(new Date(certificate.validFrom) > now ? [faultAt(pointer, 'certificate_not_yet')] : []),
  ]
}

function privateKeyFaults(given: string, key: KeyObject | undefined): Fault[] {
  const isEncrypted = given.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')
  if (isEncrypted) return [faultAt('/privateKey', 'key_encrypted')]
  return key === undefined ? [faultAt('/privateKey', 'not_private_key')] : []
}

function certificateIn(pem: string): X509Certificate | undefined {
  if (pem.split('-----BEGIN ').length !== 2) return undefined
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function privateKeyIn(pem: string): KeyObject | undefined {
  if (pem.split('-----BEGIN ').length !== 2 || !pem.includes('-----BEGIN PRIVATE KEY-----')) {
    return undefined
  }
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
