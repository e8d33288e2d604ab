import { z } from 'zod'
import type { MessageIdForm } from '../encoding/receipt-text.ts'

/**
 * What is configured of an account, as it comes and as it is kept. The limits are SMPP 3.4's own: its C-octet
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

const settings = {
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[\w.:-]+$/, 'must be a host name or an IP address'),
  port: z.int().min(1).max(65_535),
  systemId: ascii(15).min(1),
  systemType: ascii(12),
  bindType: z.literal('transceiver'),
  tls: z.boolean(),
  enquireLinkSeconds: z.int().min(1).max(300),
  responseTimeoutSeconds: z.int().min(1).max(120),
  messageIds: z.strictObject({ response: idForm, receipt: idForm }).optional().meta({
    description: 'How ids are written, where receipts write them otherwise than responses',
  }),
}
const secrets = { password: ascii(8) }

/** What is kept and shown of an SMPP account; the password is beside it, sealed. */
export const smppSettingsSchema = z.strictObject(settings)

export const newSmppSchema = z.strictObject({
  ...settings,
  ...secrets,
  port: settings.port.default(2775),
  systemType: settings.systemType.default(''),
  bindType: settings.bindType.default('transceiver'),
  tls: settings.tls.default(false),
  enquireLinkSeconds: settings.enquireLinkSeconds.default(15),
  responseTimeoutSeconds: settings.responseTimeoutSeconds.default(10),
})

export const smppEditSchema = z.strictObject({ ...settings, ...secrets }).partial()

export type SmppAccountSettings = z.output<typeof smppSettingsSchema>
export interface SmppSecrets {
  readonly password: string
}

export const routeSchema = z.strictObject({
  prefix: z.string().regex(/^\+\d{0,15}$/, 'must be + and the first digits of numbers'),
  weight: z.number().positive().max(1000).default(1),
  preference: z.int().min(0).max(1000).optional().meta({
    description: 'Of carriers that name the same prefix the lowest goes first; 0 if not said',
  }),
  cost: z.number().min(0).max(1_000_000).optional().meta({
    description: 'Of a segment, in the same unit everywhere; among equals the cheaper has a start',
  }),
})

/** GSM 03.38 alphanumeric senders have at most 11 characters (3GPP TS 23.040 §9.1.2.5). */
export const sourceAddressSchema = z
  .string()
  .regex(
    /^(\+?\d{1,20}|(?=.*[A-Za-z])[A-Za-z0-9 .&_-]{1,11})$/,
    'must be a short code, a number, or a name of at most 11 letters and digits',
  )
