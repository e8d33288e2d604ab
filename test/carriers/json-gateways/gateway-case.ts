import type { z } from 'zod'
import type { newHttpSchema } from '../../../src/accounts/settings/http.ts'
import type { Outcome } from '../../../src/carriers/carrier.ts'
import type { Callback } from '../../../src/carriers/webhook.ts'

/** To +15550001234, from +15550009999: `Flood. "Go" now` plus a line break and ü, good for 900 seconds. */
export const CASE_TEXT = 'Flood. "Go"\nnow: ü'
export const CASE_NOW = Date.UTC(2026, 10, 28, 12, 0, 0)
export const CASE_WEBHOOK = 'https://alerts.example.org/v1/carriers/c1/webhook'

export interface WebhookCase {
  readonly what: string
  readonly body: string
  readonly contentType?: string
  readonly callbacks: readonly Callback[]
}

/** A gateway of the field: what an administrator would write, and what its public documentation shows of it. */
export interface GatewayCase {
  readonly name: string
  readonly description: z.input<typeof newHttpSchema>
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    /** Parsed: of JSON the document, of a form its fields. */
    readonly body: unknown
  }
  readonly answers: readonly {
    readonly what: string
    readonly status: number
    readonly body: unknown
    readonly outcome: Outcome
  }[]
  /** The headers that the gateway would sign this with. */
  readonly sign: (body: string, now: number) => Readonly<Record<string, string>>
  /** False where the gateway signs its URL and nonce alone. */
  readonly signsBody: boolean
  readonly webhooks: readonly WebhookCase[]
}
