/**
 * What a pinned certificate vouches for. Nothing is read but the octets that one of them signed: what stands around
 * them, or what the message says of its own key, counts for nothing (SECURITY.md T20).
 */
import { X509Certificate } from 'node:crypto'
import { type CapReading, readCapXml } from '../cap/xml-reader.ts'
import { verifyXmlSignature } from '../signing/xml-signature.ts'

/** A message that may be believed as far as the feed's certificates go; or why not. */
export type SignedReading = { reading: CapReading } | { reason: string; detail: string }

/** @param certificates PEM; none: messages may be unsigned */
export function signedReading(
  reading: CapReading,
  certificates: readonly string[],
  now: Date,
): SignedReading {
  if (certificates.length === 0) return { reading }
  const { text, signature, faults } = reading
  if (signature === undefined) return { reason: 'unsigned', detail: 'the message has no signature' }
  // More than one signature, or one out of its place: a riddle, whatever verifies.
  if (faults.length > 0) return { reading }
  for (const pem of certificates) {
    const signed = verifyXmlSignature(text, signature, pem)
    if (signed === undefined) continue
    const { validFrom, validTo } = new X509Certificate(pem)
    if (now < new Date(validFrom) || now > new Date(validTo)) {
      return {
        reason: 'certificate_out_of_date',
        detail: `it is valid from ${validFrom} to ${validTo}`,
      }
    }
    return { reading: readCapXml(Buffer.from(signed)) }
  }
  return { reason: 'bad_signature', detail: 'no certificate of the feed has signed this message' }
}
