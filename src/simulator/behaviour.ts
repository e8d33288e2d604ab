import type { DefaultAlphabet } from '../encoding/message-text.ts'
import type { CommandStatusName } from '../encoding/smpp.ts'
import type { ReceiptForm } from './deliveries.ts'
import type { Delay } from './draws.ts'
import type { MessageIdSpelling } from './message-id.ts'

/** What a message centre does of its own; can be changed while it runs. */
export interface Behaviour {
  /** Time from a submit_sm to its response; `missing` and `twice` are shares of 1. */
  readonly responses: ResponseBehaviour
  readonly errors: readonly ErrorShare[]
  readonly receipts: ReceiptBehaviour | 'none'
  /** How a message_id is written in responses. */
  readonly messageId: MessageIdSpelling
  readonly defaultAlphabet: DefaultAlphabet
  /** deliver_sm in flight a bind, the time before one is sent again that was put off, and that got no answer. */
  readonly deliveries: {
    readonly window: number
    readonly retryMs: number
    readonly timeoutMs: number
  }
  /** Sends enquire_link on a bind that was silent for `everyMs`, closes it without a response in `withinMs`. */
  readonly enquire: { readonly everyMs: number; readonly withinMs: number } | 'never'
  /** All of a turn in one write, or an octet a write. */
  readonly writes: 'gathered' | 'octets'
}

export interface ResponseBehaviour extends Delay {
  readonly missing: number
  readonly twice: number
  /** Shares of 1 of the messages taken: with an empty message_id, and without a body. */
  readonly emptyId?: number
  readonly noBody?: number
  /** They leave in blocks of so many, the last first. */
  readonly reversedBy?: number
}

/** A share of 1 of the messages (or of the phones: then always the same ones) is refused with `status`. */
export interface ErrorShare {
  readonly status: CommandStatusName
  readonly share: number
  readonly of: 'messages' | 'phones'
}

export interface ReceiptBehaviour {
  /** How many of 1 of those asked for by registered_delivery. */
  readonly share: number
  readonly delay: Delay
  /** Shares of 1 of the messages that don't reach their phone, all parts of one alike. */
  readonly failed: number
  readonly expired: number
  /** How many of 1 are sent a second time. */
  readonly twice: number
  readonly form: ReceiptForm
  readonly messageId: MessageIdSpelling
  /** Shares of 1: an ENROUTE comes before, the opposite comes after. */
  readonly enroute?: number
  readonly contradicted?: number
  /** They leave in blocks of so many, the last first. */
  readonly reversedBy?: number
  /** As which command; deliver_sm if not said. */
  readonly command?: 'deliver_sm' | 'data_sm'
  /** 0x04 if not said (SMPP 3.4 §5.2.12). */
  readonly esmClass?: number
}

export const ORDINARY_RECEIPTS: ReceiptBehaviour = {
  share: 1,
  delay: { ms: 50, spreadMs: 0 },
  failed: 0,
  expired: 0,
  twice: 0,
  form: 'text and TLVs',
  messageId: 'decimal',
}

export const ORDINARY_BEHAVIOUR: Behaviour = {
  responses: { ms: 0, spreadMs: 0, missing: 0, twice: 0 },
  errors: [],
  receipts: ORDINARY_RECEIPTS,
  messageId: 'decimal',
  defaultAlphabet: 'GSM7',
  deliveries: { window: 1_000, retryMs: 1_000, timeoutMs: 30_000 },
  enquire: 'never',
  writes: 'gathered',
}
