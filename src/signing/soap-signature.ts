/**
 * WS-Security 1.0 signatures over parts of a SOAP message (OASIS WSS: SOAP Message Security 1.0 §8; X.509 Certificate
 * Token Profile 1.0): RSA with SHA-256, exclusive canonicalization, one reference for each part by its `wsu:Id`, and the
 * certificate beside it as a BinarySecurityToken.
 */
import { SignedXml } from 'xml-crypto'
import { type XmlSigningKey, XML_SIGNATURE } from './xml-signature.ts'

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-'

/** What the names of a message that is to be signed so stand for. */
export const WS_SECURITY = {
  wsse: `${WSS}wssecurity-secext-1.0.xsd`,
  wsu: `${WSS}wssecurity-utility-1.0.xsd`,
  x509Token: `${WSS}x509-token-profile-1.0#X509v3`,
  base64: `${WSS}soap-message-security-1.0#Base64Binary`,
} as const

const END = '</wsse:Security>'

/**
 * Puts the signature at the end of the security header. Nothing else of the text changes.
 *
 * @param envelope a whole message with one `wsse:Security`, its prefixes `wsse` and `wsu` those of `WS_SECURITY`
 * @param signed `wsu:Id` of each part; each names one element
 * @param tokenId `wsu:Id` of the BinarySecurityToken
 */
export function signSoap(
  envelope: string,
  { privateKeyPem }: XmlSigningKey,
  { signed, tokenId }: { readonly signed: readonly string[]; readonly tokenId: string },
): string {
  const reference = `<wsse:Reference URI="#${tokenId}" ValueType="${WS_SECURITY.x509Token}"/>`
  const signer = new SignedXml({
    idMode: 'wssecurity',
    privateKey: privateKeyPem,
    signatureAlgorithm: XML_SIGNATURE.rsaSha256,
    canonicalizationAlgorithm: XML_SIGNATURE.exclusive,
    getKeyInfoContent: () =>
      `<wsse:SecurityTokenReference>${reference}</wsse:SecurityTokenReference>`,
  })
  for (const id of signed) {
    signer.addReference({
      xpath: `//*[@*[local-name(.)='Id' and namespace-uri(.)='${WS_SECURITY.wsu}']='${id}']`,
      transforms: [XML_SIGNATURE.exclusive],
      digestAlgorithm: XML_SIGNATURE.sha256,
    })
  }
  signer.computeSignature(envelope, {
    prefix: 'ds',
    location: { reference: `//*[local-name(.)='Security']`, action: 'append' },
    existingPrefixes: { wsse: WS_SECURITY.wsse },
  })
  const end = envelope.indexOf(END)
  return `${envelope.slice(0, end)}${signer.getSignatureXml()}${envelope.slice(end)}`
}
