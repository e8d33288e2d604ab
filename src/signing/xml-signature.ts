/**
 * Enveloped XML signatures over CAP messages (CAP 1.2 §3.3.2.1; W3C XML Signature 1.1): RSA with SHA-256,
 * exclusive canonicalization, one reference to the whole document. RSA, because the receivers of warnings that
 * stand in radio stations know nothing else; its padding (PKCS #1 v1.5) gives the same signature each time.
 *
 * The certificate goes along for whoever wants to read it. Nobody may trust it for that: a verifier, ours too,
 * takes the key that it was given beforehand.
 */
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { SignedXml } from 'xml-crypto'
import { selfSignedCertificate } from './certificate.ts'

export interface XmlSigningKey {
  /** PKCS #8. */
  readonly privateKeyPem: string
  readonly certificatePem: string
}

const RSA_BITS = 3072
/** A receiver that pins a certificate has to be told of the next one: not every year. */
const VALID_YEARS = 10

const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'

/** The algorithms of every signature of ours over XML. */
export const XML_SIGNATURE = {
  rsaSha256: RSA_SHA256,
  exclusive: EXCLUSIVE,
  sha256: SHA256,
} as const

/**
 * A key pair with a certificate that it has signed itself.
 *
 * @param name whose it is: the certificate's common name
 */
export async function createXmlSigningKey(name: string, now: Date): Promise<XmlSigningKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS })
  const notAfter = new Date(now)
  notAfter.setUTCFullYear(now.getUTCFullYear() + VALID_YEARS)
  const commonName = name.slice(0, 64)
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: selfSignedCertificate(privateKey, {
      name: commonName,
      notBefore: now,
      notAfter,
    }),
  }
}

/**
 * Puts a signature at the end of the root element. Nothing else of the text changes.
 *
 * @param xml a whole document
 */
export function signXml(xml: string, { privateKeyPem, certificatePem }: XmlSigningKey): string {
  const signer = new SignedXml({
    privateKey: privateKeyPem,
    publicCert: certificatePem,
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: EXCLUSIVE,
  })
  signer.addReference({
    xpath: '/*',
    isEmptyUri: true,
    transforms: [ENVELOPED, EXCLUSIVE],
    digestAlgorithm: SHA256,
  })
  signer.computeSignature(xml, { location: { reference: '/*', action: 'append' } })
  const end = xml.lastIndexOf('</')
  return `${xml.slice(0, end)}${signer.getSignatureXml()}${xml.slice(end)}`
}

/**
 * Verifies a signature of the kind that `signXml` makes, and no other, by a certificate that is known beforehand.
 * What the document says of its key is not looked at.
 *
 * @param xml a document that `parseXml` let in
 * @param signature the one Signature in it, a child of the root, as it stands there
 * @returns what was signed, in canonical form: nothing but this may be read; undefined if it doesn't verify
 */
export function verifyXmlSignature(
  xml: string,
  signature: string,
  certificatePem: string,
): string | undefined {
  const verifier = new SignedXml({
    publicCert: certificatePem,
    getCertFromKeyInfo: () => null,
  })
  verifier.SignatureAlgorithms = pick(verifier.SignatureAlgorithms, RSA_SHA256)
  verifier.HashAlgorithms = pick(verifier.HashAlgorithms, SHA256)
  verifier.CanonicalizationAlgorithms = {
    ...pick(verifier.CanonicalizationAlgorithms, ENVELOPED),
    ...pick(verifier.CanonicalizationAlgorithms, EXCLUSIVE),
  }
  try {
    verifier.loadSignature(signature)
    if (!verifier.checkSignature(xml)) return undefined
  } catch {
    // Another algorithm, no SignedInfo, two of them, a value that doesn't fit: all the same to whoever asks.
    return undefined
  }
  const [reference, ...others] = verifier.getReferences()
  const [signed] = verifier.getSignedReferences()
  const isWhole =
    reference?.uri === '' && reference.transforms.join() === [ENVELOPED, EXCLUSIVE].join()
  return isWhole && others.length === 0 ? signed : undefined
}

function pick<Value>(from: Record<string, Value>, name: string): Record<string, Value> {
  const value = from[name]
  return value === undefined ? {} : { [name]: value }
}
