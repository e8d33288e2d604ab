import type { Receipt, Reply } from '../carrier.ts'

/** A request to an account's webhook, as it came. */
export interface WebhookRequest {
  /** Where it was sent to, query included: from the configuration, not from its header Host. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What a webhook told, once its signature was found good. */
export interface WebhookReading {
  readonly receipts: readonly Omit<Receipt, 'acknowledge'>[]
  /** `id`: the gateway's own, by which a repetition is known; empty where it gives none. */
  readonly replies: readonly (Omit<Reply, 'acknowledge'> & { readonly id: string })[]
  readonly response: {
    readonly status: number
    readonly contentType: string | undefined
    readonly body: string
  }
}
