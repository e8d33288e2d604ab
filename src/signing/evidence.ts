/**
 * A document under the organisation's key: a JWS in the flattened JSON form (RFC 7515 §7.2.2) that carries the
 * certificate (`x5c`), so that it can be looked at years later, and without this program. Whose certificate it is, the
 * reader must know from elsewhere, by its fingerprint.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { FlattenedSign, flattenedVerify, type FlattenedJWS } from 'jose'
import { z } from 'zod'
import { AppError } from '../errors.ts'

const TYPE = 'tocsin-evidence+jws'
const ALGORITHM = 'RS256'

const flattened = z.strictObject({
  payload: z.string(),
  protected: z.string(),
  signature: z.string(),
})
const headerSchema = z.strictObject({
  alg: z.literal(ALGORITHM),
  typ: z.literal(TYPE),
  x5c: z.tuple([z.string()]),
})

export async function signEvidence(
  payload: Uint8Array,
  { privateKeyPem, certificatePem }: { privateKeyPem: string; certificatePem: string },
): Promise<FlattenedJWS> {
  const certificate = new X509Certificate(certificatePem).raw.toString('base64')
  return new FlattenedSign(payload)
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, x5c: [certificate] })
    .sign(createPrivateKey(privateKeyPem))
}

export interface OpenedEvidence {
  readonly payload: Uint8Array
  /** Of the certificate that it carries: SHA-256, hex. */
  readonly fingerprint: string
}

/**
 * Verifies that the key of the certificate inside has signed it, and nothing about whose that is.
 *
 * @param file JSON
 * @throws AppError `invalid_signature`
 */
export async function openEvidence(file: string): Promise<OpenedEvidence> {
  try {
    const jws = flattened.parse(JSON.parse(file))
    const header = headerSchema.parse(
      JSON.parse(Buffer.from(jws.protected, 'base64url').toString()),
    )
    const certificate = new X509Certificate(Buffer.from(header.x5c[0], 'base64'))
    const { payload } = await flattenedVerify(jws, certificate.publicKey, {
      algorithms: [ALGORITHM],
    })
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
    return { payload, fingerprint }
  } catch (cause) {
    throw new AppError('invalid_signature', 'it is no evidence whose signature verifies', { cause })
  }
}
