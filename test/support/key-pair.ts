import { generateKeyPairSync } from 'node:crypto'
import { selfSignedCertificate } from '../../src/signing/certificate.ts'

const HOUR_MS = 3_600_000

/** PEM. */
export interface KeyPair {
  readonly privateKey: string
  readonly certificate: string
}

/** An RSA key with a certificate of its own. @param given hours from now between which it is good */
export function aKeyPair({
  name = 'IPAWSOPEN120075',
  bits = 2048,
  from = -1,
  to = 24,
} = {}): KeyPair {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const notBefore = new Date(Date.now() + from * HOUR_MS)
  const notAfter = new Date(Date.now() + to * HOUR_MS)
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: selfSignedCertificate(privateKey, { name, notBefore, notAfter }),
  }
}
