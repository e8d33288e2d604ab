import { createPrivateKey, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import type { TlsSettings } from '../../carriers/carrier.ts'
import type { Fault } from '../../errors.ts'
import { faultAt } from '../../faults.ts'

/** What is configured of TLS beside that it is spoken: whom to trust, and who we are. An empty text is none. */

const pem = z.string().max(65_536)

export const tlsFields = {
  tlsCa: pem.optional().meta({
    description:
      'Certificates in PEM to trust in place of those that the system trusts; empty: none',
  }),
  tlsServerName: z
    .string()
    .max(253)
    .regex(/^(?=.*[A-Za-z])[\w.-]+$|^$/, 'must be a host name')
    .optional()
    .meta({ description: "The name that the server's certificate must bear; empty: the host" }),
  tlsCertificate: pem.optional().meta({
    description: 'Our certificate in PEM, with those between it and its authority; empty: none',
  }),
}
export const tlsSecretFields = {
  tlsKey: pem.optional().meta({
    description: 'The private key of our certificate, in PEM and not encrypted; empty: none',
  }),
}

export interface TlsFields {
  readonly tlsCa?: string | undefined
  readonly tlsServerName?: string | undefined
  readonly tlsCertificate?: string | undefined
  readonly tlsKey?: string | undefined
}

/** What keeps the account from ever being bound. A certificate that has expired is left to the message centre. */
export function tlsFaults({ tlsCa, tlsCertificate, tlsKey }: TlsFields): Fault[] {
  const faults: Fault[] = []
  if (tlsCa && !areCertificates(tlsCa)) faults.push(faultAt('/tlsCa', 'not_pem'))
  if (tlsCertificate && !areCertificates(tlsCertificate)) {
    faults.push(faultAt('/tlsCertificate', 'not_pem'))
  } else if (tlsCertificate && !tlsKey) {
    faults.push(faultAt('/tlsKey', 'key_required'))
  } else if (tlsCertificate && tlsKey && !isKeyOf(tlsCertificate, tlsKey)) {
    faults.push(faultAt('/tlsKey', 'not_its_key'))
  }
  return faults
}

export function openTls(tls: boolean, fields: TlsFields): boolean | TlsSettings {
  const { tlsCa, tlsServerName, tlsCertificate, tlsKey } = fields
  if (!tls) return false
  return {
    ...(tlsCa && { ca: tlsCa }),
    ...(tlsServerName && { serverName: tlsServerName }),
    ...(tlsCertificate && tlsKey && { certificate: tlsCertificate, key: tlsKey }),
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

export function areCertificates(text: string): boolean {
  try {
    const found = (text.match(CERTIFICATE) ?? []).map(one => new X509Certificate(one))
    return found.length > 0
  } catch {
    return false
  }
}

function isKeyOf(certificates: string, key: string): boolean {
  try {
    return new X509Certificate(certificates).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}
