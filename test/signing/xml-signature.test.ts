import { X509Certificate } from 'node:crypto'
import { SignedXml } from 'xml-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createXmlSigningKey,
  signXml,
  verifyXmlSignature,
  type XmlSigningKey,
} from '../../src/signing/xml-signature.ts'

const NOW = new Date('2026-11-23T01:00:00Z')
const XML =
  '<?xml version="1.0"?>\n<alert xmlns="urn:x">\n  <headline>a &amp; b</headline>\n</alert>\n'

let ours: XmlSigningKey
let theirs: XmlSigningKey
beforeAll(async () => {
  ours = await createXmlSigningKey('tocsin@example.org', NOW)
  theirs = await createXmlSigningKey('tocsin@example.org', NOW)
}, 120_000)

const signatureIn = (xml: string) =>
  xml.slice(xml.indexOf('<Signature '), xml.indexOf('</Signature>') + '</Signature>'.length)
const verify = (xml: string, key = ours) =>
  verifyXmlSignature(xml, signatureIn(xml), key.certificatePem)

test('the certificate stands for the key for ten years, and for signatures alone', () => {
  const certificate = new X509Certificate(ours.certificatePem)
  expect(certificate.subject).toBe('CN=tocsin@example.org')
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.ca).toBe(false)
  expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072)
  expect(new Date(certificate.validFrom)).toEqual(NOW)
  expect(new Date(certificate.validTo)).toEqual(new Date('2036-11-23T01:00:00Z'))
})

test('what is signed keeps every byte, verifies, and is the same each time', () => {
  const signed = signXml(XML, ours)
  expect(signed.replace(signatureIn(signed), '')).toBe(XML)
  expect(signXml(XML, ours)).toBe(signed)
  expect(verify(signed)).toBe('<alert xmlns="urn:x">\n  <headline>a &amp; b</headline>\n</alert>')
})

describe('what is not verified', () => {
  const other = (options: { signature?: string; digest?: string; transforms?: string[] }) => {
    const signer = new SignedXml({
      privateKey: ours.privateKeyPem,
      publicCert: ours.certificatePem,
      signatureAlgorithm: options.signature ?? 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
    })
    signer.addReference({
      xpath: '/*',
      isEmptyUri: true,
      transforms: options.transforms ?? [
        'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
        'http://www.w3.org/2001/10/xml-exc-c14n#',
      ],
      digestAlgorithm: options.digest ?? 'http://www.w3.org/2001/04/xmlenc#sha256',
    })
    signer.computeSignature(XML, { location: { reference: '/*', action: 'append' } })
    return signer.getSignedXml()
  }
  const changed = (from: string | RegExp, to: string) => () => {
    const signed = signXml(XML, ours)
    const result = signed.replace(from, to)
    expect(result).not.toBe(signed)
    return result
  }

  test.each<[string, () => string]>([
    ['X5: another text', changed('a &amp; b', 'a or b')],
    ['X5: another digest', changed(/<DigestValue>./, '<DigestValue>/')],
    ['X5: another SignedInfo', changed('<SignedInfo>', '<SignedInfo Id="x">')],
    ['X6: two SignedInfo', changed(/(<SignedInfo>.*<\/SignedInfo>)/, '$1$1')],
    ['X6: two references', changed(/(<Reference .*<\/Reference>)/, '$1$1')],
    ['X6: a reference to a part', changed('URI=""', 'URI="#x"')],
    ['X9: a key that came along', () => signXml(XML, theirs)],
    ['X8: SHA-1', () => other({ signature: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' })],
    ['X8: a digest by SHA-1', () => other({ digest: 'http://www.w3.org/2000/09/xmldsig#sha1' })],
    [
      'X8: other transforms',
      () =>
        other({
          transforms: [
            'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
            'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
          ],
        }),
    ],
  ])('%s', (_name, make) => {
    expect(verify(make())).toBeUndefined()
  })

  test('the same by our algorithms is', () => {
    expect(verify(other({}))).toContain('a &amp; b')
  })
})
