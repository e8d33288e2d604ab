import type { ReceiptState, SubmitErrorKind } from '../carrier.ts'

/**
 * A gateway that nobody wrote an adapter for, as an administrator describes it: how a message is put to it, how
 * its answer is read, and how its webhooks are verified and read.
 *
 * Strings may hold placeholders in braces: `{to}`, `{text}` and their like (`messages.ts`), and `{secret.NAME}` for a
 * secret that is kept sealed beside the description. Places within an answer or a webhook are JSON pointers
 * (RFC 6901).
 */
export interface GatewayDescription {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly auth?: GatewayAuth | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Added to the URL's own query. */
  readonly query: Readonly<Record<string, string>>
  readonly body?: GatewayBody | undefined
  /** What `{encoding}` says of a text that fits GSM-7, and of one that doesn't. */
  readonly encodings: { readonly gsm7: string; readonly ucs2: string }
  /** What the gateway takes for a validity; an alert that is good for longer, or shorter, is cut to it. */
  readonly validity: { readonly leastSeconds: number; readonly mostSeconds: number }
  /** A path that is read to see whether the gateway answers and takes the account; absent: the URL's own. */
  readonly probePath?: string | undefined
  readonly answer: AnswerDescription
  readonly webhook?: WebhookDescription | undefined
}

export type GatewayAuth =
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string }
  /** The client's own credentials, for tokens that are had elsewhere. @see RFC 6749 §4.4 */
  | {
      readonly scheme: 'oauth2'
      readonly tokenUrl: string
      readonly clientId: string
      readonly clientSecret: string
      readonly credentialsIn: 'header' | 'body'
      /** Beside `grant_type`, such as `scope` and `audience`. */
      readonly parameters: Readonly<Record<string, string>>
    }

export type JsonTemplate =
  | string
  | number
  | boolean
  | null
  | readonly JsonTemplate[]
  | { readonly [name: string]: JsonTemplate }

type GatewayBody =
  | { readonly type: 'json'; readonly template: JsonTemplate }
  | { readonly type: 'form'; readonly template: Readonly<Record<string, string>> }

/** How an answer ends its message; `optedOut`: for good, since the person wants nothing from this sender. */
export type AnswerKind = 'accepted' | 'optedOut' | Exclude<SubmitErrorKind, 'expired' | 'kept-back'>

export interface AnswerDescription {
  /** An array with an item for each part of the message; absent, or where there is none: the answer is the item. */
  readonly list?: string | undefined
  /** The message's id, within an item; absent: the gateway gives none. */
  readonly id?: string | undefined
  /** How many parts the gateway has made of it, within an item; absent: one an item of a list, else as many as we count. */
  readonly parts?: string | undefined
  /** Where a code may be, within an item; the first that is there counts. */
  readonly code: readonly string[]
  readonly codes: Readonly<Record<string, AnswerKind>>
  /** By status (`429`) or class of statuses (`4xx`), where no code decides. */
  readonly statuses: Readonly<Record<string, AnswerKind>>
}

interface WebhookDescription {
  /** `GET`: what it says stands in the URL's query. Absent: `POST`. */
  readonly method?: 'POST' | 'GET' | undefined
  readonly signature: WebhookSignature
  readonly receipts?: ReceiptsDescription | undefined
  readonly replies?: RepliesDescription | undefined
  /** What the gateway wants to hear, with 200, once all is stored. */
  readonly response: { readonly contentType: string; readonly body: string }
}

/** The names of the secrets: any of them is good, so that one can be exchanged while webhooks come. */
type SecretNames = readonly string[]

interface SignedText {
  readonly header: string
  /** What stands before the signature in its header, e.g. `sha256=`. */
  readonly prefix: string
  readonly encoding: 'hex' | 'base64'
  /** What is signed: `{body}`, `{url}`, `{timestamp}` and `{nonce}`, and what stands between them. */
  readonly signed: string
  readonly timestampHeader?: string | undefined
  readonly nonceHeader?: string | undefined
  /** How old or early a signed timestamp may be. */
  readonly toleranceSeconds: number
}

export type WebhookSignature =
  | (SignedText & {
      readonly scheme: 'hmac'
      readonly algorithm: 'sha1' | 'sha256' | 'sha512'
      readonly secrets: SecretNames
    })
  /** @see RFC 8032; the key in base64 */
  | (SignedText & { readonly scheme: 'ed25519'; readonly publicKey: string })
  /**
   * A token, HS256, whose claims hold the SHA-256 of the body and of the URL in hex: in the header that is named, or
   * as a bearer in Authorization.
   */
  | {
      readonly scheme: 'jwt'
      readonly header?: string | undefined
      readonly secrets: SecretNames
      readonly bodyHashClaim?: string | undefined
      readonly urlHashClaim?: string | undefined
      readonly toleranceSeconds: number
    }
  | { readonly scheme: 'header'; readonly header: string; readonly secrets: SecretNames }
  /** In the URL's query, of a gateway that signs nothing. */
  | { readonly scheme: 'parameter'; readonly parameter: string; readonly secrets: SecretNames }
  | { readonly scheme: 'basic'; readonly username: string; readonly secrets: SecretNames }

/** Holds of an item when a value is there, and one of `is` where that is given. */
export interface ItemCondition {
  readonly pointer: string
  readonly is?: readonly string[] | undefined
}

interface ItemsDescription {
  /** An array of them; absent: the body itself is one. */
  readonly list?: string | undefined
  /** Which items they are: all of these hold. */
  readonly when: readonly ItemCondition[]
}

export interface ReceiptsDescription extends ItemsDescription {
  readonly id: string
  readonly state: string
  /** The gateway's words; those that aren't here, and those of a message on its way, say nothing. */
  readonly states: Readonly<Record<string, ReceiptState>>
  readonly code?: string | undefined
}

export interface RepliesDescription extends ItemsDescription {
  readonly id?: string | undefined
  readonly from: string
  readonly to: string
  readonly text: string
}
