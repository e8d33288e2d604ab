import { createPublicKey, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'

/**
 * A certificate by which an RSA key speaks for itself (RFC 5280): version 3, signed with SHA-256, for signatures
 * alone and no authority. The packages that write certificates bring two dozen others along; this is the one
 * form that we need, in the DER of ITU-T X.690.
 *
 * @param name the common name of subject and issuer, at most 64 characters (RFC 5280, ub-common-name)
 * @returns PEM
 */
export function selfSignedCertificate(
  privateKey: KeyObject,
  { name, notBefore, notAfter }: { name: string; notBefore: Date; notAfter: Date },
): string {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const commonName = sequence(tlv(SET, sequence(oid(COMMON_NAME), tlv(UTF8_STRING, text(name)))))
  const signed = sequence(
    tlv(VERSION, tlv(INTEGER, Buffer.of(2))),
    // 127 random bits, and positive.
    tlv(INTEGER, Buffer.concat([Buffer.of(0x01), randomBytes(15)])),
    SHA256_WITH_RSA,
    commonName,
    sequence(time(notBefore), time(notAfter)),
    commonName,
    publicKey,
    tlv(EXTENSIONS, sequence(criticalExtension(BASIC_CONSTRAINTS, sequence()), KEY_USAGE)),
  )
  const signature = tlv(BIT_STRING, Buffer.of(0), sign('sha256', signed, privateKey))
  return new X509Certificate(sequence(signed, SHA256_WITH_RSA, signature)).toString()
}

const BOOLEAN = 0x01
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const NULL = 0x05
const OBJECT_IDENTIFIER = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
const VERSION = 0xa0
const EXTENSIONS = 0xa3

/** In hex, as they are encoded: 2.5.4.3, 2.5.29.19, 2.5.29.15, 1.2.840.113549.1.1.11. */
const COMMON_NAME = '550403'
const BASIC_CONSTRAINTS = '551d13'
const KEY_USAGE_ID = '551d0f'
const SHA256_WITH_RSA_ID = '2a864886f70d01010b'

const SHA256_WITH_RSA = sequence(oid(SHA256_WITH_RSA_ID), tlv(NULL))
/** digitalSignature, the first of a byte's bits; seven are unused. */
const KEY_USAGE = criticalExtension(KEY_USAGE_ID, tlv(BIT_STRING, Buffer.of(7, 0x80)))

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag), lengthOf(value), value])
}

/** X.690 §8.1.3. */
function lengthOf({ length }: Uint8Array): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const hex = length.toString(16)
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets])
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tlv(SEQUENCE, ...parts)
}

function oid(hex: string): Buffer {
  return tlv(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'))
}

function criticalExtension(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), tlv(BOOLEAN, Buffer.of(0xff)), tlv(OCTET_STRING, value))
}

/** RFC 5280 §4.1.2.5: two digits of the year through 2049, four from then on. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, '')
  return date.getUTCFullYear() < 2050
    ? tlv(UTC_TIME, text(digits.slice(2)))
    : tlv(GENERALIZED_TIME, text(digits))
}

function text(value: string): Buffer {
  return Buffer.from(value, 'utf8')
}
