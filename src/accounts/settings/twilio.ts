import { z } from 'zod'
import type { TwilioSettings } from '../../carriers/carrier.ts'

/** What is configured of an account at Twilio, or at a service that speaks the same. */

/** Their identifiers are two letters and 32 hexadecimal digits at Twilio; compatible services have their own. */
const sid = z.string().regex(/^[\w-]{1,64}$/, 'must be letters, digits, - and _ alone')
const token = z
  .string()
  .max(256)
  .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces')

const shown = {
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .meta({
      description: 'Of the API; what follows is /2010-04-01/Accounts/…',
    }),
  accountSid: sid,
  messagingServiceSid: sid.or(z.literal('')).optional().meta({
    description: 'Sends in place of the source address; empty: none',
  }),
  statusCallbacks: z.boolean().meta({
    description: 'Ask for receipts by webhook, at the public URL',
  }),
  responseTimeoutSeconds: z.int().min(1).max(120),
}
const hidden = {
  authToken: token.min(1),
  formerAuthToken: token.optional().meta({
    description: 'While the token is changed: webhooks signed with it are still heard; empty: none',
  }),
}

export const twilioSettingsSchema = z.strictObject(shown)

export const newTwilioSchema = z.strictObject({
  ...shown,
  ...hidden,
  baseUrl: shown.baseUrl.default('https://api.twilio.com'),
  statusCallbacks: shown.statusCallbacks.default(true),
  responseTimeoutSeconds: shown.responseTimeoutSeconds.default(10),
})

export const twilioEditSchema = z.strictObject({ ...shown, ...hidden }).partial()

export type TwilioAccountSettings = z.output<typeof twilioSettingsSchema>
export interface TwilioSecrets {
  readonly authToken: string
  readonly formerAuthToken?: string | undefined
}

export function openTwilio(
  settings: TwilioAccountSettings,
  { authToken, formerAuthToken }: TwilioSecrets,
  { webhookUrl, allowPrivate }: { webhookUrl: string; allowPrivate: boolean },
): TwilioSettings {
  const { baseUrl, accountSid, messagingServiceSid, statusCallbacks } = settings
  return {
    baseUrl,
    allowPrivate,
    accountSid,
    authToken,
    formerAuthToken: formerAuthToken || undefined,
    messagingServiceSid: messagingServiceSid || undefined,
    statusCallback: statusCallbacks ? webhookUrl : undefined,
    answerMs: settings.responseTimeoutSeconds * 1000,
  }
}
