import net from 'node:net'
import tls from 'node:tls'
import { AppError } from '../../errors.ts'
import type { SmppSettings, TlsSettings } from '../carrier.ts'

/** Where a bind connects to, and whom it trusts there: made once for all binds of an account. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** Undefined: plain TCP. */
  readonly secureContext: tls.SecureContext | undefined
  /** The name that the server's certificate must bear, where it is not the host's. */
  readonly serverName: string | undefined
}

/** @throws AppError `invalid_carrier` where certificates or key can't be read, or don't belong together */
export function endpointOf({ host, port, tls: wanted }: SmppSettings): Endpoint {
  if (wanted === false) return { host, port, secureContext: undefined, serverName: undefined }
  const given = wanted === true ? {} : wanted
  return { host, port, secureContext: secureContextOf(given), serverName: given.serverName }
}

/**
 * Connects. Over TLS `connected` is called, and the first octet sent, only after the server has proved that it is
 * who it should be; where it doesn't, the socket ends with an error.
 */
export function openSocket(endpoint: Endpoint, connected: () => void): net.Socket {
  const { host, port, secureContext, serverName } = endpoint
  if (secureContext === undefined) return net.connect({ host, port }).once('connect', connected)
  // An address is no server name (RFC 6066 §3); it is compared with those that the certificate bears.
  const servername = serverName ?? (net.isIP(host) === 0 ? host : undefined)
  return tls
    .connect({
      host,
      port,
      secureContext,
      rejectUnauthorized: true,
      ...(servername !== undefined && { servername }),
    })
    .once('secureConnect', connected)
}

function secureContextOf({ ca, certificate, key }: TlsSettings): tls.SecureContext {
  try {
    return tls.createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca !== undefined && { ca }),
      ...(certificate !== undefined && { cert: certificate, key }),
    })
  } catch (cause) {
    // What OpenSSL says of it may quote the key.
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new AppError('invalid_carrier', `its TLS certificates or key can not be used: ${code}`)
  }
}

const ABOUT_CERTIFICATES = /CERT|ISSUER|LEAF_SIGNATURE|^ERR_SSL_\w*ALERT/

/** Whether a link was refused for a certificate, theirs or ours: only a person can mend that. */
export function isCertificateFault(reason: string): boolean {
  return ABOUT_CERTIFICATES.test(reason)
}
