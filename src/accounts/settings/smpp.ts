import { z } from 'zod'
import type { SmppSettings } from '../../carriers/carrier.ts'
import type { MessageIdForm } from '../../encoding/receipt-text.ts'
import { dialectEditFields, dialectFields, newDialectFields, openDialect } from './smpp-dialect.ts'
import { openTls, tlsFields, tlsSecretFields } from './smpp-tls.ts'

/**
 * What is configured of an SMPP account, as it comes and as it is kept. The limits are SMPP 3.4's own: its C-octet
 * strings count their NUL, so a password has 8 octets (§5.2.2) and a system id 15 (§5.2.1).
 */

function ascii(max: number) {
  return z
    .string()
    .max(max)
    .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
}

const MESSAGE_ID_FORMS = [
  'exact',
  'folded',
  'hexadecimal',
  'decimal',
] as const satisfies readonly MessageIdForm[]
const idForm = z.enum(MESSAGE_ID_FORMS)

const shown = {
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[\w.:-]+$/, 'must be a host name or an IP address'),
  port: z.int().min(1).max(65_535),
  systemId: ascii(15).min(1),
  systemType: ascii(12),
  bindType: z.enum(['transceiver', 'transmitter-receiver', 'transmitter']).meta({
    description:
      'transmitter-receiver: each of the binds is a pair, two connections to the carrier; ' +
      'transmitter: receipts and replies go elsewhere',
  }),
  tls: z.boolean(),
  ...tlsFields,
  enquireLinkSeconds: z.int().min(1).max(300),
  responseTimeoutSeconds: z.int().min(1).max(120),
  messageIds: z.strictObject({ response: idForm, receipt: idForm }).optional().meta({
    description: 'How ids are written, where receipts write them otherwise than responses',
  }),
}
const hidden = { password: ascii(8), ...tlsSecretFields }

/** What is kept and shown of an SMPP account; the password and a key are beside it, sealed. */
export const smppSettingsSchema = z.strictObject({ ...shown, ...dialectFields })

export const newSmppSchema = z.strictObject({
  ...shown,
  ...hidden,
  ...newDialectFields,
  port: shown.port.default(2775),
  systemType: shown.systemType.default(''),
  bindType: shown.bindType.default('transceiver'),
  tls: shown.tls.default(false),
  enquireLinkSeconds: shown.enquireLinkSeconds.default(15),
  responseTimeoutSeconds: shown.responseTimeoutSeconds.default(10),
})

export const smppEditSchema = z
  .strictObject({ ...shown, ...hidden, ...dialectEditFields })
  .partial()

export type NewSmpp = z.output<typeof newSmppSchema>
export type SmppAccountSettings = z.output<typeof smppSettingsSchema>
export interface SmppSecrets {
  readonly password: string
  readonly tlsKey?: string | undefined
}

export function openSmpp(
  settings: SmppAccountSettings,
  { password, tlsKey }: SmppSecrets,
): SmppSettings {
  const { host, port, systemId, systemType, bindType, tls } = settings
  const { enquireLinkSeconds, responseTimeoutSeconds, messageIds } = settings
  return {
    host,
    port,
    systemId,
    password,
    systemType,
    bindType,
    tls: openTls(tls, { ...settings, tlsKey }),
    dialect: openDialect(settings),
    enquireLinkMs: enquireLinkSeconds * 1000,
    responseTimeoutMs: responseTimeoutSeconds * 1000,
    ...(messageIds && { messageIds }),
  }
}
