/** The gateways that the API describes by itself (`preset`): what is left for an account to say. */

interface Gateway {
  readonly name: string
  /** The API wants each; in the order in which they are asked for. */
  readonly secrets: readonly SecretName[]
  /** Where it is another for each account: what it looks like. */
  readonly address?: string
  /** As whom it signs in to us, where it does. */
  readonly webhookUser?: string
}

type SecretName =
  | 'accessKey'
  | 'apiKey'
  | 'apiSecret'
  | 'authId'
  | 'authToken'
  | 'signature'
  | 'signing'
  | 'token'
  | 'webhook'

export const GATEWAYS = {
  infobip: {
    name: 'Infobip',
    secrets: ['apiKey', 'webhook'],
    address: 'https://….api.infobip.com/sms/3/messages',
    webhookUser: 'infobip',
  },
  messagebird: { name: 'MessageBird', secrets: ['accessKey', 'signing'] },
  plivo: {
    name: 'Plivo',
    secrets: ['authId', 'authToken'],
    address: 'https://api.plivo.com/v1/Account/…/Message/',
  },
  sinch: {
    name: 'Sinch',
    secrets: ['token', 'webhook'],
    address: 'https://us.sms.api.sinch.com/xms/v1/…/batches',
  },
  vonage: { name: 'Vonage', secrets: ['apiKey', 'apiSecret', 'signature'] },
} as const satisfies Readonly<Record<string, Gateway>>

export const gatewayOf = (preset: string | null | undefined): Gateway | undefined =>
  preset ? (GATEWAYS as Readonly<Record<string, Gateway>>)[preset] : undefined
