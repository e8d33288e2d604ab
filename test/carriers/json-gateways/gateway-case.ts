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
  /** Of one that comes by GET its query. */
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
  /** The headers that the gateway would sign this with, for the URL that it was told, a query included. */
  readonly sign: (body: string, now: number, url: string) => Readonly<Record<string, string>>
  /** What the gateway signs; plivo its URL and nonce alone, and a secret of Basic signs nothing. */
  readonly signs: readonly ('body' | 'url' | 'time')[]
  readonly tellsBy?: 'GET'
  readonly webhooks: readonly WebhookCase[]
}

/** A webhook as the gateway would send it to the URL that it was told. */
export function webhookRequest(
  gateway: GatewayCase,
  {
    body,
    contentType = 'application/json',
    now,
    url: told = CASE_WEBHOOK,
  }: { body: string; contentType?: string | undefined; now: number; url?: string },
) {
  const isQuery = gateway.tellsBy === 'GET'
  const url = isQuery ? `${told}?${body}` : told
  return {
    method: isQuery ? 'GET' : 'POST',
    url,
    headers: {
      ...(!isQuery && { 'content-type': contentType }),
      ...gateway.sign(isQuery ? '' : body, now, url),
    },
    body: Buffer.from(isQuery ? '' : body),
  }
}
