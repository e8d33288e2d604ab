import type { CarrierConfig, Receipt, Reply } from './carrier.ts'
import { readJsonWebhook } from './http/json-webhook.ts'
import { readTwilioWebhook } from './twilio/webhook.ts'

/**
 * HTTP gateways tell of receipts and replies by webhook. They reach the API process, not the one that holds the
 * carrier, so reading one is a pure function of the adapter; what it says is stored before it is answered, and taken
 * by a dispatcher later.
 */
export interface WebhookRequest {
  readonly method: string
  /** The exact public URL that it came to, query included: what was signed. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What came, before it is stored. */
export type Callback =
  | ({ readonly is: 'receipt' } & Omit<Receipt, 'acknowledge'>)
  | ({ readonly is: 'reply' } & Omit<Reply, 'acknowledge'>)

export interface WebhookReading {
  readonly callbacks: readonly Callback[]
  /** What the gateway wants to hear once they are stored. */
  readonly answer: { readonly type: string; readonly body: string }
}

export type WebhookRefusal = 'bad_signature' | 'too_large' | 'unreadable'

/**
 * Verifies and reads a webhook of an account. Never throws; a refused one changes nothing.
 * @param now epoch milliseconds, which a signed timestamp is held against
 */
export async function readWebhook(
  config: CarrierConfig,
  request: WebhookRequest,
  now: number,
): Promise<WebhookReading | WebhookRefusal> {
  switch (config.protocol) {
    case 'twilio':
      return readTwilioWebhook(config, request)
    case 'http':
      return readJsonWebhook(config, request, now)
    case 'smpp':
    case 'smtp':
    case 'simulated':
      // It has none, so nobody can have signed for it.
      return 'bad_signature'
  }
}
