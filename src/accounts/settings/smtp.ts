import { z } from 'zod'
import type { SmtpSettings } from '../../carriers/carrier.ts'
import { isMailAddress } from '../../encoding/mail-address.ts'
import type { Fault } from '../../errors.ts'
import { faultAt } from '../../faults.ts'
import { staysInside } from '../../network/addresses.ts'
import { areCertificates } from './smpp-tls.ts'

/** What is configured of an account at a mail server (RFC 6409). An empty text is none. */

const address = z.string().refine(isMailAddress, 'must be a mail address')
const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'must be one line')

const shown = {
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[\w.:-]+$/, 'must be a host name or an IP address'),
  port: z.int().min(1).max(65_535),
  security: z.enum(['starttls', 'tls', 'none']).meta({
    description:
      'tls: from the first octet; none: nothing is encrypted, only to a private address or a host that ' +
      'TOCSIN_ALLOW_PRIVATE_HOSTS names',
  }),
  user: line(320).optional().meta({ description: 'Empty: the server asks for none' }),
  from: address.meta({
    description: 'Whom letters are from; bounces go to bounce+… at its domain',
  }),
  fromName: line(100).optional().meta({
    description: 'Shown beside that address, e.g. the name of the organisation; empty: nothing',
  }),
  replyTo: address.or(z.literal('')).optional().meta({
    description: 'Who reads what is answered; it is no reply to the alert. Empty: the sender',
  }),
  tlsCa: z.string().max(65_536).optional().meta({
    description: 'Certificates in PEM to trust in place of those that the system trusts',
  }),
  responseTimeoutSeconds: z.int().min(1).max(600),
}
const hidden = { password: line(500).optional() }

/** What is kept and shown of it; the password is beside it, sealed. */
export const smtpSettingsSchema = z.strictObject(shown)

export const newSmtpSchema = z.strictObject({
  ...shown,
  ...hidden,
  port: shown.port.default(587),
  security: shown.security.default('starttls'),
  responseTimeoutSeconds: shown.responseTimeoutSeconds.default(60),
})

export const smtpEditSchema = z.strictObject({ ...shown, ...hidden }).partial()

export type NewSmtp = z.output<typeof newSmtpSchema>
export type SmtpAccountSettings = z.output<typeof smtpSettingsSchema>
export interface SmtpSecrets {
  readonly password?: string | undefined
}

/** @param privateHosts `Config.privateHosts` */
export function smtpFaults(
  { host, security, user, password, tlsCa }: NewSmtp,
  privateHosts: readonly string[],
): Fault[] {
  const faults: Fault[] = []
  if (security === 'none' && !staysInside(host, privateHosts)) {
    faults.push(faultAt('/security', 'tls_required'))
  }
  if (user && !password) faults.push(faultAt('/password', 'required_with_user'))
  if (password && !user) faults.push(faultAt('/user', 'required_with_password'))
  if (tlsCa && !areCertificates(tlsCa)) faults.push(faultAt('/tlsCa', 'not_pem'))
  return faults
}

export function openSmtp(settings: SmtpAccountSettings, { password }: SmtpSecrets): SmtpSettings {
  const { host, port, security, user, from, fromName, replyTo, tlsCa } = settings
  return {
    host,
    port,
    security,
    ...(user && { user, password }),
    from,
    ...(fromName && { fromName }),
    ...(replyTo && { replyTo }),
    ...(tlsCa && { ca: tlsCa }),
    answerMs: settings.responseTimeoutSeconds * 1000,
  }
}
